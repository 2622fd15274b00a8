"""What a compiled function refuses, with its line and the mend; afterwards all is as before.

Read next: ``test_program``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import losses, nn, optim
from tensorgraph.errors import DataError, GraphError
from tensorgraph.typing import Array

X = np.array([1.0, 2.0, 3.0])
W = tg.Tensor(X, name="w")

# --- looking at a value --------------------------------------------------------------------------

LOOKS: dict[str, Callable[[Any], Any]] = {
    "if": lambda a: a if tg.sum(a) > 1 else -a,
    "while": lambda a: next(a for _ in iter(lambda: bool(tg.sum(a) > 1), False)),
    "and": lambda a: (tg.sum(a) > 1) and a,
    "max of Python's": lambda a: max(a[0], a[1]),
    "float": lambda a: a * float(tg.sum(a)),
    "int": lambda a: a * int(tg.sum(a)),
    "complex": lambda a: a * complex(tg.sum(a)),
    "bool": lambda a: a * bool(tg.sum(a) > 1),
    "item": lambda a: a * tg.sum(a).item(),
    "numpy": lambda a: a * tg.exp(a).numpy(),
    "format": lambda a: print(f"{tg.sum(a):.3f}"),
    "asarray": lambda a: a * np.asarray(a),
    "an array of elements": lambda a: a * np.array([a[0], a[1], a[2]]),
    "iteration into floats": lambda a: a * sum(float(x) for x in a),
    "an index of Python's": lambda a: a * [1, 2, 3][tg.argmax(a)],
    "range": lambda a: sum(a[i] for i in range(tg.argmax(a))),
    "equality": lambda a: a if a[0] == 1.0 else -a,
    "in": lambda a: a if 3.0 in a else -a,
    "allclose": lambda a: a if np.allclose(a, 1.0) else -a,
    "isnan": lambda a: a if np.isnan(a).any() else -a,
    "a variable's element": lambda a: a * float(W[0]),
    "a variable's data": lambda a: a * float(W.data[0]),
    "a variable as an array": lambda a: a * np.asarray(W),
    "a variable's data as an array": lambda a: a * np.asarray(W.data),
}


@pytest.mark.parametrize("how", LOOKS)
def test_looking_at_a_value(how: str) -> None:
    with pytest.raises(GraphError, match=r"looks at .* Choose with tg.where, .* at .*test_comp"):
        tg.compile(LOOKS[how])(X)


def test_a_gradient_is_looked_at() -> None:
    w = tg.Tensor(X)

    def step(a: Any) -> Any:
        tg.sum(w * a).backward()
        return a if np.linalg.norm(w.grad) > 1 else -a

    with pytest.raises(GraphError, match="the truth of a tensor"):
        tg.compile(step)(X)
    assert w.grad is None


def test_a_learning_rate_is_looked_at() -> None:
    class Hasty(optim.SGD):
        def update(self, p: Any, g: Any, state: Any, rate: Any, t: Any) -> tuple[Any, ...]:
            return super().update(p, g, state, rate if t > 3 else 2 * rate, t)

    w = tg.Tensor(X)
    tg.sum(w * 2).backward()
    with pytest.raises(GraphError, match="cannot look at it"):
        Hasty().step([w])


def test_a_part_of_the_data_is_written_to() -> None:
    def step(a: Any) -> None:
        W.data[0] = 5.0

    with pytest.raises(GraphError, match=r"assign the whole, t.data = tg.where"):
        tg.compile(step)(X)


def test_how_many_elements_a_mask_chooses() -> None:
    with pytest.raises(GraphError, match=r"how many elements a mask chooses at .*test_comp"):
        tg.compile(lambda a: tg.sum(a[a > 1]))(X)


def test_a_mask_that_never_changes_may_choose() -> None:
    compiled = tg.compile(lambda a: a[np.array([True, False, True])] * 2)
    assert [list(compiled(X)), list(compiled(-X))] == [[2, 6], [-2, -6]]


def test_a_value_computed_outside() -> None:
    y = W * 2
    with pytest.raises(GraphError, match=r"uses the result of multiply\(\) at .*test_comp.*\.data"):
        tg.compile(lambda a: a * y)(X)


# --- not the same twice --------------------------------------------------------------------------

_counter = iter(range(1000))

DIFFERENT: dict[str, Callable[[Any], Any]] = {
    "random numbers": lambda a: a * np.random.default_rng().random(),
    "random arrays": lambda a: a * np.random.default_rng().random(3),
    "the time": lambda a: a * time.perf_counter(),
    "a counter": lambda a: a * next(_counter),
    "a counter as an argument": lambda a: tg.roll(a, next(_counter)),
    "an operation in turn": lambda a: tg.exp(a) if next(_counter) % 2 else tg.sin(a),
    "an operation more": lambda a: sum((a * 2 for _ in range(next(_counter))), a * 2),
    "another operand": lambda a: [a + 1, a * 2][next(_counter) % 2] * 3,
    "another shape": lambda a: a * np.ones((next(_counter), 3)),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_function_that_does_not_do_the_same_twice(what: str) -> None:
    with pytest.raises(GraphError, match=r"did not do the same in \w+\(\) at .*test_compiled_err"):
        tg.compile(DIFFERENT[what])(X)


# --- afterwards ----------------------------------------------------------------------------------


class Everything:
    """A network, an optimizer and a generator, and a step that fails as it is told to."""

    def __init__(self, *, trained: bool) -> None:
        self.dense, self.drop = nn.Dense(3, 3, rng=0), nn.Dropout(0.5, rng=0)
        self.adam, self.free = optim.Adam(0.1), tg.Tensor(X, name="free")
        self.parameters = {"free": self.free, **self.dense.parameters()}
        self.loss = losses.CategoricalCrossentropy(from_logits=True)
        self.calls = 0
        if trained:
            self.step(np.ones((4, 3)), np.arange(4) % 3, "")

    def step(self, inputs: Array, labels: Array, how: str) -> Any:
        self.calls += 1
        outputs = self.dense(self.drop(inputs, training=True)) * self.free
        loss = self.loss(outputs, labels)
        loss.backward()
        self.free.data = self.free.data - 0.1 * self.free.grad
        self.adam.step(self.parameters)
        if how == "raises" or (how == "raises the second time" and self.calls == 2):
            raise KeyError("mine")
        if how == "looks":
            print(float(loss))
        if how == "differs":
            loss = loss * self.calls
        if how == "clears":
            self.adam.zero_grad(self.parameters)
        return "a word" if how == "returns a word" else loss

    def all(self) -> list[Any]:
        ps = self.parameters.values()
        states = [array for p in ps for array in self.adam.state(p).values() if array.any()]
        return [
            *(p.data.tobytes() for p in ps),
            *(None if p.grad is None else p.grad.tobytes() for p in ps),
            *(array.tobytes() for array in states),
            self.adam.iterations,
            self.drop.rng.bit_generator.state["state"]["state"],
        ]


@pytest.mark.parametrize(
    "how", ["raises", "raises the second time", "looks", "differs", "returns a word"]
)
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.filterwarnings("ignore:the gradient of")
def test_an_error_while_it_is_recorded_leaves_no_trace(how: str, trained: bool) -> None:
    there = Everything(trained=trained)
    there.calls = 0
    before = there.all()
    with pytest.raises(Exception, match=r"mine|looks at|not do the same|returned a str"):
        tg.compile(there.step)(np.ones((4, 3)), np.arange(4) % 3, how)
    assert there.all() == before


def test_recording_leaves_what_one_step_leaves() -> None:
    eager, compiled = Everything(trained=False), Everything(trained=False)
    arguments = np.ones((4, 3)), np.arange(4) % 3, "clears"
    eager.step(*arguments)
    tg.compile(compiled.step)(*arguments)
    assert compiled.all() == eager.all()


@pytest.mark.parametrize("labels", [[0, 1, 2, 3], [0, 1, 2, -1]])
def test_bad_labels_in_a_later_call_leave_no_trace(labels: list[int]) -> None:
    there = Everything(trained=False)
    step = tg.compile(there.step)
    step(np.ones((4, 3)), np.arange(4) % 3, "clears")
    before = there.all()[:-1]  # dropout has drawn
    with pytest.raises(DataError, match="labels go from"):
        step(np.ones((4, 3)), np.array(labels), "clears")
    assert there.all()[:-1] == before


def test_an_overflow_that_raises_in_a_later_call_leaves_no_trace() -> None:
    """In the second of two updates, after the first is done."""
    first, second = tg.Tensor(np.ones(3)), tg.Tensor(np.ones(3))
    sgd, rms = optim.SGD(0.1), optim.RMSProp(0.1)

    @tg.compile
    def step(a: Array) -> None:
        tg.sum(first * 2 + second * a).backward()
        sgd.step([first])
        rms.step([second])
        sgd.zero_grad([first, second])

    step(np.ones(3))
    step(np.ones(3))

    def everything() -> list[Any]:
        counts = [sgd.iterations, rms.iterations]
        arrays = [first.data, second.data, *rms.state(second).values()]
        return [*counts, *(a.tobytes() for a in arrays)]

    before = everything()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError) as caught:
        step(np.full(3, 1e200))
    assert "a call of step(): parameters and state are as before it" in caught.value.__notes__[0]
    assert everything() == before
