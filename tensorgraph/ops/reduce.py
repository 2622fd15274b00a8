"""Operations that make one number of many: sums, means, extremes.

``axis`` is None (all), an int or a tuple, negative counts from the end; ``keepdims`` keeps each
reduced axis with length 1. Read next: ``products``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import conjugate, equal, real, sqrt, square, where
from tensorgraph.ops.shape import (
    astype,
    broadcast_to,
    inner_axes,
    inner_axis,
    normalize_axes,
    reshape,
)
from tensorgraph.primitive import custom, linear, nondifferentiable, refuse
from tensorgraph.typing import Array, Axis, DType

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "max",
    "mean",
    "min",
    "std",
    "sum",
    "var",
]

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


def _over_inner_axes(name: str) -> Any:
    """How a reduction acts on a batch: along the axes that an example has."""

    def batch(mapped: Any, x: Any, axis: Axis, **params: Any) -> Any:
        return globals()[name](x, axis=inner_axes(axis, x.ndim), **params)

    return batch


@linear.rules(
    lambda g, y, x, axis, dtype, keepdims: _spread(g, x, axis),
    batch=_over_inner_axes("sum"),
    positions="axis dtype out keepdims initial where",
)
def sum(a: Any, axis: Axis = None, dtype: DType = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``, added up in ``dtype``."""
    return _add_reduce(a, axis=_tuple(axis), dtype=dtype, keepdims=keepdims)


@linear.rules(
    lambda g, y, x, axis, dtype, keepdims: _spread(g / _count(x, axis), x, axis),
    batch=_over_inner_axes("mean"),
    positions="axis dtype out keepdims where",
)
def mean(a: Any, axis: Axis = None, dtype: DType = None, keepdims: bool = False) -> Any:
    """The mean over ``axis``, added up in ``dtype``."""
    return np.mean(a, axis=_tuple(axis), dtype=dtype, keepdims=keepdims)


def _to_extremes(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """``g`` at the extreme elements, shared equally where several are equal."""
    hit = equal(x, restore(y, x, axis))
    return where(hit, restore(g, x, axis) / sum(hit, axis, keepdims=True), 0.0)


@custom.rules(
    _to_extremes, batch=_over_inner_axes("max"), positions="axis out keepdims initial where"
)
def max(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest element over ``axis``; equal ones share the gradient."""
    return _maximum_reduce(a, axis=_tuple(axis), keepdims=keepdims)


@custom.rules(
    _to_extremes, batch=_over_inner_axes("min"), positions="axis out keepdims initial where"
)
def min(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest element over ``axis``; equal ones share the gradient."""
    return _minimum_reduce(a, axis=_tuple(axis), keepdims=keepdims)


def var(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """The variance over ``axis``: squared distances from the mean, over their count - ``ddof``."""
    refuse("var", out=out)
    a = a if dtype is None else astype(a, dtype)
    distances = a - mean(a, axis, keepdims=True)
    is_complex = distances.dtype.kind == "c"
    squares = real(distances * conjugate(distances)) if is_complex else square(distances)
    return sum(squares, axis, keepdims=keepdims) / (_count(a, axis) - ddof)


def std(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
) -> Any:
    """The standard deviation over ``axis``: the square root of ``var``."""
    return sqrt(var(a, axis, dtype, out, ddof, keepdims))


amax, amin = max, min

# --- without derivative --------------------------------------------------------------------------


def _of_each(name: str) -> Any:
    """How a search acts on a batch: along one axis of an example, or through all its elements."""

    def batch(mapped: Any, x: Any, axis: int | None, **params: Any) -> Any:
        function = globals()[name]
        if axis is not None:
            return function(x, axis=inner_axis(axis, x.ndim), **params)
        found = function(reshape(x, (len(x), -1)), axis=1, **params)
        return reshape(found, (len(x), *(1,) * (x.ndim - 1))) if params.get("keepdims") else found

    return batch


@nondifferentiable.rules(None, batch=_of_each("argmax"), positions="axis out")
def argmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first largest element."""
    return np.argmax(a, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None, batch=_of_each("argmin"), positions="axis out")
def argmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first smallest element."""
    return np.argmin(a, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None, batch=_over_inner_axes("all"), positions="axis out keepdims where")
def all(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether every element is true."""
    return np.all(a, axis=_tuple(axis), keepdims=keepdims)


@nondifferentiable.rules(None, batch=_over_inner_axes("any"), positions="axis out keepdims where")
def any(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether some element is true."""
    return np.any(a, axis=_tuple(axis), keepdims=keepdims)


@nondifferentiable.rules(None, batch=_of_each("argsort"), positions="axis kind order")
def argsort(a: Any, axis: int | None = -1, kind: Any = None) -> Array:
    """The indices that would sort ``a``."""
    return np.argsort(a, axis=axis, kind=kind)
