"""Singular values and vectors, and the rank that they tell. Read next: ``least_squares``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.errors import ShapeError
from tensorgraph.ops.elementwise import absolute, imag, less, real, where
from tensorgraph.ops.indexing import take_along_axis
from tensorgraph.ops.linalg.eigen import eigh, eigvalsh
from tensorgraph.ops.linalg.helpers import (
    _h,
    _identity,
    _over,
    _pack,
    _refuse_recording,
    _t,
    _times_columns,
    _unpack,
    _with_diagonal,
)
from tensorgraph.ops.linalg.products import diagonal
from tensorgraph.ops.products import conjugated, matmul
from tensorgraph.ops.reduce import argsort
from tensorgraph.ops.shape import as_operand, expand_dims, reshape
from tensorgraph.ops.sorting import sort
from tensorgraph.primitive import LEADING, custom, nondifferentiable
from tensorgraph.typing import Array, Shape

__all__ = ["matrix_rank", "svd", "svdvals"]


class SVDResult(NamedTuple):
    """What ``svd`` returns."""

    U: Any
    S: Any
    Vh: Any


def _svd_shapes(a: Any, full: bool) -> tuple[Shape, Shape, Shape]:
    m, n = np.shape(a)[-2:]
    k = m if m < n else n
    return (m, m if full else k), (k,), (n if full else k, n)


def _svd_rule(g: Any, y: Any, a: Any, full_matrices: bool) -> Any:
    """J. Townsend, "Differentiating the singular value decomposition" (2016).

    For complex matrices Z. Wan and S. Zhang, "Automatic differentiation for complex valued SVD"
    (2019). Of matrices that are not square, for the reduced form.
    """
    u, s, vh = _unpack(y, *_svd_shapes(a, full_matrices))
    gu, gs, gvh = _unpack(g, *_svd_shapes(a, full_matrices))
    s, left, right = real(s), matmul(_t(u), gu), matmul(gvh, _t(vh))
    middle = _svd_middle(s, real(gs), left, right)
    slope = matmul(conjugated(u), matmul(middle, conjugated(vh)))
    m, n = np.shape(a)[-2:]
    if m > n:  # columns of u also turn towards what they do not span
        outside = gu - matmul(conjugated(u), left)
        slope = slope + matmul(_over(outside, expand_dims(s, -2)), conjugated(vh))
    if m < n:
        outside = gvh - matmul(right, conjugated(vh))
        slope = slope + matmul(conjugated(u), _over(outside, expand_dims(s, -1)))
    return slope


def _svd_middle(s: Any, gs: Any, left: Any, right: Any) -> Any:
    """The slope in the bases of the singular vectors, from u' gu and gvh vh'."""
    squares = s * s
    none = np.zeros(s.shape[-1])
    turned_left = _with_diagonal(none, left - _h(left), squares)
    turned_right = _with_diagonal(none, right - _h(right), squares)
    entries = gs
    if left.dtype.kind == "c":  # the phase that u and v share
        entries = gs + 1j * _over(imag(diagonal(left)), s)
    middle = _times_columns(turned_left, s) - expand_dims(s, -1) * turned_right
    return where(_identity(left), expand_dims(entries, -2), middle)


@custom.rules(_svd_rule, name="svd", batch=LEADING)
def _svd(a: Any, full_matrices: bool) -> Array:
    return _pack(*np.linalg.svd(a, full_matrices))


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Singular vectors and descending singular values: u diag(s) vh = a.

    Without ``compute_uv``, s alone. Of ``hermitian`` matrices the lower triangle is read. The
    vectors that ``full_matrices`` adds have no derivative: of matrices that are not square it is
    refused where it would be recorded.
    """
    a = as_operand(a)
    if a.ndim < 2:
        raise ShapeError(f"svd() is for matrices, not for shape {a.shape}")
    if hermitian:
        return _hermitian_svd(a) if compute_uv else sort(absolute(eigvalsh(a)))[..., ::-1]
    if not compute_uv:
        return svdvals(a)
    m, n = a.shape[-2:]
    if full_matrices and m != n:
        _refuse_recording(
            a,
            f"svd(full_matrices=True) of {m} rows and {n} columns has no derivative: the vectors "
            "that it adds can be chosen at will; take full_matrices=False, or compute_uv=False",
        )
    packed = _svd(a, full_matrices=full_matrices)
    u, s, vh = _unpack(packed, *_svd_shapes(a, full_matrices))
    return SVDResult(u, real(s) if s.dtype.kind == "c" else s, vh)


def _hermitian_svd(a: Any) -> Any:
    """Singular values are absolute eigenvalues; v takes the signs."""
    w, u = eigh(a)
    order = argsort(absolute(w))[..., ::-1]
    w, u = take_along_axis(w, order), take_along_axis(u, expand_dims(order, -2))
    v = where(expand_dims(less(w, 0), -2), -u, u)
    return SVDResult(u, absolute(w), _h(v))


# --- values alone --------------------------------------------------------------------------------


def _svdvals_rule(g: Any, s: Any, x: Any) -> Any:
    u, _, vh = svd(x, full_matrices=False)
    return matmul(_times_columns(conjugated(u), g), conjugated(vh))


@custom.rules(_svdvals_rule, batch=LEADING)
def svdvals(x: Any) -> Array:
    """The singular values of matrices, descending."""
    return np.linalg.svd(x, compute_uv=False)


def _rank_each(mapped: Any, x: Any, tol: Any, hermitian: bool, rtol: Any) -> Any:
    """The rank of each example, which may be a vector: that has rank 1 unless it is 0."""
    if x.ndim > 2:
        return matrix_rank(x, tol, hermitian, rtol=rtol)
    return matrix_rank(reshape(x, (len(x), 1, x.shape[1])))


@nondifferentiable.rules(None, batch=_rank_each, positions="tol hermitian")
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """The numbers of singular values above ``tol``, or above ``rtol`` times the largest."""
    return np.asarray(np.linalg.matrix_rank(A, tol, hermitian, rtol=rtol))[()]
