"""Penalties: values computed by hand, derivatives, and which parameters they fall on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import TOLERANCE, Block
from tensorgraph import nn, penalties
from tensorgraph.testing import check_grads

W = np.array([[1.0, -2.0], [0.5, 3.0]])
V = np.array([[-1.5, 0.25]])


def dense(*factors: float) -> nn.Dense:
    """A layer with the weights W, the biases V and the four factors."""
    layer = nn.Dense(2, 2, *factors, dtype=np.float64)
    layer.weights.data = W
    layer.biases.data = V
    return layer


@pytest.mark.parametrize(
    ("factors", "value"),
    [
        pytest.param((0.1, 0, 0, 0), 0.1 * 6.5, id="L1 on weights"),
        pytest.param((0, 0.1, 0, 0), 0.1 * 14.25, id="L2 on weights"),
        pytest.param((0, 0, 0.1, 0), 0.1 * 1.75, id="L1 on biases"),
        pytest.param((0, 0, 0, 0.1), 0.1 * 2.3125, id="L2 on biases"),
        pytest.param((1, 2, 3, 4), 6.5 + 2 * 14.25 + 3 * 1.75 + 4 * 2.3125, id="all four"),
    ],
)
def test_the_penalty_of_a_layer_has_the_value_computed_by_hand(
    factors: tuple[float, ...], value: float
) -> None:
    total = penalties.penalty([dense(*factors)])
    assert total is not None
    assert total.item() == pytest.approx(value, rel=1e-14)


def test_penalties_of_several_layers_add_up() -> None:
    total = penalties.penalty([dense(0.1), nn.ReLU(), dense(0, 0.1), dense()])
    assert total is not None
    assert total.item() == pytest.approx(0.1 * 6.5 + 0.1 * 14.25, rel=1e-14)


def test_layers_within_layers_are_penalized() -> None:
    block = Block(3)
    total = penalties.penalty([block])
    squares = [float(np.sum(d.weights.data.astype(np.float64) ** 2)) for d in block.denses]
    assert total is not None
    assert total.item() == pytest.approx(0.01 * squares[0] + 0.02 * squares[1], rel=1e-6)


def test_without_factors_there_is_no_penalty() -> None:
    assert penalties.penalty([dense(), nn.ReLU()]) is None


def test_a_penalty_has_the_dtype_of_its_parameters() -> None:
    total = penalties.penalty([nn.Dense(2, 2, 0.1, 0.1, 0.1, 0.1)])
    assert total is not None
    assert total.dtype == np.float32


@pytest.mark.parametrize("kind", ["l1", "l2"])
def test_derivatives_agree_with_central_differences(kind: str) -> None:
    check_grads(lambda p: getattr(penalties, kind)(p, 0.3), [W], order=2, **TOLERANCE)


def test_derivatives_of_all_four_agree_with_central_differences() -> None:
    def total(weights: Any, biases: Any) -> Any:
        layer = dense(0.1, 0.2, 0.3, 0.4)
        layer.weights, layer.biases = (
            p if isinstance(p, tg.Tensor) else tg.Tensor(p) for p in (weights, biases)
        )
        return penalties.penalty([layer])

    check_grads(total, [W, V], order=2, **TOLERANCE)


@pytest.mark.parametrize(
    ("factors", "weights", "biases"),
    [
        pytest.param((0.1, 0, 0.3, 0), 0.1 * np.sign(W), 0.3 * np.sign(V), id="L1"),
        pytest.param((0, 0.1, 0, 0.3), 0.2 * W, 0.6 * V, id="L2, without a half"),
    ],
)
def test_the_gradient_of_a_penalty(factors: Any, weights: Any, biases: Any) -> None:
    layer = dense(*factors)
    total = penalties.penalty([layer])
    assert total is not None
    total.backward()
    np.testing.assert_allclose(layer.weights.grad, weights, rtol=1e-14)
    np.testing.assert_allclose(layer.biases.grad, biases, rtol=1e-14)


def test_an_absolute_value_does_not_push_a_parameter_that_is_0() -> None:
    layer = nn.Dense(2, 2, bias_regularizer_l1=0.1)
    total = penalties.penalty([layer])
    assert total is not None
    total.backward()
    np.testing.assert_array_equal(layer.biases.grad, [[0, 0]])


def test_what_a_penalty_records_is_marked_as_such() -> None:
    total = penalties.penalty([dense(0.1, 0.1)])
    assert total is not None
    assert {node.layer for node in tg.tape(total) if not node.is_leaf} == {"penalty"}
