"""What the tests of pictures draw, and how they read what was drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph import losses, nn, optim
from tensorgraph.models import Model
from tensorgraph.viz.drawing import Drawing

SVG = "{http://www.w3.org/2000/svg}"


class Repeated(nn.Layer):
    """x * factor, ``times`` times over."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.factor = tg.Tensor(np.ones((1, 2), np.float32))

    def forward(self, x: Any, training: bool) -> Any:
        for _ in range(self.times):
            x = x * self.factor
        return x


def formula() -> tg.Tensor:
    """z = a b - 2, with every name given."""
    a, b = tg.Tensor(3.0, "a"), tg.Tensor(4.0, "b")
    z = a * b - 2.0
    z.name = "z"
    return z


def chain(length: int) -> tg.Tensor:
    """x * 1.0001 * 1.0001 ..., with so many operations."""
    x = tg.Tensor(1.0, "x")
    for _ in range(length):
        x = x * 1.0001
    return x


def deep(layers: int, times: int) -> Model:
    """A network of ``layers`` times ``times`` operations and a loss."""
    model = Model([Repeated(times) for _ in range(layers)])
    model.set(loss=losses.MeanSquaredError())
    model.finalize()
    return model


def svg_of(drawing: Drawing) -> ET.Element:
    """Return the picture as parsed SVG."""
    return ET.fromstring(drawing.svg())


def texts(drawing: Drawing) -> set[str]:
    """Return what is written on the picture."""
    return {"".join(element.itertext()) for element in svg_of(drawing).iter(f"{SVG}text")}


def compiled_step() -> Any:
    """A training step of one layer, compiled and run once."""
    dense = nn.Dense(2, 3, name="dense")
    sgd = optim.SGD(0.1)
    parameters = list(dense.parameters().values())

    @tg.compile
    def step(X: Any) -> Any:
        loss = tg.mean(dense(X, training=True) ** 2)
        loss.backward()
        sgd.step(parameters)
        sgd.zero_grad(parameters)
        return loss

    step(np.ones((4, 2), np.float32))
    return step
