"""A step of an optimizer is taken as a whole, or not at all.

An error leaves parameters, state and the count of steps as they were: it comes before the first
write, or, where NumPy raises in the middle of an update, after all has been put back.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, GraphError, UnusedParameterWarning
from tensorgraph.optim import SGD, Adagrad, Adam, Optimizer, RMSProp, Schedule

HUGE = 3e38  # in float32 no square has room

Parameters = dict[str, tg.Tensor]
MAKES: dict[str, Callable[[Any], Optimizer]] = {
    "SGD": lambda rate: SGD(rate, momentum=0.9),
    "Adagrad": lambda rate: Adagrad(rate),
    "RMSProp": lambda rate: RMSProp(rate),
    "Adam": lambda rate: Adam(rate),
}
every_optimizer = pytest.mark.parametrize("make", MAKES.values(), ids=list(MAKES))


class Falling(Schedule):
    """1 at the first step, and ``then`` at all others: a value, or an error to raise."""

    def __init__(self, then: Any) -> None:
        self.then = then

    def __call__(self, step: int) -> float:
        if step == 0:
            return 1.0
        if isinstance(self.then, Exception):
            raise self.then
        return self.then


def parameters() -> Parameters:
    """Two chunks: float64 and float32."""
    return {
        "a": tg.Tensor([1.0, -2.0]),
        "b": tg.Tensor([[3.0], [4.0]], dtype=np.float32),
    }


def push(ps: Parameters, g: float = 0.5) -> None:
    """Give all gradients of 0.5, and the last element of the last one ``g``."""
    for p in ps.values():
        gradient = np.full(p.shape, 0.5)
        if p is list(ps.values())[-1]:
            gradient[-1] = g
        p.grad = gradient


def after_a_step(make: Callable[[Any], Optimizer], rate: Any = 0.1) -> tuple[Parameters, Optimizer]:
    ps, optimizer = parameters(), make(rate)
    push(ps)
    optimizer.step(ps)
    push(ps)
    return ps, optimizer


def all_of(ps: Parameters, optimizer: Optimizer) -> Any:
    """All that a step may change."""
    state = [optimizer.state(p) for p in ps.values()]
    numbers = [p.data.tolist() for p in ps.values()]
    arrays = [{name: array.tolist() for name, array in arrays.items()} for arrays in state]
    return copy.deepcopy((numbers, arrays, optimizer.iterations))


def gone_on(ps: Parameters, optimizer: Optimizer) -> Any:
    """The same after another step."""
    push(ps)
    optimizer.step(ps)
    return all_of(ps, optimizer)


# --- before the first write ----------------------------------------------------------------------


@every_optimizer
@pytest.mark.parametrize(
    ("then", "error"),
    [
        pytest.param(ZeroDivisionError(), ZeroDivisionError, id="raises"),
        pytest.param(float("nan"), ArgumentError, id="nan"),
        pytest.param(float("inf"), ArgumentError, id="inf"),
        pytest.param(-0.1, ArgumentError, id="negative"),
        pytest.param(None, TypeError, id="None"),
        pytest.param([0.1, 0.2], TypeError, id="a list"),
    ],
)
def test_a_schedule_that_fails_changes_nothing(
    then: Any, error: type[Exception], make: Callable[[Any], Optimizer]
) -> None:
    ps, optimizer = after_a_step(make, Falling(then))
    before = all_of(ps, optimizer)
    with pytest.raises(error):
        optimizer.step(ps)
    assert all_of(ps, optimizer) == before


def test_a_rate_that_cannot_be_is_named_with_its_step() -> None:
    ps, optimizer = after_a_step(MAKES["Adam"], Falling(-0.5))
    with pytest.raises(ArgumentError, match=r"Adam: the learning rate of step 1 is -0.5"):
        optimizer.step(ps)


def test_a_schedule_may_end_at_0() -> None:
    ps, optimizer = after_a_step(lambda rate: SGD(rate), Falling(0.0))
    before = [p.data.tolist() for p in ps.values()]
    optimizer.step(ps)
    assert [p.data.tolist() for p in ps.values()] == before
    assert optimizer.iterations == 2


@every_optimizer
def test_a_warning_that_is_an_error_changes_nothing(make: Callable[[Any], Optimizer]) -> None:
    ps, optimizer = after_a_step(make)
    ps["a"].grad = None
    before = all_of(ps, optimizer)
    with pytest.raises(UnusedParameterWarning):
        optimizer.step(ps)
    assert all_of(ps, optimizer) == before


@every_optimizer
def test_a_step_without_gradients_changes_nothing(make: Callable[[Any], Optimizer]) -> None:
    ps, optimizer = after_a_step(make)
    optimizer.zero_grad(ps)
    before = all_of(ps, optimizer)
    with pytest.raises(GraphError):
        optimizer.step(ps)
    assert all_of(ps, optimizer) == before


# --- floating-point errors in the middle ---------------------------------------------------------

overflowing = pytest.mark.parametrize(
    "make",
    [MAKES[name] for name in ("Adagrad", "RMSProp", "Adam")],
    ids=["Adagrad", "RMSProp", "Adam"],
)


@overflowing
def test_an_overflow_that_raises_changes_nothing(make: Callable[[Any], Optimizer]) -> None:
    ps, optimizer = after_a_step(make)
    before = all_of(ps, optimizer)
    push(ps, HUGE)
    with (
        np.errstate(all="raise"),
        pytest.raises(FloatingPointError, match="overflow") as caught,
    ):
        optimizer.step(ps)
    assert caught.value.__notes__[0].startswith(
        f"in the update of {type(optimizer).__name__} at st"
    )
    assert all_of(ps, optimizer) == before


@overflowing
def test_after_an_overflow_that_raised_training_goes_on_as_if_nothing_had_been(
    make: Callable[[Any], Optimizer],
) -> None:
    expected = gone_on(*after_a_step(make))
    ps, optimizer = after_a_step(make)
    push(ps, HUGE)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        optimizer.step(ps)
    assert gone_on(ps, optimizer) == expected


@overflowing
def test_a_tape_recorded_before_an_overflow_that_raised_still_counts(
    make: Callable[[Any], Optimizer],
) -> None:
    ps, optimizer = after_a_step(make)
    loss = tg.sum(ps["a"] * 2.0) + tg.sum(ps["b"])
    push(ps, HUGE)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        optimizer.step(ps)
    optimizer.zero_grad(ps)
    loss.backward()
    assert ps["a"].grad is not None
    assert ps["a"].grad.tolist() == [2.0, 2.0]


@overflowing
def test_an_overflow_of_which_the_warning_is_an_error_changes_nothing(
    make: Callable[[Any], Optimizer],
) -> None:
    ps, optimizer = after_a_step(make)
    before = all_of(ps, optimizer)
    push(ps, HUGE)
    with pytest.raises(RuntimeWarning, match="overflow"):  # an error, in tests
        optimizer.step(ps)
    assert all_of(ps, optimizer) == before


@overflowing
def test_an_overflow_is_warned_of_and_the_step_is_whole(make: Callable[[Any], Optimizer]) -> None:
    whole, optimizer = after_a_step(make)
    push(whole, HUGE)
    with np.errstate(all="ignore"):
        optimizer.step(whole)
    expected = all_of(whole, optimizer)
    ps, optimizer = after_a_step(make)
    push(ps, HUGE)
    with pytest.warns(RuntimeWarning, match="overflow"):
        optimizer.step(ps)
    assert all_of(ps, optimizer) == expected


@every_optimizer
def test_an_underflow_is_no_error(make: Callable[[Any], Optimizer]) -> None:
    ps, optimizer = after_a_step(make)
    push(ps, 1e-30)
    with np.errstate(all="raise"):
        optimizer.step(ps)
    assert optimizer.iterations == 2


@every_optimizer
def test_the_callers_handling_of_errors_changes_no_bit(make: Callable[[Any], Optimizer]) -> None:
    expected = gone_on(*after_a_step(make))
    with np.errstate(all="raise"):
        assert gone_on(*after_a_step(make)) == expected
