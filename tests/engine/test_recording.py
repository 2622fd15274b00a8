"""Recording: how it is switched off, that threads do not meet, that nothing is kept alive."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import in_layer
from tensorgraph.tape import Leaf, Node

# --- not recording -------------------------------------------------------------------------------


def recorded() -> bool:
    return not (tg.Tensor(1.0) * 2.0)._node.is_leaf


def test_no_grad_makes_variables() -> None:
    with tg.no_grad():
        y = tg.Tensor([1.0, 2.0]) * 2.0
    assert y._node.is_leaf
    np.testing.assert_array_equal(y.data, [2, 4])
    assert float(y[0].sum().data) == 2.0


def test_no_grad_ends_with_its_block() -> None:
    with tg.no_grad():
        assert not recorded()
    assert recorded()


def test_no_grad_ends_with_an_error() -> None:
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert recorded()


def test_no_grad_nests() -> None:
    with tg.no_grad():
        with tg.no_grad():
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_one_no_grad_may_be_entered_twice() -> None:
    block = tg.no_grad()
    with block:
        with block:
            assert not recorded()
        assert not recorded()
    assert recorded()


def test_no_grad_as_a_decorator_of_a_function_that_calls_itself() -> None:
    @tg.no_grad()
    def f(depth: int) -> bool:
        return not recorded() and (depth == 0 or f(depth - 1)) and not recorded()

    assert f(3)
    assert recorded()


def test_no_grad_keeps_the_layer() -> None:
    error = pytest.raises(ValueError, match="in layer 'dense_1'")
    with in_layer("dense_1"), tg.no_grad(), error:
        tg.Tensor([1.0, 2.0]) + np.ones(3)


def test_what_no_grad_computed_does_not_share_memory_with_a_variable() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0])
    with tg.no_grad():
        view = x[:2]
    view.data = [7.0, 8.0]
    np.testing.assert_array_equal(x.data, [1, 2, 3])


# --- threads -------------------------------------------------------------------------------------


def in_threads(*functions: Callable[[threading.Barrier], None]) -> None:
    """Run each in a thread of its own, and raise what one of them raised."""
    barrier = threading.Barrier(len(functions), timeout=10)
    errors: list[BaseException] = []

    def run(f: Callable[[threading.Barrier], None]) -> None:
        try:
            f(barrier)
        except BaseException as error:  # handed on to the test
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(f,)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_two_threads_record_apart() -> None:
    results: dict[float, tuple[int, float]] = {}

    def record(start: float) -> Callable[[threading.Barrier], None]:
        def f(barrier: threading.Barrier) -> None:
            x = y = tg.Tensor(start)
            for _ in range(200):
                barrier.wait()
                y = y * 1.0 + x
            y.backward()
            results[start] = (len(tg.tape(y)), float(x.grad))

        return f

    in_threads(record(1.0), record(2.0))
    assert results == {1.0: (401, 201.0), 2.0: (401, 201.0)}


def test_no_grad_in_one_thread_is_not_felt_in_another() -> None:
    def silent(barrier: threading.Barrier) -> None:
        with tg.no_grad():
            barrier.wait()
            assert not recorded()
            barrier.wait()

    def recording(barrier: threading.Barrier) -> None:
        barrier.wait()
        assert recorded()
        barrier.wait()

    in_threads(silent, recording)


def test_a_decorated_function_may_run_in_two_threads_at_once() -> None:
    @tg.no_grad()
    def inside(barrier: threading.Barrier) -> None:
        barrier.wait()
        barrier.wait()
        assert not recorded()

    def first_in_first_out(barrier: threading.Barrier) -> None:
        inside(barrier)
        assert recorded()
        barrier.wait()

    def last_in_last_out(barrier: threading.Barrier) -> None:
        barrier.wait()
        inside(barrier)
        assert recorded()

    in_threads(first_in_first_out, last_in_last_out)


# --- nothing is kept alive -----------------------------------------------------------------------


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Only reference counts free memory here: a cycle would stay."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


USES: dict[str, Callable[[tg.Tensor], Any]] = {
    "recorded": lambda x: tg.exp(x * x),
    "swept": lambda x: tg.sum(tg.exp(x * x)).backward(),
    "grad": lambda x: tg.grad(lambda y: tg.sum(tg.exp(x * y)))(x),
    "jvp": lambda x: tg.jvp(tg.softmax, (x,), (np.ones(3),)),
    "hessian": lambda x: tg.hessian(lambda y: tg.sum(tg.relu(y) ** 3))(x),
    "vjp": lambda x: tg.vjp(tg.exp, x)[1](np.ones(3)),
    "taped": lambda x: repr(tg.tape(tg.exp(x * x))),
    "indexed": lambda x: tg.concatenate([x[1:], x[np.array([0, 0])]]),
    "no_grad": tg.no_grad()(lambda x: tg.exp(x * x)),
}


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("use", USES)
def test_what_nobody_holds_is_gone_at_once(use: str) -> None:
    x = tg.Tensor([1.0, 2.0, 3.0])
    y = x * 1.0
    nodes = [weakref.ref(x._node), weakref.ref(y._node)]
    result = USES[use](y)
    del result, y
    assert nodes[1]() is None
    del x
    assert nodes[0]() is None


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("use", USES)
def test_no_node_is_left_over(use: str) -> None:
    x = tg.Tensor([1.0, 2.0, 3.0])
    before = len([thing for thing in gc.get_objects() if isinstance(thing, Node)])
    USES[use](x)
    assert len([thing for thing in gc.get_objects() if isinstance(thing, Node)]) == before


@pytest.mark.usefixtures("without_collector")
def test_a_dead_branch_frees_itself() -> None:
    x = tg.Tensor(1.0)
    branch = tg.sin(x)
    node = weakref.ref(branch._node)
    kept = tg.cos(x)
    del branch
    assert node() is None
    assert kept.data == np.cos(1.0)


@pytest.mark.usefixtures("without_collector")
def test_a_tape_keeps_its_nodes() -> None:
    tape = tg.tape(tg.sin(tg.Tensor(1.0)))
    assert [type(node) for node in tape] == [Leaf, Node]
