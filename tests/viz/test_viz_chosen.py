"""Single nodes drawn together, as a function chooses them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import chain, formula
from networks import classifier
from tensorgraph import viz
from tensorgraph.viz.graphs.picture import Cluster, Node, Picture


def boxes(picture: Picture) -> list[tuple[str, str]]:
    return [(node.label, node.detail) for node in picture.nodes if node.kind == "operations"]


def called(*labels: str) -> Any:
    return lambda it: it.label in labels


def is_acyclic(picture: Picture) -> bool:
    """Whether no value is computed from itself."""
    left = {node.key: 0 for node in picture.nodes}
    for edge in picture.edges:
        left[edge.head] += 1
    ready = [key for key, count in left.items() if not count]
    for key in ready:  # which grows
        for edge in picture.edges:
            if edge.tail == key:
                left[edge.head] -= 1
                if not left[edge.head]:
                    ready.append(edge.head)
    return len(ready) == len(left)


def test_operations_that_hang_together_are_one_box() -> None:
    x = tg.Tensor(np.ones(3), "x")
    y = tg.sum(tg.exp(tg.sin(x) * 2.0))
    graph = viz.graph(y, collapse=called("sin", "×", "exp"))
    assert boxes(graph.picture) == [("3 operations", "sin 1, × 1, exp 1")]
    assert [n.label for n in graph.picture.nodes] == ["x", "3 operations", "sum", "y"]
    assert graph.picture.note == "chosen nodes are drawn together, in 1 box"


def test_a_box_has_the_facts_of_its_last() -> None:
    x = tg.Tensor(2.0, "x")
    y = tg.square(x * 3.0) + 1.0
    picture = viz.graph(y, show="values", collapse=called("×", "x²")).picture
    assert [n.lines for n in picture.nodes if n.kind == "operations"] == [("36",)]


def test_those_apart_are_boxes_of_their_own() -> None:
    x = tg.Tensor(1.0, "x")
    y = tg.sin(tg.sin(tg.exp(tg.sin(tg.sin(x)))))
    picture = viz.graph(y, collapse=called("sin")).picture
    assert boxes(picture) == [("2 operations", "sin 2")] * 2


def test_one_alone_stays() -> None:
    y = formula()
    assert viz.graph(y, collapse=called("×")).picture == viz.graph(y).picture


def test_nothing_leaves_a_box_and_comes_back() -> None:
    x = tg.Tensor(1.0, "x")
    a = tg.sin(x)
    y = tg.exp(a) + a  # through exp, sin comes before +; without it, they hang together
    picture = viz.graph(y, collapse=called("sin", "+")).picture
    assert boxes(picture) == []
    assert is_acyclic(picture)


@pytest.mark.parametrize("seed", range(20))
def test_random_choices_give_no_circle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = [tg.Tensor(1.0, "x"), tg.Tensor(2.0, "y")]
    for _ in range(30):
        i, j = rng.integers(len(made), size=2)
        made.append(made[i] * made[j] if rng.random() < 0.5 else tg.sin(made[i]))
    loss = made[-1] + made[-2] + made[-3]
    taken: dict[str, bool] = {}

    def choose(it: Node | Cluster) -> bool:
        return taken.setdefault(it.key, bool(rng.random() < 0.6))

    picture = viz.graph(loss, collapse=choose).picture
    assert is_acyclic(picture)
    assert len(picture.nodes) < len(viz.graph(loss).picture.nodes)


def test_a_number_of_theirs_goes_with_them() -> None:
    picture = viz.graph(chain(5), collapse=called("×")).picture
    assert [node.label for node in picture.nodes] == ["x", "5 operations", "result"]


def test_variables_can_be_chosen_with_what_uses_them() -> None:
    x, w = tg.Tensor(np.ones(3), "x"), tg.Tensor(np.ones(3), "w")
    y = tg.sum(tg.sin(x) * w)
    picture = viz.graph(y, collapse=called("w", "×")).picture
    assert [n.label for n in picture.nodes if n.kind == "operations"] == ["1 operation"]
    assert "w" not in {n.label for n in picture.nodes}


def test_boxes_stay_in_their_layers() -> None:
    model = classifier()
    whole = viz.graph(model).picture
    picture = viz.graph(model, collapse=lambda it: isinstance(it, Node)).picture
    clusters = {cluster.key for cluster in picture.clusters}
    assert len(clusters) == len(whole.clusters)
    assert all(n.cluster in clusters for n in picture.nodes if n.kind == "operations" and n.cluster)


def test_layers_that_are_chosen_come_first() -> None:
    picture = viz.graph(classifier(), collapse=lambda it: it.parent is None).picture
    assert picture.clusters == []
    assert boxes(picture) == []


def test_with_a_depth_the_boxes_of_layers_can_be_chosen() -> None:
    picture = viz.graph(classifier(), depth=0, collapse=lambda it: it.kind == "layer").picture
    assert [label for label, _ in boxes(picture)] == ["5 layers"]


def test_programs_too() -> None:
    f = tg.compile(lambda x: tg.sum(tg.exp(tg.sin(x))))
    f(np.ones(3))
    picture = viz.graph(f.program_before, collapse=called("sin", "exp")).picture
    assert boxes(picture) == [("2 operations", "sin 1, exp 1")]


def test_a_function_that_chooses_nothing_changes_nothing() -> None:
    y = formula()
    assert viz.graph(y, collapse=lambda it: False).picture == viz.graph(y).picture
