"""Ctrl-C waits for the end of what must be whole, a second one does not, and handlers stay."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tensorgraph.interrupts import CtrlC


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def custom(signum: int, frame: Any) -> None:
    pressed.append(signum)


pressed: list[int] = []


@pytest.fixture(autouse=True)
def pythons_handler() -> Iterator[None]:
    """Python's own handler before; and what a test set is not left behind."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    pressed.clear()
    yield
    signal.signal(signal.SIGINT, before)


def done_until_interrupted(work: Callable[[list[str]], None]) -> list[str]:
    """What ``work`` says that it has done when ``KeyboardInterrupt`` comes."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(done)
    return done


def test_it_comes_at_the_end() -> None:
    def work(done: list[str]) -> None:
        with CtrlC():
            press()
            done.append("all of it")
        done.append("more")

    assert done_until_interrupted(work) == ["all of it"]


def test_it_comes_where_it_is_let_in() -> None:
    def work(done: list[str]) -> None:
        with CtrlC() as ctrl_c:
            ctrl_c.let_in()
            press()
            done.append("first")
            ctrl_c.let_in()
            done.append("second")

    assert done_until_interrupted(work) == ["first"]


def test_a_second_one_comes_at_once() -> None:
    def work(done: list[str]) -> None:
        with CtrlC():
            press()
            done.append("first")
            press()
            done.append("second")

    assert done_until_interrupted(work) == ["first"]


def test_one_inside_another_waits_for_the_outer_one() -> None:
    def work(done: list[str]) -> None:
        with CtrlC():
            with CtrlC():
                press()
            done.append("the outer one")

    assert done_until_interrupted(work) == ["the outer one"]


def test_it_comes_with_an_error_that_was_on_its_way() -> None:
    def work() -> None:
        with CtrlC():
            press()
            raise ZeroDivisionError

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_without_it_nothing_is_raised() -> None:
    with CtrlC() as ctrl_c:
        ctrl_c.let_in()


@pytest.mark.parametrize(
    "handler", [signal.default_int_handler, signal.SIG_IGN, signal.SIG_DFL, custom]
)
def test_afterwards_the_handler_is_the_one_that_was(handler: Any) -> None:
    signal.signal(signal.SIGINT, handler)
    with CtrlC():
        pass
    assert signal.getsignal(signal.SIGINT) == handler


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, custom])
def test_a_handler_that_somebody_has_set_is_left_alone(handler: Any) -> None:
    signal.signal(signal.SIGINT, handler)
    with CtrlC():
        assert signal.getsignal(signal.SIGINT) == handler


def test_a_handler_that_somebody_sets_inside_stays() -> None:
    with CtrlC():
        signal.signal(signal.SIGINT, custom)
    assert signal.getsignal(signal.SIGINT) == custom
    press()
    assert pressed == [signal.SIGINT]


def test_after_an_error_the_handler_is_the_one_that_was() -> None:
    with pytest.raises(ZeroDivisionError), CtrlC():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_nothing_is_held_back() -> None:
    handlers = []

    def work() -> None:
        with CtrlC():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
