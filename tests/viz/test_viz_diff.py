"""Two graphs as one: what was kept, added, removed and changed, as data and drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import SVG, chain, svg_of, texts
from networks import classifier
from tensorgraph import losses, nn, viz
from tensorgraph.models import Model
from tensorgraph.viz.graphs import diff
from tensorgraph.viz.graphs.picture import Picture

X = tg.Tensor(np.ones((3, 4)), "x")


def compared(before: Any, after: Any) -> Picture:
    return viz.diff(before, after, names=False).picture


def by_status(picture: Picture) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in picture.nodes:
        found.setdefault(node.status or "kept", []).append(node.label)
    return found


def changes(picture: Picture) -> dict[str, str]:
    return {node.label: node.change for node in picture.nodes if node.status == "changed"}


# --- what became of what -------------------------------------------------------------------------


def test_a_graph_is_the_same_as_itself() -> None:
    picture = compared(tg.sum(tg.sin(X)), tg.sum(tg.sin(X)))
    assert by_status(picture) == {"kept": ["x", "sin", "sum", "result"]}
    assert picture.note == "4 kept, 0 added, 0 removed, 0 changed"


def test_two_runs_give_the_same_picture() -> None:
    assert compared(classifier(), chain(9)) == compared(classifier(), chain(9))


def test_an_operation_that_was_put_in_between() -> None:
    picture = compared(tg.sum(tg.sin(X)), tg.sum(tg.tanh(tg.sin(X))))
    assert by_status(picture)["added"] == ["tanh"]
    assert changes(picture) == {"sum": "of other operands"}
    labels = {node.key: node.label for node in picture.nodes}
    assert [(labels[e.tail], labels[e.head], e.status) for e in picture.edges] == [
        ("x", "sin", ""),
        ("sin", "tanh", "added"),
        ("tanh", "sum", "added"),
        ("sum", "result", ""),
        ("sin", "sum", "removed"),
    ]


def test_an_operation_that_was_taken_out() -> None:
    picture = compared(tg.sum(tg.tanh(tg.sin(X))), tg.sum(tg.sin(X)))
    assert by_status(picture)["removed"] == ["tanh"]
    assert [edge.status for edge in picture.edges].count("removed") == 2


def test_other_arguments_are_a_change() -> None:
    picture = compared(tg.sum(X, axis=1), tg.sum(X))
    assert changes(picture) == {"sum": "was axis=1, was length 3", "result": "was length 3"}


def test_another_number_is_another_number() -> None:
    assert by_status(compared(X * 2.0, X * 3.0)) == {
        "kept": ["x", "result"],
        "added": ["3"],
        "changed": ["×"],
        "removed": ["2"],
    }


def test_operands_in_another_order_are_a_change() -> None:
    a, b = tg.Tensor(1.0, "a"), tg.Tensor(2.0, "b")
    assert changes(compared(a - b, b - a)) == {"a − b": "of other operands"}


def test_two_uses_that_became_one() -> None:
    a = tg.Tensor(1.0, "a")
    picture = compared(a * a, a * 1.0)
    assert sorted(edge.status for edge in picture.edges) == ["", "", "added", "removed"]


def test_equal_parts_are_matched_each_for_itself() -> None:
    picture = compared(tg.sin(X) + tg.sin(X), tg.sin(X) + tg.sin(X))
    assert set(by_status(picture)) == {"kept"}


def test_nothing_is_counted_twice() -> None:
    before, after = tg.tape(classifier().expression()), tg.tape(chain(9))
    picture = compared(before, after)
    status = Counter(node.status for node in picture.nodes)
    alike = status[""] + status["changed"]
    assert alike + status["removed"] == len(viz.graph(before, names=False).picture.nodes)
    assert alike + status["added"] == len(viz.graph(after, names=False).picture.nodes)


def test_there_and_back_are_each_other() -> None:
    one, other = tg.sum(tg.tanh(tg.sin(X))), tg.sum(tg.cos(X))
    there, back = by_status(compared(one, other)), by_status(compared(other, one))
    assert sorted(there["added"]) == sorted(back["removed"])
    assert sorted(there["removed"]) == sorted(back["added"])


def test_equal_numbers_are_told_apart_by_who_uses_them() -> None:
    picture = compared(tg.sin(X * 0.9) + tg.cos(X) ** 0.9, tg.cos(X) ** 0.9 + tg.sin(X * 0.9))
    assert changes(picture) == {"+": "of other operands"}
    assert "added" not in by_status(picture)


def test_arguments_tell_apart_what_does_the_same() -> None:
    before = tg.cumsum(tg.sin(X), axis=0)
    after = tg.cumsum(tg.cumsum(tg.cos(X), axis=1), axis=0)
    added = [node.detail for node in compared(before, after).nodes if node.status == "added"]
    assert added == ["", "axis=1"]


def test_an_operation_in_another_layer_is_a_change() -> None:
    picture = compared(nn.ReLU(name="first")(X), nn.ReLU(name="second")(X))
    assert changes(picture) == {"relu": "was first"}
    assert [cluster.label for cluster in picture.clusters] == ["second"]


# --- models and programs -------------------------------------------------------------------------


def network(*layers: nn.Layer) -> Model:
    model = Model([nn.Dense(2, 4), *layers, nn.Dense(4, 3)])
    model.set(loss=losses.MeanSquaredError())
    model.finalize()
    return model


def test_a_layer_that_was_added_lies_in_its_cluster() -> None:
    picture = compared(network(), network(nn.ReLU()))
    relu = next(node for node in picture.nodes if node.label == "relu")
    clusters = {cluster.key: cluster.label for cluster in picture.clusters}
    assert (relu.status, clusters[relu.cluster or ""]) == ("added", "relu_1")


def test_a_layer_that_was_removed_keeps_its_cluster() -> None:
    picture = compared(network(nn.ReLU()), network())
    relu = next(node for node in picture.nodes if node.label == "relu")
    clusters = {cluster.key: cluster.label for cluster in picture.clusters}
    assert (relu.status, clusters[relu.cluster or ""]) == ("removed", "relu_1")


def step() -> Any:
    w = tg.Tensor(np.ones(3, np.float32), "w")

    @tg.compile
    def f(x: Any) -> Any:
        loss = tg.sum(tg.relu(w * x))
        loss.backward()
        return loss

    f(np.ones(3, np.float32))
    return f


def test_what_compiling_did() -> None:
    f = step()
    picture = compared(f.program_before, f.program)
    assert {"relu", "stop gradient"} & set(by_status(picture)["removed"])
    memory = [node for node in picture.nodes if node.kind in ("read", "written")]
    assert {node.status for node in memory} <= {"", "changed"}


# --- how it is found -----------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", list(permutations(range(5))))
def test_the_longest_rise_is_the_longest(numbers: tuple[int, ...]) -> None:
    rise = diff._longest_rise(list(numbers))
    values = [numbers[i] for i in rise]
    assert values == sorted(values)
    assert rise == sorted(rise)
    chosen = product((False, True), repeat=5)
    subsequences = ([x for x, taken in zip(numbers, c, strict=True) if taken] for c in chosen)
    assert len(values) == max(len(s) for s in subsequences if s == sorted(s))


def test_long_tapes_are_compared() -> None:
    def long(odd: Callable[..., Any]) -> Any:
        x = tg.Tensor(1.0, "x")
        for i in range(20_000):
            x = odd(x) if i == 10_000 else tg.sin(x)
        return x

    note = viz.diff(long(tg.cos), long(tg.exp), names=False).picture.note
    assert note.startswith("20,000 kept, 1 added, 1 removed, 1 changed")


# --- drawn ---------------------------------------------------------------------------------------


def test_it_is_said_in_words() -> None:
    written = texts(viz.diff(tg.sum(tg.sin(X), axis=1), tg.sum(tg.cos(X)), names=False))
    assert {"added", "removed", "added: bold line", "removed: dashed", "changed: dotted"} <= written
    assert "changed: was axis=1, was length 3, of other operands" in written


def test_lines_say_it_too() -> None:
    graph = viz.diff(tg.sin(X), tg.cos(X), names=False, legend=False)
    lines = list(svg_of(graph).iter(f"{SVG}path"))
    assert any(line.get("stroke-dasharray") for line in lines)
    assert any(line.get("stroke-width") == "3" for line in lines)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_it_is_drawn_in_every_theme(theme: str) -> None:
    graph = viz.diff(network(), network(nn.ReLU()), theme=theme)
    titles = {title.text for title in svg_of(graph).iter(f"{SVG}title")}
    assert {node.key for node in graph.picture.nodes} <= titles
