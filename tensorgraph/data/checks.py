"""Checks of plain arguments: each returns the value, or raises an error naming who was given what.

Read next: ``generators``.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.typing import Array, DType


def count(function: str, argument: str, value: int, maximum: int | None = None) -> int:
    """Return ``value`` as an int between 1 and ``maximum``."""
    expected = "an integer >= 1" if maximum is None else f"an integer between 1 and {maximum}"
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if isinstance(value, bool) or number < 1 or (maximum is not None and number > maximum):
        raise ArgumentError(f"{function}: {argument} must be {expected}, got {value!r}")
    return number


def deviation(function: str, argument: str, value: float) -> float:
    """Return ``value``, a standard deviation, as a finite float >= 0."""
    number = isinstance(value, (int, float, np.integer, np.floating))
    if not number or isinstance(value, bool) or not 0 <= value < math.inf:
        raise ArgumentError(f"{function}: {argument} must be a finite number >= 0, got {value!r}")
    return float(value)


def floating(function: str, dtype: DType | None) -> np.dtype[Any]:
    """Return ``dtype`` as one of NumPy's real floating dtypes."""
    try:
        result = np.dtype(dtype)
    except (TypeError, ValueError) as error:
        raise DTypeError(f"{function}: {dtype!r} is not a dtype") from error
    # np.dtype(None) is float64, which nobody who left the dtype out would expect here.
    if dtype is None or not np.issubdtype(result, np.floating):
        raise DTypeError(f"{function}: dtype must be a floating one such as float32, got {dtype!r}")
    return result


def samples(function: str, X: Array, y: Array | None) -> int:
    """Return the number of samples, the size of the first axis of ``X`` and of ``y`` alike."""
    if X.ndim == 0 or len(X) == 0:
        raise ShapeError(f"{function}: X of shape {X.shape} holds no samples")
    if y is not None and (y.ndim == 0 or len(y) != len(X)):
        raise ShapeError(
            f"{function}: X of shape {X.shape} and y of shape {y.shape} must have as many rows: "
            f"one target for each sample"
        )
    return len(X)
