"""Systems of linear equations, and inverses: of matrices, and of arrays with more axes.

Read next: ``products``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.linalg.helpers import _t
from tensorgraph.ops.products import aligned, matmul
from tensorgraph.ops.shape import (
    as_operand,
    expand_dims,
    normalize_axes,
    reshape,
    squeeze,
    transpose,
)
from tensorgraph.primitive import LEADING, custom
from tensorgraph.typing import Array

__all__ = ["inv", "solve", "tensorinv", "tensorsolve"]


@custom.rules(
    lambda g, x, a, b: -matmul(_solve(_t(a), g), _t(x)),
    lambda g, x, a, b: _solve(_t(a), g),
    name="solve",
    batch=lambda mapped, a, b: _solve(*aligned(mapped, (a, b))),
)
def _solve(a: Any, b: Any) -> Array:
    """The matrices x for which a @ x = b."""
    return np.linalg.solve(a, b)


def solve(a: Any, b: Any) -> Any:
    """The x for which ``a @ x = b``; ``b`` is a vector if it has one axis, else matrices."""
    a, b = as_operand(a), as_operand(b)
    return squeeze(_solve(a, expand_dims(b, -1)), -1) if b.ndim == 1 else _solve(a, b)


@custom.rules(lambda g, y, a: -matmul(matmul(_t(y), g), _t(y)), batch=LEADING)
def inv(a: Any) -> Array:
    """The inverses of square matrices."""
    return np.linalg.inv(a)


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """The x for which ``tensordot(a, x, x.ndim) = b``; ``axes`` of ``a`` are moved to its end."""
    a, b = as_operand(a), as_operand(b)
    if axes is not None:
        last = normalize_axes(tuple(axes), a.ndim, "tensorsolve")
        a = transpose(a, (*(i for i in range(a.ndim) if i not in last), *last))
    shape = a.shape[b.ndim :]
    size = int(np.prod(shape))
    if a.size != size * size:
        raise ShapeError(f"tensorsolve(): shapes {a.shape} and {b.shape} make no square system")
    return reshape(solve(reshape(a, (size, size)), reshape(b, (size,))), shape)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of ``a`` for tensordot; its first ``ind`` axes are as large as the others."""
    a = as_operand(a)
    if ind <= 0:
        raise ArgumentError(f"tensorinv(): ind is {ind}, and must be 1 or more")
    rows, columns = a.shape[:ind], a.shape[ind:]
    matrix = reshape(a, (int(np.prod(rows)), int(np.prod(columns))))
    return reshape(inv(matrix), columns + rows)
