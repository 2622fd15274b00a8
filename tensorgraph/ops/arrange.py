"""Elements in another order, repeated, on diagonals and in triangles. Read next: ``joining``."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops import reduce
from tensorgraph.ops.elementwise import power, where
from tensorgraph.ops.indexing import _scatter, along_diagonal, as_template, diagonal, index
from tensorgraph.ops.reduce import along
from tensorgraph.ops.shape import (
    as_operand,
    broadcast_to,
    expand_dims,
    inner_axis,
    moveaxis,
    normalize_axes,
    ravel,
    reshape,
    swapaxes,
)
from tensorgraph.ops.shape import copy as copied
from tensorgraph.primitive import linear, refuse
from tensorgraph.typing import Array, Axis, DType

__all__ = [
    "broadcast_arrays",
    "diag",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "meshgrid",
    "repeat",
    "roll",
    "rollaxis",
    "rot90",
    "tile",
    "trace",
    "tril",
    "triu",
    "vander",
]


def _on_axis(x: Any, axis: int | None, name: str) -> tuple[Any, int]:
    """``x`` and its ``axis``, counted from the front; None stands for the one of ``x`` raveled."""
    x = as_operand(x)
    if axis is None:
        return ravel(x), 0
    return x, normalize_axes(axis, x.ndim, name)[0]


def _at_least(ndim: int, x: Any, name: str) -> Any:
    x = as_operand(x)
    if x.ndim < ndim:
        raise ShapeError(f"{name}() needs {ndim} dimensions or more, and got shape {x.shape}")
    return x


def _with_length(shape: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    return (*shape[:axis], length, *shape[axis + 1 :])


# --- the same elements in another order ----------------------------------------------------------


def flip(m: Any, axis: Axis = None) -> Any:
    """``m`` with its elements in reverse order along ``axis``, or along all axes."""
    m = as_operand(m)
    key = [slice(None)] * m.ndim
    for a in normalize_axes(axis, m.ndim, "flip"):
        key[a] = slice(None, None, -1)
    return index(m, tuple(key))


def fliplr(m: Any) -> Any:
    """Reverse the second axis: the columns of a matrix."""
    return flip(_at_least(2, m, "fliplr"), 1)


def flipud(m: Any) -> Any:
    """Reverse the first axis: the rows of a matrix."""
    return flip(_at_least(1, m, "flipud"), 0)


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turn by 90 degrees ``k`` times, from the first of ``axes`` towards the second."""
    m = as_operand(m)
    axes = normalize_axes(tuple(axes), m.ndim, "rot90")
    if len(axes) != 2:
        raise ShapeError(f"rot90() needs two axes, and got {len(axes)}")
    turned = flip(m, [(), axes[1], axes, axes[0]][k % 4])
    return swapaxes(turned, *axes) if k % 2 else turned


def _roll_each(mapped: Any, x: Any, shift: Any, axis: Any) -> Any:
    """Roll each example of a batch."""
    if axis is None:
        flat = reshape(x, (len(x), math.prod(x.shape[1:])))
        return reshape(roll(flat, shift, 1), x.shape)
    axes = axis if np.iterable(axis) else (axis,)
    return roll(x, shift, tuple(inner_axis(a, x.ndim) for a in axes))


@linear.rules(
    lambda g, y, x, shift, axis: roll(
        g, tuple(-s for s in shift) if np.iterable(shift) else -shift, axis
    ),
    batch=_roll_each,
)
def roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """Move elements on by ``shift`` places; those that leave at the end come in at the front.

    Several shifts go with several axes. Without ``axis`` the elements move through all of ``a``.
    """
    return np.roll(a, shift, axis)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Move ``axis`` to where it comes before the axis that is now at ``start``."""
    a, axis = _on_axis(a, axis, "rollaxis")
    if not -a.ndim <= start <= a.ndim:
        raise ShapeError(f"rollaxis(): start {start} is out of range for {a.ndim} dimensions")
    start = start + a.ndim if start < 0 else start
    return moveaxis(a, axis, start - (axis < start))


# --- repeated elements ---------------------------------------------------------------------------


def tile(A: Any, reps: Any) -> Any:
    """``A`` laid side by side, ``reps`` times along each axis; the last ones if there are fewer."""
    A = as_operand(A)
    times = [int(n) for n in np.ravel(reps)]
    shape = (*(1,) * (len(times) - A.ndim), *A.shape)
    times = [1] * (len(shape) - len(times)) + times
    # A new axis before each one, and along it the copies.
    apart = reshape(A, tuple(n for side in shape for n in (1, side)))
    many = broadcast_to(apart, tuple(n for pair in zip(times, shape, strict=True) for n in pair))
    return reshape(many, tuple(n * side for n, side in zip(times, shape, strict=True)))


def _collected(g: Any, y: Any, x: Any, repeats: Any, axis: int) -> Any:
    """``g`` of repeated elements, added up for each of them."""
    shape = np.shape(x)
    n = shape[axis]
    if isinstance(repeats, int):
        apart = reshape(g, (*shape[:axis], n, repeats, *shape[axis + 1 :]))
        return reduce.sum(apart, axis + 1)
    template, arrays = as_template(along(axis, np.repeat(np.arange(n), repeats)))
    return _scatter(g, *arrays, template=template, shape=shape)


@linear.rules(
    _collected,
    name="repeat",
    batch=lambda mapped, x, repeats, axis: _repeat(x, repeats=repeats, axis=axis + 1),
)
def _repeat(x: Any, repeats: int | tuple[int, ...], axis: int) -> Array:
    return np.repeat(x, repeats, axis)


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element along ``axis`` several times: ``repeats`` of all, or a number for each one."""
    a, axis = _on_axis(a, axis, "repeat")
    counts = [operator.index(count) for count in np.ravel(repeats)]
    return _repeat(a, repeats=counts[0] if len(counts) == 1 else tuple(counts), axis=axis)


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """The arrays, each repeated to the shape that all of them broadcast to."""
    refuse("broadcast_arrays", subok=subok or None)
    arrays = [as_operand(x) for x in args]
    try:
        shape = np.broadcast_shapes(*(x.shape for x in arrays))
    except ValueError as error:
        raise ShapeError(f"broadcast_arrays(): {error}") from error
    return tuple(broadcast_to(x, shape) for x in arrays)


def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    """The coordinates of a grid's points: an array for each of the vectors ``xi``.

    ``indexing`` "ij" counts the first vector along the first axis, "xy" along the second;
    ``sparse`` leaves each of them with length 1 along the axes of the others.
    """
    if indexing not in {"xy", "ij"}:
        raise ArgumentError(f"meshgrid(): indexing is 'xy' or 'ij', not {indexing!r}")
    axes = list(range(len(xi)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]
    vectors = [ravel(as_operand(x)) for x in xi]
    grids = tuple(
        reshape(x, tuple(x.size if a == axis else 1 for a in range(len(xi))))
        for x, axis in zip(vectors, axes, strict=True)
    )
    grids = grids if sparse else broadcast_arrays(*grids)
    return tuple(copied(x) for x in grids) if copy else grids


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of each element, x^(N-1) to 1 or the other way round, as the rows of a matrix."""
    x = as_operand(x)
    if x.ndim != 1:
        raise ShapeError(f"vander() needs a vector, and got shape {x.shape}")
    exponents = np.arange(x.size if N is None else N)
    return power(expand_dims(x, 1), exponents if increasing else exponents[::-1])


# --- diagonals and triangles ---------------------------------------------------------------------


def diag(v: Any, k: int = 0) -> Any:
    """The ``k``-th diagonal of a matrix, or the matrix that has the vector ``v`` there."""
    v = as_operand(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ShapeError(f"diag() needs a vector or a matrix, and got shape {v.shape}")
    n = v.size + abs(k)
    return reshape(_scatter(v, template=(along_diagonal(n, n, k),), shape=(n * n,)), (n, n))


def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix that has the elements of ``v`` on its ``k``-th diagonal."""
    return diag(ravel(as_operand(v)), k)


def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DType = None, out: None = None
) -> Any:
    """The sum of each diagonal of the matrices along two axes."""
    refuse("trace", out=out)
    return reduce.sum(diagonal(a, offset, axis1, axis2), -1, dtype)


def tril(m: Any, k: int = 0) -> Any:
    """The matrices with zeros above their ``k``-th diagonal."""
    m = _at_least(1, m, "tril")
    return where(_lower(m.shape, k), m, m.dtype.type(0))


def triu(m: Any, k: int = 0) -> Any:
    """The matrices with zeros below their ``k``-th diagonal."""
    m = _at_least(1, m, "triu")
    return where(_lower(m.shape, k - 1), m.dtype.type(0), m)


def _lower(shape: tuple[int, ...], k: int) -> Array:
    """Which elements of a matrix are not above its ``k``-th diagonal; a vector is each row."""
    return np.tri(shape[-2] if len(shape) > 1 else shape[-1], shape[-1], k, dtype=bool)
