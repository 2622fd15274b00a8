"""Trainings for the tests of the visualizer: records as a training hands them out, and models."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tensorgraph.train import Callback, EpochRecord, History, StepRecord
from tensorgraph.typing import Array

CORNERS = np.array([[-0.6, -0.6], [0.6, -0.6], [0.0, 0.6]])
LABELS = np.arange(3)


class Corners:
    """Three classes: the nearer to its corner, the more probable a class."""

    def __init__(self) -> None:
        self.sharpness = 1.0
        self.rows: list[int] = []

    def predict(self, X: Array) -> Array:
        self.rows.append(len(X))
        distances = ((X[:, np.newaxis, :] - CORNERS) ** 2).sum(axis=2)
        weights = np.exp(-self.sharpness * distances)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


class Formula:
    """A model of one output that is a fixed function of its inputs."""

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self.function = function

    def predict(self, X: Array) -> Array:
        return np.asarray(self.function(X))


def epoch_records(epochs: int, *, validation: bool = True) -> Iterator[EpochRecord]:
    """Yield the records of a training whose loss falls from 1.5 and whose accuracy rises."""
    for epoch in range(1, epochs + 1):
        loss = 1.5 * 0.9 ** (epoch - 1)
        later = (loss + 0.1, 0.9 - loss / 2) if validation else (None, None)
        yield EpochRecord(epoch, epochs, loss + 0.2, loss, 0.2, 1 - loss / 2, 0.1, *later)


def follow(callback: Callback, epochs: int, *, until: int | None = None, **options: bool) -> None:
    """Take ``callback`` through a training of ``epochs``, which is stopped after ``until``."""
    history = History()
    callback.on_train_begin(epochs)
    for record in list(epoch_records(epochs, **options))[:until]:
        for step in range(2):
            callback.on_step(StepRecord(record.epoch, step, 2, 1.0, 0.8, 0.2, 0.5, 0.1))
        history.records.append(record)
        callback.on_epoch(record)
    callback.on_train_end(history)
