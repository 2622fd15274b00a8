"""Gradients that are computed where they are to lie, from the second sweep on: the same numbers.

The first sweep makes the place. Everything is compared with variables that have never been swept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.ops.fused import dense, sum_of_squares

X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)

Variables = dict[str, tg.Tensor]
Loss = Callable[..., tg.Tensor]


def variables(dtype: Any = np.float32) -> Variables:
    rng = np.random.default_rng(1)
    shapes = {"weights": (3, 3), "biases": (1, 3)}
    return {name: tg.Tensor(rng.normal(size=s), name, dtype=dtype) for name, s in shapes.items()}


def once(weights: Any, biases: Any) -> Any:
    return tg.sum(dense(X, weights, biases) ** 2)


def with_penalty(weights: Any, biases: Any) -> Any:
    return once(weights, biases) + sum_of_squares(weights, biases, factors=(0.1, 0.2))


def twice(weights: Any, biases: Any) -> Any:
    hidden = tg.tanh(dense(X, weights, biases))
    return tg.sum(dense(hidden, weights, biases) ** 2)


def beside_other_uses(weights: Any, biases: Any) -> Any:
    return once(weights, biases) + tg.sum(weights.T @ weights) + tg.sum(biases)


def penalty_alone(weights: Any, biases: Any) -> Any:
    return sum_of_squares(weights, biases, weights, factors=(0.1, 0.2, 0.3))


LOSSES: list[Loss] = [once, with_penalty, twice, beside_other_uses, penalty_alone]


def gradients(given: Variables) -> dict[str, Any]:
    return {name: None if t.grad is None else t.grad.copy() for name, t in given.items()}


def swept_before(given: Variables, loss: Loss) -> Variables:
    """The same variables with a place for their gradients, in which other numbers lie."""
    (loss(*given.values()) * 7).backward()
    for t in given.values():
        t.grad = None
    return given


@pytest.mark.parametrize(
    ("loss", "dtype"),
    [
        *((loss, dtype) for loss in LOSSES for dtype in (np.float32, np.float64)),
        (once, np.complex128),
        (twice, np.complex128),
    ],
)
def test_a_second_sweep_has_the_bits_of_a_first(loss: Loss, dtype: Any) -> None:
    first, again = variables(dtype), swept_before(variables(dtype), loss)
    for given in (first, again):
        loss(*given.values()).backward(np.array(1, dtype))
    for name, gradient in gradients(first).items():
        np.testing.assert_array_equal(gradients(again)[name], gradient, strict=True)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_added_to_those_that_are_there(loss: Loss) -> None:
    given = swept_before(variables(), loss)
    loss(*given.values()).backward()
    before = gradients(given)
    loss(*given.values()).backward()
    for name, gradient in gradients(given).items():
        np.testing.assert_array_equal(gradient, before[name] * 2)


def test_they_lie_where_they_lay() -> None:
    given = swept_before(variables(), once)
    homes = [t._node.home() for t in given.values()]
    once(*given.values()).backward()
    assert all(t.grad is home for t, home in zip(given.values(), homes, strict=True))


def test_a_sweep_that_fails_after_some_were_computed_leaves_no_gradient() -> None:
    given = swept_before(variables(), once)
    x = tg.Tensor(X)
    y = dense(tg.sqrt(x * 0), *given.values())  # the derivative of sqrt at 0 comes last
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        tg.sum(y).backward()
    assert gradients(given) == {"weights": None, "biases": None}


def test_a_sweep_that_fails_leaves_gradients_that_were_there() -> None:
    given = swept_before(variables(), once)
    once(*given.values()).backward()
    before = gradients(given)
    y = dense(tg.sqrt(tg.Tensor(X) * 0), *given.values())
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        tg.sum(y).backward()
    for name, gradient in gradients(given).items():
        np.testing.assert_array_equal(gradient, before[name])


def test_the_gradient_of_a_function_lies_elsewhere() -> None:
    given = swept_before(variables(), once)
    weights, biases = given.values()
    once(weights, biases).backward()
    kept = gradients(given)
    found = tg.grad(lambda w: once(w, biases) * 3)(weights)
    assert not np.shares_memory(found.data, weights.grad)
    np.testing.assert_array_equal(weights.grad, kept["weights"])


def test_data_of_more_digits_than_the_parameters() -> None:
    """Then the product is not of the dtype of the place."""
    given = variables()

    def loss() -> Any:
        return tg.sum(dense(X.astype(np.float64), *given.values()))

    loss().backward()
    first = gradients(given)
    for t in given.values():
        t.grad = None
    loss().backward()
    for name, gradient in gradients(given).items():
        np.testing.assert_array_equal(gradient, first[name], strict=True)
