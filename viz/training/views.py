"""What a network makes of its inputs, as arrays: a plane of probabilities, a curve, a surface.

A view holds the data and a fixed grid; ``view.look(model)`` predicts the whole grid in one batch.
The model is anything with ``predict``. Read next:
``inputs``, which makes views of data, and ``panels``, which draws them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.typing import Array

PLANE_SIDE = 150


class Predictor(Protocol):
    """A model as the pictures see it."""

    def predict(self, X: Any, /) -> Any:
        """Return an array with one row of outputs for each row of ``X``."""


@dataclass(frozen=True)
class PlaneView:
    """Labelled points (n, 2) on the square [-size, size]^2, and a grid (side^2, 2) on it."""

    points: Array
    labels: Array
    n_classes: int
    size: float
    grid: Array

    def look(self, model: Predictor) -> Array:
        """Return the class probabilities (side, side, n_classes), lowest row first."""
        probabilities = as_probabilities(predicted(model, self.grid), self.n_classes)
        return probabilities.reshape(PLANE_SIDE, PLANE_SIDE, self.n_classes)


@dataclass(frozen=True)
class CurveView:
    """Points (n,) with targets (n,), and a grid (400, 1) from the smallest point to the largest."""

    points: Array
    targets: Array
    grid: Array

    def look(self, model: Predictor) -> Array:
        """Return the fitted values (400,)."""
        return _one_column(predicted(model, self.grid))


@dataclass(frozen=True)
class SurfaceView:
    """Points (n, 2) with targets (n,), and a mesh (m, 2) that covers their convex hull."""

    points: Array
    targets: Array
    grid: Array

    def look(self, model: Predictor) -> Array:
        """Return the fitted heights (m,)."""
        return _one_column(predicted(model, self.grid))


View: TypeAlias = PlaneView | CurveView | SurfaceView


def predicted(model: Predictor, grid: Array) -> Array:
    """Return ``model``'s outputs (rows, columns) for the rows of ``grid``, in one call."""
    outputs = np.asarray(model.predict(grid))
    if outputs.ndim not in (1, 2) or len(outputs) != len(grid):
        raise ShapeError(
            f"Visualizer: model.predict took an array of shape {grid.shape} and returned "
            f"{outputs.shape}; it should return one row of outputs for each of {len(grid)} rows"
        )
    return outputs.reshape(len(grid), -1)


def as_probabilities(outputs: Array, n_classes: int) -> Array:
    """Return ``outputs`` (rows, columns) as class probabilities (rows, n_classes).

    One column is the probability of class 1 of two. Outputs that are no probabilities, as a network
    without a softmax or sigmoid at its end has them, are taken as logits.
    """
    if outputs.shape[1] == 1 and n_classes == 2:
        # Two logits of which one is 0 have the sigmoid of the other as their softmax.
        pair = (np.zeros_like(outputs), outputs) if _beyond(outputs) else (1 - outputs, outputs)
        outputs = np.concatenate(pair, axis=1)
    if outputs.shape[1] != n_classes:
        raise ArgumentError(
            f"Visualizer: n_outputs={n_classes}, but the model has {outputs.shape[1]} outputs: "
            f"give n_outputs={outputs.shape[1]}"
        )
    if not _beyond(outputs):
        return outputs
    # A training that diverges has infinite logits, of which nothing can be made.
    with np.errstate(invalid="ignore"):
        weights = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _beyond(outputs: Array) -> bool:
    """Tell whether some outputs lie outside [0, 1] and so cannot be probabilities."""
    return bool(np.any(outputs < 0) or np.any(outputs > 1 + 1e-5))


def _one_column(outputs: Array) -> Array:
    """Return ``outputs`` (rows, 1) as (rows,)."""
    if outputs.shape[1] != 1:
        raise ArgumentError(
            f"Visualizer(graph=True) draws one output, but the model has {outputs.shape[1]}: "
            "leave graph out to see the curves only"
        )
    return outputs[:, 0]
