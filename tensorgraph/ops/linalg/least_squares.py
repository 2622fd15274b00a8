"""The best that can be done where a system has no solution, or many: ``pinv`` and ``lstsq``.

Read next: ``norms``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.elementwise import greater, real
from tensorgraph.ops.linalg.helpers import _h, _hermitian, _t
from tensorgraph.ops.linalg.singular import svdvals
from tensorgraph.ops.products import conjugated, matmul
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import as_operand, reshape
from tensorgraph.primitive import LEADING, custom
from tensorgraph.typing import Array

__all__ = ["lstsq", "pinv"]


def _pinv_rule(g: Any, y: Any, a: Any, rcond: Any) -> Any:
    """G. Golub and V. Pereyra, "The differentiation of pseudo-inverses" (1973), equation 4.12.

    For a constant rank, d(p) = -p da p + p p* da* (1 - a p) + (1 - p a) da* p* p.
    """
    left = _t(g) - matmul(a, matmul(y, _t(g)))
    right = _t(g) - matmul(matmul(_t(g), y), a)
    adjoint = matmul(matmul(left, y), _h(y)) + matmul(_h(y), matmul(y, right))
    return conjugated(adjoint) - matmul(matmul(_t(y), g), _t(y))


@custom.rules(_pinv_rule, name="pinv", batch=LEADING)
def _pinv(a: Any, rcond: Any) -> Array:
    return np.linalg.pinv(a, rcond)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """The pseudo-inverses; singular values up to ``rcond`` times the largest count as 0.

    ``rtol`` is the other name of ``rcond``, with the default max(m, n) eps for None. Of
    ``hermitian`` matrices the lower triangle is read. The derivative is that at constant rank.
    """
    a = as_operand(a)
    if rcond is not None and rtol is not np._NoValue:
        raise ArgumentError("pinv() was given both rcond= and rtol=, which are one")
    if rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else rtol
    rcond = _precision(a) if rcond is None else rcond
    return _pinv(_hermitian(a, "L") if hermitian else a, rcond)


def _precision(a: Any) -> float:
    """max(m, n) eps: what singular values are lost in rounding, relative to the largest."""
    dtype = a.dtype if a.dtype.kind in "fc" else np.float64
    return float(np.sort(a.shape[-2:])[-1] * np.finfo(dtype).eps)


class LstsqResult(NamedTuple):
    """What ``lstsq`` returns; NumPy has a plain tuple."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """The x for which |b - a x|² is least, that sum for each column, the rank, singular values.

    Of several x, the shortest. The sums are left out (an empty array) where the rank is below the
    number of columns, or the system is not overdetermined. Singular values up to ``rcond`` times
    the largest count as 0; None and negative stand for max(m, n) eps.
    """
    a, b = as_operand(a), as_operand(b)
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise ShapeError(f"lstsq() is for one matrix, not for shapes {a.shape} and {b.shape}")
    m, n = a.shape
    rcond = _precision(a) if rcond is None or rcond < 0 else rcond
    s = svdvals(a)
    rank = sum(greater(s, rcond * s[:1])).item()
    x = matmul(_pinv(a, rcond), b)
    rest = reshape(b - matmul(a, x), (m, -1))
    squares = sum(real(rest * conjugated(rest)), 0)
    return LstsqResult(x, squares if rank == n < m else squares[:0], rank, s)
