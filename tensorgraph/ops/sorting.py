"""Sorting, quantiles, and searching in sorted arrays.

What is sorted is moved, so the gradient of each element goes back to where it came from; which of
equal elements comes first is NumPy's choice. Read next: ``calculus``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.ops.elementwise import (
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    minimum,
    where,
)
from tensorgraph.ops.indexing import index, take, take_along_axis
from tensorgraph.ops.numbers import isnan
from tensorgraph.ops.reduce import (
    any,
    argsort,
    joined,
    mean,
    reduced_shape,
    sum,
)
from tensorgraph.ops.shape import (
    as_operand,
    astype,
    expand_dims,
    inner_axis,
    moveaxis,
    ravel,
    reshape,
    spread,
)
from tensorgraph.primitive import nondifferentiable, refuse
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Axis, DType

__all__ = [
    "argpartition",
    "digitize",
    "median",
    "partition",
    "percentile",
    "quantile",
    "searchsorted",
    "sort",
]

# --- order ---------------------------------------------------------------------------------------


def _partition_each(mapped: Any, x: Any, axis: int | None, **params: Any) -> Any:
    """The partition of each example of a batch."""
    if axis is None or x.ndim == 1:
        return argpartition(reshape(x, (len(x), int(np.prod(x.shape[1:])))), axis=1, **params)
    return argpartition(x, axis=inner_axis(axis, x.ndim), **params)


@nondifferentiable.rules(None, batch=_partition_each, positions="kth axis kind order")
def argpartition(a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Array:
    """The indices that would partition ``a``: see ``partition``."""
    return np.argpartition(a, kth, axis=axis, kind=kind)


def _raveled(a: Any, axis: int | None) -> tuple[Any, int]:
    """``a`` and the axis to work along: None stands for all elements."""
    a = as_operand(a)
    return (a, axis) if axis is not None else (ravel(a), -1)


def sort(
    a: Any,
    axis: int | None = -1,
    kind: Any = None,
    order: None = None,
    *,
    stable: bool | None = None,
) -> Any:
    """``a`` in ascending order along ``axis``; None sorts all its elements. nan comes last."""
    refuse("sort", order=order)
    a, axis = _raveled(a, axis)
    return take_along_axis(a, argsort(a, axis, kind, stable=stable), axis)


def partition(
    a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: None = None
) -> Any:
    """``a`` with its ``kth`` element where sorting would put it: smaller before, others behind.

    ``kth`` may name several. The order among the others is left open.
    """
    refuse("partition", order=order)
    a, axis = _raveled(a, axis)
    return take_along_axis(a, argpartition(a, kth, axis, kind), axis)


# --- quantiles -----------------------------------------------------------------------------------


def _nan_where_any(a: Any, axis: Axis, keepdims: bool, y: Any) -> Any:
    """``y``, or nan where ``a`` has one: what comes last when sorted would count as the largest."""
    if a.dtype.kind not in "fc":
        return y
    return where(any(isnan(a), axis, keepdims=keepdims), np.nan, y)


def median(
    a: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    """The middle element over ``axis``, or the mean of the two in the middle."""
    refuse("median", out=out)
    a = as_operand(a)
    x = joined(a, axis)
    n = x.shape[-1]
    if n:
        middle = slice((n - 1) // 2, n // 2 + 1)
        order = argpartition(x, (middle.start, middle.stop - 1))
        x = take_along_axis(x, order[..., middle], -1)
    y = reshape(mean(x, -1), reduced_shape(a, axis, keepdims))
    return _nan_where_any(a, axis, keepdims, y)


def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    """The values below which the fractions ``q`` of the elements over ``axis`` lie.

    Between two elements it is interpolated linearly: the other methods are not there. The axes of
    ``q`` come first. It may be a tensor: the derivative by it is the distance of the two elements.
    """
    _check_quantile("quantile", out, method, weights)
    a = as_operand(a)
    return _quantile(a, as_operand(q), type(q) in _WEAK, axis, keepdims, "quantile")


def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    """``quantile``, with ``q`` in percent."""
    _check_quantile("percentile", out, method, weights)
    a = as_operand(a)
    return _quantile(a, as_operand(q) / 100, type(q) in _WEAK, axis, keepdims, "percentile")


def _check_quantile(function: str, out: Any, method: str, weights: Any) -> None:
    refuse(function, out=out)
    if method != "linear" or weights is not None:
        raise ArgumentError(
            f"{function}() has the method 'linear' without weights: for others sort first, "
            "tg.sort(a), and choose by index"
        )


_WEAK = (int, float)  # a plain number has no dtype of its own beside floats


def _quantile(a: Any, q: Any, is_weak: bool, axis: Axis, keepdims: bool, function: str) -> Any:
    """The quantiles for fractions ``q``: elements at q (n - 1), counted from 0, in order."""
    if a.dtype.kind == "c":
        raise DTypeError(f"{function}() orders real numbers, and got {a.dtype}")
    _check_fractions(q, function)
    x = joined(a, axis)
    place = q * (x.shape[-1] - 1)
    share_dtype = a.dtype if is_weak and a.dtype.kind == "f" else place.dtype
    y = moveaxis(_at(x, ravel(place), share_dtype), -1, 0)
    y = reshape(y, (*place.shape, *reduced_shape(a, axis, keepdims)))
    return _nan_where_any(a, axis, keepdims, y)


def _at(x: Any, place: Any, dtype: DType) -> Any:
    """What sorting the last axis would put at each ``place``: between two elements, some of both.

    The share of the second one has this ``dtype``.
    """
    below = astype(floor(place), np.intp)
    above = minimum(below + 1, x.shape[-1] - 1)
    order = _order_at(x, below, above)
    low = take_along_axis(x, take(order, below, -1), -1)
    if place.dtype.kind in "iu":
        return low
    high = take_along_axis(x, take(order, above, -1), -1)
    return low + (high - low) * astype(place - below, dtype)


def _check_fractions(q: Any, function: str) -> None:
    if not isinstance(q, Traced) and not np.all((q >= 0) & (q <= 1)):
        most = {"quantile": "1", "percentile": "100"}[function]
        raise ArgumentError(f"{function}(): q must lie between 0 and {most}")


def _order_at(x: Any, below: Any, above: Any) -> Any:
    """The indices that sort the last axis at these places, or everywhere, where they vary."""
    if isinstance(below, Traced):
        return argsort(x)
    return argpartition(x, np.unique([below, above]))


# --- searching -----------------------------------------------------------------------------------


def _count(compare: Callable[..., Any], sorted_: Any, v: Any) -> Any:
    """For each example, and each of its ``v``, how many elements compare so with it."""
    size, n = sorted_.shape
    elements = reshape(sorted_, (size, *(1,) * (v.ndim - 1), n))
    return sum(compare(elements, expand_dims(v, -1)), -1)


def _search_each(mapped: Any, a: Any, v: Any, side: str) -> Any:
    """The search for each example of a batch: all compare themselves with all elements."""
    if not mapped[0]:
        return _search(a, v, side=side)
    a, v = spread(mapped, (a, v))
    return _count(less if side == "left" else less_equal, a, v)


@nondifferentiable.rules(None, None, name="searchsorted", batch=_search_each)
def _search(a: Any, v: Any, side: Any = "left") -> Any:
    return np.searchsorted(a, v, side)


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where in the sorted ``a`` to insert ``v`` so that it stays sorted, before or after equals.

    ``side`` "left" or "right"; ``sorter`` are the indices that sort ``a``, if it is not sorted.
    """
    return _search(a if sorter is None else index(as_operand(a), as_operand(sorter)), v, side)


def _digitize_each(mapped: Any, x: Any, bins: Any, right: bool) -> Any:
    """The bins for each example of a batch."""
    if not mapped[1]:
        return digitize(x, bins, right)
    x, bins = spread(mapped, (x, bins))
    rising = _count(less if right else less_equal, bins, x)
    falling = _count(greater_equal if right else greater, bins, x)
    rises = less_equal(bins[:, 0], bins[:, -1])
    return where(reshape(rises, (len(x), *(1,) * (x.ndim - 1))), rising, falling)


@nondifferentiable.rules(None, None, batch=_digitize_each)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The number of the bin that each element of ``x`` falls in, between edges that rise or fall.

    A bin has its lower edge, or, with ``right``, its upper one.
    """
    return np.asarray(np.digitize(x, bins, right))
