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
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tensorgraph import ops
from tensorgraph.config import constructor_arguments
from tensorgraph.failure import blame_call
from tensorgraph.recording import recording
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

    _kind: ClassVar[str] = "layer"
    _is_ours: ClassVar[bool] = False  # then its lines are nobody's, and all operations have one

    def __init_subclass__(cls) -> None:
        cls._kind = cls.__name__.lower()
        cls._is_ours = cls.__module__.startswith("tensorgraph.")

    @abstractmethod
    def forward(self, x: Any, training: bool) -> Any:
        """The output for a batch ``x``, an example a row; ``training`` is for dropout and such."""

    def __call__(self, x: Any, training: bool = False) -> Any:
        state = recording()
        outer = state.enter(self.name or self._kind, self._is_ours)
        try:
            return self.forward(x, training)
        except Exception as error:
            blame_call(error, self.forward, type(self).__name__, x)
            raise
        finally:
            state.layer, state.at = outer

    def parameters(self) -> dict[str, Tensor]:
        """The variables to train, by name: this layer's tensors and those of the layers in it."""
        found = own_tensors(self)
        for name, layer in inner_layers(self).items():
            found.update({f"{name}.{inner}": p for inner, p in layer.parameters().items()})
        return found

    def regularizers(self) -> list[Regularizer]:
        """The penalties on this layer's parameters, and on those of the layers in it."""
        found: list[Regularizer] = []
        for layer in inner_layers(self).values():
            found += layer.regularizers()
        return found

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: B027 - most layers draw nothing
        """Draw the starting values of the parameters anew."""

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, for a saved file."""
        return constructor_arguments(self, self.saved_as or type(self))


def own_tensors(layer: Layer) -> dict[str, Tensor]:
    """The variables among the attributes of ``layer``, by name."""
    return {
        name: item
        for name, item in _members(layer)
        if isinstance(item, Tensor) and isinstance(item._node, Leaf)
    }


def inner_layers(layer: Layer) -> dict[str, Layer]:
    """The layers among the attributes of ``layer``, by name."""
    return {name: item for name, item in _members(layer) if isinstance(item, Layer)}


def with_inner_layers(layer: Layer) -> Iterator[Layer]:
    """The layers inside ``layer``, at any depth, innermost first, and ``layer`` itself."""
    for inner in inner_layers(layer).values():
        yield from with_inner_layers(inner)
    yield layer


def _members(layer: Layer) -> Iterator[tuple[str, Any]]:
    """The attributes of ``layer``; of a list, tuple or dict its items, named "attribute.item"."""
    for key, value in vars(layer).items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", item) for name, item in value.items())
        elif isinstance(value, (list, tuple)):
            yield from ((f"{key}.{i}", item) for i, item in enumerate(value))
        else:
            yield key, value


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """``x`` in ``dtype``: float64 data would double the cost of a float32 network unasked."""
    if isinstance(x, (Tensor, np.ndarray)) and x.dtype == dtype:
        return x
    return ops.astype(x, dtype)
