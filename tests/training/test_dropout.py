"""Dropout: how much is dropped, how the rest is scaled, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError

ONES = np.ones((200, 500), np.float32)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_fraction_dropped_is_the_rate(rate: float) -> None:
    out = nn.Dropout(rate, rng=0)(ONES, training=True)
    # 100,000 draws: five standard deviations are at most 0.008.
    assert np.mean(out == 0) == pytest.approx(rate, abs=0.008)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_what_is_kept_is_divided_by_the_fraction_kept(rate: float) -> None:
    out = nn.Dropout(rate, rng=0)(ONES, training=True)
    np.testing.assert_array_equal(np.unique(out), np.float32([0, 1 / (1 - rate)]))


def test_whole_numbers_are_divided_too() -> None:
    out = nn.Dropout(0.2, rng=0)(np.ones((20, 50), np.int64), training=True)
    assert np.unique(out).tolist() == [0.0, 1.25]


def test_nothing_is_dropped_outside_training() -> None:
    np.testing.assert_array_equal(nn.Dropout(0.5)(ONES), ONES, strict=True)


def test_nothing_is_dropped_at_rate_0() -> None:
    np.testing.assert_array_equal(nn.Dropout(0)(ONES, training=True), ONES, strict=True)


def test_what_was_dropped_gets_no_gradient() -> None:
    x = tg.Tensor(ONES[:3])
    out = nn.Dropout(0.5, rng=0)(x, training=True)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)


def test_each_call_draws_a_new_mask() -> None:
    layer = nn.Dropout(0.5, rng=0)
    assert not np.array_equal(layer(ONES, training=True), layer(ONES, training=True))


def test_masks_repeat_with_their_seed() -> None:
    masks = [nn.Dropout(0.5, rng=3)(ONES, training=True) for _ in range(2)]
    np.testing.assert_array_equal(*masks)


def test_masks_repeat_with_the_default_generator() -> None:
    masks = []
    for _ in range(2):
        tg.seed(3)
        masks.append(nn.Dropout(0.5)(ONES, training=True))
    np.testing.assert_array_equal(*masks)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype: Any) -> None:
    assert nn.Dropout(0.3, rng=0)(ONES.astype(dtype), training=True).dtype == dtype


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_a_rate_that_is_no_fraction_is_refused(rate: float) -> None:
    with pytest.raises(ArgumentError, match="the fraction dropped: at least 0, less than 1"):
        nn.Dropout(rate)
