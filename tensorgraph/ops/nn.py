"""What networks need beyond NumPy: activations, and stable logarithms of sums of exponentials.

Read next: ``fused``.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import (
    absolute,
    divide,
    exp,
    expm1,
    greater,
    multiply,
    relative,
    square,
    tanh,
    where,
)
from tensorgraph.ops.reduce import restore, sum
from tensorgraph.ops.shape import inner_axes
from tensorgraph.ops.special import erfc
from tensorgraph.primitive import custom, elementwise, fused
from tensorgraph.typing import Array, Axis

__all__ = [
    "elu",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "logsumexp",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
]

# --- activations ---------------------------------------------------------------------------------


@fused.rules(
    lambda g, y, x: g * (y > 0),
    definition=lambda x: where(greater(x, 0), x, 0.0),
    recordable=True,
)
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


def silu(x: Any) -> Any:
    """x times ``sigmoid(x)``."""
    return sigmoid(x) * x


swish = silu


def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the probability that a normal variable is below x; ``approximate`` by a tanh.

    D. Hendrycks and K. Gimpel, "Gaussian error linear units" (2016).
    """
    if approximate:
        u = (square(x) * 0.044715 + 1) * multiply(x, math.sqrt(2 / math.pi))
        return (tanh(u) + 1) * multiply(x, 0.5)
    return erfc(multiply(x, -math.sqrt(0.5))) * multiply(x, 0.5)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x, or ``negative_slope`` times x where x is negative; at 0 the derivative is that slope."""
    return where(greater(x, 0), x, multiply(x, negative_slope))


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x, or ``alpha`` (exp(x) - 1) where x is negative."""
    positive = greater(x, 0)
    return where(positive, x, expm1(where(positive, 0.0, x)) * alpha)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return divide(x, absolute(x) + 1)


# --- sums of exponentials ------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def ones(rows: int, columns: int, dtype: np.dtype[Any]) -> Array:
    """A matrix of ones to sum with: a product with it is several times faster than a reduction."""
    matrix = np.ones((rows, columns), dtype)
    matrix.flags.writeable = False
    return matrix


COLUMNS, PRODUCT = 6, 64
"""Columns up to which their maximum is best taken one by one, and their sum as a product."""


def is_narrow(x: Any, axis: Axis, columns: int) -> bool:
    """Whether these are few columns, over which NumPy's reductions take their slowest way."""
    narrow = len(x.shape) == 2 and axis in (-1, 1) and 0 < x.shape[1] <= columns
    return narrow and x.dtype.kind == "f"


def _largest(x: Any, axis: Axis) -> Any:
    """The maximum over ``axis``, which is kept."""
    if is_narrow(x, axis, COLUMNS):
        return functools.reduce(np.maximum, x.T)[:, None]
    return np.maximum.reduce(x, axis=axis, keepdims=True)


def _total(x: Any, axis: Axis) -> Any:
    """The sum over ``axis``, which is kept."""
    if is_narrow(x, axis, PRODUCT):
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


def _along_inner(name: str) -> Any:
    """How one of the functions below acts on a batch: along the axes that an example has."""

    def batch(mapped: Any, x: Any, axis: Axis, **params: Any) -> Any:
        axes = inner_axes(axis, x.ndim)
        return globals()[name](x, axis=axes[0] if len(axes) == 1 else axes, **params)

    return batch


@custom.rules(
    lambda g, y, x, axis, keepdims: restore(g, x, axis) * exp(relative(x, restore(y, x, axis))),
    batch=_along_inner("logsumexp"),
)
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over ``axis``."""
    largest = _largest(x, axis)
    largest = np.where(np.isfinite(largest), largest, 0)  # inf - inf would be nan
    with np.errstate(divide="ignore"):  # the logarithm of no exponential at all is -inf
        y = np.log(_total(np.exp(x - largest), axis)) + largest
    return y if keepdims else np.squeeze(y, axis)


@custom.rules(
    lambda g, y, x, axis: y * (g - sum(g * y, axis, keepdims=True)),
    batch=_along_inner("softmax"),
)
def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) along ``axis``: positive numbers that sum to 1."""
    e, _ = _shifted_exp(x, axis)
    return np.divide(e, _total(e, axis), out=e)


@custom.rules(
    lambda g, y, x, axis: g - exp(y) * sum(g, axis, keepdims=True),
    batch=_along_inner("log_softmax"),
)
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of ``softmax``, finite for any finite x."""
    e, largest = _shifted_exp(x, axis)
    return (x - largest) - np.log(_total(e, axis))
