"""Activations: layers without parameters that bend the line. Read next: ``losses``.

``predictions(outputs)`` is what the outputs say: class numbers of a softmax, 0 or 1 of a sigmoid,
and of any other the outputs themselves.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.nn.layer import Layer, Regularizer
from tensorgraph.typing import Array


class Activation(Layer):
    """A layer that acts on its input without parameters."""

    def __init__(self, *, name: str | None = None) -> None:
        self.name = name

    @abstractmethod
    def forward(self, x: Any, training: bool) -> Any: ...

    def regularizers(self) -> list[Regularizer]:
        return []

    def predictions(self, outputs: Array) -> Array:
        """What the outputs say."""
        return outputs


class ReLU(Activation):
    """max(x, 0)."""

    def forward(self, x: Any, training: bool) -> Any:
        return ops.relu(x)


class Softmax(Activation):
    """exp(x) / sum(exp(x)) over the last axis: probabilities of classes."""

    def forward(self, x: Any, training: bool) -> Any:
        return ops.softmax(x)

    def predictions(self, outputs: Array) -> Array:
        """The number of the most probable class of each row."""
        return np.argmax(outputs, axis=-1)


class Sigmoid(Activation):
    """1 / (1 + exp(-x)): a probability for each output."""

    def forward(self, x: Any, training: bool) -> Any:
        return ops.sigmoid(x)

    def predictions(self, outputs: Array) -> Array:
        """1 where the probability is above one half, else 0."""
        return (outputs > 0.5).astype(int)


class Tanh(Activation):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)): between -1 and 1."""

    def forward(self, x: Any, training: bool) -> Any:
        return ops.tanh(x)


class Identity(Activation):
    """x itself: for regression."""

    def forward(self, x: Any, training: bool) -> Any:
        return x
