"""Products of matrices and vectors. Read next: ``arrange``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import multiply
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import expand_dims, swapaxes
from tensorgraph.primitive import bilinear

__all__ = [
    "dot",
    "matmul",
]


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


@bilinear.rules(_left, _right)
def matmul(x: Any, y: Any) -> Any:
    """``x @ y``: the sum over the last axis of ``x`` and the last but one of ``y``."""
    return np.matmul(x, y)


def dot(x: Any, y: Any) -> Any:
    """``x @ y`` for vectors and matrices; with a scalar, the product of each element."""
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return multiply(x, y)
    if np.ndim(y) <= 2:
        return matmul(x, y)
    flat = matmul(x, swapaxes(y, -1, -2).reshape(-1, np.shape(y)[-2]).T)
    return flat.reshape(np.shape(x)[:-1] + np.shape(y)[:-2] + np.shape(y)[-1:])
