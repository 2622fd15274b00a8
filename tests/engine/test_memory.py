"""What is kept, and for how long: cotangents, recordings, and a long training.

``test_recording`` has the same for what is recorded and swept without errors.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import X, Y, classifier
from tensorgraph.errors import AnomalyError, ShapeError
from tensorgraph.primitive import Primitive
from tensorgraph.tape import Node

SIZE = 100_000  # elements of an array: 0.8 MB
LONG = 40

# --- cotangents ----------------------------------------------------------------------------------


def chain(x: Any) -> Any:
    for _ in range(LONG):
        x = x * 1.5
    return x


def ladder(x: Any) -> Any:
    for _ in range(LONG // 2):
        y = x * 0.5
        x = y + x
    return x


def fan(x: Any) -> Any:
    total = x
    for _ in range(LONG // 2):
        total = total + x * 0.5
    return total


GRAPHS: dict[str, Callable[[Any], Any]] = {f.__name__: f for f in (chain, ladder, fan)}


def peak_of(work: Callable[[], Any]) -> float:
    """How many arrays more than before there are at a time while ``work`` runs."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return (tracemalloc.get_traced_memory()[1] - before) / (8 * SIZE)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_the_sweep_holds_few_cotangents_at_a_time(graph: Callable[[Any], Any]) -> None:
    x = tg.Tensor(np.ones(SIZE))
    y = graph(x)
    direction = np.ones(SIZE)
    assert peak_of(lambda: y.backward(direction)) < 5


def test_a_cotangent_is_gone_when_the_sweep_has_passed_it() -> None:
    passed: list[weakref.ref[Any]] = []
    alive: list[int] = []

    def rule(g: Any, y: Any, x: Any) -> Any:
        passed.append(weakref.ref(g))
        alive.append(sum(seen() is not None for seen in passed))
        return g * 2.0

    double = Primitive("custom", lambda x: x * 2.0, (rule,), name="double")
    y: Any = tg.Tensor(np.ones(3))
    for _ in range(LONG):
        y = double(y)
    tg.sum(y).backward()
    assert alive == [1] * LONG


def test_gradients_are_added_up_one_after_the_other() -> None:
    variables = [tg.Tensor(np.ones(SIZE)) for _ in range(LONG)]

    def sweep() -> None:
        tg.sum(sum(x * 0.5 for x in variables)).backward()  # type: ignore[arg-type]

    sweep()
    recorded = 2 * LONG  # each product and each sum
    assert peak_of(sweep) < recorded + LONG + 5


# --- recordings ----------------------------------------------------------------------------------


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Only reference counts free memory here: a cycle would stay."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def nodes() -> int:
    return sum(isinstance(thing, Node) for thing in gc.get_objects())


def fails(g: Any, y: Any, x: Any) -> Any:
    raise ZeroDivisionError


BROKEN = Primitive("custom", lambda x: x * 1.0, (fails,), name="broken")


def failing_sweep(x: tg.Tensor) -> None:
    with pytest.raises(ZeroDivisionError):
        tg.sum(BROKEN(tg.exp(x))).backward()


def failing_operation(x: tg.Tensor) -> None:
    with pytest.raises(ShapeError):
        tg.exp(x) @ np.ones(5)


def failing_grad(x: tg.Tensor) -> None:
    with pytest.raises(ZeroDivisionError):
        tg.grad(lambda y: tg.sum(BROKEN(y * x)))(x)


def failing_checkpoint(x: tg.Tensor) -> None:
    with pytest.raises(ZeroDivisionError):
        tg.sum(tg.checkpoint(lambda y: BROKEN(tg.exp(y)))(x)).backward()


def anomaly(x: tg.Tensor) -> None:
    with pytest.raises(AnomalyError), np.errstate(all="ignore"), tg.detect_anomaly():
        tg.sum(tg.log(x - x)).backward()


def fine_under_anomaly_detection(x: tg.Tensor) -> None:
    with tg.detect_anomaly():
        tg.sum(tg.exp(x)).backward()


def training(x: tg.Tensor) -> None:
    classifier(dropout=0.1).train(X, Y, epochs=2, batch_size=20, print_every=0)


def failing_training(x: tg.Tensor) -> None:
    model = classifier()

    def broken(output: Any, y: Any) -> float:
        raise ZeroDivisionError

    model.accuracy = broken  # type: ignore[assignment]
    model.accuracy.fit = lambda y: None  # type: ignore[attr-defined]
    with pytest.raises(ZeroDivisionError):
        model.train(X, Y, print_every=0)


def by_hand(x: tg.Tensor) -> None:
    optimizer = tg.optim.Adam()
    for _ in range(3):
        y = tg.Tensor([1.0, 2.0, 3.0])
        tg.sum(y * x).backward()
        optimizer.step([y])


USES: dict[str, Callable[[tg.Tensor], Any]] = {
    "a sweep that failed": failing_sweep,
    "an operation that failed": failing_operation,
    "tg.grad that failed": failing_grad,
    "a checkpoint that failed": failing_checkpoint,
    "a checkpoint": lambda x: tg.sum(tg.checkpoint(lambda y: tg.exp(y * x))(x)).backward(),
    "vmap": lambda x: tg.vmap(lambda row: tg.sum(tg.exp(row) * x))(np.ones((4, 3))),
    "the gradient of vmap": lambda x: tg.grad(lambda y: tg.sum(tg.vmap(tg.exp)(y * x)))(x),
    "vmap of a gradient": lambda x: tg.vmap(tg.grad(lambda y: tg.sum(y**3)))(np.ones((4, 3))),
    "jacobian": lambda x: tg.jacobian(tg.softmax)(x),
    "an assignment": lambda x: (x * 1.0).__setitem__(0, 5.0),
    "an anomaly": anomaly,
    "anomaly detection": fine_under_anomaly_detection,
    "Model.train": training,
    "Model.train that failed": failing_training,
    "predict": lambda x: classifier().predict(X),
    "evaluate": lambda x: classifier().evaluate(X, Y),
}


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("use", USES)
def test_a_recording_goes_with_its_last_reference(use: str) -> None:
    x = tg.Tensor([1.0, 2.0, 3.0])
    y = x * 1.0
    before = nodes()
    USES[use](y)
    assert nodes() == before
    node = weakref.ref(y._node)
    del y
    assert node() is None


@pytest.mark.usefixtures("without_collector")
def test_a_caught_error_holds_the_recording_and_lets_it_go() -> None:
    x = tg.Tensor([1.0, 2.0, 3.0])
    before = nodes()
    error: Exception | None = None
    try:
        tg.sum(BROKEN(x)).backward()
    except ZeroDivisionError as caught:
        error = caught
    assert nodes() > before
    assert error is not None
    error = None
    assert nodes() == before


# --- a long training -----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/statm")
@pytest.mark.parametrize("kind", ["model", "hand"])
def test_a_training_of_10000_steps_keeps_its_size(kind: str) -> None:
    program = Path(__file__).parents[1] / "long_training.py"
    command = [sys.executable, str(program), kind, "10000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    early, late = (int(size) for size in done.stdout.split())
    assert late - early < 1024  # KiB: one array of 21 rows left over in each step would be 2000
