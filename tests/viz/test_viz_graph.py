"""The compute graph as data. Read next: ``test_viz_fold``, for large ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import Repeated, deep, formula
from networks import classifier
from tensorgraph import nn, viz
from tensorgraph.models import Model
from tensorgraph.viz.graphs import fold, words
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.picture import Cluster, Edge, Node, Picture


class Residual(nn.Layer):
    """A layer with a layer in it."""

    def __init__(self) -> None:
        self.inner = Repeated(1)

    def forward(self, x: Any, training: bool) -> Any:
        return x + self.inner(x)


def penalized() -> Model:
    return classifier(weight_regularizer_l2=5e-4)


def kinds(picture: Picture) -> list[tuple[str, str]]:
    return [(node.kind, node.label) for node in picture.nodes]


def find(picture: Picture, label: str) -> Node:
    (node,) = [node for node in picture.nodes if node.label == label]
    return node


def cluster_of(picture: Picture, node: Node) -> str:
    """Return the names of the clusters around ``node``, as "outer/inner"."""
    clusters = {cluster.key: cluster for cluster in picture.clusters}
    path = []
    key = node.cluster
    while key is not None:
        path.append(clusters[key].label)
        key = clusters[key].parent
    return "/".join(reversed(path))


# --- the picture as data -------------------------------------------------------------------------


def test_formula_is_its_nodes_in_order() -> None:
    assert [node._replace(facts=()) for node in picture_of(formula()).nodes] == [
        Node("n0", "variable", "a", "scalar", "float64"),
        Node("n1", "variable", "b", "scalar", "float64"),
        Node("n2", "op", "×", "scalar", "float64"),
        Node("n3", "constant", "2", "scalar", "float64"),
        Node("n4", "op", "a − b", "scalar", "float64", ports=("a", "b")),
        Node("n5", "output", "z", "scalar", "float64"),
    ]


def test_formula_is_its_edges_at_their_ports() -> None:
    assert picture_of(formula()).edges == [
        Edge("n0", "n2"),
        Edge("n1", "n2"),
        Edge("n2", "n4", "a"),
        Edge("n3", "n4", "b"),
        Edge("n4", "n5"),
    ]


def test_every_use_of_a_value_is_an_edge() -> None:
    a = tg.Tensor(1.0, "a")
    b = a + a
    picture = picture_of(b + b)
    assert picture.edges == [
        Edge("n0", "n1"),
        Edge("n0", "n1"),
        Edge("n1", "n2"),
        Edge("n1", "n2"),
        Edge("n2", "n3"),
    ]


def test_an_array_used_twice_is_drawn_once() -> None:
    x = np.ones((3, 2))
    picture = picture_of(tg.Tensor(2.0, "a") * x + x)
    assert kinds(picture).count(("constant", "array")) == 1


def test_two_equal_arrays_are_drawn_as_two() -> None:
    picture = picture_of(tg.Tensor(2.0, "a") * np.ones((3, 2)) + np.ones((3, 2)))
    assert kinds(picture).count(("constant", "array")) == 2


def test_numbers_are_drawn_where_they_are_used() -> None:
    picture = picture_of(tg.Tensor(1.0) * 5e-4 + 5e-4)
    assert kinds(picture).count(("constant", "0.0005")) == 2


def test_an_array_is_called_what_it_is_to_the_operation() -> None:
    picture = picture_of(tg.where(np.array([True, False]), tg.Tensor([1.0, 2.0], "a"), 0.0))
    assert find(picture, "condition").dtype == "bool"


def test_a_name_in_between_is_kept() -> None:
    hidden = tg.tanh(tg.Tensor([1.0, 2.0], "x"))
    hidden.name = "hidden"
    assert find(picture_of(tg.sum(hidden)), "tanh").name == "hidden"


def test_a_variable_is_a_picture_too() -> None:
    assert kinds(picture_of(tg.Tensor(1.0, "x"))) == [("variable", "x")]


def test_operands_need_no_ports_where_their_names_are_the_ports() -> None:
    dense = nn.Dense(2, 3)
    assert find(picture_of(dense(np.ones((4, 2)))), "dense").ports == ()


def test_ports_tell_apart_what_names_do_not() -> None:
    dense = nn.Dense(2, 3)
    dense.weights.name = "w"
    picture = picture_of(dense(tg.Tensor(np.ones((4, 2), np.float32), "input")))
    assert find(picture, "dense").ports == ("x", "weights", "biases")


def test_many_operands_have_no_ports() -> None:
    many = [tg.Tensor([float(i)]) for i in range(9)]
    assert find(picture_of(tg.concatenate(many)), "concatenate").ports == ()


@pytest.mark.parametrize(
    ("compute", "label", "detail"),
    [
        (lambda x: tg.sum(x, axis=1), "sum", "axis=1"),
        (lambda x: tg.sum(x), "sum", ""),
        (lambda x: tg.max(x, axis=0, keepdims=True), "max", "axis=0, keepdims=True"),
        (lambda x: tg.reshape(x, (2, 6)), "reshape", "shape=(2, 6)"),
        (lambda x: tg.astype(x, np.float32), "astype", "dtype=float32"),
        (lambda x: x[:, 0], "index", "[:, 0]"),
        (lambda x: x[1:3:2, None], "index", "[1:3:2, None]"),
        (lambda x: x[..., [0, 1]], "index", "[..., array]"),
        (lambda x: tg.transpose(x), "transpose", ""),
        (
            lambda x: tg.sum(tg.reshape(x, (1,) * 20 + (12,))),
            "reshape",
            "shape=(" + "1, " * 10 + "1,…",
        ),
    ],
)
def test_metadata_is_told(compute: Any, label: str, detail: str) -> None:
    assert find(picture_of(compute(tg.Tensor(np.ones((3, 4)), "x"))), label).detail == detail


@pytest.mark.parametrize(
    ("shape", "text"),
    [((), "scalar"), ((3,), "length 3"), ((300, 64), "300 × 64"), ((0, 2), "0 × 2")],
)
def test_shapes_in_words(shape: tuple[int, ...], text: str) -> None:
    assert words.shape(shape) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (-0.5, "−0.5"),
        (1e-7, "1e−07"),
        (np.float32(0.1), "0.1"),
        (True, "True"),
        (3, "3"),
    ],
)
def test_numbers_in_digits(value: Any, text: str) -> None:
    assert words.number(value) == text


# --- layers --------------------------------------------------------------------------------------


def test_layers_are_clusters() -> None:
    assert picture_of(penalized()).clusters == [
        Cluster("c0", "dense_1", "Dense"),
        Cluster("c1", "relu_1", "ReLU"),
        Cluster("c2", "dense_2", "Dense"),
        Cluster("c3", "softmax_1", "Softmax"),
        Cluster("c4", "loss", "CategoricalCrossentropy"),
        Cluster("c5", "penalty"),
    ]


def test_operations_are_in_the_cluster_of_their_layer() -> None:
    picture = picture_of(penalized())
    assert cluster_of(picture, find(picture, "relu")) == "relu_1"
    assert cluster_of(picture, find(picture, "+")) == ""


def test_parameters_are_in_the_cluster_of_the_layer_that_uses_them() -> None:
    picture = picture_of(penalized())
    parameters = [node for node in picture.nodes if node.kind == "parameter"]
    assert [(node.label, cluster_of(picture, node)) for node in parameters] == [
        ("weights", "dense_1"),
        ("biases", "dense_1"),
        ("weights", "dense_2"),
        ("biases", "dense_2"),
    ]


def test_parameters_are_known_without_the_model() -> None:
    model = penalized()
    picture = picture_of(model.forward(np.ones((5, 2), np.float32)))
    assert [node.kind for node in picture.nodes].count("parameter") == 4


def test_a_variable_that_goes_through_a_layer_stays_outside() -> None:
    picture = picture_of(nn.ReLU()(tg.Tensor([1.0], "x")))
    assert find(picture, "x").kind == "variable"
    assert find(picture, "x").cluster is None


def test_layers_in_layers_are_clusters_in_clusters() -> None:
    picture = picture_of(Residual()(tg.Tensor(np.ones((3, 2)), "x")))
    assert cluster_of(picture, find(picture, "×")) == "residual/repeated"
    assert cluster_of(picture, find(picture, "+")) == "residual"
    assert picture.clusters == [
        Cluster("c0", "residual"),
        Cluster("c1", "repeated", parent="c0"),
    ]


def test_two_calls_of_a_layer_are_two_clusters() -> None:
    relu = nn.ReLU()
    picture = picture_of(relu(relu(tg.Tensor([1.0], "x")) - 1))
    assert [cluster.label for cluster in picture.clusters] == ["relu", "relu"]


# --- large ones ----------------------------------------------------------------------------------


def test_a_large_tape_is_drawn_with_its_layers_folded() -> None:
    picture = viz.graph(deep(layers=20, times=100)).picture
    boxes = [node for node in picture.nodes if node.kind == "layer"]
    assert len(boxes) == 21
    assert (boxes[0].label, boxes[0].detail) == ("repeated_1", "100 operations")
    assert "21 layers" in picture.note
    assert "2,026 nodes" in picture.note


def test_folding_keeps_what_leads_where() -> None:
    picture = fold.folded(picture_of(penalized()))
    names = {node.key: node.label for node in picture.nodes}
    assert [(names[edge.tail], names[edge.head]) for edge in picture.edges] == [
        ("x", "dense_1"),
        ("dense_1", "relu_1"),
        ("relu_1", "dense_2"),
        ("dense_2", "softmax_1"),
        ("dense_2", "loss"),
        ("softmax_1", "loss"),
        ("labels", "loss"),
        ("dense_1", "penalty"),
        ("loss", "+"),
        ("penalty", "+"),
        ("+", "result"),
    ]
