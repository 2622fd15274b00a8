"""Determinants, with first and second derivatives also of singular matrices, and their logarithms.

Read next: ``factors``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.ops.elementwise import imag, real, where
from tensorgraph.ops.linalg.helpers import _as_matrices, _identity, _t
from tensorgraph.ops.linalg.products import trace
from tensorgraph.ops.linalg.systems import inv
from tensorgraph.ops.products import aligned, matmul
from tensorgraph.ops.shape import as_operand
from tensorgraph.primitive import LEADING, custom
from tensorgraph.typing import Array

__all__ = ["det", "slogdet"]


@custom.rules(lambda g, y, a: _as_matrices(g) * _t(_adjugate(a)), batch=LEADING)
def det(a: Any) -> Any:
    """The determinants: d(det) = tr(adj(a) da), also where ``a`` is singular."""
    return np.linalg.det(a)


def _products_without(s: Array, left_out: Array) -> Array:
    """The products of ``s`` along its last axis, for each mask of elements to leave out."""
    values = s.reshape(*s.shape[:-1], *(1,) * (left_out.ndim - 1), s.shape[-1])
    return np.prod(np.where(left_out, 1, values), -1)


@custom.rules(lambda g, y, a: _adjugate_slope(a, _t(g)), name="adjugate", batch=LEADING)
def _adjugate(a: Any) -> Array:
    """det(a) inv(a), by singular values, so that singular matrices have one too."""
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    others = _products_without(s, np.eye(s.shape[-1], dtype=bool))
    v = np.conj(np.swapaxes(vh, -1, -2))
    left = (sign[..., None] * others)[..., None, :] * v
    return np.matmul(left, np.conj(np.swapaxes(u, -1, -2)))


def _third(g: Any, y: Any, a: Any, k: Any) -> Any:
    """The derivative by ``a`` of the sum of g times ``_adjugate_slope(a, k)``: for regular ``a``.

    That is the third derivative of det in directions x, g, k, as a function of x: the part of
    det(a + h) = det(a) exp(tr(log(1 + inv(a) h))), h = x + g + k, that is linear in each.
    """
    inverse = inv(a)
    p, q = matmul(inverse, g), matmul(inverse, k)
    pq, tp, tq = matmul(p, q), _as_matrices(trace(p)), _as_matrices(trace(q))
    scalars = where(_identity(a), tp * tq - _as_matrices(trace(pq)), 0.0)
    middle = scalars - p * tq - q * tp + pq + matmul(q, p)
    return _as_matrices(det(a)) * _t(matmul(middle, inverse))


@custom.rules(
    _third,
    lambda g, y, a, k: _adjugate_slope(a, g),  # the second derivative of det is symmetric
    name="adjugate_slope",
    batch=lambda mapped, a, k: _adjugate_slope(*aligned(mapped, (a, k))),
)
def _adjugate_slope(a: Any, k: Any) -> Array:
    """The derivative by x of the second derivative of det(a) in the directions x and k.

    In the bases u, v of the singular vectors, where a is diagonal, that is the sum over i != j of
    (x_ii k_jj - x_ij k_ji) times all other singular values.
    """
    u, s, vh = np.linalg.svd(a)
    sign = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    one = np.eye(s.shape[-1], dtype=bool)
    others = np.where(one, 0, _products_without(s, one[:, None, :] | one))
    inner = np.conj(np.swapaxes(u, -1, -2)) @ k @ np.conj(np.swapaxes(vh, -1, -2))
    traces = others @ np.diagonal(inner, 0, -2, -1)[..., None]
    return sign * (
        np.conj(u) @ (np.where(one, traces, 0) - others * np.swapaxes(inner, -1, -2)) @ np.conj(vh)
    )


# --- logarithms ----------------------------------------------------------------------------------


class SlogdetResult(NamedTuple):
    """What ``slogdet`` returns."""

    sign: Any
    logabsdet: Any


def _slogdet_rule(g: Any, y: Any, a: Any) -> Any:
    """d(log det) = tr(inv(a) da); its imaginary part is the angle of the sign."""
    slope = real(g[..., 1])
    if y.dtype.kind == "c":
        slope = slope + 1j * imag(g[..., 0] * y[..., 0])
    return _as_matrices(slope) * _t(inv(a))


@custom.rules(_slogdet_rule, name="slogdet", batch=LEADING)
def _slogdet(a: Any) -> Array:
    """Sign and logarithm along a last axis of length 2."""
    return np.stack(np.linalg.slogdet(a), -1)


def slogdet(a: Any) -> Any:
    """Sign (of complex matrices, a number on the unit circle) and log of |det(a)|."""
    packed = _slogdet(as_operand(a))
    logarithm = packed[..., 1]
    is_complex = packed.dtype.kind == "c"
    return SlogdetResult(packed[..., 0], real(logarithm) if is_complex else logarithm)
