"""Elements chosen by an index, and their way back. Read next: ``assignment``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.ops.elementwise import clip, floor_divide, not_equal
from tensorgraph.ops.shape import (
    as_operand,
    astype,
    broadcast_to,
    moveaxis,
    normalize_axes,
    ravel,
    reshape,
)
from tensorgraph.primitive import linear, refuse
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Shape

__all__ = [
    "compress",
    "diagonal",
    "extract",
    "take",
    "take_along_axis",
]

# --- an index, for one example and for a batch ---------------------------------------------------

_ARRAY = object()  # stands in a template where an index array, which is an operand, goes


def _fill(template: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index that ``template`` and its ``arrays`` stand for."""
    rest = iter(arrays)
    return tuple(next(rest) if part is _ARRAY else part for part in template)


def _each(mapped: Any, x: Any, arrays: Any, template: Any, ndim: int) -> tuple[Any, Any, Any]:
    """An index of one example of ``ndim`` dimensions, as an index of a batch of them.

    Gives the template, the arrays, and two tuples of axes: with arrays, the axes that they index
    come first in the indexed batch, and are to be moved to where they are in an indexed example.
    """
    if not arrays and not any(_is_truth(part) for part in template):
        return (slice(None), *template), (), ((), ())
    size = next(len(v) for v, is_mapped in zip((x, *arrays), mapped, strict=True) if is_mapped)
    template, arrays, dims = _aligned(template, arrays, mapped[1:])
    rows = np.arange(size).reshape(-1, *(1,) * dims)
    place = _place(template, ndim)
    axes = (tuple(range(1, 1 + dims)), tuple(range(1 + place, 1 + place + dims)))
    return (_ARRAY, *template), (rows, *arrays), axes


def _aligned(template: Any, arrays: Any, mapped: Any) -> tuple[Any, list[Any], int]:
    """The same index with arrays that broadcast behind an axis of examples.

    Gives the template, the arrays, and the number of axes of an example's arrays together.
    """
    template, arrays, mapped = _without_masks(template, arrays, mapped)
    ranks = [np.ndim(a) - is_mapped for a, is_mapped in zip(arrays, mapped, strict=True)]
    ranks += [1 for part in template if _is_truth(part)]  # which chooses one element or none
    dims = max(ranks)
    arrays = [
        reshape(a, (len(a), *(1,) * (dims - np.ndim(a) + 1), *np.shape(a)[1:]))
        if is_mapped
        else reshape(a, (1,) * (dims + 1 - np.ndim(a)) + np.shape(a))
        for a, is_mapped in zip(arrays, mapped, strict=True)
    ]
    return template, arrays, dims


def _place(template: Any, ndim: int) -> int:
    """The axis of an indexed example at which the axes of its index arrays start.

    Where something stands between the arrays, even a ``...`` for no axis, that is the first.
    """
    advanced = [i for i, part in enumerate(template) if part is _ARRAY or _is_number(part)]
    first = advanced[0]
    if advanced != list(range(first, advanced[-1] + 1)):
        return 0
    if any(part is Ellipsis for part in template[:first]):
        used = [p for p in template if p is not None and p is not Ellipsis and not _is_truth(p)]
        return first - 1 + ndim - len(used)
    return first  # each part before it is a slice or None: one axis


def _is_number(part: Any) -> bool:
    return isinstance(part, (int, np.integer, np.bool_))


def _is_truth(part: Any) -> bool:
    return isinstance(part, (bool, np.bool_))


def _without_masks(template: Any, arrays: Any, mapped: Any) -> tuple[Any, list[Any], list[bool]]:
    """The same index with the integer arrays that masks stand for."""
    plain: list[Any] = []
    flags: list[bool] = []
    parts: list[Any] = []
    rest = iter(zip(arrays, mapped, strict=True))
    for part in template:
        if part is not _ARRAY:
            parts.append(part)
            continue
        array, is_mapped = next(rest)
        if array.dtype != bool:
            found = [array]
        elif is_mapped:
            raise ShapeError(
                "vmap: a mask that differs between the examples chooses different numbers of "
                "elements: multiply by it, or use tg.where"
            )
        elif array.ndim == 0:
            parts.append(bool(_value(array)))
            continue
        else:
            found = list(np.nonzero(_value(array)))
        parts += [_ARRAY] * len(found)
        plain += found
        flags += [is_mapped] * len(found)
    return tuple(parts), plain, flags


def _value(x: Any) -> Any:
    return x._node.value if isinstance(x, Traced) else x


def _index_each(mapped: Any, x: Any, *arrays: Any, template: Any) -> Any:
    """Index each example of a batch, or one array by the indices of each example."""
    if not mapped[0]:
        template, aligned, _ = _aligned(template, arrays, mapped[1:])
        return moveaxis(_index(x, *aligned, template=template), _place(template, np.ndim(x)), 0)
    template, arrays, (source, destination) = _each(mapped, x, arrays, template, x.ndim - 1)
    y = _index(x, *arrays, template=template)
    return moveaxis(y, source, destination) if source != destination else y


def _scatter_each(mapped: Any, x: Any, *arrays: Any, template: Any, shape: Any) -> Any:
    """Scatter each example of a batch."""
    size = next(len(v) for v, is_mapped in zip((x, *arrays), mapped, strict=True) if is_mapped)
    x = x if mapped[0] else broadcast_to(x, (size, *np.shape(x)))
    template, arrays, (source, destination) = _each(mapped, x, arrays, template, len(shape))
    x = moveaxis(x, destination, source) if source != destination else x
    return _scatter(x, *arrays, template=template, shape=(size, *shape))


# --- the rows ------------------------------------------------------------------------------------


@linear.rules(
    lambda i, g, y, x, *arrays, template: _scatter(
        g, *arrays, template=template, shape=np.shape(x)
    ),
    None,
    name="index",
    variadic=True,
    batch=_index_each,
)
def _index(x: Any, *arrays: Any, template: tuple[Any, ...]) -> Any:
    return x[_fill(template, arrays)]


@linear.rules(
    lambda i, g, y, x, *arrays, template, shape: _index(g, *arrays, template=template),
    None,
    name="scatter",
    variadic=True,
    batch=_scatter_each,
)
def _scatter(x: Any, *arrays: Any, template: tuple[Any, ...], shape: Shape) -> Array:
    """Zeros of ``shape`` with ``x`` added at the index: the reverse of indexing."""
    out = np.zeros(shape, np.asarray(x).dtype)
    key = _fill(template, arrays)
    if all(a.dtype == bool or a.size == 1 for a in arrays):
        out[key] = x
    else:  # an index may name an element twice
        np.add.at(out, key, x)
    return out


# --- what tensors call ---------------------------------------------------------------------------


def index(x: Any, key: Any) -> Any:
    """``x[key]`` for every kind of NumPy index: slices, integers, None, ``...``, arrays, masks."""
    template, arrays = as_template(key)
    return _index(x, *arrays, template=template)


def as_template(key: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """An index as rows take it: a template with a mark for each array, and the arrays."""
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [_as_indices(p) for p in parts if isinstance(p, _SEVERAL)]
    if not arrays:
        return parts, arrays
    return tuple(_ARRAY if isinstance(p, _SEVERAL) else p for p in parts), arrays


_SEVERAL = (np.ndarray, Traced, list, tuple, range)


def _as_indices(part: Any) -> Any:
    """An index of many, as an array of whole numbers or truths; an empty list has no floats."""
    array = as_operand(part)
    if array.size == 0 and array is not part:
        return np.asarray(array, np.intp)
    if array.dtype.kind not in "biu":
        raise DTypeError(f"an index must be whole numbers, truths or a slice, not {array.dtype}")
    return array


# --- NumPy's functions ---------------------------------------------------------------------------


def take(
    a: Any, indices: Any, axis: int | None = None, out: None = None, mode: Any = "raise"
) -> Any:
    """The elements at ``indices`` along ``axis``; None takes them from ``a`` raveled.

    Of indices outside, ``mode`` "wrap" counts on from the other end, and "clip" takes the nearest.
    """
    refuse("take", out=out)
    a = as_operand(a)
    if axis is None:
        a, axis = ravel(a), 0
    (axis,) = normalize_axes(axis, a.ndim, "take")
    indices = _inside(_as_indices(indices), a.shape[axis], mode)
    return index(a, (slice(None),) * axis + (indices,))


def _inside(indices: Any, size: int, mode: Any) -> Any:
    """The indices that ``mode`` makes of ``indices`` into an axis of ``size``."""
    if mode not in {"raise", "wrap", "clip"}:
        raise ArgumentError(f"take(): mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    if mode != "raise" or indices.dtype == bool:
        indices = astype(indices, np.intp)  # truths are numbers here
    if mode == "wrap":
        return indices - size * floor_divide(indices, max(size, 1))
    return clip(indices, 0, size - 1) if mode == "clip" else indices


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """For each place in ``indices``, the element of ``arr`` at that index along ``axis``.

    Along the other axes the two have the same length or broadcast: what ``argsort(x, axis)`` and
    its like give. None takes from ``arr`` raveled.
    """
    arr, indices = as_operand(arr), as_operand(indices)
    if indices.dtype.kind not in "iu":
        raise DTypeError(f"take_along_axis() needs whole numbers as indices, not {indices.dtype}")
    if axis is None:
        arr, axis = ravel(arr), 0
    if arr.ndim != indices.ndim:
        raise ShapeError(
            f"take_along_axis() needs as many dimensions in indices as in arr, "
            f"and got shapes {indices.shape} and {arr.shape}"
        )
    (axis,) = normalize_axes(axis, arr.ndim, "take_along_axis")
    key = list(np.ix_(*(np.arange(n) for n in arr.shape)))
    key[axis] = indices
    return index(arr, tuple(key))


def compress(condition: Any, a: Any, axis: int | None = None, out: None = None) -> Any:
    """The slices of ``a`` along ``axis`` for which ``condition``, one truth for each, is true.

    What lies beyond a shorter condition is left out. None takes elements of ``a`` raveled.
    """
    refuse("compress", out=out)
    a, condition = as_operand(a), as_operand(condition)
    if condition.ndim != 1:
        raise ShapeError(f"compress() needs a condition of 1 dimension, not {condition.ndim}")
    if axis is None:
        a, axis = ravel(a), 0
    (axis,) = normalize_axes(axis, a.ndim, "compress")
    before = (slice(None),) * axis
    if len(condition) < a.shape[axis]:
        a = index(a, (*before, slice(len(condition))))
    mask = condition if condition.dtype == bool else not_equal(condition, 0)
    return index(a, (*before, mask))


def extract(condition: Any, arr: Any) -> Any:
    """The elements of ``arr`` for which ``condition``, of as many elements, is true."""
    return compress(ravel(as_operand(condition)), arr)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals of the matrices along two axes, as the last axis.

    ``offset`` > 0 counts diagonals to the right of the main one, < 0 below it.
    """
    a = as_operand(a)
    if a.ndim < 2:
        raise ShapeError(f"diagonal() needs 2 dimensions or more, and got shape {a.shape}")
    axes = normalize_axes((axis1, axis2), a.ndim, "diagonal")
    matrices = moveaxis(a, axes, (-2, -1)) if axes != (a.ndim - 2, a.ndim - 1) else a
    *outer, n, m = matrices.shape
    flat = reshape(matrices, (*outer, n * m))
    return index(flat, (..., along_diagonal(n, m, offset)))


def along_diagonal(n: int, m: int, offset: int) -> slice:
    """Where a diagonal of an (n, m) matrix is among its elements, row by row."""
    start = offset if offset >= 0 else -offset * m
    length = min(n - max(-offset, 0), m - max(offset, 0))
    return slice(start, start + length * (m + 1), m + 1) if length > 0 else slice(0)
