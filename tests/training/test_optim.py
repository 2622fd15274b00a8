"""Optimizers: their first steps against the textbook, number by number, and their settings.

Read next: ``test_optim_parameters``, what is updated and what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import cos, pi, sqrt
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import ArgumentError
from tensorgraph.optim import SGD, Adagrad, Adam, CosineDecay, Optimizer, RMSProp

# --- the textbook, for one number ----------------------------------------------------------------

Textbook = Callable[..., Iterator[float]]


def descent(
    p: float, gs: Iterable[float], rates: list[float], momentum: float = 0
) -> Iterator[float]:
    velocity = 0.0
    for g, rate in zip(gs, rates, strict=True):
        velocity = momentum * velocity - rate * g
        p = p + velocity
        yield p


def adagrad(
    p: float, gs: Iterable[float], rates: list[float], epsilon: float = 1e-7
) -> Iterator[float]:
    total = 0.0
    for g, rate in zip(gs, rates, strict=True):
        total = total + g * g
        p = p - rate * g / (sqrt(total) + epsilon)
        yield p


def rmsprop(
    p: float, gs: Iterable[float], rates: list[float], epsilon: float = 1e-7, rho: float = 0.9
) -> Iterator[float]:
    average = 0.0
    for g, rate in zip(gs, rates, strict=True):
        average = rho * average + (1 - rho) * g * g
        p = p - rate * g / (sqrt(average) + epsilon)
        yield p


def adam(
    p: float,
    gs: Iterable[float],
    rates: list[float],
    epsilon: float = 1e-7,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
) -> Iterator[float]:
    m = v = 0.0
    for t, (g, rate) in enumerate(zip(gs, rates, strict=True), start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        m_hat = m / (1 - beta_1**t)
        v_hat = v / (1 - beta_2**t)
        p = p - rate * m_hat / (sqrt(v_hat) + epsilon)
        yield p


# Signs that turn, a gradient of 0, and one so small that epsilon counts.
START = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
GRADIENTS = np.array(
    [
        [[0.5, -1.0, 0.0], [2e-7, 10.0, 1.0]],
        [[0.4, 2.0, 0.0], [-3e-8, 10.0, -1.0]],
        [[-0.1, 0.5, 1.0], [1e-7, 10.0, 0.0]],
    ]
)

CASES: dict[str, tuple[type[Optimizer], Textbook, float, dict[str, float]]] = {
    "SGD": (SGD, descent, 1.0, {}),
    "SGD with momentum": (SGD, descent, 0.1, {"momentum": 0.9}),
    "Adagrad": (Adagrad, adagrad, 1.0, {}),
    "Adagrad with epsilon": (Adagrad, adagrad, 0.3, {"epsilon": 1e-2}),
    "RMSProp": (RMSProp, rmsprop, 0.001, {}),
    "RMSProp with rho": (RMSProp, rmsprop, 0.3, {"epsilon": 1e-3, "rho": 0.5}),
    "Adam": (Adam, adam, 0.001, {}),
    "Adam with betas": (Adam, adam, 0.3, {"epsilon": 1e-3, "beta_1": 0.5, "beta_2": 0.75}),
}


def steps(optimizer: Optimizer, dtype: Any = np.float64) -> np.ndarray:
    """The parameters after each of three steps."""
    p = tg.Tensor(START, dtype=dtype)
    found = []
    for g in GRADIENTS:
        p.grad = g
        optimizer.step([p])
        found.append(p.numpy())
    return np.stack(found)


def expected(textbook: Textbook, rates: list[float], settings: dict[str, float]) -> np.ndarray:
    """The same, one number at a time."""
    found = np.empty_like(GRADIENTS)
    for i in np.ndindex(*START.shape):
        found[:, *i] = list(textbook(START[i], GRADIENTS[:, *i].tolist(), rates, **settings))
    return found


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("name", CASES)
def test_three_steps_are_those_of_the_textbook(name: str, decay: float) -> None:
    kind, textbook, rate, settings = CASES[name]
    rates = [rate, rate / (1 + decay), rate / (1 + 2 * decay)]
    found = steps(kind(learning_rate=rate, decay=decay, **settings))
    np.testing.assert_allclose(found, expected(textbook, rates, settings), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_three_steps_in_float32_are_those_of_the_textbook(name: str) -> None:
    kind, textbook, rate, settings = CASES[name]
    found = steps(kind(learning_rate=rate, **settings), np.float32)
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, expected(textbook, [rate] * 3, settings), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", [SGD, Adagrad, RMSProp, Adam])
def test_the_defaults_are_the_books(kind: type[Optimizer]) -> None:
    textbook, rate = next((case[1], case[2]) for case in CASES.values() if case[0] is kind)
    np.testing.assert_allclose(
        steps(kind()), expected(textbook, [rate] * 3, {}), rtol=1e-12, atol=1e-15
    )


# --- by hand -------------------------------------------------------------------------------------

BY_HAND = [
    pytest.param(SGD(0.5), [1, 1, 1], [0.5, 0.0, -0.5], id="SGD"),
    # u = -0.5, -0.95, -1.355
    pytest.param(SGD(0.5, momentum=0.9), [1, 1, 1], [0.5, -0.45, -1.805], id="momentum"),
    # 2 / sqrt(4), then 1 / sqrt(5)
    pytest.param(Adagrad(epsilon=0), [2, 1], [0.0, -0.4472135954999579], id="Adagrad"),
    # 1 / sqrt(0.1), then 1 / sqrt(0.19)
    pytest.param(
        RMSProp(1.0, epsilon=0), [1, 1], [-2.162277660168379, -4.456434998873997], id="RMSProp"
    ),
    # of a steady gradient, whatever its size, m / sqrt(v) is 1
    pytest.param(Adam(0.25, epsilon=0), [7, 7, 7], [0.75, 0.5, 0.25], id="Adam"),
]


@pytest.mark.parametrize(("optimizer", "gradients", "values"), BY_HAND)
def test_from_1_the_steps_computed_by_hand(
    optimizer: Optimizer, gradients: list[float], values: list[float]
) -> None:
    p = tg.Tensor(1.0)
    found = []
    for g in gradients:
        p.grad = g
        optimizer.step([p])
        found.append(p.item())
    np.testing.assert_allclose(found, values, rtol=1e-12, atol=1e-15)


# --- learning rates ------------------------------------------------------------------------------


def rates_of(optimizer: Optimizer, n: int) -> list[float]:
    p = tg.Tensor(1.0)
    rates = []
    for _ in range(n):
        p.grad = 0.0
        rates.append(optimizer.current_learning_rate)
        optimizer.step([p])
    return rates


def test_decay_divides_the_rate_by_1_plus_decay_times_steps() -> None:
    assert rates_of(SGD(1.0, decay=0.5), 4) == [1.0, 1 / 1.5, 0.5, 0.4]


def test_without_decay_the_rate_is_what_was_given() -> None:
    assert rates_of(SGD(0.3), 2) == [0.3, 0.3]


def test_cosine_decay_falls_along_half_a_cosine_and_stays() -> None:
    rates = rates_of(SGD(CosineDecay(2.0, steps=4, final=1.0)), 6)
    np.testing.assert_allclose(
        rates, [2.0, 1.5 + 0.5 * cos(pi / 4), 1.5, 1.5 - 0.5 * cos(pi / 4), 1.0, 1.0], rtol=1e-14
    )


def test_decay_divides_the_rate_of_a_schedule_too() -> None:
    np.testing.assert_allclose(rates_of(SGD(CosineDecay(2.0, 2), decay=1.0), 2), [2.0, 0.5])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda: SGD(0), "SGD: learning_rate is 0, and must be > 0", id="rate 0"),
        pytest.param(lambda: Adam(-1e-3), "Adam: learning_rate is -0.001", id="a negative rate"),
        pytest.param(lambda: Adam(float("nan")), "Adam: learning_rate is nan", id="rate NaN"),
        pytest.param(
            lambda: Adagrad(decay=-1), "Adagrad: decay is -1, and must be >= 0", id="decay"
        ),
        pytest.param(
            lambda: SGD(momentum=1), "SGD: momentum is 1, .* less than 1", id="momentum 1"
        ),
        pytest.param(lambda: RMSProp(rho=1.5), "RMSProp: rho is 1.5", id="rho"),
        pytest.param(lambda: Adam(beta_1=-0.1), "Adam: beta_1 is -0.1", id="beta_1"),
        pytest.param(lambda: Adam(beta_2=1), "Adam: beta_2 is 1", id="beta_2"),
        pytest.param(lambda: optim.CosineDecay(1.0, 0), "CosineDecay: steps is 0", id="no steps"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()
