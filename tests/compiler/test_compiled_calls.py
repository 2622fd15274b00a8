"""Calls of a compiled function: which program is run, what it returns, and what it refuses.

Whatever changes between two calls, the result is that of the function itself; where it cannot be,
there is an error. Read next: ``test_compiled_errors``.
"""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import losses, nn, optim
from tensorgraph.compiler.compiled import PROGRAMS
from tensorgraph.errors import ArgumentError, GraphError, PerformanceWarning
from tensorgraph.penalties import penalty
from tensorgraph.typing import Array

X = np.array([1.0, 2.0, 3.0])


def variable(values: Any = X) -> tg.Tensor:
    return tg.Tensor(np.array(values), name="w")


def counted(f: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    """``f`` compiled, and how often it was really called: twice for each recording."""
    calls = [0]

    def g(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        return f(*args, **kwargs)

    return tg.compile(g), calls


# --- arguments -----------------------------------------------------------------------------------

CALLS: dict[str, tuple[Callable[..., Any], list[tuple[Any, ...]]]] = {
    "other values": (lambda a: a * 2, [(X,), (X + 1,), (X - 5,)]),
    "other shapes": (lambda a: a / len(a), [(X,), (np.ones((2, 3)),), (X,), (np.ones(5),)]),
    "other dtypes": (
        lambda a: a * 2,
        [(X,), (X.astype(np.float32),), (X.astype(int),), (X > 1,), (X + 1j,), (X,)],
    ),
    "other numbers": (lambda a, k: a * k, [(X, 2), (X, 2.0), (X, 3), (X, 2), (X, 1j)]),
    "truths and numbers": (lambda a, k: a * k, [(X, 1), (X, True), (X, 1.0), (X > 1, True)]),
    "zeros of both signs": (lambda a, k: a * k, [(X, 0.0), (X, -0.0), (X, 0.0)]),
    "nan": (lambda a, k: a * k, [(X, np.nan), (X, np.nan), (X, 1.0)]),
    "flags": (
        lambda a, training: a * 2 if training else a,
        [(X, True), (X, False), (X, True), (X, False)],
    ),
    "words": (
        lambda a, how: tg.sum(a) if how == "sum" else tg.max(a),
        [(X, "sum"), (X, "max"), (X, "sum")],
    ),
    "left out": (lambda a, b=1.0: a * b, [(X,), (X,), (X, 2.0), (X,), (X, X)]),
    "left out at the end": (lambda k=1: tg.sum(tg.Tensor(X) * k), [(), (), (5,), ()]),
    "trees": (
        lambda tree: tree["a"] * tree["rest"][0] + tree["rest"][1],
        [({"a": X, "rest": [X, 2.0]},), ({"a": X, "rest": [X + 1, 2.0]},)],
    ),
    "other trees": (
        lambda tree: sum(tree, np.zeros(3)),
        [([X, X],), ([X, X, X],), ((X, X),), ([X, X + 1],)],
    ),
    "arrays of no dimensions": (
        lambda a, b: a * b,
        [(np.array(2.0), X), (np.float64(3.0), X), (np.float64(4.0), np.float64(1.0))],
    ),
    "in another order": (
        lambda a: tg.ravel(a) * 2,
        [(a,) for a in (np.eye(3), np.asfortranarray(np.eye(3)[:2]), np.ones((3, 6))[:, ::2])],
    ),
    "no elements": (lambda a: tg.sum(a * 2), [(np.ones(0),), (X,), (np.ones(0),)]),
}


@pytest.mark.parametrize("name", CALLS)
def test_results_are_those_of_the_function_whatever_the_arguments(name: str) -> None:
    f, calls = CALLS[name]
    compiled = tg.compile(f)
    for arguments in calls * 2:
        ours, theirs = compiled(*arguments), f(*arguments)
        theirs = theirs.data if isinstance(theirs, tg.Tensor) else theirs
        ours = ours.data if isinstance(ours, tg.Tensor) else ours
        np.testing.assert_array_equal(ours, theirs, strict=True)
        np.testing.assert_array_equal(np.signbit(ours.real), np.signbit(theirs.real))


def test_arguments_by_name() -> None:
    compiled = tg.compile(lambda a, b=None: a if b is None else a - b)
    found = [compiled(X), compiled(X), compiled(X, b=X), compiled(b=2 * X, a=X), compiled(X, 3 * X)]
    np.testing.assert_array_equal(found, [X, X, 0 * X, -X, -2 * X])


def test_tensors_as_arguments() -> None:
    compiled = tg.compile(lambda w: tg.sum(w * w))
    found = []
    for i in range(5):
        w = variable(X * i)
        found.append(compiled(w).item())
        w.data = w.data + 1
        found.append(compiled(w).item())
        del w
        gc.collect()  # the next one may lie where this one lay
    expected = [np.sum((X * i + k) ** 2) for i in range(5) for k in (0, 1)]
    np.testing.assert_array_equal(found, expected)


def test_a_tensor_with_a_history_keeps_it() -> None:
    compiled, w = tg.compile(lambda a: tg.sum(a * a)), variable()
    compiled(X)
    compiled(w * 2).backward()
    np.testing.assert_array_equal(w.grad, 8 * X)


def test_an_argument_that_is_written_to() -> None:
    """It is read where the function reads it, before or after the write."""
    found = []
    for compiled in (False, True):
        w = variable(np.arange(4.0).reshape(2, 2))

        def f(a: Any, w: tg.Tensor = w) -> Any:
            w.data = w.data * 0.5 + tg.transpose(tg.sin(a) * 0.1 + a)
            return tg.sum(a * w)

        g = tg.compile(f) if compiled else f
        found.append([g(w.data).item() for _ in range(4)])
    np.testing.assert_allclose(found[1], found[0])


def test_what_cannot_be_an_argument() -> None:
    with pytest.raises(ArgumentError, match=r"arrays, tensors, trees .* not a set"):
        tg.compile(lambda a, b: a)(X, {1})


# --- results -------------------------------------------------------------------------------------


def test_results_keep_their_form() -> None:
    def f(a: Any) -> Any:
        return {"twice": a * 2, "none": None, "three": 3, "pair": (a, [np.ones(2)])}

    compiled = tg.compile(f)
    for _ in range(3):
        found = compiled(X)
        assert list(found) == ["twice", "none", "three", "pair"]
        assert found["none"] is None
        assert found["three"] == 3
        assert isinstance(found["pair"], tuple)
        np.testing.assert_array_equal(found["pair"][1][0], [1, 1])


def test_the_classes_of_results_are_those_of_the_first_call() -> None:
    def f(a: Any) -> Any:
        return a.sum(), a.max(), a[0], a[0] + 1, a @ a, a.mean(), tg.reshape(a[:1], ()), a

    compiled = tg.compile(f)
    first, later = compiled(X), compiled(X)
    assert [type(x) for x in later] == [type(x) for x in first]


CONSTANT = np.ones(3)
VARIABLE = variable()


def test_the_first_call_gives_the_bits_of_the_later_ones() -> None:
    """Also where the program adds up in another order than the function itself."""
    numbers = np.random.default_rng(0).normal(size=(301, 50)).astype(np.float32)
    compiled = tg.compile(lambda a: tg.sum(a, axis=0))
    first, later = compiled(numbers), compiled(numbers)
    assert (first != tg.sum(numbers, axis=0)).any()
    assert first.tobytes() == later.tobytes()


def test_a_view_is_of_the_values_that_were_there() -> None:
    """In every call: what is seen in a variable's memory does not change with a later write."""
    w = variable()

    def f(a: Any) -> Any:
        seen = tg.reshape(w, (3, 1))
        w.data = w.data * 2
        return tg.sum(seen * 1.0) * a[0]

    compiled = tg.compile(f)
    assert [compiled(X).item() for _ in range(3)] == [6, 12, 24]


RETURNED: dict[str, Callable[[Any], Any]] = {
    "the argument": lambda a: a,
    "a view of it": lambda a: tg.reshape(a, (3, 1)),
    "a part of it": lambda a: a[1:],
    "a computed value": lambda a: a * 2,
    "a constant": lambda a: np.ones(3),
    "a constant made before": lambda a: CONSTANT,
    "a view of that": lambda a: tg.reshape(CONSTANT, (1, 3)),
    "values of a variable": lambda a: VARIABLE,
    "a view of those": lambda a: tg.reshape(VARIABLE, (1, 3)),
}


@pytest.mark.parametrize("what", RETURNED)
def test_writing_to_a_result_changes_nothing_else(what: str) -> None:
    compiled, argument = tg.compile(RETURNED[what]), X.copy()
    compiled(argument)
    first = compiled(argument)
    values = first.data if isinstance(first, tg.Tensor) else first
    before = values.copy()
    values += 10
    second = compiled(argument)
    np.testing.assert_array_equal(argument, X)
    np.testing.assert_array_equal(second, before)
    np.testing.assert_array_equal(values, before + 10)


def test_a_result_of_a_variable_has_no_tape() -> None:
    compiled, w = tg.compile(lambda a: tg.sum(a * VARIABLE)), variable()
    compiled(X)
    with pytest.raises(GraphError, match=r"leaves no tape: call backward\(\) inside"):
        tg.sum(compiled(X) * w).backward()
    assert w.grad is None


def test_what_is_no_result() -> None:
    with pytest.raises(ArgumentError, match="returned a str"):
        tg.compile(lambda a: "loss")(X)


# --- what the function finds outside -------------------------------------------------------------


def test_a_variable_that_is_written_to() -> None:
    w = variable()
    compiled = tg.compile(lambda a: tg.sum(w * a))
    found = [compiled(X).item(), compiled(X).item()]
    w.data = 2 * X
    assert [*found, compiled(X).item()] == [14, 14, 28]


def test_an_array_that_is_written_to() -> None:
    c = X.copy()
    compiled = tg.compile(lambda a: tg.sum(a * c))
    compiled(X)
    c *= 2
    assert compiled(X) == 28


def test_a_variable_that_has_moved() -> None:
    w = variable()
    compiled, calls = counted(lambda a: tg.sum(w * a))
    compiled(X)
    (w * 1.0).sum().backward()
    optim.SGD(1.0).step([w])
    assert compiled(X).item() == compiled(X).item() == 8
    assert calls == [4]


def test_gradients_that_are_there_or_not() -> None:
    def step(a: Any) -> Any:
        tg.sum(w * a).backward()
        return tg.sum(w.grad * 1.0)

    found = []
    for f in (step, tg.compile(step)):
        w, totals = variable(), []
        for i in range(10):
            if i in (2, 5):
                w.grad = None
            if i == 7:
                w.grad = 10 * X
            totals += [np.array(f(X * i)), w.grad.copy()]
        found.append(totals)
    for ours, theirs in zip(found[1], found[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


HYPERPARAMETERS: dict[str, Any] = {
    "learning_rate": 0.3,
    "beta_1": 0.5,
    "beta_2": 0.8,
    "epsilon": 0.1,
    "decay": 0.5,
    "iterations": 100,
}


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_a_hyperparameter_that_changes(name: str) -> None:
    def step(a: Any) -> None:
        tg.sum(tg.square(w - a)).backward()
        adam.step([w])
        adam.zero_grad([w])

    found = []
    for f in (step, tg.compile(step)):
        w, adam = variable(), optim.Adam(0.01)
        for i in range(6):
            if i == 3:
                setattr(adam, name, HYPERPARAMETERS[name])
            f(X[::-1])
        found.append(w.data)
    np.testing.assert_array_equal(found[1], found[0])


def test_a_schedule_in_place_of_a_number() -> None:
    def step(a: Any) -> None:
        tg.sum(tg.square(w - a)).backward()
        sgd.step([w])
        sgd.zero_grad([w])

    found = []
    for f in (step, tg.compile(step)):
        w, sgd = variable(), optim.SGD(0.01)
        for i in range(6):
            if i == 3:
                sgd.learning_rate = optim.CosineDecay(0.1, 4)
            f(X[::-1])
        found.append(w.data)
    np.testing.assert_array_equal(found[1], found[0])


def test_a_rate_of_dropout_that_changes() -> None:
    found = []
    for compiled in (False, True):
        drop = nn.Dropout(0.0, rng=0)
        f = tg.compile(lambda a, drop=drop: drop(a, training=True)) if compiled else drop.forward
        arguments = (np.ones(20),) if compiled else (np.ones(20), True)
        values = []
        for rate in (0.0, 0.3, 0.3, 0.9):
            drop.rate = rate
            values.append(np.asarray(f(*arguments)))
        found.append(values)
    np.testing.assert_array_equal(found[1], found[0])


def test_a_factor_of_a_penalty_that_changes() -> None:
    dense = nn.Dense(3, 2, weight_regularizer_l2=0.1, rng=0)
    compiled = tg.compile(lambda: penalty([dense]))
    before = [compiled().item(), compiled().item()]
    dense.weight_regularizer_l2 = 0.2
    np.testing.assert_allclose(compiled().item(), 2 * before[1], rtol=1e-6)


def test_generators_go_on_where_they_are() -> None:
    drop = nn.Dropout(0.5)
    compiled = tg.compile(lambda a: drop(a, training=True))
    tg.seed(5)
    first = [compiled(np.ones(20)) for _ in range(3)]
    tg.seed(5)
    again = [compiled(np.ones(20)) for _ in range(3)]
    np.testing.assert_array_equal(again, first)
    assert len({x.tobytes() for x in first}) == 3


# --- how many programs ---------------------------------------------------------------------------


def test_each_kind_of_arguments_is_recorded_once() -> None:
    compiled, calls = counted(lambda a: a * 2)
    for _ in range(3):
        for n in range(PROGRAMS):
            compiled(np.ones(n + 1))
    assert calls == [2 * PROGRAMS]


def test_programs_are_bounded_and_thrashing_is_said_once() -> None:
    compiled, _ = counted(lambda a, k: a * k)
    for i in range(PROGRAMS):
        compiled(X, i)
    with pytest.warns(PerformanceWarning, match=r"g\(\) has been recorded 8 times"):
        compiled(X, PROGRAMS)
    for i in range(PROGRAMS + 1, 4 * PROGRAMS):  # a second warning would be an error
        np.testing.assert_array_equal(compiled(X, i), X * i)
    assert repr(compiled) == f"<compiled g, {PROGRAMS} programs>"


@pytest.mark.filterwarnings("ignore:.*has been recorded 8 times")
def test_a_program_that_is_in_use_stays() -> None:
    compiled, calls = counted(lambda a: a * 2)
    for n in range(20):
        compiled(X)
        compiled(np.ones(n + 10))
    assert calls == [2 + 2 * 20]


# --- inside other things -------------------------------------------------------------------------


def f_of(a: Any) -> Any:
    return tg.sum(tg.exp(a) * a**2)


TRANSFORMS: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "grad": tg.grad,
    "value and grad": lambda f: lambda a: list(tg.value_and_grad(f)(a)),
    "hessian": tg.hessian,
    "jacobian": lambda f: tg.jacobian(lambda a: f(a) * a),
    "vjp": lambda f: lambda a: tg.vjp(f, a)[1](2.0)[0],
    "jvp": lambda f: lambda a: tg.jvp(f, (a,), (a,))[1],
    "hvp": lambda f: lambda a: tg.hvp(f)(a, a),
    "vmap": lambda f: lambda a: tg.vmap(f)(np.stack([a, 2 * a, -a])) if np.ndim(a) == 1 else a,
    "vmap of grad": lambda f: lambda a: tg.vmap(tg.grad(f))(np.stack([a, 2 * a, -a])),
    "checkpoint": lambda f: tg.grad(lambda a: tg.checkpoint(f)(a) * 2),
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("order", ["compiled inside", "compiled outside"])
def test_transforms(name: str, order: str) -> None:
    transform = TRANSFORMS[name]
    if order == "compiled inside":
        compiled = tg.compile(f_of)
        compiled(X)
        ours = transform(compiled)
    else:
        ours = tg.compile(transform(f_of))
    for a in (X, X / 2, X):
        found, expected = tg.tree.flatten(ours(a)), tg.tree.flatten(transform(f_of)(a))
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-13, strict=True)


def test_compiled_inside_compiled() -> None:
    w = variable()
    inner = tg.compile(lambda a: tg.sum(a * w))
    outer = tg.compile(lambda a: inner(a) * 2)
    assert [outer(X).item(), outer(2 * X).item(), inner(X).item()] == [28, 56, 14]
    w.data = 2 * X
    assert outer(X).item() == 56


def test_compiled_inside_a_checkpoint_hands_gradients_on() -> None:
    w, v = variable(), variable()
    compiled = tg.compile(lambda a: tg.tanh(a * v))
    compiled(X)
    tg.sum(tg.checkpoint(compiled)(w)).backward()
    slope = 1 - np.tanh(X * X) ** 2
    np.testing.assert_allclose(w.grad, slope * X)
    np.testing.assert_allclose(v.grad, slope * X)


def test_a_checkpoint_with_dropout_draws_anew_and_differentiates_what_it_drew() -> None:
    w, drop = variable(np.ones(50)), nn.Dropout(0.5, rng=0)

    def step(a: Any) -> Any:
        w.grad = None
        y = tg.checkpoint(lambda v: drop(v * a, training=True))(w)
        tg.sum(y).backward()
        return y

    compiled, masks = tg.compile(step), []
    for a in (1.0, 2.0, 3.0):
        masks.append(compiled(np.full(50, a)).data / a)
        np.testing.assert_array_equal(w.grad, masks[-1] * a)
    assert len({mask.tobytes() for mask in masks}) == 3


def test_a_program_recorded_without_gradients_is_not_run_with_them() -> None:
    w = variable()

    def step(a: Any) -> Any:
        loss = tg.sum(w * a)
        loss.backward()
        return loss

    compiled = tg.compile(step)
    with tg.no_grad():
        compiled(X)
        compiled(X)
    assert w.grad is None
    compiled(X)
    np.testing.assert_array_equal(w.grad, X)


def test_no_gradient_passes_no_grad_inside() -> None:
    w = variable()

    def step(a: Any) -> Any:
        with tg.no_grad():
            factor = tg.sum(w * a)
        loss = tg.sum(w * w) * factor
        loss.backward()
        return loss

    compiled = tg.compile(step)
    for a in (X, 2 * X, -X):
        w.grad = None
        compiled(a)
        np.testing.assert_allclose(w.grad, 2 * X * np.sum(X * a))


def test_under_anomaly_detection_it_runs_as_it_is() -> None:
    w = variable([-1.0])
    compiled = tg.compile(lambda a: tg.log(w * a))
    with np.errstate(all="ignore"):
        compiled(np.ones(1))
        with tg.detect_anomaly(), pytest.raises(tg.errors.AnomalyError, match="log"):
            compiled(np.ones(1))


# --- copies and methods --------------------------------------------------------------------------


class Sums:
    """A function that is a method, with a variable of its own."""

    def __init__(self) -> None:
        self.w = variable()
        self.call = tg.compile(self._call)

    def _call(self, a: Any) -> Any:
        return tg.sum(a * self.w)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_has_programs_of_its_own(copied: Callable[[Any], Any]) -> None:
    first = Sums()
    first.call(X)
    second = copied(first)
    second.w.data = 2 * X
    assert [first.call(X).item(), second.call(X).item(), second.call(X).item()] == [14, 28, 28]


def test_a_method_is_compiled_for_each_instance() -> None:
    class Wrong:
        @tg.compile
        def step(self, a: Any) -> Any:
            return a

    with pytest.raises(ArgumentError, match=r"self.step = tg.compile\(self._step\)"):
        Wrong().step(X)


def test_what_is_no_function() -> None:
    with pytest.raises(ArgumentError, match="takes a function, not a int"):
        tg.compile(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("look", ["source", "memory"])
def test_there_is_nothing_to_look_at_before_the_first_call(look: str) -> None:
    with pytest.raises(GraphError, match="call the function first"):
        getattr(tg.compile(lambda a: a), look)()


# --- threads -------------------------------------------------------------------------------------


def in_threads(works: list[Callable[[], Any]]) -> list[Any]:
    results: dict[int, Any] = {}
    start = threading.Barrier(len(works))

    def run(i: int) -> None:
        start.wait()
        try:
            results[i] = works[i]()
        except BaseException as error:
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[i] for i in range(len(works))]


def test_threads_that_call_one_function() -> None:
    compiled = tg.compile(lambda a: tg.sum(tg.exp(a) * a, axis=1) * 2)

    def work(i: int) -> Callable[[], list[Any]]:
        return lambda: [compiled(np.full((20 + k % 2, 30), float(i))) for k in range(60)]

    for i, found in enumerate(in_threads([work(i) for i in range(4)])):
        for x in found:
            np.testing.assert_allclose(x, np.full(len(x), 60 * i * np.exp(i)), rtol=1e-12)


def training(seed: int) -> list[bytes]:
    """Twenty compiled steps."""
    rng = np.random.default_rng(seed)
    dense, drop, adam = nn.Dense(4, 3, rng=seed), nn.Dropout(0.3, rng=seed), optim.Adam(0.05)
    loss, parameters = losses.CategoricalCrossentropy(from_logits=True), dense.parameters()

    @tg.compile
    def step(inputs: Array, labels: Array) -> Any:
        total = loss(drop(dense(inputs), training=True), labels)
        total.backward()
        adam.step(parameters)
        adam.zero_grad(parameters)
        return total

    for _ in range(20):
        step(rng.normal(size=(6, 4)), rng.integers(0, 3, 6))
    return [p.data.tobytes() for p in parameters.values()]


def test_threads_that_train_two_models() -> None:
    alone = [training(1), training(2)]
    assert in_threads([lambda: training(1), lambda: training(2)]) == alone
