"""Errors know which operation they came from, and hold its tape no longer than they live."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import losses, nn
from tensorgraph.extend import Primitive
from tensorgraph.failure import Failure, failure_of

X = tg.Tensor(np.ones((5, 6)), "x")
W = tg.Tensor(np.ones((4, 3)), "w")


def error_of(f: Callable[[], Any]) -> Exception:
    """Return the error that ``f`` raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any that an operation can raise
        f()
    return raised.value


def failure(f: Callable[[], Any]) -> Failure:
    """Return what failed in ``f``."""
    found = failure_of(error_of(f))
    assert found is not None
    return found[1]


def names(nodes: Any) -> list[str]:
    return [node.name if node.is_leaf else node.primitive.name for node in nodes]


def under_errstate() -> Any:
    with np.errstate(all="raise"):
        return tg.log(tg.tanh(X) * 0.0)


def anomaly() -> Any:
    with tg.detect_anomaly():
        return tg.log(tg.tanh(X) * 0.0) + 1.0


FORWARD: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "shapes": (lambda: tg.tanh(X) @ W, ["w", "x", "tanh", "matmul"]),
    "an axis": (lambda: tg.sum(tg.tanh(X), axis=7), ["x", "tanh", "sum"]),
    "a dtype": (lambda: tg.tanh(X) & 2, ["x", "tanh", "bitwise_and"]),
    "a singular matrix": (lambda: tg.linalg.inv(X[:3, :3]), ["x", "index", "inv"]),
    "numpy's own warning": (under_errstate, ["x", "tanh", "multiply", "log"]),
    "an anomaly": (anomaly, ["x", "tanh", "multiply", "log"]),
    "a layer": (lambda: nn.Dense(4, 2)(tg.tanh(X)), ["x", "tanh", "Dense"]),
    "a loss": (lambda: losses.MeanSquaredError()(X, np.ones(3)), ["x", "MeanSquaredError"]),
}


@pytest.mark.parametrize("what", FORWARD)
def test_the_tape_leads_to_what_failed(what: str) -> None:
    f, nodes = FORWARD[what]
    found = failure(f)
    assert sorted(names(found.tape())) == sorted(nodes)
    assert found.tape()[-1] is found.node


def test_it_knows_its_layer_and_its_line() -> None:
    class Wrong(nn.Layer):
        def forward(self, x: Any, training: bool) -> Any:
            return x @ W

    found = failure(lambda: Wrong()(X))
    assert found.node.layer == "wrong"
    assert "test_failure.py" in found.node.origin()


def test_an_operation_is_blamed_and_not_the_layer_around_it() -> None:
    class Wrong(nn.Layer):
        def forward(self, x: Any, training: bool) -> Any:
            return tg.exp(x) @ W

    assert failure(lambda: Wrong()(X)).node.primitive.name == "matmul"


# A row of its own, which does not get into the registry.
without_slope = Primitive("custom", np.array, (lambda g, y, x: 1 / 0,), name="without_slope")

BACKWARD: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a rule": (lambda x: tg.sum(without_slope(x) * 2.0), "without_slope"),
    "an anomaly": (lambda x: tg.sum(tg.sqrt(x * 0.0)), "sqrt"),
}


@pytest.mark.parametrize("what", BACKWARD)
def test_in_a_sweep_it_is_the_node_that_was_swept(what: str) -> None:
    f, name = BACKWARD[what]
    with tg.detect_anomaly():
        loss = f(tg.Tensor([1.0, 2.0], "x"))
        found = failure(loss.backward)
    assert found.node.primitive.name == name
    assert found.tape()[-1] is loss._node


def test_an_error_behind_the_error_counts() -> None:
    def f() -> None:
        try:
            X @ W
        except ValueError as error:
            raise RuntimeError("a bad batch") from error

    assert failure(f).node.primitive.name == "matmul"


def test_an_error_of_nothing_that_was_recorded_has_none() -> None:
    assert failure_of(ValueError("of something else")) is None


def test_a_copied_error_has_its_message_and_no_tape() -> None:
    error = error_of(lambda: X @ W)
    for again in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert str(again) == str(error)
        assert failure_of(again) is None


@pytest.fixture
def without_gc() -> Iterator[None]:
    """Have memory freed by counting references alone."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_gc")
def test_the_tape_goes_with_the_error() -> None:
    def alive() -> weakref.ref[Any]:
        hidden = tg.tanh(X)
        with suppress(ValueError):
            hidden @ W
        return weakref.ref(hidden._node)

    assert alive()() is None
