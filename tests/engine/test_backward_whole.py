"""A backward pass that fails leaves every gradient, and every generator, as it was."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import ShapeError, StaleGradientWarning
from tensorgraph.tape import Leaf

HUGE = 1.5e308

Fail = Callable[[dict[str, tg.Tensor]], None]


def variables() -> dict[str, tg.Tensor]:
    """a and b lie in one buffer, and their gradients were used; c has one too, and d has none."""
    given = {name: tg.Tensor([0.0, 0.0], name=name) for name in "abcd"}
    for name in "abc":
        given[name].grad = [HUGE, 1.0]
    optim.SGD(1e-310).step([given["a"], given["b"]])
    return given


def gradients(given: dict[str, tg.Tensor]) -> list[Any]:
    return [None if t.grad is None else t.grad.tolist() for t in given.values()]


def loss_of(given: dict[str, tg.Tensor], factor: float = 1.0) -> tg.Tensor:
    a, b, c, d = given.values()
    return tg.sum((a + b + c + d) * factor)


def warned(given: dict[str, tg.Tensor]) -> None:
    """The warning of gradients that nobody cleared is an error here, as all are in these tests."""
    loss_of(given).backward()


def overflowing(given: dict[str, tg.Tensor]) -> None:
    with np.errstate(over="raise"), warnings.catch_warnings(action="ignore"):
        loss_of(given, HUGE).backward()


FAILURES: dict[str, tuple[Fail, type[Exception]]] = {
    "a warning": (warned, StaleGradientWarning),
    "an overflow": (overflowing, FloatingPointError),
}


@pytest.mark.parametrize("case", FAILURES)
def test_an_error_while_gradients_are_added_leaves_all_as_they_were(case: str) -> None:
    fail, error = FAILURES[case]
    given = variables()
    before = gradients(given)
    with pytest.raises(error):
        fail(given)
    assert gradients(given) == before


def test_an_overflow_that_is_an_error_as_a_warning_leaves_all_as_they_were() -> None:
    given = {name: tg.Tensor([0.0, 0.0]) for name in "abcd"}
    given["b"].grad = [HUGE, 1.0]
    before = gradients(given)
    with pytest.raises(RuntimeWarning, match="overflow"):
        loss_of(given, HUGE).backward()
    assert gradients(given) == before


@pytest.mark.parametrize("place", range(4))
def test_without_room_for_a_gradient_all_are_as_they_were(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {name: tg.Tensor([1.0, 2.0], name=name) for name in "abcd"}
    home = Leaf.home

    def no_room(leaf: Leaf) -> Any:
        if leaf.name == "abcd"[place]:
            raise MemoryError
        return home(leaf)

    monkeypatch.setattr(Leaf, "home", no_room)
    with pytest.raises(MemoryError):
        loss_of(given).backward()
    assert gradients(given) == [None] * 4


def test_the_warning_comes_again_where_it_was_an_error() -> None:
    given = variables()
    for _ in range(2):
        with pytest.raises(StaleGradientWarning):
            loss_of(given).backward()


def test_a_sweep_after_one_that_failed_is_right() -> None:
    given = variables()
    with pytest.raises(StaleGradientWarning):
        loss_of(given).backward()
    for t in given.values():
        t.grad = None
    loss_of(given, 3.0).backward()
    assert gradients(given) == [[3.0, 3.0]] * 4


def test_a_checkpoint_that_fails_in_the_sweep_leaves_the_generator_as_it_was() -> None:
    rng = np.random.default_rng(0)
    drop = tg.nn.Dropout(0.5, rng=rng)
    runs = []

    def f(x: Any) -> Any:
        y = drop(x, training=True)
        runs.append(1)
        if len(runs) > 1:
            raise ZeroDivisionError("the second time")
        return y

    x = tg.Tensor(np.ones(20))
    loss = tg.sum(tg.checkpoint(f)(x))
    before = rng.bit_generator.state
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert rng.bit_generator.state == before
    assert x.grad is None


@pytest.mark.parametrize(
    ("value", "error"),
    [
        pytest.param([1.0, 2.0, 3.0], ShapeError, id="of another shape"),
        pytest.param(["no", "numbers"], ValueError, id="no numbers"),
        pytest.param([1.0, 2j], np.exceptions.ComplexWarning, id="complex"),
    ],
)
def test_a_gradient_that_cannot_be_assigned_leaves_the_one_that_was(
    value: Any, error: type[Exception]
) -> None:
    x = tg.Tensor([1.0, 2.0])
    x.grad = [3.0, 4.0]
    with pytest.raises(error):
        x.grad = value
    assert x.grad.tolist() == [3.0, 4.0]
