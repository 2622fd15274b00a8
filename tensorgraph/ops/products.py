"""Products of matrices, vectors and whole arrays. Read next: ``contractions``.

One row, ``matmul``, and one for the cross product; the rest is composed of them. The products that
conjugate (``vdot``, ``vecmat``) conjugate their first operand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ShapeError
from tensorgraph.ops.elementwise import conjugate, multiply
from tensorgraph.ops.indexing import index
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import (
    as_operand,
    concatenate,
    expand_dims,
    moveaxis,
    normalize_axes,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from tensorgraph.primitive import bilinear, refuse
from tensorgraph.typing import Array, Shape

__all__ = [
    "cross",
    "dot",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecmat",
]


def conjugated(x: Any) -> Any:
    """The complex conjugate of ``x``; a real array is that itself."""
    return conjugate(x) if x.dtype.kind == "c" else x


def aligned(mapped: Sequence[bool], xs: Sequence[Any]) -> list[Any]:
    """Operands of a batch whose examples broadcast, so that the batches do.

    Between the axis that counts the examples and the axes of an example come axes of length 1,
    until all examples have as many axes.
    """
    ndim = max(np.ndim(x) - is_mapped for x, is_mapped in zip(xs, mapped, strict=True))
    results = []
    for x, is_mapped in zip(xs, mapped, strict=True):
        shape = np.shape(x)
        ones = (1,) * (ndim + is_mapped - len(shape))
        results.append(reshape(x, (shape[0], *ones, *shape[1:])) if is_mapped and ones else x)
    return results


# --- matrices ------------------------------------------------------------------------------------


def _left(g: Any, z: Any, x: Any, y: Any) -> Any:
    """The cotangent of x in z = x @ y: g @ y', where a vector is a matrix of one row or column."""
    if np.ndim(y) == 1:
        return multiply(g if np.ndim(x) == 1 else expand_dims(g, -1), y)
    if np.ndim(x) == 1:
        return sum(expand_dims(g, -2) * y, -1)
    return matmul(g, swapaxes(y, -1, -2))


def _right(g: Any, z: Any, x: Any, y: Any) -> Any:
    """The cotangent of y in z = x @ y: x' @ g, where a vector is a matrix of one row or column."""
    if np.ndim(x) == 1:
        return multiply(
            g if np.ndim(y) == 1 else expand_dims(g, -2),
            expand_dims(x, -1) if np.ndim(y) > 1 else x,
        )
    if np.ndim(y) == 1:
        return sum(expand_dims(g, -1) * x, -2)
    return matmul(swapaxes(x, -1, -2), g)


def _matmul_each(mapped: Sequence[bool], x: Any, y: Any) -> Any:
    """Multiply each example of a batch: in one product of matrices where it can be one."""
    dx, dy = np.ndim(x) - mapped[0], np.ndim(y) - mapped[1]
    if not mapped[1] and dy <= 2:
        return matmul(x, y)
    if not mapped[0] and dx <= 2:
        if dy > 1:
            return matmul(x, y)
        return matmul(y, swapaxes(x, 0, 1) if dx == 2 else x)
    x = expand_dims(x, -2) if dx == 1 else x
    y = expand_dims(y, -1) if dy == 1 else y
    z = matmul(*aligned(mapped, (x, y)))
    z = squeeze(z, -1) if dy == 1 else z
    if dx > 1:
        return z
    return squeeze(z, -1 if dy == 1 else -2)


@bilinear.rules(_left, _right, batch=_matmul_each)
def matmul(x: Any, y: Any) -> Any:
    """``x @ y``: the sum over the last axis of ``x`` and the last but one of ``y``."""
    return np.matmul(x, y)


def matvec(x1: Any, x2: Any) -> Any:
    """Matrices (..., m, n) times vectors (..., n), whose other axes broadcast."""
    return squeeze(matmul(x1, expand_dims(x2, -1)), -1)


def vecmat(x1: Any, x2: Any) -> Any:
    """Conjugated vectors (..., n) times matrices (..., n, m), whose other axes broadcast."""
    return squeeze(matmul(expand_dims(conjugated(as_operand(x1)), -2), x2), -2)


# --- over chosen axes ----------------------------------------------------------------------------


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over ``axes``: the last of ``a`` and first of ``b``, or a pair of axes.

    The result has the other axes of ``a``, then those of ``b``.
    """
    a, b = as_operand(a), as_operand(b)
    left, right = _paired_axes(axes, a.ndim, b.ndim)
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ShapeError(f"tensordot(): shapes {a.shape} and {b.shape} differ along axes {axes}")
    rows = [i for i in range(a.ndim) if i not in left]
    columns = [i for i in range(b.ndim) if i not in right]
    z = matmul(_as_matrix(a, rows, left), _as_matrix(b, right, columns))
    shape = tuple(a.shape[i] for i in rows) + tuple(b.shape[i] for i in columns)
    return z if z.shape == shape else reshape(z, shape)


def _paired_axes(axes: Any, ndim_a: int, ndim_b: int) -> tuple[list[int], list[int]]:
    if isinstance(axes, (int, np.integer)):
        pair: tuple[Any, Any] = (tuple(range(ndim_a - axes, ndim_a)), tuple(range(axes)))
    else:
        pair = tuple(axes)
    left, right = (tuple(a) if np.ndim(a) else (int(a),) for a in pair)
    if len(left) != len(right):
        raise ShapeError(f"tensordot(): axes {axes} name different numbers of axes")
    return (
        list(normalize_axes(left, ndim_a, "tensordot")),
        list(normalize_axes(right, ndim_b, "tensordot")),
    )


def _as_matrix(x: Any, rows: list[int], columns: list[int]) -> Any:
    """``x`` with some of its axes as rows and the others as columns."""
    order = (*rows, *columns)
    shape = (_size(x, rows), _size(x, columns))
    x = x if order == tuple(range(x.ndim)) else transpose(x, order)
    return x if x.shape == shape else reshape(x, shape)


def _size(x: Any, axes: list[int]) -> int:
    return math.prod(x.shape[i] for i in axes)


def dot(a: Any, b: Any, out: None = None) -> Any:
    """``a @ b`` for vectors and matrices; with a scalar, the product of each element.

    Of more dimensions the last of ``a`` is summed over with the last but one of ``b``.
    """
    refuse("dot", out=out)
    a, b = as_operand(a), as_operand(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, (-1, -2))


def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axes; with a scalar, the product of each element."""
    a, b = as_operand(a), as_operand(b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return tensordot(a, b, (-1, -1))


def vdot(a: Any, b: Any) -> Any:
    """The sum of conj(a) b over all elements."""
    return matmul(conjugated(ravel(as_operand(a))), ravel(as_operand(b)))


# --- each with each ------------------------------------------------------------------------------


def outer(a: Any, b: Any, out: None = None) -> Any:
    """The products of each element of ``a`` with each of ``b``: a matrix, of raveled operands."""
    refuse("outer", out=out)
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: each element of ``a`` times the whole of ``b``, in its place."""
    a, b = as_operand(a), as_operand(b)
    ndim = max(a.ndim, b.ndim)
    sizes_a = (1,) * (ndim - a.ndim) + a.shape
    sizes_b = (1,) * (ndim - b.ndim) + b.shape
    blocks = multiply(
        reshape(a, _interleave(sizes_a, (1,) * ndim)),
        reshape(b, _interleave((1,) * ndim, sizes_b)),
    )
    return reshape(blocks, tuple(m * n for m, n in zip(sizes_a, sizes_b, strict=True)))


def _interleave(left: Shape, right: Shape) -> Shape:
    return tuple(size for pair in zip(left, right, strict=True) for size in pair)


# --- the cross product ---------------------------------------------------------------------------


@bilinear.rules(
    lambda g, z, x, y: _cross(y, g),
    lambda g, z, x, y: _cross(g, x),
    name="cross",
    batch=lambda mapped, x, y: _cross(*aligned(mapped, (x, y))),
)
def _cross(x: Any, y: Any) -> Array:
    """The cross products of vectors (..., 3): x · (y × g) = y · (g × x) = g · (x × y)."""
    return np.cross(x, y)


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross product of vectors along ``axisa`` and ``axisb``, along ``axisc``; or all ``axis``.

    Of vectors of length 2 the third component is 0; of two such, the result is the third alone.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _moved(as_operand(a), axisa, -1), _moved(as_operand(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ShapeError(f"cross() is for vectors of length 2 or 3, not {a.shape} and {b.shape}")
    z = _cross(_in_space(a), _in_space(b))
    if a.shape[-1] == b.shape[-1] == 2:
        return index(z, (..., 2))
    return _moved(z, -1, axisc)


def _moved(x: Any, source: int, destination: int) -> Any:
    return x if source == destination else moveaxis(x, source, destination)


def _in_space(x: Any) -> Any:
    """Vectors in the plane as vectors in space."""
    if x.shape[-1] == 3:
        return x
    return concatenate((x, np.zeros((*x.shape[:-1], 1), x.dtype)), -1)
