"""What the neurons answer: to one example, or over the plane of two inputs. Read next: ``labels``.

The network is run as it predicts, with nothing dropped and nothing recorded, once for all columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DataError, ShapeError
from tensorgraph.recording import no_grad
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array
from tensorgraph.viz.networks.columns import Column, is_dense

SIDE = 40


@dataclass(frozen=True)
class Plane:
    """The square [-size, size]^2 of two inputs, with points (n, 2) of classes (n,) on it.

    ``whole`` (side, side, n_classes) are the probabilities of all classes, or None.
    """

    size: float
    points: Array
    classes: Array
    whole: Array | None


def answers_to(layers: Sequence[Any], columns: Sequence[Column], x: Any) -> list[Array]:
    """Return what all neurons of each column, (size,), make of the example ``x``."""
    row = _example(x, columns[0].size)
    return [answer[0] for answer in _answers(layers, columns, row[np.newaxis])]


def show_example(columns: Sequence[Column], answers: Sequence[Array]) -> None:
    """Give each column its values: those of the neurons that are shown."""
    for column, answer in zip(columns, answers, strict=True):
        column.values = answer[column.shown]
        column.reach = 1.0 if column.has_probabilities else _reach(answer)


def show_responses(
    layers: Sequence[Any], columns: Sequence[Column], size: float, X: Any, y: Any
) -> Plane:
    """Give each column its maps over [-size, size]^2, lowest row first; return the plane."""
    if columns[0].size != 2:
        raise ArgumentError(
            f"network(responses=True) draws maps over the plane of 2 inputs, and the model takes "
            f"{columns[0].size}: leave responses out, or give x= to see one example instead"
        )
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not 0 < size < np.inf:
        raise ArgumentError(
            f"network(): size is {size!r}, and must be a number > 0: the maps are drawn over "
            "[-size, size]^2"
        )
    points, classes = _points(X, y, max(columns[-1].size, 2))
    ticks = np.linspace(-size, size, SIDE)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    answers = _answers(layers, columns, grid)
    for column, answer in zip(columns, answers, strict=True):
        column.maps = answer[:, column.shown].T.reshape(-1, SIDE, SIDE)
        column.reach = _reach(answer)
    softmax = columns[-1].activations[-1:] == ["Softmax"]
    whole = answers[-1].reshape(SIDE, SIDE, -1) if softmax and columns[-1].size > 1 else None
    return Plane(float(size), points, classes, whole)


def _answers(layers: Sequence[Any], columns: Sequence[Column], X: Array) -> list[Array]:
    """Return what each column gives on, after its activations, for the rows of ``X``."""
    found, x = [], X
    # What overflows is told below, with the layer's name.
    with no_grad(), np.errstate(over="ignore", invalid="ignore"):
        for layer in layers:
            if is_dense(layer):
                found.append(_array(x))
            x = layer(x, training=False)
    found.append(_array(x))
    for column, answer in zip(columns, found, strict=True):
        if answer.shape != (len(X), column.size):
            raise ArgumentError(
                f"network(): after {', '.join(column.activations)} the {column.size} neurons of "
                f"{column.name!r} give an array of shape {answer.shape}, which has not one number "
                "a neuron: draw this model without x and responses"
            )
        if not np.isfinite(answer).all():
            raise DataError(
                f"network(): {column.name!r} gives numbers that are infinite or not a number: "
                "look for the operation with tg.detect_anomaly()"
            )
    return found


def _array(x: Any) -> Array:
    return np.asarray(x.data if isinstance(x, Tensor) else x)


def _numbers(name: str, values: Any) -> Array:
    """Return ``values`` as an array of finite numbers."""
    array = _array(values)
    if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
        raise DataError(f"network(): {name} should hold finite numbers only")
    return array


def _example(x: Any, n_inputs: int) -> Array:
    """Return one example as a row (n_inputs,)."""
    row = _numbers("x", x)
    if row.shape == (1, n_inputs):
        return row[0]
    if row.shape != (n_inputs,):
        remedy = (
            f"x.reshape({n_inputs})" if row.size == n_inputs else f"shape ({n_inputs},), as X[0]"
        )
        raise ShapeError(
            f"network(): x has shape {row.shape}, and the model takes one example of {n_inputs} "
            f"number{'' if n_inputs == 1 else 's'}: give {remedy}"
        )
    return row


def _points(X: Any, y: Any, n_classes: int) -> tuple[Array, Array]:
    """Return the points (n, 2) and their classes (n,), none of them without ``X``."""
    if X is None and y is None:
        return np.empty((0, 2)), np.empty(0, int)
    if X is None or y is None:
        raise ArgumentError("network(): points need X= and y=, and one of them is missing")
    points, classes = _numbers("X", X), _numbers("y", y)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(f"network(): X has shape {points.shape}, and should be points (n, 2)")
    if classes.ndim == 2 and classes.shape[1] == n_classes:
        classes = classes.argmax(axis=1)
    if classes.size != len(points) or not np.isin(classes, np.arange(n_classes)).all():
        raise ArgumentError(
            f"network(): y should hold one class from 0 to {n_classes - 1} for each of "
            f"{len(points)} points, and has shape {np.shape(y)}: leave X and y out if it has none"
        )
    return points, classes.reshape(-1).astype(int)


def _reach(numbers: Array) -> float:
    """Return how far from 0 numbers go; 1 if all are 0."""
    return float(np.abs(numbers).max()) or 1.0
