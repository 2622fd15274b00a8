"""Two threads that train two models at the same time give the bits that each gives alone.

Python is made to change threads as often as it can, so that they meet everywhere.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import X_VAL, Y_VAL, classifier, numbers
from tensorgraph import losses, nn, optim
from tensorgraph.errors import AnomalyError
from tensorgraph.penalties import penalty
from tensorgraph.primitive import Primitive

Train = Callable[[int], list[bytes]]

STEPS = 60


@pytest.fixture(autouse=True)
def impatient_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def bits(arrays: list[Any]) -> list[bytes]:
    return [np.asarray(array).tobytes() for array in arrays]


def by_model(seed: int) -> list[bytes]:
    """``Model.train`` with dropout, penalties, batches and validation data."""
    model = classifier(seed=seed, dropout=0.2, weight_regularizer_l2=0.01)
    history = model.train(
        X_VAL,
        Y_VAL,
        epochs=STEPS // 3,
        batch_size=7,
        validation_data=(X_VAL, Y_VAL),
        print_every=0,
    )
    return bits([*numbers(model), history["loss"], history["validation_loss"]])


def by_hand(seed: int) -> list[bytes]:
    """A loop of one's own, with layers in layers' calls and a part that is not recorded."""
    first, drop = nn.Dense(2, 8, rng=seed, weight_regularizer_l1=0.01), nn.Dropout(0.3, rng=seed)
    second, optimizer = nn.Dense(8, 3, rng=seed + 1), optim.Adam(0.05, decay=1e-3)
    parameters = {
        f"{layer}.{name}": p
        for layer, dense in [("first", first), ("second", second)]
        for name, p in dense.parameters().items()
    }
    loss, found = losses.CategoricalCrossentropy(from_logits=True), []
    for _ in range(STEPS):
        hidden = drop(tg.relu(first(X_VAL, training=True)), training=True)
        total = loss(second(hidden), Y_VAL) + penalty([first])
        total.backward()
        optimizer.step(parameters)
        optimizer.zero_grad(parameters)
        with tg.no_grad():
            found.append(tg.sum(second(tg.relu(first(X_VAL)))).item())
    return bits([p.data for p in parameters.values()] + found)


def by_transforms(seed: int) -> list[bytes]:
    """Without ``.grad``: gradients of gradients, batches and checkpoints, on arrays."""
    rng = np.random.default_rng(seed)
    w, x = rng.normal(size=(3, 3)), rng.normal(size=(4, 3))

    def f(w: Any) -> Any:
        hidden = tg.checkpoint(lambda v: tg.tanh(x @ v))(w)
        return tg.sum(tg.vmap(lambda row: tg.sum(row**2))(hidden))

    for _ in range(STEPS // 4):
        slope = tg.grad(lambda v: tg.sum(tg.grad(f)(v) ** 2))(w)
        w = w - 0.01 * slope
    return bits([w])


def under_anomaly_detection(seed: int) -> list[bytes]:
    """What one thread looks for, the other is not stopped by."""
    found: list[Any] = []
    for i in range(STEPS // 2):
        try:
            with np.errstate(all="ignore"), tg.detect_anomaly():
                tg.log(tg.Tensor(np.full(3, float(i % 2 + seed - 1)))).sum().backward()
            found.append(i)
        except AnomalyError:
            found.append(-i)
    return bits([found])


def carelessly(seed: int) -> list[bytes]:
    """NaN without anybody looking for it."""
    found: list[Any] = []
    for i in range(STEPS):
        with np.errstate(all="ignore"):
            found.append(tg.log(tg.Tensor(np.full(3, i % 2 - 1.0 - seed))).sum().item())
    return bits([found])


TRAININGS: dict[str, Train] = {
    train.__name__: train
    for train in (by_model, by_hand, by_transforms, under_anomaly_detection, carelessly)
}


def together(trains: list[tuple[Train, int]]) -> list[list[bytes]]:
    """What each gives in a thread of its own, all begun at the same time."""
    results: dict[int, Any] = {}
    start = threading.Barrier(len(trains))

    def work(i: int, train: Train, seed: int) -> None:
        start.wait()
        try:
            results[i] = train(seed)
        except BaseException as error:
            results[i] = error

    threads = [threading.Thread(target=work, args=(i, *t)) for i, t in enumerate(trains)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[i] for i in range(len(trains))]


PAIRS = [
    ("by_model", "by_model"),
    ("by_hand", "by_hand"),
    ("by_transforms", "by_transforms"),
    ("by_model", "by_hand"),
    ("by_hand", "by_transforms"),
    ("under_anomaly_detection", "by_hand"),
    ("under_anomaly_detection", "carelessly"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_threads_give_the_bits_that_each_gives_alone(first: str, second: str) -> None:
    trains = [(TRAININGS[first], 1), (TRAININGS[second], 2)]
    alone = [train(seed) for train, seed in trains]
    assert together(trains) == alone


def test_eight_threads_do_too() -> None:
    trains = [(by_model, seed) for seed in range(8)]
    alone = [train(seed) for train, seed in trains]
    assert together(trains) == alone


def test_rules_that_two_threads_ask_for_first_are_in_their_places() -> None:
    """Of an operation of any number of operands, whose rules are told their positions."""
    wanted = list(range(50))
    found: list[list[int]] = []

    def work(row: Primitive, start: threading.Barrier) -> None:
        start.wait()
        found.append([rule.args[0] for rule in row.rules_for(wanted)])

    for _ in range(50):
        row = Primitive("custom", lambda *xs: xs[0], (lambda *xs: None,), name="of", variadic=True)
        start = threading.Barrier(4)
        threads = [threading.Thread(target=work, args=(row, start)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [wanted] * 200
