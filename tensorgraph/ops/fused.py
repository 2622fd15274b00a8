"""Fused rows: whole layers and losses as one operation each.

Such a row carries its definition in plain operations. Its kernels run on arrays; as soon as a
higher derivative is asked for, the sweep differentiates the definition instead. The definition is
also what the kernels are tested against. Read next: ``reverse_mode``.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import equal
from tensorgraph.ops.indexing import index
from tensorgraph.ops.nn import logsumexp, ones, softplus
from tensorgraph.ops.products import matmul
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.shape import expand_dims
from tensorgraph.primitive import fused
from tensorgraph.typing import Array

# --- layers and penalties ------------------------------------------------------------------------


def _dot(a: Array, b: Array, out: Array) -> Array:
    """a @ b, in ``out`` where no dtype has to change."""
    return a.dot(b, out if a.dtype == b.dtype == out.dtype else None)


@fused.rules(
    # dot is for small matrices quicker than matmul; as a function it takes an array and a tensor.
    lambda g, y, x, weights, biases: np.dot(g, weights.T),
    lambda g, y, x, weights, biases: np.dot(x.T, g),
    lambda g, y, x, weights, biases: np.dot(ones(1, len(g), g.dtype), g),
    into=(
        None,
        lambda g, y, x, weights, biases, out: _dot(x.T, g, out),
        lambda g, y, x, weights, biases, out: _dot(ones(1, len(g), g.dtype), g, out),
    ),
    definition=lambda x, weights, biases: matmul(x, weights) + biases,
    recordable=True,
)
def dense(x: Any, weights: Any, biases: Any) -> Array:
    """x @ weights + biases, for x (n, inputs), weights (inputs, neurons), biases (1, neurons)."""
    y = x.dot(weights)
    return np.add(y, biases, out=y)


def _squares(*xs: Any, factors: tuple[float, ...]) -> Any:
    """The definition of ``sum_of_squares``."""
    total = 0.0
    for x, factor in zip(xs, factors, strict=True):
        total = total + factor * sum(x * x)
    return total


@fused.rules(
    lambda i, g, y, *xs, factors: xs[i] * (g * (2 * factors[i])),
    into=(lambda i, g, y, *xs, factors, out: np.multiply(xs[i], g * (2 * factors[i]), out=out),),
    definition=_squares,
    variadic=True,
    recordable=True,
)
def sum_of_squares(*xs: Any, factors: tuple[float, ...]) -> Any:
    """The sums of the squares of the elements of each of ``xs``, times its factor, all added up."""
    total = 0.0
    for x, factor in zip(xs, factors, strict=True):
        flat = x.reshape(-1)
        total += factor * float(flat.dot(flat))
    return np.result_type(*xs).type(total)


# --- losses --------------------------------------------------------------------------------------

# The smallest normal number of a dtype: below it, a logarithm loses its digits.
_TINY = {np.dtype(kind).char: np.finfo(kind).tiny for kind in (np.float32, np.float64)}


@functools.lru_cache(maxsize=16)
def row_starts(rows: int, columns: int) -> Array:
    """Where each row of a matrix begins among its raveled elements."""
    starts = np.arange(0, rows * columns, columns)
    starts.flags.writeable = False
    return starts


def _picked(labels: Array, columns: int) -> Array:
    """Where the labelled entries of a matrix of ``columns`` columns lie in its raveled elements."""
    return row_starts(len(labels), columns) + labels


def _minus_one_hot(share: Any, probabilities: Any, labels: Any) -> Any:
    """The definition of ``softmax_minus_one_hot``."""
    classes = np.arange(probabilities.shape[1])
    return (probabilities - equal(expand_dims(labels, 1), classes)) * share


@fused.rules(
    lambda g, y, share, probabilities, labels: sum(g * _minus_one_hot(1.0, probabilities, labels)),
    lambda g, y, share, probabilities, labels: g * share,
    None,
    definition=_minus_one_hot,
    recordable=True,
)
def softmax_minus_one_hot(share: Any, probabilities: Any, labels: Any) -> Array:
    """(probabilities - one_hot(labels)) * share: what cross-entropy hands to the logits."""
    d = np.multiply(probabilities, share, order="C")  # raveled without a copy
    d.reshape(-1)[_picked(labels, d.shape[1])] -= share
    return d


@fused.rules(
    lambda g, y, logits, probabilities, labels: softmax_minus_one_hot(
        g / len(labels), probabilities, labels
    ),
    None,
    None,
    recordable=True,
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
    p = probabilities.take(where_labels)
    if np.minimum.reduce(p) > _TINY.get(p.dtype.char, 1.0):
        return np.add.reduce(np.log(p)) / -len(p)
    return np.mean(logsumexp(logits, -1) - logits.take(where_labels))


@fused.rules(
    lambda g, y, logits, probabilities, targets: (probabilities - targets) * (g / targets.size),
    None,
    None,
    recordable=True,
    definition=lambda logits, probabilities, targets: mean(softplus(logits) - logits * targets),
)
def sigmoid_cross_entropy(logits: Any, probabilities: Any, targets: Any) -> Any:
    """The mean of -t log p - (1 - t) log(1 - p), p = sigmoid(logits), finite for finite logits.

    All of one shape; ``probabilities`` must be sigmoid(logits): no gradient goes to it.
    """
    return np.mean(softplus(logits) - logits * targets)
