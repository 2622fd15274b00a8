"""What networks need beyond NumPy: activations, stable logarithms of sums, fused layers and losses.

A *fused* row carries its definition in plain operations. Its kernels run on arrays; as soon as a
higher derivative is asked for, the sweep differentiates the definition instead. Read next:
``composites``.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import exp, greater, where
from tensorgraph.ops.linalg import matmul
from tensorgraph.ops.reduce import mean, restore, sum
from tensorgraph.ops.shape import index
from tensorgraph.primitive import custom, elementwise, fused
from tensorgraph.typing import Array, Axis

# --- activations ---------------------------------------------------------------------------------


@fused.rules(lambda g, y, x: g * (y > 0), definition=lambda x: where(greater(x, 0), x, 0.0))
def relu(x: Any) -> Any:
    """max(x, 0); the derivative at 0 is 0."""
    return np.maximum(x, 0)


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


def _shifted_exp(x: Any, axis: Axis) -> tuple[Any, Any]:
    """exp(x - m) and m, the largest x along ``axis``: nothing overflows.

    log sum exp(x) = m + log sum exp(x - m), and softmax is the same for x - m as for x.
    """
    largest = np.maximum.reduce(x, axis=axis, keepdims=True)
    shifted = np.asarray(x - largest)
    # In the same memory, unless these are whole numbers, whose exponentials are not.
    return np.exp(shifted, out=shifted if shifted.dtype.kind in "fc" else None), largest


@custom.rules(lambda g, y, x, axis, keepdims: restore(g, x, axis) * exp(x - restore(y, x, axis)))
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over ``axis``."""
    e, largest = _shifted_exp(x, axis)
    y = np.log(np.add.reduce(e, axis=axis, keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis)


@custom.rules(lambda g, y, x, axis: y * (g - sum(g * y, axis, keepdims=True)))
def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) / sum(exp(x)) along ``axis``: positive numbers that sum to 1."""
    e, _ = _shifted_exp(x, axis)
    return np.divide(e, np.add.reduce(e, axis=axis, keepdims=True), out=e)


@custom.rules(lambda g, y, x, axis: g - exp(y) * sum(g, axis, keepdims=True))
def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of ``softmax``, finite for any finite x."""
    e, largest = _shifted_exp(x, axis)
    return (x - largest) - np.log(np.add.reduce(e, axis=axis, keepdims=True))


# --- fused ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    ones = np.ones((1, n), dtype)
    ones.flags.writeable = False
    return ones


def _sum_rows(g: Array) -> Array:
    """The sum over the rows of a matrix, as a product with ones: BLAS is several times faster."""
    return _ones(len(g), g.dtype) @ g


@fused.rules(
    lambda g, y, x, weights, biases: g @ weights.T,
    lambda g, y, x, weights, biases: x.T @ g,
    lambda g, y, x, weights, biases: _sum_rows(g),
    definition=lambda x, weights, biases: matmul(x, weights) + biases,
)
def dense(x: Any, weights: Any, biases: Any) -> Array:
    """x @ weights + biases, for x (n, inputs), weights (inputs, neurons), biases (1, neurons)."""
    y = np.matmul(x, weights)
    return np.add(y, biases, out=y)


def _squares(*xs: Any, factors: tuple[float, ...]) -> Any:
    """The definition of ``sum_of_squares``."""
    total = 0.0
    for x, factor in zip(xs, factors, strict=True):
        total = total + factor * sum(x * x)
    return total


@fused.rules(
    lambda i, g, y, *xs, factors: xs[i] * (g * (2 * factors[i])), definition=_squares, variadic=True
)
def sum_of_squares(*xs: Any, factors: tuple[float, ...]) -> Any:
    """The sums of the squares of the elements of each of ``xs``, times its factor, all added up."""
    total = 0.0
    for x, factor in zip(xs, factors, strict=True):
        flat = x.reshape(-1)
        total += factor * float(flat.dot(flat))
    return np.result_type(*xs).type(total)


@functools.lru_cache(maxsize=16)
def _row_starts(rows: int, columns: int) -> Array:
    starts = np.arange(0, rows * columns, columns)
    starts.flags.writeable = False
    return starts


def _picked(labels: Array, columns: int) -> Array:
    """Where the labelled entries of a matrix of ``columns`` columns lie in its raveled elements."""
    return _row_starts(len(labels), columns) + labels


def _softmax_minus_one_hot(g: Any, y: Any, logits: Any, probabilities: Any, labels: Any) -> Array:
    """The gradient of the mean cross-entropy by the logits: (p - one_hot) / n."""
    share = g / len(labels)
    d = np.multiply(probabilities, share, order="C")  # raveled without a copy
    d.reshape(-1)[_picked(labels, d.shape[1])] -= share
    return d


@fused.rules(
    _softmax_minus_one_hot,
    None,
    None,
    definition=lambda logits, probabilities, labels: mean(
        logsumexp(logits, -1) - index(logits, (np.arange(len(labels)), labels))
    ),
)
def softmax_cross_entropy(logits: Any, probabilities: Any, labels: Any) -> Any:
    """The mean of -log softmax(logits)[label] over the rows, finite for any finite logits.

    ``logits`` (n, classes), ``labels`` (n,) integers. ``probabilities`` must be softmax(logits):
    it is what the gradient needs and what the network has computed already; no gradient goes to
    it.
    """
    where_labels = _picked(labels, logits.shape[1])
    p = probabilities.reshape(-1)[where_labels]
    if np.minimum.reduce(p) > np.finfo(p.dtype).tiny:
        return -np.add.reduce(np.log(p)) / len(p)
    return np.mean(logsumexp(logits, -1) - logits.reshape(-1)[where_labels])


@fused.rules(
    lambda g, y, logits, probabilities, targets: (probabilities - targets) * (g / targets.size),
    None,
    None,
    definition=lambda logits, probabilities, targets: mean(softplus(logits) - logits * targets),
)
def sigmoid_cross_entropy(logits: Any, probabilities: Any, targets: Any) -> Any:
    """The mean of -t log p - (1 - t) log(1 - p), p = sigmoid(logits), finite for finite logits.

    All of one shape; ``probabilities`` must be sigmoid(logits): no gradient goes to it.
    """
    return np.mean(softplus(logits) - logits * targets)
