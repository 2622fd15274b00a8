"""Accuracies: which fraction of the predictions is right. Read next: ``data``.

    accuracy = tg.metrics.CategoricalAccuracy()(outputs, targets)

They take arrays, and tensors where a program is recorded: nothing here is differentiated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import ArgumentError
from tensorgraph.tape import Traced
from tensorgraph.typing import Array


class Accuracy(ABC):
    """Call it with outputs (n, k) and targets: the fraction, from 0 to 1."""

    def __call__(self, outputs: Any, targets: Any) -> Any:
        hits = self.compare(outputs, targets)
        share = ops.count_nonzero(hits) / max(hits.size, 1)
        return share if isinstance(share, Traced) else float(share)

    @abstractmethod
    def compare(self, outputs: Any, targets: Any) -> Any:
        """Whether each prediction is right: truths."""

    def fit(self, targets: Array) -> None:  # noqa: B027 - only some measure the targets first
        """Look at the training targets before training begins."""


class CategoricalAccuracy(Accuracy):
    """The most probable class is the target: class numbers (n,) or one-hot (n, classes)."""

    def compare(self, outputs: Any, targets: Any) -> Any:
        if outputs.ndim != 2 or outputs.shape[1] < 2:
            raise ArgumentError(
                f"CategoricalAccuracy compares the outputs of two or more classes, and the outputs "
                f"have shape {outputs.shape}: for one output use BinaryAccuracy"
            )
        if targets.ndim == 2:
            targets = targets.argmax(1)
        return np.equal(outputs.argmax(1), targets)


class BinaryAccuracy(Accuracy):
    """Each output is above one half where its target is 1, and only there."""

    def compare(self, outputs: Any, targets: Any) -> Any:
        return np.equal(outputs > 0.5, targets.reshape(outputs.shape) > 0.5)


class RegressionAccuracy(Accuracy):
    """The prediction lies closer to the target than ``precision``.

    Where ``precision`` is None it is the standard deviation of the training targets divided by
    250, as in the book.
    """

    def __init__(self, precision: float | None = None) -> None:
        self.precision = precision

    def fit(self, targets: Array) -> None:
        if self.precision is None:
            self.precision = float(np.std(targets)) / 250

    def compare(self, outputs: Any, targets: Any) -> Any:
        if self.precision is None:
            raise ArgumentError(
                "RegressionAccuracy has no precision yet: train first, or give it one, "
                "RegressionAccuracy(precision=0.01)"
            )
        return np.less(np.abs(outputs - targets.reshape(outputs.shape)), self.precision)
