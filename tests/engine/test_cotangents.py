"""Cotangents: broadcasting is undone, precision and field come back, memory is not shared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.reverse_mode import fit, unbroadcast

# --- shapes and precision of cotangents ----------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        pytest.param((2, 3), (3,), 2.0, id="leading axis"),
        pytest.param((2, 3), (1, 3), 2.0, id="axis of length one"),
        pytest.param((4, 2, 3), (2, 1), 12.0, id="both"),
        pytest.param((4, 2, 3), (), 24.0, id="to a number"),
        pytest.param((0, 3), (1, 3), 0.0, id="copied no times"),
        pytest.param((2, 3), (2, 3), 1.0, id="nothing to do"),
    ],
)
def test_unbroadcast_adds_up_the_copies(given: Any, wanted: Any, expected: float) -> None:
    np.testing.assert_array_equal(unbroadcast(np.ones(given), wanted), np.full(wanted, expected))


def test_fit_comes_back_down_in_precision() -> None:
    g = fit(np.ones((2, 3)), np.zeros(3, np.float32))
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g, [2, 2, 2])


def test_fit_keeps_the_real_part_for_a_real_operand() -> None:
    g = fit(np.array([1 + 2j, 3 - 1j]), np.zeros(2))
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g, [1, 3])


def test_a_single_precision_parameter_among_doubles_keeps_a_single_gradient() -> None:
    x = tg.Tensor(np.ones(3, np.float32))
    (x * np.ones(3)).sum().backward()
    assert x.grad.dtype == np.float32


def test_gradients_are_not_shared_between_variables() -> None:
    x, y = tg.Tensor([1.0]), tg.Tensor([2.0])
    (x + y).sum().backward()
    x.grad[0] = 99.0
    assert y.grad == 1.0
