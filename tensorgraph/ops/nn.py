"""What networks need beyond NumPy: activations, and stable logarithms of sums of exponentials.

Read next: ``fused``.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import exp, greater, where
from tensorgraph.ops.reduce import restore, sum
from tensorgraph.primitive import custom, elementwise, fused
from tensorgraph.typing import Array, Axis

__all__ = [
    "log_softmax",
    "logsumexp",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
]

# --- activations ---------------------------------------------------------------------------------


@fused.rules(lambda g, y, x: g * (y > 0), definition=lambda x: where(greater(x, 0), x, 0.0))
def relu(x: Any) -> Any:
    """max(x, 0); the derivative at 0 is 0."""
    x = np.asarray(x)
    # The same as np.maximum(x, 0), which NumPy does at half the speed.
    return x.clip(0, np.inf) if x.dtype.kind == "f" else np.maximum(x, 0)


@elementwise.rules(lambda g, y, x: g * y * (1 - y))
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow: exp is only taken of -|x|."""
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1, e) / (1 + e)


@elementwise.rules(lambda g, y, x: g * sigmoid(x))
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(x, 0)


# --- sums of exponentials ------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def ones(rows: int, columns: int, dtype: np.dtype[Any]) -> Array:
    """A matrix of ones to sum with: a product with it is several times faster than a reduction."""
    matrix = np.ones((rows, columns), dtype)
    matrix.flags.writeable = False
    return matrix


def _is_narrow(x: Any, axis: Axis) -> bool:
    """Whether these are few columns, over which NumPy's reductions take their slowest way."""
    return x.ndim == 2 and axis in (-1, 1) and 0 < x.shape[1] <= 6 and x.dtype.kind == "f"


def _largest(x: Any, axis: Axis) -> Any:
    """The maximum over ``axis``, which is kept."""
    if _is_narrow(x, axis):
        return functools.reduce(np.maximum, x.T)[:, None]
    return np.maximum.reduce(x, axis=axis, keepdims=True)


def _total(x: Any, axis: Axis) -> Any:
    """The sum over ``axis``, which is kept."""
    if _is_narrow(x, axis):
        return x.dot(ones(x.shape[1], 1, x.dtype))
    return np.add.reduce(x, axis=axis, keepdims=True)


def _shifted_exp(x: Any, axis: Axis) -> tuple[Any, Any]:
    """exp(x - m) and m, the largest x along ``axis``: nothing overflows.

    log sum exp(x) = m + log sum exp(x - m), and softmax is the same for x - m as for x.
    """
    largest = _largest(x, axis)
    shifted = np.asarray(x - largest)
    # In the same memory, unless these are whole numbers, whose exponentials are not.
    return np.exp(shifted, out=shifted if shifted.dtype.kind in "fc" else None), largest


@custom.rules(lambda g, y, x, axis, keepdims: restore(g, x, axis) * exp(x - restore(y, x, axis)))
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over ``axis``."""
    largest = _largest(x, axis)
    largest = np.where(np.isfinite(largest), largest, 0)  # inf - inf would be nan
    with np.errstate(divide="ignore"):  # the logarithm of no exponential at all is -inf
        y = np.log(_total(np.exp(x - largest), axis)) + largest
    return y if keepdims else np.squeeze(y, axis)


@custom.rules(lambda g, y, x, axis: y * (g - sum(g * y, axis, keepdims=True)))
def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) along ``axis``: positive numbers that sum to 1."""
    e, _ = _shifted_exp(x, axis)
    return np.divide(e, _total(e, axis), out=e)


@custom.rules(lambda g, y, x, axis: g - exp(y) * sum(g, axis, keepdims=True))
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of ``softmax``, finite for any finite x."""
    e, largest = _shifted_exp(x, axis)
    return (x - largest) - np.log(_total(e, axis))
