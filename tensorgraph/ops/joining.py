"""Several arrays in one, and one in several; elements added or left out. Read next: ``padding``."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.arrange import _at_least, _on_axis, _with_length
from tensorgraph.ops.indexing import index, take
from tensorgraph.ops.reduce import along
from tensorgraph.ops.shape import (
    as_operand,
    astype,
    broadcast_to,
    concatenate,
    moveaxis,
    reshape,
    transpose,
)
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, DType

__all__ = [
    "append",
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block",
    "column_stack",
    "delete",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "insert",
    "row_stack",
    "split",
    "unstack",
    "vsplit",
    "vstack",
]


# --- dimensions added ----------------------------------------------------------------------------


def _with_shapes(arys: Sequence[Any], grown: Callable[[Any], tuple[int, ...]]) -> Any:
    """Each of the arrays in its ``grown`` shape; one alone, or a tuple."""
    arrays = [as_operand(x) for x in arys]
    shapes = [grown(x.shape) for x in arrays]
    results = tuple(
        x if x.shape == shape else reshape(x, shape)
        for x, shape in zip(arrays, shapes, strict=True)
    )
    return results[0] if len(results) == 1 else results


def atleast_1d(*arys: Any) -> Any:
    """The arrays, numbers among them as vectors of one element."""
    return _with_shapes(arys, lambda shape: shape or (1,))


def atleast_2d(*arys: Any) -> Any:
    """The arrays, vectors among them as a matrix of one row."""
    return _with_shapes(arys, lambda shape: (*(1,) * (2 - len(shape)), *shape))


def atleast_3d(*arys: Any) -> Any:
    """The arrays with 3 axes or more: a vector is the second one, a matrix the first two."""
    return _with_shapes(
        arys,
        lambda shape: (*(1,) * (2 - len(shape)), *shape, 1) if len(shape) < 3 else shape,
    )


# --- several arrays in one -----------------------------------------------------------------------


def vstack(tup: Any, *, dtype: DType = None, casting: str = "same_kind") -> Any:
    """Join along the first axis; vectors are rows."""
    return concatenate([atleast_2d(x) for x in tup], dtype=dtype, casting=casting)


row_stack = vstack


def hstack(tup: Any, *, dtype: DType = None, casting: str = "same_kind") -> Any:
    """Join along the second axis; vectors along their only one."""
    arrays = [atleast_1d(x) for x in tup]
    axis = 1 if arrays and arrays[0].ndim > 1 else 0
    return concatenate(arrays, axis, dtype=dtype, casting=casting)


def dstack(tup: Any) -> Any:
    """Join along the third axis."""
    return concatenate([atleast_3d(x) for x in tup], 2)


def column_stack(tup: Any) -> Any:
    """Join along the second axis; vectors are columns."""
    arrays = [as_operand(x) for x in tup]
    return concatenate([x if x.ndim > 1 else transpose(atleast_2d(x)) for x in arrays], 1)


def block(arrays: Any) -> Any:
    """An array of nested lists of blocks: the innermost lists join along the last axis."""
    depth = _depth(arrays)
    return _joined(arrays, depth, max(depth, _most_dimensions(arrays)))


def _depth(parts: Any) -> int:
    """How deep the lists are nested."""
    if isinstance(parts, tuple):
        raise ArgumentError("block() takes lists of blocks, not tuples")
    if not isinstance(parts, list):
        return 0
    depths = {_depth(part) for part in parts}
    if len(depths) != 1:
        raise ShapeError("block(): the lists are nested to different depths, or one is empty")
    return 1 + depths.pop()


def _most_dimensions(parts: Any) -> int:
    if isinstance(parts, list):
        return max(_most_dimensions(part) for part in parts)
    return np.ndim(parts)


def _joined(parts: Any, depth: int, ndim: int) -> Any:
    """The blocks in lists of that ``depth``, as one array of ``ndim`` dimensions."""
    if depth:
        return concatenate([_joined(part, depth - 1, ndim) for part in parts], -depth)
    x = as_operand(parts)
    return reshape(x, (*(1,) * (ndim - x.ndim), *x.shape))


# --- elements added and left out -----------------------------------------------------------------


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """``arr`` and then ``values`` along ``axis``; None joins them raveled."""
    return concatenate((arr, values), axis)


def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """``arr`` without what the index ``obj`` names along ``axis``; None takes it raveled."""
    arr, axis = _on_axis(arr, axis, "delete")
    obj = np.asarray(obj) if isinstance(obj, Traced) else obj
    return index(arr, along(axis, _positions("delete", np.delete, arr.shape[axis], obj)))


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """``arr`` with ``values`` before what ``obj`` names along ``axis``; None takes it raveled.

    ``obj`` is a place (for one value or several), or places, a slice or a mask with a value each.
    """
    arr, axis = _on_axis(arr, axis, "insert")
    values = as_operand(values)
    obj = np.asarray(obj) if isinstance(obj, Traced) else obj
    n = arr.shape[axis]
    count = len(_positions("insert", np.insert, n, obj, 0)) - n
    values = reshape(values, (*(1,) * (arr.ndim - values.ndim), *values.shape))
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        values = moveaxis(values, 0, axis)
    if count == 1:
        count = values.shape[axis]
    shape = _with_length(arr.shape, axis, count)
    try:
        values = broadcast_to(values, shape)
    except ValueError as error:
        raise ShapeError(f"insert() has room for {shape}: {error}") from error
    values = values if values.dtype == arr.dtype else astype(values, arr.dtype)
    order = _positions("insert", np.insert, n, obj, n + np.arange(count))
    return take(concatenate((arr, values), axis), order, axis)


def _positions(name: str, function: Callable[..., Array], n: int, *args: Any) -> Array:
    """What one of NumPy's ``function`` makes of the positions along an axis of ``n``."""
    try:
        return function(np.arange(n), *args)
    except (IndexError, ValueError) as error:
        raise ShapeError(f"{name}() along an axis of length {n}: {error}") from error


# --- one array in several ------------------------------------------------------------------------


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along ``axis``: between the given indices, or so many that are as equal as can be."""
    ary, axis = _on_axis(ary, operator.index(axis), "array_split")
    edges = _edges(indices_or_sections, ary.shape[axis])
    return [index(ary, along(axis, slice(*ends))) for ends in pairwise(edges)]


def _edges(sections: Any, n: int) -> list[int]:
    """Where the parts of ``n`` elements begin, and where the last one ends."""
    if np.ndim(sections):
        return [0, *(operator.index(i) for i in sections), n]
    sections = operator.index(sections)
    if sections < 1:
        raise ArgumentError(f"an array cannot be split into {sections} parts")
    least, longer = divmod(n, sections)
    return [i * least + min(i, longer) for i in range(sections + 1)]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along ``axis``: between the given indices, or so many of the same length."""
    ary, axis = _on_axis(ary, operator.index(axis), "split")
    n = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0 and indices_or_sections and n % indices_or_sections:
        raise ShapeError(
            f"split(): an axis of length {n} does not divide into {indices_or_sections} equal "
            "parts: tg.array_split takes parts that are not"
        )
    return array_split(ary, indices_or_sections, axis)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the second axis; of a vector, along its only one."""
    ary = _at_least(1, ary, "hsplit")
    return split(ary, indices_or_sections, min(1, ary.ndim - 1))


def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the first axis."""
    return split(_at_least(2, ary, "vsplit"), indices_or_sections, 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the third axis."""
    return split(_at_least(3, ary, "dsplit"), indices_or_sections, 2)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along ``axis``, which they do not have."""
    x, axis = _on_axis(_at_least(1, x, "unstack"), operator.index(axis), "unstack")
    return tuple(index(x, along(axis, i)) for i in range(x.shape[axis]))
