"""What the modules of ``linalg`` share: transposes, diagonals, several results packed in one array.

Read next: ``systems``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, RuleError, ShapeError
from tensorgraph.ops.elementwise import equal, logical_and, multiply, where
from tensorgraph.ops.products import conjugated
from tensorgraph.ops.shape import as_operand, expand_dims, reshape, swapaxes
from tensorgraph.recording import recording
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Shape


def _t(x: Any) -> Any:
    """The transposes of matrices."""
    return swapaxes(x, -1, -2)


def _h(x: Any) -> Any:
    """The adjoints of matrices."""
    return conjugated(_t(x))


def _times_columns(x: Any, factors: Any) -> Any:
    """The columns of ``x``, each times its factor: x diag(factors)."""
    return multiply(x, expand_dims(factors, -2))


def _as_matrices(x: Any) -> Any:
    """A number for each matrix, as a matrix of one element."""
    return expand_dims(x, (-2, -1))


def _identity(x: Any) -> Array:
    """Where the diagonals of the square matrices ``x`` are."""
    return np.eye(np.shape(x)[-1], dtype=bool)


def _square(name: str, a: Any) -> int:
    """The size of square matrices, or an error that names the function."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"{name}() is for square matrices, not for shape {a.shape}")
    return a.shape[-1]


def _hermitian(a: Any, triangle: str) -> Any:
    """The Hermitian matrices of which ``a`` has the lower ("L") or the upper ("U") triangle.

    What else ``a`` holds is not read, and gets no gradient.
    """
    a = as_operand(a)
    n = _square("linalg", a)
    if triangle not in ("L", "l", "U", "u"):
        raise ArgumentError(f"UPLO is {triangle!r}, and must be 'L' or 'U'")
    read = np.tri(n, dtype=bool)
    read = read if triangle in "Ll" else read.T
    weights = np.ones((n, n), a.dtype if a.dtype.kind in "fc" else np.float64)
    np.fill_diagonal(weights, 0.5)
    half = where(read, a * weights, 0.0)  # what is not read may be anything, also nan
    return half + _h(half)


def _over(x: Any, gap: Any) -> Any:
    """x / gap, but 0 where both are exactly 0."""
    none = logical_and(equal(x, 0), equal(gap, 0))
    return where(none, 0.0, x / where(none, 1.0, gap))


def _with_diagonal(entries: Any, x: Any, values: Any) -> Any:
    """diag(entries) + x_ij / (values_j - values_i) beside the diagonal."""
    beside = ~_identity(x)
    gaps = where(beside, expand_dims(values, -2) - expand_dims(values, -1), 1.0)
    return where(beside, _over(x, gaps), expand_dims(entries, -2))


def _pack(*parts: Array) -> Array:
    """Several results in one array: the first is of matrices; each is raveled along the last axis.

    The axes that count the matrices stay.
    """
    batch = parts[0].shape[:-2]
    flat = [np.reshape(x, (*batch, int(np.prod(x.shape[len(batch) :])))) for x in parts]
    return np.concatenate(flat, -1)


def _unpack(packed: Any, *shapes: Shape) -> list[Any]:
    """The results in ``packed``, each of its shape behind the axes that count the matrices."""
    results, start = [], 0
    for shape in shapes:
        stop = start + int(np.prod(shape))
        part = packed[..., start:stop]
        results.append(part if len(shape) == 1 else reshape(part, (*packed.shape[:-1], *shape)))
        start = stop
    return results


def _refuse_recording(x: Any, reason: str) -> None:
    """Raise where ``x`` is a variable, for what has no derivative."""
    if isinstance(x, Traced) and x._node.value.dtype.kind in "fc" and recording().enabled:
        raise RuleError(reason)
