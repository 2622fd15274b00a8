"""Triangular factors: ``cholesky`` and ``qr``. Read next: ``eigen``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.elementwise import where
from tensorgraph.ops.linalg.helpers import (
    _h,
    _hermitian,
    _identity,
    _pack,
    _refuse_recording,
    _t,
    _unpack,
)
from tensorgraph.ops.linalg.systems import _solve
from tensorgraph.ops.products import conjugated, matmul
from tensorgraph.ops.shape import as_operand, concatenate
from tensorgraph.primitive import LEADING, custom
from tensorgraph.typing import Array, Shape

__all__ = ["cholesky", "qr"]


# --- Cholesky ------------------------------------------------------------------------------------


def _cholesky_rule(g: Any, y: Any, a: Any) -> Any:
    """I. Murray, "Differentiation of the Cholesky decomposition" (2016), equation 8."""
    inner = matmul(_t(y), g)
    half = where(np.tri(y.shape[-1], dtype=bool), where(_identity(y), inner * 0.5, inner), 0.0)
    return _t(_solve(_h(y), _t(_solve(_t(y), half))))


@custom.rules(_cholesky_rule, name="cholesky", batch=LEADING)
def _cholesky(a: Any) -> Array:
    """The lower factors of matrices that are taken to be Hermitian."""
    return np.linalg.cholesky(a)


def cholesky(a: Any, *, upper: bool = False) -> Any:
    """The lower triangular l with l l* = a, of Hermitian positive definite matrices.

    With ``upper`` the u with u* u = a. Only that triangle of ``a`` is read, and gets the gradient.
    """
    factor = _cholesky(_hermitian(a, "U" if upper else "L"))
    return _h(factor) if upper else factor


# --- QR ------------------------------------------------------------------------------------------


class QRResult(NamedTuple):
    """What ``qr`` returns."""

    Q: Any
    R: Any


def _qr_shapes(a: Any, mode: str) -> tuple[Shape, Shape]:
    m, n = np.shape(a)[-2:]
    k = m if mode == "complete" or m < n else n
    return (m, k), (k, n)


def _qr_rule(g: Any, y: Any, a: Any, mode: str) -> Any:
    """M. Seeger et al., "Auto-differentiating linear algebra" (2017), section 4.3; complex too.

    For matrices with at least as many rows as columns. The diagonal of r is real.
    """
    q, r = _unpack(y, *_qr_shapes(a, mode))
    gq, gr = _unpack(g, *_qr_shapes(a, mode))
    inner = matmul(gr, _t(r)) - matmul(_t(q), gq)
    upper = np.tri(r.shape[-1], dtype=bool).T
    half = where(upper, where(_identity(r), inner * 0.5, inner), 0.0)
    return _t(_solve(r, _t(gq + matmul(conjugated(q), half + _h(half)))))


@custom.rules(_qr_rule, name="qr", batch=LEADING)
def _qr(a: Any, mode: Any) -> Array:
    return _pack(*np.linalg.qr(a, mode))


def _qr_factors(a: Any, mode: str) -> list[Any]:
    return _unpack(_qr(a, mode=mode), *_qr_shapes(a, mode))


def qr(a: Any, mode: str = "reduced") -> Any:
    """q with orthonormal columns and r upper triangular with q r = a.

    ``mode`` "complete" makes q square, "r" gives r alone. The columns that "complete" adds have no
    derivative: with more rows than columns it is refused where it would be recorded.
    """
    a = as_operand(a)
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"qr(): mode is {mode!r}, and must be 'reduced', 'complete' or 'r'")
    if a.ndim < 2:
        raise ShapeError(f"qr() is for matrices, not for shape {a.shape}")
    m, n = a.shape[-2:]
    if mode == "complete" and m > n:
        _refuse_recording(
            a,
            f"qr(mode='complete') of {m} rows and {n} columns has no derivative: the columns that "
            "complete q can be chosen at will; take mode='reduced'",
        )
        return QRResult(*_qr_factors(a, "complete"))
    if m >= n:
        q, r = _qr_factors(a, "reduced")
    else:
        q, left = _qr_factors(a[..., :m], "reduced")
        r = concatenate((left, matmul(_h(q), a[..., m:])), -1)
    return r if mode == "r" else QRResult(q, r)
