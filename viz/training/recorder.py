"""From training records to arrays: what the pictures show, kept apart from how they are drawn.

A ``Recorder`` reads the training through its records only, and may be read at any time. Read next:
``views``, which asks the network what it makes of its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.train import EpochRecord
from tensorgraph.typing import Array


@dataclass(frozen=True)
class Curves:
    """The curves up to an epoch: one float for each epoch, NaN where nothing was measured."""

    epochs: Array
    training_accuracy: Array
    validation_accuracy: Array
    training_loss: Array
    validation_loss: Array


@dataclass
class Recorder:
    """Keeps one number for each epoch and curve.

    Losses are data losses: regularization is left out, so that training and validation compare.
    With ``validation`` an epoch without validation results raises ArgumentError.
    """

    validation: bool = False
    train_accuracy_history: list[float] = field(default_factory=list)
    train_loss_history: list[float] = field(default_factory=list)
    test_accuracy_history: list[float] = field(default_factory=list)
    test_loss_history: list[float] = field(default_factory=list)

    def add(self, record: EpochRecord) -> None:
        """Append the results of one epoch."""
        if self.validation and record.validation_loss is None:
            raise ArgumentError(
                "Visualizer(validation=True) has no validation results to draw: give "
                "train(..., validation_data=(X_val, y_val)), or leave validation out"
            )
        self.train_accuracy_history.append(_number(record.accuracy))
        self.train_loss_history.append(_number(record.data_loss))
        self.test_accuracy_history.append(_number(record.validation_accuracy))
        self.test_loss_history.append(_number(record.validation_loss))

    def __len__(self) -> int:
        """Return how many epochs were recorded."""
        return len(self.train_loss_history)

    def curves(self) -> Curves:
        """Return what was recorded so far as arrays, which later records do not change."""
        return Curves(
            epochs=np.arange(1, len(self) + 1),
            training_accuracy=_array(self.train_accuracy_history),
            validation_accuracy=_array(self.test_accuracy_history),
            training_loss=_array(self.train_loss_history),
            validation_loss=_array(self.test_loss_history),
        )


def _number(value: float | None) -> float:
    """Return ``value``, or NaN where there is none, so that every curve has a number per epoch."""
    return float("nan") if value is None else float(value)


def _array(history: Sequence[float]) -> Array:
    """Return a history as an array of floats."""
    return np.array(history, dtype=np.float64)
