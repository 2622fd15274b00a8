"""Pictures of passes that died: what raised in red, its message, the shapes of its operands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import Repeated, chain, texts
from networks import Squares
from tensorgraph import losses, nn, optim, viz
from tensorgraph.errors import ArgumentError
from tensorgraph.models import Model
from tensorgraph.viz.graphs.picture import Node, Picture
from tensorgraph.viz.graphs.render import Graph
from tensorgraph.viz.palette import THEMES


def error_of(f: Callable[[], Any]) -> Exception:
    """Return the error that ``f`` raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any that an operation can raise
        f()
    return raised.value


def product() -> tg.Tensor:
    """tanh(x) @ w, of shapes that do not fit."""
    x, w = tg.Tensor(np.ones((5, 6)), "x"), tg.Tensor(np.ones((4, 3)), "w")
    return tg.tanh(x) @ w


def misfit() -> Model:
    """A finalized network of which the last Dense layer takes 8 numbers, and gets 16."""
    model = Model([nn.Dense(2, 8), Squares(), nn.Dense(8, 3), nn.Softmax()])
    model.set(loss=losses.CategoricalCrossentropy(), optimizer=optim.SGD())
    model.finalize()
    return model


def predicted() -> Any:
    x: Any = np.ones((5, 2), np.float32)
    for layer in misfit().layers:
        x = layer(x)


def failed_in(picture: Picture) -> Node:
    """Return the one node that is marked."""
    (node,) = [node for node in picture.nodes if node.status == "failed"]
    return node


def graph_of(f: Callable[[], Any], **options: Any) -> Graph:
    return viz.graph(error_of(f), **options)


# --- the picture ---------------------------------------------------------------------------------


def test_what_raised_is_marked_with_its_message() -> None:
    node = failed_in(graph_of(product).picture)
    assert node.label == "a @ b"
    assert node.change.startswith("matmul() cannot take operands of shapes (5, 6) and 'w' (4, 3)")


def test_the_shapes_stand_where_the_operands_enter() -> None:
    picture = graph_of(product).picture
    node = failed_in(picture)
    assert node.ports == ("a: 5 × 6", "b: 4 × 3")
    tails = {node.key: node.label for node in picture.nodes}
    entering = [(tails[edge.tail], edge.port) for edge in picture.edges if edge.head == node.key]
    assert entering == [("tanh", "a: 5 × 6"), ("w", "b: 4 × 3")]


def test_it_ends_there() -> None:
    picture = graph_of(product).picture
    assert [node.label for node in picture.nodes] == ["x", "w", "tanh", "a @ b"]
    assert failed_in(picture).shape == "no result"
    assert {fact for fact, _ in failed_in(picture).facts} == {"formula", "line"}


PORTS: dict[str, tuple[Callable[[tg.Tensor], Any], tuple[str, ...]]] = {
    "one operand": (lambda x: tg.sum(x, axis=5), ("2 × 3",)),
    "a sum": (lambda x: x + np.ones(4), ("left: 2 × 3", "right: length 4")),
    "dtypes": (lambda x: x & np.ones(3, int), ("left: 2 × 3 float64", "right: length 3 int64")),
    "twice the same": (lambda x: x @ x, ("a: 2 × 3", "b: 2 × 3")),
    "a list": (lambda x: tg.concatenate([x, x[0]]), ("1: 2 × 3", "2: length 3")),
    "a long list": (lambda x: tg.concatenate([x] * 9 + [x[0]]), ()),
}


@pytest.mark.parametrize("what", PORTS)
def test_operands_are_told_apart(what: str) -> None:
    f, ports = PORTS[what]
    picture = graph_of(lambda: f(tg.Tensor(np.ones((2, 3)), "x"))).picture
    assert failed_in(picture).ports == ports


def test_a_layer_that_raised_lies_in_its_cluster() -> None:
    picture = graph_of(predicted).picture
    node = failed_in(picture)
    (home,) = [cluster.label for cluster in picture.clusters if cluster.key == node.cluster]
    assert (home, node.label, node.ports) == ("dense_2", "Dense", ("5 × 16",))
    assert [cluster.label for cluster in picture.clusters] == ["dense_1", "squares_1", "dense_2"]


MODELS: dict[str, Callable[[Model], Any]] = {
    "drawn": viz.graph,
    "trained": lambda model: model.train(np.ones((6, 2)), np.zeros(6, int), print_every=0),
    "asked": lambda model: model.predict(np.ones((6, 2))),
}


@pytest.mark.parametrize("how", MODELS)
def test_a_model_that_raised_is_drawn(how: str) -> None:
    picture = graph_of(lambda: MODELS[how](misfit())).picture
    assert "make it Dense(16, 3)" in failed_in(picture).change


def test_a_loss_that_raised_shows_both_shapes() -> None:
    picture = graph_of(
        lambda: losses.MeanSquaredError()(tg.Tensor(np.ones((4, 3)), "y"), np.zeros((4, 5)))
    ).picture
    assert failed_in(picture).ports == ("predictions: 4 × 3", "targets: 4 × 5")


def anomaly() -> Any:
    with tg.detect_anomaly():
        return tg.sum(tg.log(tg.Tensor([1.0, 0.0], "p")) * 2.0)


def test_what_bore_a_nan_is_marked_and_has_its_value() -> None:
    picture = graph_of(anomaly).picture
    assert [node.label for node in picture.nodes] == ["p", "log"]
    assert failed_in(picture).fact("value") == "[0, −inf]"
    assert "the logarithm of 0 is -inf" in failed_in(picture).change


def swept() -> Any:
    with tg.detect_anomaly():
        tg.sum(tg.sqrt(tg.Tensor([0.0, 1.0], "s")) * 3.0).backward()


def test_what_was_swept_is_marked_on_the_whole_graph() -> None:
    picture = graph_of(swept).picture
    assert [node.label for node in picture.nodes] == ["s", "√x", "3", "×", "sum", "result"]
    node = failed_in(picture)
    assert node.label == "√x"
    assert node.change.startswith("in its derivative: the derivative of sqrt() by 's' is inf")


def test_other_errors_are_told_with_their_kind() -> None:
    x = tg.Tensor(np.zeros((2, 2)), "x")
    node = failed_in(graph_of(lambda: tg.linalg.inv(x)).picture)
    assert node.change == "LinAlgError: Singular matrix"


def test_the_line_is_a_fact_and_no_part_of_the_message() -> None:
    node = failed_in(graph_of(product).picture)
    assert "test_viz_failed.py" in node.fact("line")
    assert "test_viz_failed.py" not in node.change


def test_names_are_those_where_it_raised() -> None:
    def step(data: Any) -> Any:
        scaled = data * 2.0
        return scaled @ data

    picture = graph_of(lambda: step(tg.Tensor(np.ones((2, 3))))).picture
    assert [node.name or node.label for node in picture.nodes][:3] == ["data", "2", "scaled"]


def test_gradients_of_what_died_are_none() -> None:
    picture = graph_of(product, show=("shapes", "gradients")).picture
    assert failed_in(picture).lines == ("no result",)


def test_dtypes_of_what_has_no_result_are_none() -> None:
    picture = graph_of(product, show="dtypes").picture
    assert failed_in(picture).lines == ()


REFUSED: dict[str, tuple[Callable[[tg.Tensor], Any], str, tuple[str, ...]]] = {
    "a function": (lambda x: tg.stack([x, x[0]]), "stack", ("1: 2 × 3", "2: length 3")),
    "numpy's": (lambda x: np.stack([x, x[0]]), "stack", ("1: 2 × 3", "2: length 3")),
    "one we have not": (lambda x: np.poly(x), "poly", ("2 × 3",)),
    "a method": (lambda x: (x * 2.0).backward(), "backward", ("2 × 3",)),
    "a conversion": (lambda x: float(x * 2.0), "float", ("2 × 3",)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_function_that_refused_its_tensors_is_marked(what: str) -> None:
    f, name, ports = REFUSED[what]
    node = failed_in(graph_of(lambda: f(tg.Tensor(np.ones((2, 3)), "x"))).picture)
    assert (node.label, node.ports) == (name, ports)
    assert "test_viz_failed.py" in node.fact("line")


def test_an_error_of_the_program_itself_is_refused() -> None:
    def loss(x: Any) -> Any:
        raise ValueError("mine")

    error = error_of(lambda: tg.grad(loss)(tg.Tensor(2.0)))
    with pytest.raises(ArgumentError, match="this ValueError comes from none that had a tensor"):
        viz.graph(error)


def test_an_error_that_was_never_raised_is_refused() -> None:
    with pytest.raises(ArgumentError, match="this KeyError comes from none that had a tensor"):
        viz.graph(KeyError("something else"))


# --- folded --------------------------------------------------------------------------------------


def test_a_folded_layer_says_what_failed_in_it() -> None:
    node = failed_in(graph_of(predicted, depth=0).picture)
    assert (node.kind, node.label) == ("layer", "dense_2")
    assert "make it Dense(16, 3)" in node.change


def test_of_many_layers_the_one_that_failed_stays_open() -> None:
    x = tg.Tensor(np.ones((1, 2), np.float32), "x")

    def forward() -> Any:
        y: Any = x
        for _ in range(40):
            y = Repeated(60)(y)
        return nn.Dense(9, 1, name="last")(y)

    picture = graph_of(forward).picture
    assert len(picture.nodes) < 100
    assert failed_in(picture).kind == "op"
    assert [cluster.label for cluster in picture.clusters] == ["last"]


def test_of_a_long_tape_what_failed_stays_a_box_of_its_own() -> None:
    x = chain(2500) * np.ones(2)
    picture = graph_of(lambda: tg.sin(x * chain(2500)) @ np.ones(3)).picture
    assert len(picture.nodes) < 100
    assert failed_in(picture).ports == ("a: length 2", "b: length 3")


# --- drawn ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "dot", "html"])
def test_it_is_saved_in_each_format(tmp_path: Path, format: str) -> None:
    path = graph_of(product, legend=True).save(tmp_path / f"died.{format}")
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_message_and_shapes_are_written_into_the_box(rankdir: str) -> None:
    written = texts(graph_of(product, rankdir=rankdir))
    assert {"a: 5 × 6", "b: 4 × 3", "failed: matmul() cannot take operands of"} <= written


@pytest.mark.parametrize("theme", THEMES)
def test_it_is_in_the_colour_of_failures(theme: str) -> None:
    assert THEMES[theme].failed in graph_of(product, theme=theme).dot


def test_the_legend_says_what_red_means() -> None:
    assert "failed: it raised the error" in texts(graph_of(product, legend=True))


def test_a_long_message_is_cut() -> None:
    x = tg.Tensor(np.ones(2), "a name of many words " * 20)
    written = texts(graph_of(lambda: x + np.ones(3)))
    assert "…" in written
