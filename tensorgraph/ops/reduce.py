"""Operations that make one number of many: sums, means, extremes, and where these stand.

``axis`` is None (all), an int or a tuple, negative counts from the end; ``keepdims`` keeps each
reduced axis with length 1. Read next: ``running``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import equal, where
from tensorgraph.ops.shape import (
    broadcast_to,
    inner_axes,
    inner_axis,
    moveaxis,
    normalize_axes,
    reshape,
)
from tensorgraph.primitive import REGISTRY, custom, linear, nondifferentiable, refuse
from tensorgraph.typing import Array, Axis, DType

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "ptp",
    "sum",
]


# The ufuncs' own methods: np.sum and its like spend more time on the way to them.
_add_reduce: Any = np.add.reduce
_maximum_reduce: Any = np.maximum.reduce
_minimum_reduce: Any = np.minimum.reduce


# --- axes ----------------------------------------------------------------------------------------


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index that takes ``part`` (a slice or an integer) of ``axis``, which is >= 0."""
    return (slice(None),) * axis + (part,)


def restore(g: Any, x: Any, axis: Axis) -> Any:
    """``g`` of a reduction of ``x``, with the reduced axes back, each of length 1."""
    shape = list(np.shape(x))
    for a in normalize_axes(axis, len(shape), "reduction"):
        shape[a] = 1
    return reshape(g, tuple(shape))


def _spread(g: Any, x: Any, axis: Axis) -> Any:
    """``g`` of a sum of ``x``, repeated to the shape of ``x``."""
    return broadcast_to(restore(g, x, axis), np.shape(x))


def count(x: Any, axis: Axis) -> int:
    """How many elements go into each result."""
    shape = np.shape(x)
    return int(np.prod([shape[a] for a in normalize_axes(axis, len(shape), "mean")]))


def joined(x: Any, axis: Axis) -> Any:
    """``x`` with the reduced axes moved to the end and made one."""
    ndim = np.ndim(x)
    axes = normalize_axes(axis, ndim, "reduction")
    x = moveaxis(x, axes, tuple(range(ndim - len(axes), ndim)))
    kept = x.shape[: ndim - len(axes)]
    return reshape(x, (*kept, int(np.prod(x.shape[len(kept) :]))))


def reduced_shape(x: Any, axis: Axis, keepdims: bool) -> tuple[int, ...]:
    """The shape of a reduction of ``x``."""
    axes = normalize_axes(axis, np.ndim(x), "reduction")
    pairs = [(1 if i in axes else n, i in axes) for i, n in enumerate(np.shape(x))]
    return tuple(n for n, is_reduced in pairs if keepdims or not is_reduced)


def _tuple(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _over_inner_axes(name: str) -> Any:
    """How a reduction acts on a batch: along the axes that an example has."""

    def batch(mapped: Any, x: Any, axis: Axis, **params: Any) -> Any:
        return globals()[name](x, axis=inner_axes(axis, x.ndim), **params)

    return batch


# --- sums and means ------------------------------------------------------------------------------


@linear.rules(
    lambda g, y, x, axis, dtype, keepdims: _spread(g, x, axis),
    batch=_over_inner_axes("sum"),
    positions="axis dtype out keepdims initial where",
)
def sum(a: Any, axis: Axis = None, dtype: DType = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``, added up in ``dtype``."""
    return _add_reduce(a, axis=_tuple(axis), dtype=dtype, keepdims=keepdims)


@linear.rules(
    lambda g, y, x, axis, dtype, keepdims: _spread(g / count(x, axis), x, axis),
    batch=_over_inner_axes("mean"),
    positions="axis dtype out keepdims where",
)
def mean(a: Any, axis: Axis = None, dtype: DType = None, keepdims: bool = False) -> Any:
    """The mean over ``axis``, added up in ``dtype``."""
    if dtype is None and isinstance(a, np.ndarray) and a.size and a.dtype.char in "fd":
        total = _add_reduce(a, axis=_tuple(axis), keepdims=keepdims)  # as np.mean, in half the time
        return total / (a.size // total.size)
    return np.mean(a, axis=_tuple(axis), dtype=dtype, keepdims=keepdims)


# --- extremes ------------------------------------------------------------------------------------


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


def ptp(a: Any, axis: Axis = None, out: None = None, keepdims: bool = False) -> Any:
    """The distance between the largest and the smallest element over ``axis``."""
    refuse("ptp", out=out)
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


amax, amin = max, min


# --- without derivative --------------------------------------------------------------------------


def of_each(name: str) -> Any:
    """How a search acts on a batch: along one axis of an example, or through all its elements."""

    def batch(mapped: Any, x: Any, axis: int | None, **params: Any) -> Any:
        function = REGISTRY[name]
        if axis is not None and x.ndim > 1:
            return function(x, axis=inner_axis(axis, x.ndim), **params)
        found = function(reshape(x, (len(x), int(np.prod(x.shape[1:])))), axis=1, **params)
        return reshape(found, (len(x), *(1,) * (x.ndim - 1))) if params.get("keepdims") else found

    return batch


@nondifferentiable.rules(None, batch=of_each("argmax"), positions="axis out")
def argmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first largest element."""
    return np.argmax(a, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None, batch=of_each("argmin"), positions="axis out")
def argmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first smallest element."""
    return np.argmin(a, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None, batch=of_each("argsort"), positions="axis kind order")
def argsort(
    a: Any, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None
) -> Array:
    """The indices that would sort ``a``; ``stable`` keeps equal elements in their order."""
    return np.argsort(a, axis=axis, kind=kind, stable=stable)


@nondifferentiable.rules(None, batch=_over_inner_axes("count_nonzero"), positions="axis")
def count_nonzero(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """How many elements are not 0."""
    return np.asarray(np.count_nonzero(a, axis=_tuple(axis), keepdims=keepdims))


@nondifferentiable.rules(None, batch=_over_inner_axes("all"), positions="axis out keepdims where")
def all(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether every element is true."""
    return np.all(a, axis=_tuple(axis), keepdims=keepdims)


@nondifferentiable.rules(None, batch=_over_inner_axes("any"), positions="axis out keepdims where")
def any(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether some element is true."""
    return np.any(a, axis=_tuple(axis), keepdims=keepdims)
