"""The networks that are trained: fully connected, ReLU between, softmax cross-entropy.

A step is forward, loss, L2 penalty on the first layer, backward, Adam. Every contender starts at
the same parameters and sees the same batch.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

L2 = 5e-4
EPSILON = 1e-7
"""Of Adam; its betas are 0.9 and 0.999."""


class Network(NamedTuple):
    """Layer sizes, rows in a batch, learning rate, deviation of the first weights."""

    sizes: tuple[int, ...]
    batch: int
    rate: float
    deviation: float = 0.1


NETWORKS = {
    "spiral": Network((2, 64, 3), 300, 0.01),
    "fashion-32": Network((784, 128, 128, 10), 32, 0.001),
    "fashion-128": Network((784, 128, 128, 10), 128, 0.001),
    "fashion-1024": Network((784, 128, 128, 10), 1024, 0.001),
    # He's deviation: signals neither die nor explode on their way.
    "deep": Network((*[64] * 51, 10), 128, 0.001, (2 / 64) ** 0.5),
    "wide": Network((784, 2048, 2048, 10), 128, 0.001, (2 / 2048) ** 0.5),
}


class Start(NamedTuple):
    """A batch, and the parameters before the first step."""

    X: Array
    y: Array
    weights: list[Array]
    biases: list[Array]


def start(network: Network) -> Start:
    """The same for every contender, float32."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((network.batch, network.sizes[0])).astype(np.float32)
    y = rng.integers(0, network.sizes[-1], network.batch)
    shapes = list(itertools.pairwise(network.sizes))
    weights = [(network.deviation * rng.standard_normal(s)).astype(np.float32) for s in shapes]
    return Start(X, y, weights, [np.zeros((1, n), np.float32) for _, n in shapes])


def examples(network: Network, rows: int) -> tuple[Array, Array]:
    """Random data for whole epochs."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((rows, network.sizes[0]), np.float32)
    return X, rng.integers(0, network.sizes[-1], rows)
