"""Products of many numbers; running sums and products. Read next: ``products``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ShapeError
from tensorgraph.ops.reduce import _tuple, along, joined, reduced_shape, restore, sum
from tensorgraph.ops.shape import (
    as_operand,
    astype,
    concatenate,
    inner_axis,
    normalize_axes,
    ravel,
    reshape,
)
from tensorgraph.primitive import fused, linear, refuse
from tensorgraph.typing import Array, Axis, DType

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "prod",
]


_multiply_reduce: Any = np.multiply.reduce


# --- products ------------------------------------------------------------------------------------


def _converted(x: Any, dtype: DType) -> Any:
    """``x`` in the dtype in which NumPy multiplies it."""
    dtype = _multiply_reduce(np.ones(1, x.dtype), dtype=dtype).dtype
    return x if x.dtype == dtype else astype(x, dtype)


def _by_halves(x: Any, axis: Axis, dtype: DType, keepdims: bool) -> Any:
    """The definition of ``prod``: a tree of products, right wherever there are zeros."""
    y = joined(_converted(x, dtype), axis)
    if y.shape[-1] == 0:
        return reshape(sum(y, -1) + 1, reduced_shape(x, axis, keepdims))
    while y.shape[-1] > 1:
        half = y.shape[-1] // 2
        pairs = y[..., :half] * y[..., half : 2 * half]
        y = pairs if y.shape[-1] % 2 == 0 else concatenate((pairs, y[..., 2 * half :]), -1)
    return reshape(y, reduced_shape(x, axis, keepdims))


def _can_be_divided(y: Any) -> bool:
    """Whether no product is 0, has overflowed or has lost digits by being too small."""
    if y.dtype.kind not in "fc":
        return False
    sizes = np.abs(y)
    return bool(np.all((sizes > np.finfo(y.dtype).tiny) & np.isfinite(sizes)))


def _times_the_others(g: Any, y: Any, x: Any, axis: Axis, dtype: DType, keepdims: bool) -> Array:
    """``g`` times the product of all other elements."""
    if _can_be_divided(y):
        quotients: Array = restore(y, x, axis) / x
        return quotients * restore(g, x, axis)
    axes = normalize_axes(axis, x.ndim, "prod")
    flat = joined(x, axis).astype(y.dtype)
    others = _before_and_behind(flat) * np.reshape(g, (*flat.shape[:-1], 1))
    last = tuple(range(x.ndim - len(axes), x.ndim))
    return np.moveaxis(others.reshape(np.moveaxis(x, axes, last).shape), last, axes)


def _before_and_behind(x: Array) -> Array:
    """The product of all elements before each one and of those behind, along the last axis."""
    before, behind = np.ones_like(x), np.ones_like(x)
    np.multiply.accumulate(x[..., :-1], axis=-1, out=before[..., 1:])
    np.multiply.accumulate(x[..., :0:-1], axis=-1, out=behind[..., -2::-1])
    product: Array = before * behind
    return product


@fused.rules(
    _times_the_others,
    definition=_by_halves,
    positions="axis dtype out keepdims initial where",
)
def prod(a: Any, axis: Axis = None, dtype: DType = None, keepdims: bool = False) -> Any:
    """The product over ``axis``, multiplied in ``dtype``."""
    return _multiply_reduce(a, axis=_tuple(axis), dtype=dtype, keepdims=keepdims)


# --- running totals ------------------------------------------------------------------------------


def _one_axis(axis: int | None, ndim: int, name: str) -> int:
    """The axis >= 0 along which to add up; of a raveled operand it is the only one."""
    return 0 if axis is None or ndim == 0 else normalize_axes(axis, ndim, name)[0]


def _from_the_end(g: Any, y: Any, x: Any, axis: int | None, dtype: DType) -> Any:
    """For each element the sum of ``g`` from there on: it is part of all those sums."""
    axis = _one_axis(axis, np.ndim(x), "cumsum")
    backward = along(axis, slice(None, None, -1))
    return reshape(cumsum(g[backward], axis)[backward], np.shape(x))


def _along_each(name: str) -> Any:
    """How a function along one axis, or through all elements, acts on a batch."""

    def batch(mapped: Any, x: Any, axis: int | None, **params: Any) -> Any:
        function = globals()[name]
        if axis is None or x.ndim == 1:
            return function(reshape(x, (len(x), int(np.prod(x.shape[1:])))), axis=1, **params)
        return function(x, axis=inner_axis(axis, x.ndim), **params)

    return batch


@linear.rules(_from_the_end, batch=_along_each("cumsum"), positions="axis dtype out")
def cumsum(a: Any, axis: int | None = None, dtype: DType = None) -> Any:
    """The sum of the elements up to each one, along ``axis``; None ravels."""
    return np.cumsum(a, axis=axis, dtype=dtype)


def _by_doubling(x: Any, axis: int | None, dtype: DType) -> Any:
    """The definition of ``cumprod``: products of 2, 4, 8... neighbours, up to all before."""
    y = _converted(x, dtype)
    y = ravel(y) if axis is None or y.ndim == 0 else y
    axis = _one_axis(axis, y.ndim, "cumprod")
    step = 1
    while step < y.shape[axis]:
        longer = y[along(axis, slice(step, None))] * y[along(axis, slice(None, -step))]
        y = concatenate((y[along(axis, slice(step))], longer), axis)
        step *= 2
    return y


def _times_what_follows(g: Any, y: Any, x: Any, axis: int | None, dtype: DType) -> Array:
    """P S, with P the product of what is before, and S = g + x' S' (' is the next element).

    The recurrence of S is solved by doubling: S = g + F S', F = x' for one step, and for two steps
    at once S = (g + F g') + F F' S''.
    """
    axis = _one_axis(axis, x.ndim, "cumprod")
    xs = np.moveaxis(x.astype(y.dtype).reshape(g.shape), axis, 0)
    before, factors = np.ones_like(xs), np.ones_like(xs)
    before[1:], factors[:-1] = np.moveaxis(y, axis, 0)[:-1], xs[1:]
    slopes = np.array(np.moveaxis(g, axis, 0))
    step = 1
    while step < len(xs):
        slopes[:-step] += factors[:-step] * slopes[step:]
        factors[:-step] *= factors[step:]
        step *= 2
    return np.moveaxis(before * slopes, 0, axis).reshape(x.shape)


@fused.rules(_times_what_follows, definition=_by_doubling, positions="axis dtype out")
def cumprod(a: Any, axis: int | None = None, dtype: DType = None) -> Any:
    """The product of the elements up to each one, along ``axis``; None ravels."""
    return np.cumprod(a, axis=axis, dtype=dtype)


def _with_initial(name: str, y: Any, axis: int | None, initial: int | None) -> Any:
    """``y``, which adds up along ``axis``, with the value of nothing at all before it, or not."""
    if initial is None:
        return y
    axis = _one_axis(axis, y.ndim, name)
    shape = tuple(1 if i == axis else n for i, n in enumerate(y.shape))
    return concatenate((np.full(shape, initial, y.dtype), y), axis)


def _checked(name: str, x: Any, axis: int | None) -> Any:
    x = as_operand(x)
    if x.ndim == 0 or (axis is None and x.ndim > 1):
        raise ShapeError(f"{name}(): axis= is needed for an operand of {x.ndim} dimensions, not 1")
    return x


def cumulative_sum(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: DType = None,
    out: None = None,
    include_initial: bool = False,
) -> Any:
    """``cumsum`` of one axis, which must be named if there are more; it may begin with 0."""
    refuse("cumulative_sum", out=out)
    y = cumsum(_checked("cumulative_sum", x, axis), axis, dtype)
    return _with_initial("cumulative_sum", y, axis, 0 if include_initial else None)


def cumulative_prod(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: DType = None,
    out: None = None,
    include_initial: bool = False,
) -> Any:
    """``cumprod`` of one axis, which must be named if there are more; it may begin with 1."""
    refuse("cumulative_prod", out=out)
    y = cumprod(_checked("cumulative_prod", x, axis), axis, dtype)
    return _with_initial("cumulative_prod", y, axis, 1 if include_initial else None)
