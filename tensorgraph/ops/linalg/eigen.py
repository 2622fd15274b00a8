"""Eigenvalues and eigenvectors: of Hermitian matrices (``eigh``), and of any (``eig``).

Read next: ``singular``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.ops.elementwise import real
from tensorgraph.ops.linalg.helpers import (
    _hermitian,
    _pack,
    _square,
    _t,
    _times_columns,
    _unpack,
    _with_diagonal,
)
from tensorgraph.ops.linalg.products import diagonal
from tensorgraph.ops.linalg.systems import _solve
from tensorgraph.ops.products import conjugated, matmul
from tensorgraph.ops.shape import as_operand
from tensorgraph.primitive import LEADING, custom
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Shape

__all__ = ["eig", "eigh", "eigvals", "eigvalsh"]


class EighResult(NamedTuple):
    """What ``eigh`` returns."""

    eigenvalues: Any
    eigenvectors: Any


class EigResult(NamedTuple):
    """What ``eig`` returns."""

    eigenvalues: Any
    eigenvectors: Any


def _with_vectors(a: Any) -> tuple[Shape, Shape]:
    """The shapes of the eigenvectors and eigenvalues of ``a``, in the order they are packed."""
    n = np.shape(a)[-1]
    return (n, n), (n,)


# --- Hermitian matrices --------------------------------------------------------------------------


def _eigh_rule(g: Any, y: Any, a: Any) -> Any:
    """Giles (2008), section 3.1: d(w_i) = c_ii, d(v) = v (c_ij / (w_j - w_i)), c = v* da v."""
    v, w = _unpack(y, *_with_vectors(a))
    gv, gw = _unpack(g, *_with_vectors(a))
    middle = _with_diagonal(real(gw), matmul(_t(v), gv), real(w))
    return matmul(conjugated(v), matmul(middle, _t(v)))


@custom.rules(_eigh_rule, name="eigh", batch=LEADING)
def _eigh(a: Any) -> Array:
    """Eigenvectors and eigenvalues of matrices that are taken to be Hermitian."""
    w, v = np.linalg.eigh(a)
    return _pack(v, w)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues, ascending, and the orthonormal eigenvectors of Hermitian matrices.

    The lower triangle of ``a`` is read and gets the gradient; with ``UPLO`` "U", the upper.
    """
    a = _hermitian(a, UPLO)
    v, w = _unpack(_eigh(a), *_with_vectors(a))
    return EighResult(real(w) if w.dtype.kind == "c" else w, v)


def _eigvalsh_rule(g: Any, w: Any, a: Any) -> Any:
    v, _ = _unpack(_eigh(a), *_with_vectors(a))
    return matmul(_times_columns(conjugated(v), g), _t(v))


@custom.rules(_eigvalsh_rule, name="eigvalsh", batch=LEADING)
def _eigvalsh(a: Any) -> Array:
    """The eigenvalues of matrices that are taken to be Hermitian."""
    return np.linalg.eigvalsh(a)


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of Hermitian matrices, ascending; ``UPLO`` as in ``eigh``."""
    return _eigvalsh(_hermitian(a, UPLO))


# --- any square matrices -------------------------------------------------------------------------


def _eig_rule(g: Any, y: Any, a: Any) -> Any:
    """C. Boeddeker et al., "On the computation of complex-valued gradients" (2017), equation 4.77.

    d(w_i) = c_ii and d(v) = v (c_ij / (w_j - w_i)) with c = inv(v) da v, less what would change the
    length of a column of v.
    """
    v, w = _unpack(y, *_with_vectors(a))
    gv, gw = _unpack(g, *_with_vectors(a))
    inner = matmul(_t(v), gv)
    lengths = real(diagonal(inner))
    inner = inner - _times_columns(matmul(_t(v), conjugated(v)), lengths)
    return _solve(_t(v), matmul(_with_diagonal(gw, inner, w), _t(v)))


@custom.rules(_eig_rule, name="eig", batch=LEADING)
def _eig(a: Any) -> Array:
    w, v = np.linalg.eig(a)
    return _pack(v, w)


def eig(a: Any) -> Any:
    """The eigenvalues and the eigenvectors, of length 1, of square matrices.

    Real where all eigenvalues are, else complex.
    """
    a = as_operand(a)
    _square("eig", a)
    v, w = _unpack(_eig(a), *_with_vectors(a))
    return EigResult(w, v)


def eigvals(a: Any) -> Any:
    """The eigenvalues of square matrices; of tensors in the order that ``eig`` gives them."""
    # LAPACK may order them differently where it computes no vectors, which the derivative needs.
    return eig(a).eigenvalues if isinstance(a, Traced) else np.linalg.eigvals(a)
