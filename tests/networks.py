"""Small networks, layers and data that several test modules use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.models import Model
from tensorgraph.typing import Array

# The differences themselves err by about 1e-10: their step is 1e-5.
TOLERANCE = {"rtol": 1e-6, "atol": 1e-8}

X, Y = tg.data.spiral(20, 3, seed=0)  # 60 points, 3 classes
X_VAL, Y_VAL = tg.data.spiral(7, 3, seed=1)


class Scale(nn.Layer):
    """A layer of a user's own: one factor for each column, and no backward."""

    def __init__(self, n_neurons: int, start: float = 1.5, name: str | None = None) -> None:
        self.n_neurons = n_neurons
        self.start = start
        self.name = name
        self.factor = tg.Tensor(np.full((1, n_neurons), start, np.float32))

    def forward(self, x: Any, training: bool) -> Any:
        return x * self.factor


class Block(nn.Layer):
    """Layers within a layer, one as an attribute and the others in a list."""

    def __init__(self, n_neurons: int) -> None:
        self.n_neurons = n_neurons
        self.scale = Scale(n_neurons)
        self.denses = [
            nn.Dense(n_neurons, n_neurons, weight_regularizer_l2=0.01 * (i + 1), rng=i)
            for i in range(2)
        ]

    def forward(self, x: Any, training: bool) -> Any:
        for dense in self.denses:
            x = x + tg.tanh(dense(x, training))
        return self.scale(x, training)


class Squares(nn.Layer):
    """A layer that gives twice as many columns as it takes, and says nothing of either number."""

    def forward(self, x: Any, training: bool) -> Any:
        return tg.concatenate([x, x * x], axis=1)


def classifier(
    optimizer: optim.Optimizer | None = None,
    *,
    seed: int | None = 0,
    dropout: float = 0.0,
    dtype: Any = None,
    **penalties: float,
) -> Model:
    """A finalized network of 2, 8 and 3 neurons for the spiral."""
    model = Model(seed=seed, dtype=dtype)
    model.add(nn.Dense(2, 8, **penalties))
    model.add(nn.ReLU())
    if dropout:
        model.add(nn.Dropout(dropout))
    model.add(nn.Dense(8, 3))
    model.add(nn.Softmax())
    model.set(
        loss=losses.CategoricalCrossentropy(),
        optimizer=optimizer or optim.Adam(learning_rate=0.02, decay=1e-3),
        accuracy=metrics.CategoricalAccuracy(),
    )
    model.finalize()
    return model


def numbers(model: Model) -> list[Array]:
    """Copies of all parameters of a model."""
    return [array for arrays in model.get_parameters() for array in arrays]


def same(a: list[Array], b: list[Array]) -> bool:
    """Whether two lists of arrays are equal to the last bit."""
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def function_of(layer: nn.Layer, training: bool = False) -> Callable[..., Any]:
    """``f(x, *parameters)``: the layer's output, with other values for its parameters."""
    places = [name.split(".") for name in layer.parameters()]

    def f(x: Any, *values: Any) -> Any:
        for (*path, last), value in zip(places, values, strict=True):
            owner: Any = layer
            for step in path:
                owner = owner[int(step)] if step.isdigit() else getattr(owner, step)
            setattr(owner, last, value)
        return layer(x, training)

    f.__name__ = type(layer).__name__
    return f


def values_of(layer: nn.Layer) -> list[Array]:
    """The values of a layer's parameters in float64, none of them 0."""
    parameters = layer.parameters().values()
    rng = np.random.default_rng(5)
    return [np.where(p.data == 0, rng.normal(size=p.shape), p.data) for p in parameters]
