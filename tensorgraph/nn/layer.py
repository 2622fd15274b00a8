"""What a layer is, and how to write one.

A layer of your own is a class with a ``forward``::

    class Scale(tg.nn.Layer):
        def __init__(self, n_neurons, name=None):
            self.n_neurons = n_neurons
            self.name = name
            self.factor = tg.Tensor(np.ones((1, n_neurons), np.float32))

        def forward(self, x, training):
            return x * self.factor

Its tensors are its parameters; its constructor's arguments, kept under their own names, are what a
saved model remembers of it. Read next: ``dense``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tensorgraph import ops
from tensorgraph.config import constructor_arguments
from tensorgraph.recording import enter_layer, leave_layer
from tensorgraph.tape import Leaf
from tensorgraph.tensor import Tensor


class Regularizer(NamedTuple):
    """A parameter and the factors of its penalties: l1 * sum |p| + l2 * sum p²."""

    parameter: Tensor
    l1: float
    l2: float


class Layer(ABC):
    """A function of an array that may have parameters. Call it: ``layer(x, training=False)``."""

    name: str | None = None
    n_inputs: int | None = None
    saved_as: ClassVar[type[Layer] | None] = None
    """The class to save this one as, for a subclass that adds a constructor and nothing else."""

    @abstractmethod
    def forward(self, x: Any, training: bool) -> Any:
        """The output for a batch ``x``, an example a row; ``training`` is for dropout and such."""

    def __call__(self, x: Any, training: bool = False) -> Any:
        outer = enter_layer(self.name or type(self).__name__.lower())
        try:
            return self.forward(x, training)
        finally:
            leave_layer(outer)

    def parameters(self) -> dict[str, Tensor]:
        """The variables to train, by name: this layer's tensors and those of the layers in it."""
        found: dict[str, Tensor] = {}
        for key, value in vars(self).items():
            if isinstance(value, Tensor) and isinstance(value._node, Leaf):
                found[key] = value
            for name, layer in _inner(key, value):
                found.update({f"{name}.{inner}": p for inner, p in layer.parameters().items()})
        return found

    def regularizers(self) -> list[Regularizer]:
        """The penalties on this layer's parameters, and on those of the layers in it."""
        found: list[Regularizer] = []
        for key, value in vars(self).items():
            for _, layer in _inner(key, value):
                found += layer.regularizers()
        return found

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: B027 - most layers draw nothing
        """Draw the starting values of the parameters anew."""

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, for a saved file."""
        return constructor_arguments(self, self.saved_as or type(self))


def _inner(key: str, value: Any) -> list[tuple[str, Layer]]:
    """The layers in an attribute: itself, or the members of a list or tuple."""
    if isinstance(value, (list, tuple)):
        return [(f"{key}.{i}", item) for i, item in enumerate(value) if isinstance(item, Layer)]
    return [(key, value)] if isinstance(value, Layer) else []


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """``x`` in ``dtype``: float64 data would double the cost of a float32 network unasked."""
    if isinstance(x, (Tensor, np.ndarray)) and x.dtype == dtype:
        return x
    return ops.astype(x, dtype)
