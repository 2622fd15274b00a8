"""Derivatives at a kink, a tie, a bound, or far out: exact values, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorgraph import ops
from tensorgraph.ops import fused
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import grad, jvp

F = Callable[[Any], Any]

# name: (function, point, value, derivative of the sum of the values)
KINKS: dict[str, tuple[F, list[Any], list[Any], list[Any]]] = {
    "relu at 0": (ops.relu, [-1, 0, -0.0, 1], [0, 0, 0, 1], [0, 0, 0, 1]),
    "absolute at 0": (ops.absolute, [-2, 0, 3], [2, 0, 3], [-1, 0, 1]),
    "maximum with a number, tie": (lambda x: ops.maximum(x, 1), [0, 1, 2], [1, 1, 2], [0, 0.5, 1]),
    "minimum with a number, tie": (lambda x: ops.minimum(x, 1), [0, 1, 2], [0, 1, 1], [1, 0.5, 0]),
    "maximum of x and x": (lambda x: ops.maximum(x, x), [-1, 2], [-1, 2], [1, 1]),
    "minimum of x and x": (lambda x: ops.minimum(x, x), [-1, 2], [-1, 2], [1, 1]),
    "maximum of x and x²": (lambda x: ops.maximum(x, x * x), [0, 1, 2], [0, 1, 4], [0.5, 1.5, 4]),
    "max, two equal": (lambda x: ops.max(x, 0), [3, 1, 3], 3, [0.5, 0, 0.5]),
    "max, all equal": (ops.max, [1, 1, 1, 1], 1, [0.25, 0.25, 0.25, 0.25]),
    "min, two equal": (ops.min, [3, 1, 1], 1, [0, 0.5, 0.5]),
    "max along rows, one tied": (
        lambda x: ops.max(x, 1),
        [[2, 2], [1, 3]],
        [2, 3],
        [[0.5, 0.5], [0, 1]],
    ),
    "max over both axes, kept": (
        lambda x: ops.max(x, (0, 1), keepdims=True),
        [[3, 1], [0, 3]],
        [[3]],
        [[0.5, 0], [0, 0.5]],
    ),
    "clip at its bounds": (
        lambda x: ops.clip(x, -1, 1),
        [-2, -1, 0, 1, 2],
        [-1, -1, 0, 1, 1],
        [0, 1, 1, 1, 0],
    ),
    "clip open above at its bound": (
        lambda x: ops.clip(x, -1),
        [-2, -1, 9],
        [-1, -1, 9],
        [0, 1, 1],
    ),
    "clip open below at its bound": (
        lambda x: ops.clip(x, None, 1),
        [-9, 1, 2],
        [-9, 1, 1],
        [1, 1, 0],
    ),
    "where does not look at the other branch": (
        lambda x: ops.where(x > 0, x * x, -x),
        [-1, 0, 2],
        [1, 0, 4],
        [-1, -1, 4],
    ),
    "where by its condition": (lambda x: ops.where(x, 2.0, 3.0), [0, 1], [3, 2], [0, 0]),
    "x**2 at 0": (lambda x: x**2, [0, 3], [0, 9], [0, 6]),
    "x**1 at 0": (lambda x: x**1, [0, 3], [0, 3], [1, 1]),
    "x**0 at 0": (lambda x: x**0, [0, 3], [1, 1], [0, 0]),
    "x**array at 0": (
        lambda x: x ** np.array([0.0, 1.0, 2.0, 3.0]),
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
    ),
    "x**3 of a negative": (lambda x: x**3, [-2], [-8], [12]),
    "0**x": (lambda x: 0.0**x, [1, 2], [0, 0], [0, 0]),
    "(-2)**x at whole x": (lambda x: (-2.0) ** x, [2, 3], [4, -8], [0, 0]),
    "sigmoid far out": (ops.sigmoid, [-1e4, 0, 1e4], [0, 0.5, 1], [0, 0.25, 0]),
    "softplus far out": (ops.softplus, [-1e4, 1e4], [0, 1e4], [0, 1]),
    "tanh far out": (ops.tanh, [-1e4, 1e4], [-1, 1], [0, 0]),
    "logaddexp far apart": (lambda x: ops.logaddexp(x, 0.0), [-1e4, 1e4], [0, 1e4], [0, 1]),
    "logaddexp of x and x": (lambda x: ops.logaddexp(x, x), [1e4], [1e4 + np.log(2)], [1]),
    "logsumexp of large numbers": (ops.logsumexp, [1e4, 1e4], 1e4 + np.log(2), [0.5, 0.5]),
    "logsumexp with an absent one": (ops.logsumexp, [-np.inf, 2], 2, [0, 1]),
    "log_softmax of large numbers": (
        lambda x: ops.log_softmax(x)[0],
        [1e4, 0],
        0,
        [0, 0],
    ),
    "softmax of large numbers": (lambda x: ops.softmax(x)[0], [1e4, 1e4], 0.5, [0.25, -0.25]),
    "the index that is named twice": (lambda x: x[np.array([0, 0, 1])], [3, 4], [3, 3, 4], [2, 1]),
    "astype to integers": (lambda x: x.astype(int) * 1.0, [1.5, -1.5], [1, -1], [0, 0]),
}


def close(ours: Any, expected: Any) -> None:
    """Zeros must be zeros. For the rest: 1e4 + log 2 has lost four digits in the value already."""
    np.testing.assert_allclose(ours, np.array(expected, float), rtol=1e-11, atol=0, strict=True)


@pytest.mark.parametrize("name", KINKS)
def test_value(name: str) -> None:
    f, x, value, _ = KINKS[name]
    np.testing.assert_array_equal(f(np.array(x, float)), np.array(value, float))


@pytest.mark.parametrize("name", KINKS)
def test_gradient(name: str) -> None:
    f, x, _, derivative = KINKS[name]
    g = grad(lambda x: ops.sum(f(x)))(np.array(x, float))
    close(g, derivative)


@pytest.mark.parametrize("name", KINKS)
def test_recorded_gradient(name: str) -> None:
    f, x, _, derivative = KINKS[name]
    g = grad(lambda x: ops.sum(f(x)))(Tensor(np.array(x, float)))
    close(g.data, derivative)


@pytest.mark.parametrize("name", KINKS)
def test_tangent(name: str) -> None:
    f, x, _, derivative = KINKS[name]
    x = np.array(x, float)
    v = np.arange(1.0, 1.0 + x.size).reshape(x.shape)
    _, tangent = jvp(lambda x: ops.sum(f(x)), (x,), (v,))
    close(tangent, np.sum(np.array(derivative) * v))


SECOND: dict[str, tuple[F, list[float], list[float]]] = {
    "relu": (ops.relu, [-1, 0, 1], [0, 0, 0]),
    "absolute": (ops.absolute, [-1, 0, 1], [0, 0, 0]),
    "clip": (lambda x: ops.clip(x, -1, 1), [-2, -1, 1], [0, 0, 0]),
    "clip of a square": (lambda x: ops.clip(x * x, 0, 1), [0, 1, 2], [2, 2, 0]),
    "x**2 at 0": (lambda x: x**2, [0, 1], [2, 2]),
    "x**1 at 0": (lambda x: x**1, [0, 1], [0, 0]),
    "x**0 at 0": (lambda x: x**0, [0, 1], [0, 0]),
    "x**array at 0": (lambda x: x ** np.array([0.0, 1.0, 2.0, 3.0]), [0, 0, 0, 0], [0, 0, 2, 0]),
    "maximum of squares": (lambda x: ops.maximum(x * x, 1.0), [0.5, 1, 2], [0, 1, 2]),
    "sigmoid far out": (ops.sigmoid, [-1e4, 1e4], [0, 0]),
    "softplus far out": (ops.softplus, [-1e4, 1e4], [0, 0]),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivative(name: str) -> None:
    f, x, expected = SECOND[name]

    def slope(x: Any) -> Any:
        return ops.sum(grad(lambda x: ops.sum(f(x)))(x))

    np.testing.assert_array_equal(grad(slope)(np.array(x, float)), np.array(expected, float))


# --- losses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e4, -1e4])
def test_softmax_cross_entropy_of_large_logits(scale: float) -> None:
    logits = Tensor(scale * np.array([[1.0, 0.0], [0.0, 1.0]]))
    loss = fused.softmax_cross_entropy(logits, ops.softmax(logits), np.array([0, 0]))
    loss.backward()
    p = 1 / (1 + np.exp(-scale)) if scale > 0 else 0.0
    expected = (np.logaddexp(0, -scale) + np.logaddexp(0, scale)) / 2
    np.testing.assert_allclose(loss.data, expected, rtol=1e-12)
    np.testing.assert_allclose(
        logits.grad, [[(p - 1) / 2, (1 - p) / 2], [-p / 2, p / 2]], atol=1e-15
    )


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_sigmoid_cross_entropy_of_large_logits(scale: float) -> None:
    logits = Tensor([scale, -scale])
    loss = fused.sigmoid_cross_entropy(logits, ops.sigmoid(logits), np.array([0.0, 0.0]))
    loss.backward()
    p = 1 / (1 + np.exp(-scale))
    np.testing.assert_allclose(
        loss.data, (np.logaddexp(0, scale) + np.logaddexp(0, -scale)) / 2, rtol=1e-12
    )
    np.testing.assert_allclose(logits.grad, [p / 2, (1 - p) / 2], atol=1e-15)


def test_cross_entropy_of_a_probability_that_is_zero_is_finite_beside_one_that_is_not() -> None:
    logits = Tensor([[0.0, 800.0], [0.0, 0.0]])
    loss = fused.softmax_cross_entropy(logits, ops.softmax(logits), np.array([0, 0]))
    np.testing.assert_allclose(loss.data, (800 + np.log(2)) / 2, rtol=1e-15)


@pytest.mark.parametrize("order", ["C", "F"])
def test_cross_entropy_gradient_for_probabilities_in_any_memory_order(order: Any) -> None:
    logits = Tensor(np.zeros((3, 2)))
    probabilities = np.full((3, 2), 0.5, order=order)
    fused.softmax_cross_entropy(logits, probabilities, np.array([0, 1, 1])).backward()
    np.testing.assert_allclose(logits.grad * 6, [[-1, 1], [1, -1], [1, -1]])


@pytest.mark.parametrize(
    "loss", [fused.softmax_cross_entropy, fused.sigmoid_cross_entropy], ids=lambda loss: loss.name
)
def test_no_derivative_goes_to_the_probabilities(loss: Any) -> None:
    logits, p = np.zeros((2, 2)), np.full((2, 2), 0.5)
    targets = np.array([0, 1]) if loss is fused.softmax_cross_entropy else p

    def of_probabilities(p: Any) -> Any:
        return loss(logits, p, targets)

    np.testing.assert_array_equal(grad(of_probabilities)(p), np.zeros((2, 2)))
    np.testing.assert_array_equal(grad(of_probabilities)(Tensor(p)), np.zeros((2, 2)))
    np.testing.assert_array_equal(jvp(of_probabilities, (p,), (p,))[1], 0.0)
