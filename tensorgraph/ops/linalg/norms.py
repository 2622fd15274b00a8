"""Norms of vectors and of matrices, and condition numbers. Read next: ``fft``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.elementwise import absolute, equal, not_equal, power, where
from tensorgraph.ops.indexing import index
from tensorgraph.ops.linalg.singular import svdvals
from tensorgraph.ops.linalg.systems import inv
from tensorgraph.ops.products import conjugated
from tensorgraph.ops.reduce import max, min, reduced_shape, restore, sum
from tensorgraph.ops.shape import (
    as_operand,
    astype,
    inner_axes,
    moveaxis,
    normalize_axes,
    reshape,
    squeeze,
)
from tensorgraph.primitive import custom
from tensorgraph.tape import Traced
from tensorgraph.typing import Axis, Shape

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]


def _euclidean_rule(g: Any, y: Any, x: Any, axis: Shape, keepdims: bool) -> Any:
    """The direction of x; 0 where that is 0."""
    zero = equal(y, 0)
    scale = where(zero, 0.0, g / where(zero, 1.0, y))
    return restore(scale, x, axis) * conjugated(x)


@custom.rules(
    _euclidean_rule,
    name="euclidean_norm",
    batch=lambda mapped, x, axis, keepdims: _euclidean(
        x, axis=inner_axes(axis, x.ndim), keepdims=keepdims
    ),
)
def _euclidean(x: Any, axis: Shape, keepdims: bool) -> Any:
    """The square root of the sum of squares over ``axis``, counted from 0."""
    if len(axis) == x.ndim:
        flat = x.ravel(order="K")
        length = np.sqrt(np.vdot(flat, flat).real)
        return length.reshape((1,) * x.ndim) if keepdims else length
    squares = np.square(x) if x.dtype.kind == "f" else x.real**2 + x.imag**2
    return np.sqrt(np.sum(squares, axis=axis, keepdims=keepdims))


def _of_floats(x: Any) -> Any:
    x = as_operand(x)
    return x if x.dtype.kind in "fc" else astype(x, np.float64)


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The norm of vectors along one axis, or of matrices along two; of all elements by default.

    ``ord`` for vectors: any number, inf, -inf; for matrices: "fro", "nuc", 1, -1, 2, -2, inf, -inf.
    The derivative of the Euclidean norm at 0 is 0.
    """
    x = _of_floats(x)
    axes = normalize_axes(axis, x.ndim, "norm")
    if axis is None and ord is None:
        return _euclidean(x, axis=axes, keepdims=keepdims)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ShapeError(f"norm(): {len(axes)} axes, of vectors it is 1 and of matrices 2")


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """The norm of vectors, whose elements lie along ``axis``: one, several, or all."""
    x = _of_floats(x)
    return _vector_norm(x, ord, normalize_axes(axis, x.ndim, "vector_norm"), keepdims)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of the matrices along the last two axes."""
    x = _of_floats(x)
    return _matrix_norm(x, ord, normalize_axes((-2, -1), x.ndim, "matrix_norm"), keepdims)


# --- one kind each -------------------------------------------------------------------------------


def _vector_norm(x: Any, ord: Any, axes: Shape, keepdims: bool) -> Any:
    if ord is None or ord == 2:
        return _euclidean(x, axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise ArgumentError(f"norm(): ord is {ord!r}, which vectors do not have")
    if ord == 0:
        found = astype(not_equal(x, 0), np.empty(0, x.dtype).real.dtype)
        return sum(found, axes, keepdims=keepdims)
    sizes = absolute(x)
    if ord in (np.inf, -np.inf):
        return (max if ord > 0 else min)(sizes, axes, keepdims=keepdims)
    if ord == 1:
        return sum(sizes, axes, keepdims=keepdims)
    return _power(sum(_power(sizes, ord), axes, keepdims=keepdims), 1 / ord)


def _power(x: Any, exponent: float) -> Any:
    """x to a power, of x >= 0; where that is 0, it has derivative 0."""
    if exponent < 0:
        return power(x, exponent)
    zero = equal(x, 0)
    return where(zero, 0.0, power(where(zero, 1.0, x), exponent))


def _matrix_norm(x: Any, ord: Any, axes: Shape, keepdims: bool) -> Any:
    if ord in (None, "fro", "f"):
        return _euclidean(x, axis=axes, keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        reduction = {"nuc": sum, 2: max, -2: min}[ord]
        y = reduction(svdvals(moveaxis(x, axes, (-2, -1))), -1)
        return reshape(y, reduced_shape(x, axes, keepdims))
    if ord not in (1, -1, np.inf, -np.inf):
        raise ArgumentError(f"norm(): ord is {ord!r}, which matrices do not have")
    added, compared = axes if abs(ord) == 1 else reversed(axes)
    sums = sum(absolute(x), added, keepdims=True)
    y = (max if ord > 0 else min)(sums, compared, keepdims=True)
    return y if keepdims else squeeze(y, axes)


# --- condition numbers ---------------------------------------------------------------------------


def cond(x: Any, p: Any = None) -> Any:
    """The condition numbers |x| |inv(x)|, in the norm ``p`` of matrices; None is 2."""
    if not isinstance(x, Traced):
        return np.linalg.cond(x, p)  # which also knows the infinite ones
    if p not in (None, 2, -2):
        return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))
    s = svdvals(x)
    largest, smallest = index(s, (..., 0)), index(s, (..., -1))
    with np.errstate(divide="ignore"):  # a singular matrix has an infinite one, as in NumPy
        return smallest / largest if p == -2 else largest / smallest
