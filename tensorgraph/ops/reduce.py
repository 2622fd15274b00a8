"""Operations that make one number of many: sums, means, extremes.

``axis`` is None (all), an int or a tuple, negative counts from the end; ``keepdims`` keeps each
reduced axis with length 1. Read next: ``linalg``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import equal, sqrt, square, where
from tensorgraph.ops.shape import broadcast_to, normalize_axes, reshape
from tensorgraph.primitive import custom, linear, nondifferentiable
from tensorgraph.typing import Array, Axis

# The ufuncs' own methods: np.sum and its like spend more time on the way to them.
_add_reduce: Any = np.add.reduce
_maximum_reduce: Any = np.maximum.reduce
_minimum_reduce: Any = np.minimum.reduce


def restore(g: Any, x: Any, axis: Axis) -> Any:
    """``g`` of a reduction of ``x``, with the reduced axes back, each of length 1."""
    shape = list(np.shape(x))
    for a in normalize_axes(axis, len(shape), "reduction"):
        shape[a] = 1
    return reshape(g, tuple(shape))


def _spread(g: Any, x: Any, axis: Axis) -> Any:
    """``g`` of a sum of ``x``, repeated to the shape of ``x``."""
    return broadcast_to(restore(g, x, axis), np.shape(x))


def _count(x: Any, axis: Axis) -> int:
    """How many elements go into each result."""
    shape = np.shape(x)
    return int(np.prod([shape[a] for a in normalize_axes(axis, len(shape), "mean")]))


def _tuple(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


@linear.rules(lambda g, y, x, axis, keepdims: _spread(g, x, axis))
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``."""
    return _add_reduce(x, axis=_tuple(axis), keepdims=keepdims)


@linear.rules(lambda g, y, x, axis, keepdims: _spread(g / _count(x, axis), x, axis))
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over ``axis``."""
    return np.mean(x, axis=_tuple(axis), keepdims=keepdims)


def _to_extremes(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """``g`` at the extreme elements, shared equally where several are equal."""
    hit = equal(x, restore(y, x, axis))
    return where(hit, restore(g, x, axis) / sum(hit, axis, keepdims=True), 0.0)


@custom.rules(_to_extremes)
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over ``axis``; equal ones share the gradient."""
    return _maximum_reduce(x, axis=_tuple(axis), keepdims=keepdims)


@custom.rules(_to_extremes)
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over ``axis``; equal ones share the gradient."""
    return _minimum_reduce(x, axis=_tuple(axis), keepdims=keepdims)


def var(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """The variance over ``axis``: squared distances from the mean, over their count - ``ddof``."""
    squares = sum(square(x - mean(x, axis, keepdims=True)), axis, keepdims)
    return squares / (_count(x, axis) - ddof)


def std(x: Any, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """The standard deviation over ``axis``: the square root of ``var``."""
    return sqrt(var(x, axis, ddof, keepdims))


# --- without derivative --------------------------------------------------------------------------


@nondifferentiable.rules(None)
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first largest element."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None)
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first smallest element."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None)
def argsort(x: Any, axis: int | None = -1) -> Array:
    """The indices that would sort ``x``."""
    return np.argsort(x, axis=axis)


@nondifferentiable.rules(None)
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether every element is true."""
    return np.all(x, axis=_tuple(axis), keepdims=keepdims)


@nondifferentiable.rules(None)
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether some element is true."""
    return np.any(x, axis=_tuple(axis), keepdims=keepdims)
