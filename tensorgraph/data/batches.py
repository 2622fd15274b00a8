"""Samples in random order, and in batches. Read next: ``idx``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import overload

import numpy as np

from tensorgraph.data import checks
from tensorgraph.random import generator
from tensorgraph.typing import Array, Seed


@overload
def batches(
    X: Array, y: None = None, *, batch_size: int, shuffle: bool = False, rng: Seed = None
) -> Iterator[Array]: ...


@overload
def batches(
    X: Array, y: Array, *, batch_size: int, shuffle: bool = False, rng: Seed = None
) -> Iterator[tuple[Array, Array]]: ...


def batches(
    X: Array,
    y: Array | None = None,
    *,
    batch_size: int,
    shuffle: bool = False,
    rng: Seed = None,
) -> Iterator[Array] | Iterator[tuple[Array, Array]]:
    """Iterate once over the samples, ``batch_size`` at a time.

    X (n, ...) and y (n, ...) are cut alike along the first axis. Each item is a pair (X, y), or an
    array where no y is given; the last of the ceil(n / batch_size) items may be shorter. In order,
    the items are views of X and y; with ``shuffle`` they are copies in an order that ``rng`` draws
    (on the call, once). Raises ShapeError where X is empty or y has other rows, and ArgumentError
    for a batch_size that is not an integer >= 1.
    """
    X = np.asarray(X)
    y = None if y is None else np.asarray(y)
    n = checks.samples("batches", X, y)
    size = checks.count("batches", "batch_size", batch_size)
    starts = range(0, n, size)
    rows: list[slice] | list[Array]
    if shuffle:
        order = generator(rng).permutation(n)
        rows = [order[start : start + size] for start in starts]
    else:
        rows = [slice(start, start + size) for start in starts]
    if y is None:
        return (X[row] for row in rows)
    return ((X[row], y[row]) for row in rows)


def shuffle(X: Array, y: Array, *, rng: Seed = None) -> tuple[Array, Array]:
    """Return copies of ``X`` (n, ...) and ``y`` (n, ...) with rows in one random order for both.

    Raises ShapeError where X is empty or y has other rows.
    """
    X, y = np.asarray(X), np.asarray(y)
    order = generator(rng).permutation(checks.samples("shuffle", X, y))
    return X[order], y[order]
