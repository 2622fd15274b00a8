"""Products as ``numpy.linalg`` has them, powers, and products of many matrices.

Some stand here under the names of others: ``outer`` is for vectors only, ``cross`` has one axis,
``diagonal`` and ``trace`` take the last two axes. Read next: ``determinants``.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.contractions import vecdot
from tensorgraph.ops.elementwise import where
from tensorgraph.ops.indexing import diagonal as _diagonal
from tensorgraph.ops.linalg.helpers import _square
from tensorgraph.ops.linalg.systems import inv
from tensorgraph.ops.products import cross as _cross
from tensorgraph.ops.products import matmul, tensordot
from tensorgraph.ops.products import outer as _outer
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import as_operand, expand_dims, matrix_transpose, squeeze
from tensorgraph.primitive import refuse
from tensorgraph.typing import DType

__all__ = [
    "cross",
    "diagonal",
    "matmul",
    "matrix_power",
    "matrix_transpose",
    "multi_dot",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
]


def outer(x1: Any, x2: Any) -> Any:
    """The products of each element of one vector with each of another: a matrix."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeError(f"outer() is for vectors, not {np.shape(x1)} and {np.shape(x2)}")
    return _outer(x1, x2)


def cross(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    """The cross product of vectors of length 3 along ``axis``."""
    x1, x2 = as_operand(x1), as_operand(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ShapeError(f"cross() is for vectors of length 3, not {x1.shape} and {x2.shape}")
    return _cross(x1, x2, axis=axis)


def diagonal(x: Any, *, offset: int = 0) -> Any:
    """The diagonals of matrices: the main ones, or those ``offset`` to the right."""
    return _diagonal(x, offset, -2, -1)


def trace(x: Any, *, offset: int = 0, dtype: DType = None) -> Any:
    """The sums of the diagonals of matrices."""
    return sum(diagonal(x, offset=offset), -1, dtype)


# --- powers, and products of many ----------------------------------------------------------------


def matrix_power(a: Any, n: int) -> Any:
    """``a`` times itself, ``n`` factors in all; for n < 0 of its inverse."""
    a, n = as_operand(a), operator.index(n)
    size = _square("matrix_power", a)
    if n == 0:
        return where(False, a, np.eye(size, dtype=a.dtype))
    square, n = inv(a) if n < 0 else a, abs(n)  # to the power of 1, 2, 4, ...
    result = None
    while n:
        if n % 2:
            result = square if result is None else matmul(square, result)
        n //= 2
        square = matmul(square, square) if n else square
    return result


def multi_dot(arrays: Sequence[Any], *, out: None = None) -> Any:
    """The product of matrices, multiplied in the cheapest order; the ends may be vectors."""
    refuse("multi_dot", out=out)
    xs = [as_operand(x) for x in arrays]
    if len(xs) < 2:
        raise ArgumentError("multi_dot() needs two arrays or more")
    row, column = xs[0].ndim == 1, xs[-1].ndim == 1
    xs[0] = expand_dims(xs[0], 0) if row else xs[0]
    xs[-1] = expand_dims(xs[-1], 1) if column else xs[-1]
    if any(x.ndim != 2 for x in xs):
        raise ShapeError(f"multi_dot() is for matrices, not {[np.shape(x) for x in arrays]}")
    splits = _cheapest([len(xs[0]), *(x.shape[1] for x in xs)])
    product = _multiplied(xs, splits, 0, len(xs))
    ends = tuple(axis for axis, is_vector in enumerate((row, column)) if is_vector)
    return squeeze(product, ends) if ends else product


def _cheapest(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each stretch [i, j) of a chain of matrices sizes[i] x sizes[i + 1].

    T. Cormen et al., "Introduction to Algorithms", chapter 15.2.
    """
    costs = {(i, i + 1): 0 for i in range(len(sizes) - 1)}
    splits = {}
    for length in range(2, len(sizes)):
        for i in range(len(sizes) - length):
            j = i + length
            options = {
                k: costs[i, k] + costs[k, j] + sizes[i] * sizes[k] * sizes[j]
                for k in range(i + 1, j)
            }
            best = sorted(options, key=options.__getitem__)[0]
            splits[i, j], costs[i, j] = best, options[best]
    return splits


def _multiplied(xs: list[Any], splits: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if j == i + 1:
        return xs[i]
    k = splits[i, j]
    return matmul(_multiplied(xs, splits, i, k), _multiplied(xs, splits, k, j))
