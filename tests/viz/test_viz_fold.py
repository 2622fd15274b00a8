"""Large graphs folded, as data. Read next: ``test_viz_render``, for how they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import SVG, chain, svg_of, texts
from tensorgraph import losses, nn, viz
from tensorgraph.models import Model
from tensorgraph.viz.graphs import fold, repeats, stretches
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.picture import Cluster, Edge, Picture

RNG = np.random.default_rng(0)


def recurrent(steps: int) -> tg.Tensor:
    """A recurrent network by hand: the same weights in every step, and another input."""
    W, U = tg.Tensor(np.ones((3, 2)), "W"), tg.Tensor(np.ones((2, 2)), "U")
    h = tg.Tensor(np.zeros((4, 2)), "h")
    for x in np.ones((steps, 4, 3)):
        h = tg.tanh(x @ W + h @ U)
    return h


def layered(depth: int) -> tg.Tensor:
    """Layers by hand, each with weights of its own, and a penalty on them all."""
    h = tg.Tensor(np.ones((4, 2)), "x")
    weights = [tg.Tensor(np.ones((2, 2)), f"W{i}") for i in range(depth)]
    for W in weights:
        h = tg.tanh(h @ W)
    loss = tg.mean(h)
    for W in weights:
        loss = loss + tg.sum(W)
    return loss


def mixed(length: int) -> tg.Tensor:
    """A line of operations in no order."""
    x = tg.Tensor(0.5, "x")
    for choice in RNG.integers(3, size=length):
        x = (tg.sin, tg.cos, tg.tanh)[choice](x)
    return x


def tangled(length: int) -> tg.Tensor:
    """Each operation on the last value and any before it, in no order."""
    values = [tg.Tensor(0.5, "x")]
    for choice in RNG.integers(3, size=length):
        other = values[RNG.integers(len(values))]
        values.append((tg.minimum, tg.maximum, tg.multiply)[choice](values[-1], other))
    return values[-1]


def named(picture: Picture) -> list[tuple[str, str]]:
    """The label of each node and of its cluster."""
    clusters = {cluster.key: cluster.label for cluster in picture.clusters}
    return [(node.label, clusters.get(node.cluster or "", "")) for node in picture.nodes]


def joined(picture: Picture, *, again: bool = False) -> list[tuple[str, str]]:
    """The labels at both ends of each edge."""
    labels = {node.key: node.label for node in picture.nodes}
    return [(labels[e.tail], labels[e.head]) for e in picture.edges if e.again is again]


# --- what repeats --------------------------------------------------------------------------------


def test_a_chain_is_one_operation_and_how_often() -> None:
    picture = viz.graph(chain(5000)).picture
    assert named(picture) == [("x", ""), ("1.0001", "× 5,000"), ("×", "× 5,000"), ("result", "")]
    assert picture.clusters == [Cluster("r0", "× 5,000", "repeated")]
    assert picture.edges == [
        Edge("n0", "n2"),
        Edge("n1", "n2"),
        Edge("n2", "n2", again=True),
        Edge("n2", "n10001"),
    ]


def test_the_note_says_what_was_folded() -> None:
    assert viz.graph(chain(5000)).picture.note == (
        "1 part repeats and is drawn once (dashed: on to the next time); "
        "unfolded, there are 10,002 nodes"
    )


def test_a_period_of_several_operations_is_one_part() -> None:
    x = tg.Tensor(1.0, "x")
    for _ in range(1250):
        x = tg.sin(tg.sin(tg.cos(x)))
    picture = viz.graph(x).picture
    assert named(picture)[1:-1] == [("cos", "× 1,250"), ("sin", "× 1,250"), ("sin", "× 1,250")]


def test_weights_that_are_used_in_every_step_stay_outside() -> None:
    picture = repeats.folded(picture_of(recurrent(300)))
    assert [label for label, cluster in named(picture) if not cluster] == ["W", "U", "h", "result"]
    assert {cluster.label for cluster in picture.clusters} == {"× 300"}


def test_only_what_the_next_step_takes_leads_on() -> None:
    picture = repeats.folded(picture_of(recurrent(300)))
    assert joined(picture, again=True) == [("tanh", "a @ b")]


def test_weights_of_each_layer_are_drawn_once_too() -> None:
    picture = repeats.folded(picture_of(layered(400)))
    assert ("W0 … W399", "× 400") in named(picture)
    assert [c.label for c in picture.clusters] == ["× 400"] * 3
    assert ("W0 … W399", "a @ b") in joined(picture)
    assert ("W0 … W399", "sum") in joined(picture)


def test_a_backward_pass_repeats_as_the_forward_pass_does() -> None:
    def f(x: Any) -> Any:
        for _ in range(1000):
            x = tg.sin(x)
        return x

    picture = viz.graph(tg.grad(f)(tg.Tensor(0.5, "x"))).picture
    assert [cluster.label for cluster in picture.clusters] == ["× 999", "× 1,000"]
    assert ("sin", "cos") in joined(picture)


def test_numbers_that_differ_are_the_first_and_the_last() -> None:
    x = tg.Tensor(1.0, "x")
    for i in range(1000):
        x = x + i
    assert ("0 … 999", "× 1,000") in named(repeats.folded(picture_of(x)))


@pytest.mark.parametrize("other", [3, 500, 997], ids=["early", "in the middle", "late"])
def test_an_operation_that_differs_is_drawn_for_itself(other: int) -> None:
    x = tg.Tensor(0.5, "x")
    for i in range(1000):
        x = tg.exp(x) if i == other else tg.sin(x)
    picture = repeats.folded(picture_of(x))
    assert ("exp", "") in named(picture)
    times = [int(c.label.removeprefix("× ").replace(",", "")) for c in picture.clusters]
    alone = [label for label, cluster in named(picture) if label == "sin" and not cluster]
    assert sum(times) + len(alone) == 999


def test_other_shapes_are_another_part() -> None:
    x = tg.Tensor(np.ones(3), "x")
    for i in range(1000):
        x = tg.sum(x) if i == 500 else tg.sin(x)
    picture = repeats.folded(picture_of(x))
    assert [cluster.label for cluster in picture.clusters] == ["× 500", "× 499"]


def test_operands_from_anywhere_do_not_repeat() -> None:
    values = [tg.Tensor(0.5, "x")]
    for other in RNG.permutation(300):
        values.append(values[-1] + values[other % len(values)])
    clusters = repeats.folded(picture_of(values[-1])).clusters
    assert sum(int(cluster.label.removeprefix("× ")) for cluster in clusters) < 60


def test_many_layers_repeat() -> None:
    model = Model()
    for _ in range(800):
        model.add(nn.Dense(2, 2))
        model.add(nn.ReLU())
    model.set(loss=losses.MeanSquaredError())
    model.finalize()
    picture = viz.graph(model).picture
    assert ("dense_1 … dense_800", "× 800") in named(picture)
    assert ("relu_1 … relu_800", "dense_1 … dense_800") in joined(picture, again=True)


def test_few_repetitions_are_drawn_in_full() -> None:
    picture = picture_of(chain(3))
    assert repeats.folded(picture).nodes == picture.nodes


# --- what does not -------------------------------------------------------------------------------


def test_a_line_of_operations_is_one_box() -> None:
    picture = viz.graph(mixed(5000)).picture
    assert [node.label for node in picture.nodes] == ["x", "5,000 operations", "result"]
    assert joined(picture) == [("x", "5,000 operations"), ("5,000 operations", "result")]
    assert "drawn together, in 1 box" in picture.note


def test_a_box_says_what_its_operations_are() -> None:
    box = stretches.folded(picture_of(tg.sin(tg.sin(tg.cos(tg.Tensor(0.5, "x")))))).nodes[1]
    assert (box.kind, box.label, box.detail) == ("operations", "3 operations", "sin 2, cos 1")


def test_a_tangle_is_a_few_boxes() -> None:
    picture = viz.graph(tangled(5000)).picture
    boxes = [node for node in picture.nodes if node.kind == "operations"]
    assert len(boxes) == stretches.MOST_BOXES
    assert sum(int(box.label.split()[0].replace(",", "")) for box in boxes) == 5000


def test_edges_between_boxes_lead_forward_and_count_once() -> None:
    picture = stretches.folded(picture_of(tangled(2000)))
    places = {node.key: place for place, node in enumerate(picture.nodes)}
    assert all(places[edge.tail] < places[edge.head] for edge in picture.edges)
    assert len(set(picture.edges)) == len(picture.edges)


def test_many_variables_go_into_the_boxes() -> None:
    total = tg.Tensor(0.0, "start")
    for i in range(100):
        total = total + tg.Tensor(float(i), f"x{i}")
    assert {n.kind for n in stretches.folded(picture_of(total)).nodes} == {"operations", "output"}


# --- when ----------------------------------------------------------------------------------------


def test_a_long_chain_that_can_be_drawn_is_drawn() -> None:
    picture = picture_of(chain(700))
    assert fold.drawable(picture) is picture


def test_few_nodes_with_long_edges_are_folded() -> None:
    assert len(viz.graph(recurrent(60)).picture.nodes) < 20


def test_rows_are_counted_from_the_first_use() -> None:
    x, late = tg.Tensor(1.0, "x"), tg.Tensor(1.0, "late")
    y = tg.sin(tg.sin(tg.sin(x))) + late
    assert fold.rows_passed(picture_of(y)) == 6  # three, one into +, one from late, one out


# --- drawn ---------------------------------------------------------------------------------------

LARGE: dict[str, Callable[[], tg.Tensor]] = {
    "chain": lambda: chain(20_000),
    "recurrent": lambda: recurrent(2000),
    "layered": lambda: layered(1000),
    "mixed": lambda: mixed(20_000),
    "tangled": lambda: tangled(20_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_every_large_tape_has_a_picture(name: str) -> None:
    graph = viz.graph(LARGE[name]())
    titles = {title.text for title in svg_of(graph).iter(f"{SVG}title")}
    assert {node.key for node in graph.picture.nodes} <= titles


def test_the_picture_says_how_often() -> None:
    assert {"× 5,000", "repeated", "1.0001"} <= texts(viz.graph(chain(5000)))


@pytest.mark.parametrize(("show", "sums"), [("flops", "1 FLOP each"), ("parameters", "")])
def test_sums_over_what_repeats_are_of_one_time(show: str, sums: str) -> None:
    (cluster,) = viz.graph(chain(5000), show=show).picture.clusters
    assert cluster.sums == sums


def test_the_picture_says_that_they_are_of_each() -> None:
    assert "repeated · 1 FLOP each" in texts(viz.graph(chain(5000), show="flops"))


def test_the_way_to_the_next_time_is_dashed() -> None:
    assert "n2:s -> n2:n [constraint=false style=dashed" in viz.graph(chain(5000)).dot
