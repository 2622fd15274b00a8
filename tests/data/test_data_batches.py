"""Samples in random order, and in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorgraph.data import batches, shuffle
from tensorgraph.errors import ArgumentError, ShapeError

X = np.arange(14.0).reshape(7, 2)
Y = np.arange(7)


@pytest.mark.parametrize(
    ("size", "lengths"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (100, [7]), (np.int64(4), [4, 3])]
)
def test_the_last_batch_may_be_short(size: int, lengths: list[int]) -> None:
    assert [len(x) for x in batches(X, batch_size=size)] == lengths


def test_batches_come_in_order_and_lose_nothing() -> None:
    assert np.array_equal(np.concatenate(list(batches(X, batch_size=3))), X)


def test_targets_are_cut_like_the_samples() -> None:
    assert [y.tolist() for _, y in batches(X, Y, batch_size=3)] == [[0, 1, 2], [3, 4, 5], [6]]


def test_ordered_batches_are_views() -> None:
    assert all(np.shares_memory(x, X) for x in batches(X, batch_size=3))


def test_shuffled_batches_are_copies() -> None:
    assert not any(np.shares_memory(x, X) for x in batches(X, batch_size=3, shuffle=True, rng=0))


def test_shuffled_batches_keep_samples_and_targets_together() -> None:
    pairs = list(batches(X, Y, batch_size=3, shuffle=True, rng=0))
    assert all(np.array_equal(x[:, 0], 2 * y) for x, y in pairs)


def test_shuffled_batches_hold_every_sample_once_in_another_order() -> None:
    order = np.concatenate([y for _, y in batches(X, Y, batch_size=3, shuffle=True, rng=0)])
    assert sorted(order) == Y.tolist()
    assert order.tolist() != Y.tolist()


def test_a_seed_repeats_the_order_and_a_generator_goes_on() -> None:
    rng = np.random.default_rng(0)
    orders = [
        next(iter(batches(Y, batch_size=7, shuffle=True, rng=source))).tolist()
        for source in (0, rng, rng)
    ]
    assert orders[0] == orders[1] != orders[2]


def test_the_order_is_drawn_by_the_call() -> None:
    rng = np.random.default_rng(0)
    batches(X, batch_size=3, shuffle=True, rng=rng)
    assert rng.random() != np.random.default_rng(0).random()


def test_ordered_batches_draw_nothing() -> None:
    rng = np.random.default_rng(0)
    list(batches(X, batch_size=3, rng=rng))
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("size", [0, -1, 2.0, True, None, "3"])
def test_a_bad_batch_size_is_refused_before_the_first_batch(size: Any) -> None:
    with pytest.raises(ArgumentError, match="batches: batch_size must be an integer >= 1"):
        batches(X, batch_size=size)


@pytest.mark.parametrize("empty", [np.empty((0, 2)), np.array(1.0)])
def test_no_samples_are_refused(empty: Any) -> None:
    with pytest.raises(ShapeError, match=r"batches: X of shape .* holds no samples"):
        batches(empty, batch_size=3)


@pytest.mark.parametrize("y", [Y[:-1], np.array(3)])
def test_targets_for_other_samples_are_refused(y: Any) -> None:
    with pytest.raises(ShapeError, match=r"batches: X of shape \(7, 2\) and y of shape"):
        batches(X, y, batch_size=3)


def test_shuffle_moves_both_by_one_permutation() -> None:
    x, y = shuffle(X, Y, rng=0)
    assert np.array_equal(x[:, 0], 2 * y)
    assert sorted(y) == Y.tolist()
    assert y.tolist() != Y.tolist()


def test_shuffle_returns_copies() -> None:
    x, y = shuffle(X, Y, rng=0)
    assert not np.shares_memory(x, X)
    assert not np.shares_memory(y, Y)


def test_shuffle_repeats_with_its_seed() -> None:
    assert np.array_equal(shuffle(X, Y, rng=4)[0], shuffle(X, Y, rng=4)[0])


def test_shuffle_refuses_targets_for_other_samples() -> None:
    with pytest.raises(ShapeError, match=r"shuffle: X of shape \(7, 2\) and y of shape \(6,\)"):
        shuffle(X, Y[1:])
