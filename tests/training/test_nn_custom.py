"""Layers of one's own, layers within layers, and the training loop by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import Block, Scale
from tensorgraph import losses, nn, optim
from tensorgraph.errors import ShapeError

ROWS = np.array([[-1.3, 0.4, 2.1], [0.7, -0.2, -0.9]])


def test_the_tensors_of_a_layer_and_of_its_inner_layers_are_its_parameters() -> None:
    assert list(Block(3).parameters()) == [
        "scale.factor",
        "denses.0.weights",
        "denses.0.biases",
        "denses.1.weights",
        "denses.1.biases",
    ]


class Gathers(nn.Layer):
    """A layer with tensors and layers in lists and dicts."""

    def __init__(self) -> None:
        self.shifts = [tg.Tensor(np.zeros((1, 3))), tg.Tensor(np.ones((1, 3)))]
        self.heads = {"a": nn.Dense(3, 2, weight_regularizer_l2=0.5), "b": nn.Dense(3, 2)}
        self.sizes = [1, 2]

    def forward(self, x: Any, training: bool) -> Any:
        x = x + self.shifts[0] * self.shifts[1]
        return self.heads["a"](x) * self.heads["b"](x)


def test_tensors_and_layers_in_lists_and_dicts_are_found() -> None:
    layer = Gathers()
    assert list(layer.parameters()) == [
        "shifts.0",
        "shifts.1",
        "heads.a.weights",
        "heads.a.biases",
        "heads.b.weights",
        "heads.b.biases",
    ]
    assert [r.l2 for r in layer.regularizers() if r.l2] == [0.5]


def test_a_layer_has_the_penalties_of_its_inner_layers() -> None:
    assert [r.l2 for r in Block(3).regularizers() if r.l2] == [0.01, 0.02]


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        pytest.param(nn.Dense(3, 3), {None, "dense"}, id="after its class"),
        pytest.param(nn.Dense(3, 3, name="first"), {None, "first"}, id="its own"),
        pytest.param(Block(3), {None, "block", "block/dense", "block/scale"}, id="nested"),
    ],
)
def test_what_a_layer_records_carries_its_name(layer: nn.Layer, names: set[str | None]) -> None:
    assert {node.layer for node in tg.tape(layer(ROWS))} == names


def test_the_name_is_gone_from_the_tape_after_a_layer_that_failed() -> None:
    with pytest.raises(ShapeError):
        nn.Dense(2, 3, name="first")(ROWS)
    assert (tg.Tensor(1.0) * 2.0)._node.layer is None


def test_the_loop_by_hand_trains_layers_of_all_kinds() -> None:
    x, y = tg.data.spiral(20, 3, seed=0)
    layers = [
        nn.Dense(2, 16, rng=0),
        nn.Tanh(),
        Scale(16),
        Block(16),
        nn.Dense(16, 3, rng=1),
        nn.Softmax(),
    ]
    parameters = {
        f"{i}.{k}": p for i, layer in enumerate(layers) for k, p in layer.parameters().items()
    }
    loss_of, optimizer = losses.CategoricalCrossentropy(), optim.Adam(learning_rate=0.05)
    history = []
    for _ in range(100):
        out: Any = x
        for layer in layers:
            out = layer(out, training=True)
        loss = loss_of(out, y)
        loss.backward()
        optimizer.step(parameters)
        optimizer.zero_grad(parameters)
        history.append(loss.item())
    assert len(parameters) == 10
    assert history[-1] < 0.5 * history[0]
    assert not np.array_equal(layers[2].parameters()["factor"].data, np.full((1, 16), 1.5))
