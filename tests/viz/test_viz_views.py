"""Views of one recording: the forward pass, the backward pass, both; phases of programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import SVG, chain, compiled_step, deep, formula, svg_of, texts
from networks import classifier
from pages import Visitor
from tensorgraph import viz
from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs import values
from tensorgraph.viz.graphs.gradients import gradients_of
from tensorgraph.viz.graphs.picture import Node, Picture

VIEWS = ("forward", "backward", "both")


def fan() -> tg.Tensor:
    """z = sin(x w) x + w, where both are used twice."""
    x, w = tg.Tensor(3.0, "x"), tg.Tensor(2.0, "w")
    z = tg.sin(x * w) * x + w
    z.name = "z"
    return z


def drawn(source: Any, view: str | None, **options: Any) -> Picture:
    return viz.graph(source, view=view, **options).picture


def of_kind(picture: Picture, kind: str) -> list[Node]:
    return [node for node in picture.nodes if node.kind == kind]


def pairs(picture: Picture, *, saved: bool) -> list[tuple[str, str]]:
    """The edges into backward nodes, by the keys at their ends."""
    return [
        (edge.tail, edge.head)
        for edge in picture.edges
        if edge.head.startswith("b") and edge.saved is saved
    ]


def by_key(picture: Picture) -> dict[str, Node]:
    return {node.key: node for node in picture.nodes}


# --- tapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [None, "forward"])
def test_a_tape_is_drawn_forward(view: str | None) -> None:
    assert drawn(fan(), view) == viz.graph(fan()).picture
    assert not of_kind(drawn(fan(), view), "backward")


def test_each_operation_has_its_rules_beside_it() -> None:
    picture = drawn(fan(), "both")
    nodes = by_key(picture)
    backward = of_kind(picture, "backward")
    assert [node.label for node in backward] == ["+", "×", "sin", "×"]
    for node in backward:
        twin = nodes[f"n{node.key[1:]}"]
        assert (twin.kind, twin.label, twin.shape) == ("op", node.label, node.shape)


def test_gradients_flow_from_the_result_to_the_variables() -> None:
    picture = drawn(fan(), "both")
    nodes = by_key(picture)
    flow = [(nodes[a].label, nodes[b].label) for a, b in pairs(picture, saved=False)]
    assert flow == [
        ("z", "+"),
        ("+", "×"),
        ("+", "w"),
        ("×", "sin"),
        ("×", "x"),
        ("sin", "×"),
        ("×", "x"),
        ("×", "w"),
    ]


def test_saved_values_lead_to_the_rules_that_use_them() -> None:
    picture = drawn(fan(), "both")
    nodes = by_key(picture)
    lines = [(nodes[a].kind, nodes[a].label, nodes[b].label) for a, b in pairs(picture, saved=True)]
    assert sorted(lines) == [
        ("op", "sin", "×"),
        ("op", "×", "sin"),
        ("variable", "w", "×"),
        ("variable", "x", "×"),
        ("variable", "x", "×"),
    ]


def test_what_a_rule_does_not_use_has_no_line() -> None:
    x, y = tg.Tensor([1.0, 2.0], "x"), tg.Tensor([1.0, 2.0], "y")
    assert pairs(drawn(tg.sum(x + y), "both"), saved=True) == []


def test_constants_get_no_gradient() -> None:
    picture = drawn(formula(), "both")
    assert sorted(node.label for node in of_kind(picture, "gradient")) == ["a", "b", "z"]


def test_what_no_gradient_reaches_has_no_backward_node() -> None:
    x = tg.Tensor([1.0, 2.0], "x")
    picture = drawn(tg.sum(tg.where(tg.cos(x) > 0, x, 0.0)), "both")
    assert [node.label for node in of_kind(picture, "backward")] == ["sum", "where"]


def test_the_phases_are_clusters_with_the_layers_in_them() -> None:
    picture = drawn(classifier(), "both")
    outer = [c for c in picture.clusters if c.parent is None]
    assert [(c.label, c.kind) for c in outer] == [("forward", "phase"), ("backward", "phase")]
    inner = [[c.label for c in picture.clusters if c.parent == phase.key] for phase in outer]
    assert inner[0] == ["dense_1", "relu_1", "dense_2", "softmax_1", "loss"]
    assert inner[1] == ["dense_1", "relu_1", "dense_2", "loss"]  # softmax is within the loss


def test_backward_alone_has_saved_values_in_place_of_the_forward_pass() -> None:
    picture = drawn(classifier(), "backward")
    assert not of_kind(picture, "op")
    assert sorted(node.label for node in of_kind(picture, "saved")) == ["relu", "softmax"]
    assert [node.label for node in of_kind(picture, "parameter")] == ["weights"]
    assert [c.label for c in picture.clusters if c.parent is None] == ["backward"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_expression_gives_the_same_picture(view: str) -> None:
    assert drawn(fan(), view) == drawn(fan(), view)


@pytest.mark.parametrize("view", VIEWS)
def test_every_edge_joins_two_nodes(view: str) -> None:
    picture = drawn(classifier(dropout=0.1, weight_regularizer_l2=0.1), view)
    keys = {node.key for node in picture.nodes}
    assert len(keys) == len(picture.nodes)
    assert all({edge.tail, edge.head} <= keys for edge in picture.edges)
    clusters = {cluster.key for cluster in picture.clusters}
    assert {node.cluster for node in picture.nodes} <= {None, *clusters}
    assert {cluster.parent for cluster in picture.clusters} <= {None, *clusters}


def test_two_results_start_two_gradients() -> None:
    x = tg.Tensor(2.0, "x")
    picture = drawn(tg.tape(tg.sin(x), tg.cos(x)), "both")
    assert len(of_kind(picture, "gradient")) == 3


def test_a_result_of_whole_numbers_starts_none() -> None:
    x = tg.Tensor([2.0, 1.0], "x")
    picture = drawn(tg.tape(tg.sum(x), tg.argmax(x)), "both")
    assert [node.label for node in of_kind(picture, "backward")] == ["sum"]
    assert len(of_kind(picture, "gradient")) == 2


def test_constants_can_be_left_out() -> None:
    picture = drawn(fan() * np.ones(3), "both", constants=False)
    keys = {node.key for node in picture.nodes}
    assert not of_kind(picture, "constant")
    assert all(edge.tail in keys for edge in picture.edges)


# --- the numbers ---------------------------------------------------------------------------------


def test_edges_carry_the_contributions_of_the_sweep() -> None:
    z = fan()
    z.backward()
    picture = drawn(z, "both", show="gradients")
    nodes = by_key(picture)
    found = gradients_of(tg.tape(z))
    shares = sorted(values.in_words(share) for share in found.shares.values())
    labels = sorted(e.label for e in picture.edges if e.label)
    assert labels == shares
    totals = {node.name or "": values.in_words(g) for node, g in found.totals.items()}
    for name in ("x", "w"):
        (end,) = (node for node in nodes.values() if (node.kind, node.label) == ("gradient", name))
        assert end.lines is not None
        assert end.lines[0].partition(" = ")[0] == totals[name]


def test_a_gradient_is_written_once() -> None:
    z = fan()
    z.backward()
    picture = drawn(z, "both", show="gradients")
    assert not any(n.fact("gradient") for n in picture.nodes if n.kind in ("op", "variable"))
    assert all(node.fact("gradient") for node in of_kind(picture, "backward"))


def test_the_svg_has_the_numbers() -> None:
    z = fan()
    z.backward()
    written = {text.strip() for text in texts(viz.graph(z, view="both", show="gradients"))}
    (x, w) = tg.tape(z).leaves
    assert {values.number(x.grad - w.value * np.cos(6.0) * 3.0), "1"} <= written
    assert f"gradient · {values.number(w.grad)} = {values.number(w.grad - 1)} + 1" in written


def test_edges_carry_nothing_before_backward_has_run() -> None:
    picture = drawn(fan(), "both", show="gradients")
    assert not any(edge.label for edge in picture.edges)
    assert {n.fact("gradient") for n in of_kind(picture, "gradient")} == {"not yet"}


def test_times_are_split_between_the_phases() -> None:
    picture = drawn(classifier(), "both", overlay="time")
    nodes = by_key(picture)
    for node in of_kind(picture, "backward"):
        twin = nodes[f"n{node.key[1:]}"]
        assert node.weight is not None
        assert twin.weight is not None
        there = f"{values.duration(twin.weight)} forward, {values.duration(node.weight)} backward"
        assert twin.fact("time") == there


def test_norms_fill_the_gradients() -> None:
    z = fan()
    picture = drawn(z, "both", overlay="gradient")
    norms = {node.name: abs(float(g)) for node, g in gradients_of(tg.tape(z)).totals.items()}
    weights = {node.label: node.weight for node in of_kind(picture, "gradient")}
    assert (weights["x"], weights["w"]) == (norms["x"], norms["w"])
    assert all(node.weight for node in of_kind(picture, "backward"))
    assert not any(node.weight for node in picture.nodes if node.kind in ("op", "variable"))


def test_kept_values_fill_where_they_stand() -> None:
    picture = drawn(classifier(), "backward", overlay="kept")
    assert all(node.weight for node in of_kind(picture, "saved"))
    assert not any(node.weight for node in of_kind(picture, "backward"))


# --- drawn ---------------------------------------------------------------------------------------


def heights(graph: Any) -> dict[str, float]:
    """How far down each node is drawn, by key."""
    found = {}
    for group in svg_of(graph).iter(f"{SVG}g"):
        if group.get("class") == "node":
            title = group.findtext(f"{SVG}title") or ""
            ys = [float(t.get("y") or 0) for t in group.iter(f"{SVG}text")]
            found[title] = sum(ys) / len(ys)
    return found


def test_backward_goes_up_beside_forward() -> None:
    graph = viz.graph(fan(), view="both")
    places = heights(graph)
    backward = [node.key for node in of_kind(graph.picture, "backward")]
    rising = [places[key] for key in backward]
    assert rising == sorted(rising, reverse=True)
    for key in backward:
        assert abs(places[key] - places[f"n{key[1:]}"]) < 20


def test_backward_alone_goes_down() -> None:
    graph = viz.graph(fan(), view="backward")
    places = heights(graph)
    falling = [places[node.key] for node in of_kind(graph.picture, "backward")]
    assert falling == sorted(falling)


def test_saved_values_are_dotted() -> None:
    graph = viz.graph(fan(), view="both")
    assert graph.dot.count("style=dotted") == len(pairs(graph.picture, saved=True))


@pytest.mark.parametrize("view", ["backward", "both"])
def test_the_legend_says_what_is_backward(view: str) -> None:
    written = texts(viz.graph(classifier(), view=view, legend=True))
    assert {"rules of an operation, backward", "gradient"} <= written
    assert "dotted: used in the backward pass" in written
    assert ("value saved before" in written) is (view == "backward")


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("collapse", [None, "layers"])
def test_both_can_be_drawn(rankdir: str, collapse: str | None) -> None:
    graph = viz.graph(classifier(), view="both", rankdir=rankdir, collapse=collapse)
    assert "backward" in texts(graph)


def test_layers_fold_in_their_phases() -> None:
    picture = drawn(classifier(), "both", collapse="layers")
    labels = [node.label for node in of_kind(picture, "layer")]
    assert sorted(labels) == sorted(
        [
            "dense_1",
            "relu_1",
            "dense_2",
            "softmax_1",
            "loss",
            "dense_1",
            "relu_1",
            "dense_2",
            "loss",
        ]
    )
    assert [cluster.label for cluster in picture.clusters] == ["forward", "backward"]


def test_a_folded_backward_layer_counts_its_operations() -> None:
    picture = drawn(classifier(), "backward", depth=0)
    assert [node.detail for node in of_kind(picture, "layer")] == ["4 operations"]


@pytest.mark.parametrize("view", ["backward", "both"])
def test_what_repeats_is_drawn_once(view: str) -> None:
    picture = drawn(chain(5000), view)
    assert "× 5,000" in {cluster.label for cluster in picture.clusters}
    assert len(picture.nodes) < 10


@pytest.mark.parametrize("view", ["backward", "both"])
def test_a_large_network_is_folded_into_its_layers(view: str) -> None:
    picture = drawn(deep(layers=20, times=100), view)
    assert len(picture.nodes) < 100
    assert of_kind(picture, "layer")


# --- programs ------------------------------------------------------------------------------------


def step() -> Any:
    """The program of a training step."""
    return compiled_step().program_before


def test_a_program_is_drawn_whole_by_default() -> None:
    picture = drawn(step(), None)
    outer = [cluster.label for cluster in picture.clusters if cluster.parent is None]
    assert outer == ["forward", "backward", "update"]


@pytest.mark.parametrize(
    ("view", "phases"),
    [
        ("forward", ["forward"]),
        ("backward", ["backward"]),
        ("update", ["update"]),
        ("both", ["forward", "backward"]),
    ],
)
def test_a_view_of_a_program_has_its_phases(view: str, phases: list[str]) -> None:
    picture = drawn(step(), view)
    assert [c.label for c in picture.clusters if c.parent is None] == phases
    keys = {node.key for node in picture.nodes}
    assert all({edge.tail, edge.head} <= keys for edge in picture.edges)
    whole = {(n.key, n.label) for n in drawn(step(), None).nodes}
    assert {(n.key, n.label) for n in picture.nodes} <= whole


def test_values_of_another_phase_are_saved_ones() -> None:
    picture = drawn(step(), "backward")
    assert [node.label for node in of_kind(picture, "saved")] == ["dense"]
    assert not of_kind(picture, "output")
    assert "X" in {node.label for node in of_kind(picture, "input")}


def test_the_forward_phase_has_the_result() -> None:
    assert len(of_kind(drawn(step(), "forward"), "output")) == 1


# --- what has no such view -----------------------------------------------------------------------


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"view is 'sideways'.*'forward', 'backward', 'both'"):
        viz.graph(formula(), view="sideways")


def test_a_tape_has_no_update() -> None:
    with pytest.raises(ArgumentError, match=r"view='update'.*only forward and backward.*\.program"):
        viz.graph(formula(), view="update")


def test_a_program_without_backward_says_so() -> None:
    f = tg.compile(lambda x: tg.sin(x))
    f(np.ones(3))
    with pytest.raises(ArgumentError, match=r"shows the backward phase, and this has only forward"):
        viz.graph(f.program_before, view="both")


@pytest.mark.parametrize("make", [lambda: tg.Tensor(1.0), lambda: tg.argmax(tg.Tensor([1.0, 2.0]))])
def test_what_hands_no_gradient_on_has_no_backward_pass(make: Callable[[], Any]) -> None:
    with pytest.raises(ArgumentError, match=r"hand gradients on, and here is none"):
        viz.graph(make(), view="both")


# --- on the page ---------------------------------------------------------------------------------


def test_the_page_has_both_phases(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viz.graph(classifier(), view="both"))
    visitor.page.click("#unfold")
    assert visitor.labels(".backward").count("dense") == 2
    assert visitor.page.locator(".line.saved").count() > 0
    assert visitor.troubles == []


def test_the_page_tells_what_a_rule_uses(visit: Callable[..., Visitor]) -> None:
    z = fan()
    z.backward()
    visitor = visit(viz.graph(z, view="both", show="gradients"))
    visitor.page.click(f"#{visitor.ids('sin')[1]}")
    assert visitor.page.inner_text("#panel .kind") == "rules of an operation, backward"
    assert visitor.facts()["gradient"] == "3"
    links = visitor.page.locator("#panel .links").first.inner_text()
    assert len(re.findall("×", links)) == 2  # the gradient, and the value that was saved


def test_what_the_optimizer_looks_at_is_no_part_of_the_forward_pass() -> None:
    labels = [node.label for node in viz.graph(step(), view="forward").picture.nodes]
    assert "stop gradient" not in labels
    assert "dense" in labels
