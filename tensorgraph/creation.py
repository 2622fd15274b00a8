"""Tensors made of shapes: ``zeros``, ``ones``, ``empty``, ``full``, and their ``_like``.

They are variables without a name, which may be filled: ``t = tg.zeros(3); t[0] = x``. Read next:
``debug``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.ops.shape import as_operand
from tensorgraph.tape import Traced
from tensorgraph.tensor import Tensor
from tensorgraph.typing import DType

__all__ = [
    "empty",
    "empty_like",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def zeros(shape: Any, dtype: DType = float) -> Tensor:
    """A tensor of zeros."""
    return Tensor(np.zeros(shape, dtype))


def ones(shape: Any, dtype: DType = float) -> Tensor:
    """A tensor of ones."""
    return Tensor(np.ones(shape, dtype))


def empty(shape: Any, dtype: DType = float) -> Tensor:
    """A tensor to be filled. It holds NaN until then (whole numbers: 0), so that a gap is seen."""
    fill = np.nan if np.dtype(dtype).kind in "fc" else 0
    return Tensor(np.full(shape, fill, dtype))


def full(shape: Any, fill_value: Any, dtype: DType = None) -> Tensor:
    """A tensor that has ``fill_value`` everywhere; if that is a tensor, it is recorded."""
    fill_value = as_operand(fill_value)
    if not isinstance(fill_value, Traced):
        return Tensor(np.full(shape, fill_value, dtype))
    filled = ops.broadcast_to(fill_value, tuple(shape) if np.iterable(shape) else (shape,))
    return ops.copy(filled if dtype is None else ops.astype(filled, dtype))


def zeros_like(a: Any, dtype: DType = None) -> Tensor:
    """A tensor of zeros, of the shape and dtype of ``a``."""
    a = as_operand(a)
    return zeros(a.shape, a.dtype if dtype is None else dtype)


def ones_like(a: Any, dtype: DType = None) -> Tensor:
    """A tensor of ones, of the shape and dtype of ``a``."""
    a = as_operand(a)
    return ones(a.shape, a.dtype if dtype is None else dtype)


def empty_like(a: Any, dtype: DType = None) -> Tensor:
    """A tensor to be filled, of the shape and dtype of ``a``."""
    a = as_operand(a)
    return empty(a.shape, a.dtype if dtype is None else dtype)


def full_like(a: Any, fill_value: Any, dtype: DType = None) -> Tensor:
    """A tensor that has ``fill_value`` everywhere, of the shape and dtype of ``a``."""
    a = as_operand(a)
    return full(a.shape, fill_value, a.dtype if dtype is None else dtype)
