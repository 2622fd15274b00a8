"""The book's data under the book's names: formulas, and the order in which numbers are drawn."""

from __future__ import annotations

import numpy as np

import tensorgraph as tg
from tensorgraph.models import nnfs


def draws() -> np.random.Generator:
    """The numbers that the data are made of, as the tests below draw them."""
    tg.seed(5)
    return np.random.default_rng(5)


def test_spiral_data_follow_the_books_formula() -> None:
    rng = draws()
    X, y = nnfs.spiral_data(samples=20, classes=3)
    r = np.linspace(0, 1, 20)
    for c in range(3):
        t = np.linspace(4 * c, 4 * (c + 1), 20) + 0.2 * rng.standard_normal(20)
        block = np.column_stack([r * np.sin(2.5 * t), r * np.cos(2.5 * t)])
        np.testing.assert_allclose(X[20 * c : 20 * (c + 1)], block, atol=1e-6)
    assert (y.dtype, y.tolist()) == (np.uint8, [0] * 20 + [1] * 20 + [2] * 20)


def test_vertical_data_follow_the_books_formula() -> None:
    rng = draws()
    X, y = nnfs.vertical_data(samples=20, classes=3)
    for c in range(3):
        x0 = 0.1 * rng.standard_normal(20) + c / 3
        x1 = 0.1 * rng.standard_normal(20) + 0.5
        np.testing.assert_allclose(X[20 * c : 20 * (c + 1)], np.column_stack([x0, x1]), atol=1e-6)
    assert (y.dtype, y.tolist()) == (np.uint8, [0] * 20 + [1] * 20 + [2] * 20)


def test_sine_data_are_one_period_without_its_end() -> None:
    X, y = nnfs.sine_data(8)
    np.testing.assert_allclose(X[:, 0], np.arange(8) / 8)
    np.testing.assert_allclose(y, np.sin(2 * np.pi * X), atol=1e-6)
    assert X.shape == y.shape == (8, 1)


def test_sine_data_have_the_noise_asked_for() -> None:
    rng = draws()
    X, y = nnfs.sine_data(50, sigma=0.3)
    noise = 0.3 * rng.standard_normal((50, 1))
    np.testing.assert_allclose(y, np.sin(2 * np.pi * X) + noise, atol=1e-5)


def test_surface_data_have_three_columns() -> None:
    rows = nnfs.surface_data(4)
    assert rows.shape == (17, 3)
    np.testing.assert_allclose(rows[:, 2], np.sin(rows[:, 0] * rows[:, 1]), atol=1e-6)
    np.testing.assert_allclose(rows[0], 0, atol=1e-7)
    np.testing.assert_allclose(
        np.hypot(rows[1:, 0], rows[1:, 1]), np.repeat([0, 1 / 3, 2 / 3, 1], 4), atol=1e-6
    )


def test_plane_data_have_three_columns() -> None:
    rows = nnfs.plane_data(4)
    assert rows.shape == (16, 3)
    np.testing.assert_allclose(rows[:, 2], rows[:, 0] - rows[:, 1], atol=1e-6)


def test_wave_data_are_classes_0_and_1_in_a_square() -> None:
    X, y = nnfs.wave_data(500)
    a = X[:, 0] * X[:, 1]
    sure = np.abs(np.cos(a) - np.sin(a)) > 1  # where chance cannot decide
    assert X.shape == (500, 2)
    assert 3.8 < np.abs(X).max() <= 4
    np.testing.assert_array_equal(y[sure], (np.cos(a) > np.sin(a))[sure])


def test_shuffle_array_moves_rows_together() -> None:
    a, b = nnfs.shuffle_array(np.arange(20).reshape(10, 2), np.arange(10))
    np.testing.assert_array_equal(a[:, 0], 2 * b)
    assert sorted(b) == list(range(10)) != b.tolist()
