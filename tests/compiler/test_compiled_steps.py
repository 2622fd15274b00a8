"""Training steps of many kinds, compiled: twenty of them leave what the same twenty leave eagerly.

Losses, parameters, gradients, optimizers' state and generators are compared after each training:
dtype and shape are equal, and values within 8 units in the last place of the largest of an array.
Sums over a batch are added up in another order where BLAS does them; where none is, the bits are
equal. Read next: ``test_compiled_calls``.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import Block, Scale
from tensorgraph import losses, nn, optim
from tensorgraph.errors import UnusedParameterWarning
from tensorgraph.penalties import penalty
from tensorgraph.typing import Array

STEPS = 20
ULPS = 8

Step = Callable[..., Any]


def batches(*sizes: int) -> Iterator[tuple[Array, Array]]:
    rng = np.random.default_rng(0)
    for size in sizes:
        yield rng.normal(size=(size, 4)).astype(np.float32), rng.integers(0, 3, size)


BATCHES = list(batches(8, 8, 8, 8, 8))


@dataclass
class Training:
    """A step, and all that it may change."""

    step: Step
    parameters: dict[str, tg.Tensor]
    optimizers: list[optim.Optimizer] = field(default_factory=list)
    generators: list[np.random.Generator] = field(default_factory=list)

    def left(self) -> list[Array | None]:
        """Everything that is there after a training."""
        parameters = self.parameters.values()
        found: list[Any] = [p.data for p in parameters]
        found += [p.grad for p in parameters]
        for optimizer in self.optimizers:
            found.append(optimizer.iterations)
            found += [array for p in parameters for array in optimizer.state(p).values()]
        found += [rng.random(3) for rng in self.generators]
        return [None if x is None else np.array(x) for x in found]


@dataclass
class Net:
    """Two dense layers."""

    first: nn.Dense
    second: nn.Dense
    parameters: dict[str, tg.Tensor]

    def __call__(self, X: Any) -> Any:
        return self.second(tg.relu(self.first(X)))


def net(**options: Any) -> Net:
    first, second = nn.Dense(4, 8, rng=1, **options), nn.Dense(8, 3, rng=2, **options)
    parameters = {
        f"{name}.{key}": p
        for name, dense in (("first", first), ("second", second))
        for key, p in dense.parameters().items()
    }
    return Net(first, second, parameters)


cce = losses.CategoricalCrossentropy(from_logits=True)


def ordinary(
    forward: Callable[[Any], Any],
    loss: losses.Loss,
    parameters: dict[str, tg.Tensor],
    optimizer: optim.Optimizer,
    *generators: np.random.Generator,
    penalized: list[nn.Layer] | None = None,
) -> Training:
    """Forward, loss, penalties, backward, update."""

    def step(X: Array, y: Array) -> Any:
        total = loss(forward(X), y)
        if penalized:
            total = total + penalty(penalized)
        total.backward()
        optimizer.step(parameters)
        optimizer.zero_grad(parameters)
        return total

    return Training(step, parameters, [optimizer], list(generators))


# --- the trainings -------------------------------------------------------------------------------


def softmax_and_cross_entropy() -> Training:
    f = net()
    loss = losses.CategoricalCrossentropy()
    return ordinary(lambda X: tg.softmax(f(X)), loss, f.parameters, optim.Adam(0.01, decay=1e-3))


def logits_and_penalties() -> Training:
    rates = dict.fromkeys(("weight_regularizer_l1", "bias_regularizer_l1"), 0.01)
    rates |= dict.fromkeys(("weight_regularizer_l2", "bias_regularizer_l2"), 0.02)
    f = net(**rates)
    adam = optim.Adam(0.01)
    return ordinary(f, cce, f.parameters, adam, penalized=[f.first, f.second])


def float64() -> Training:
    f = net(dtype=np.float64)
    return ordinary(f, cce, f.parameters, optim.Adam(0.01))


def _with(optimizer: Callable[[], optim.Optimizer]) -> Callable[[], Training]:
    def training() -> Training:
        f = net()
        return ordinary(f, cce, f.parameters, optimizer())

    return training


def _on_rows(
    loss: losses.Loss, activation: Callable[[Any], Any], dtype: Any = np.float32
) -> Callable[[], Training]:
    """With one-hot rows for targets."""

    def training() -> Training:
        f = net()
        rows = np.eye(3, dtype=dtype)
        training = ordinary(lambda X: activation(f(X)), loss, f.parameters, optim.Adam(0.01))
        taken = training.step
        training.step = lambda X, y: taken(X, tg.take(rows, y, axis=0))
        return training

    return training


def dropout() -> Training:
    f, drop = net(), nn.Dropout(0.4, rng=3)

    def forward(X: Any) -> Any:
        return f.second(drop(tg.relu(f.first(X)), training=True))

    return ordinary(forward, cce, f.parameters, optim.Adam(0.01), drop.rng)


def layers_of_ones_own() -> Training:
    layers = [Scale(4), Block(4), nn.Dense(4, 3, rng=7)]
    parameters = {
        f"{i}.{name}": p for i, layer in enumerate(layers) for name, p in layer.parameters().items()
    }

    def forward(X: Any) -> Any:
        for layer in layers:
            X = layer(X)
        return X

    return ordinary(forward, cce, parameters, optim.Adam(0.01), penalized=layers)


def two_optimizers() -> Training:
    f = net()
    first, second = optim.Adam(0.01), optim.SGD(0.1, momentum=0.5)

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        first.step(f.first.parameters())
        second.step(f.second.parameters())
        first.zero_grad(f.parameters)
        return loss

    return Training(step, f.parameters, [first, second])


def two_losses_in_turn() -> Training:
    f = net()
    first, second = optim.Adam(0.01), optim.Adam(0.02)

    def step(X: Array, y: Array) -> Any:
        before = cce(f(X), y)
        before.backward()
        first.step(f.first.parameters())
        first.zero_grad(f.parameters)
        after = cce(f(X), y)
        after.backward()
        second.step(f.second.parameters())
        second.zero_grad(f.parameters)
        return before, after

    return Training(step, f.parameters, [first, second])


def gradients_clipped_by_their_norm() -> Training:
    f, adam = net(), optim.Adam(0.01)

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        norm = tg.sqrt(sum(tg.sum(p.grad * p.grad) for p in f.parameters.values()))
        for p in f.parameters.values():
            p.grad = p.grad * tg.minimum(1.0, 0.05 / norm)
        adam.step(f.parameters)
        adam.zero_grad(f.parameters)
        return loss, norm

    return Training(step, f.parameters, [adam])


def updated_by_hand() -> Training:
    f = net()

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        for p in f.parameters.values():
            p.data -= 0.1 * p.grad
            p.grad = None
        return loss

    return Training(step, f.parameters)


def updated_without_recording() -> Training:
    w = tg.Tensor(np.ones((4, 3), np.float32))

    def step(X: Array, y: Array) -> Any:
        nonlocal w
        loss = cce(tg.matmul(X, w), y)
        loss.backward()
        with tg.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
        return loss

    return Training(step, {"w": w})


def used_again_after_the_update() -> Training:
    f = net()

    def step(X: Array, y: Array) -> Any:
        before = cce(f(X), y)
        before.backward()
        for p in f.parameters.values():
            p.data = p.data - 0.1 * p.grad
            p.grad = None
        return before, cce(f(X), y)

    return Training(step, f.parameters)


def what_was_read_before_a_write() -> Training:
    """What was computed from a variable that is then written to, twice."""
    w = tg.Tensor(np.arange(6, dtype=np.float32).reshape(2, 3), name="w")

    def step(X: Array, y: Array) -> Any:
        turned, tripled, plain = tg.transpose(w) + 0.0, w * 3.0, tg.sum(w * 2)
        w.data = w.data * 0.5 + 1
        between = tg.sum(w)
        w.data = w.data + 0.01 * tripled.data
        return turned, tripled, plain, between, w + 0.0

    return Training(step, {"w": w})


def moved_in_the_middle() -> Training:
    """The first write is to memory that the optimizer then takes the variable from."""
    w = tg.Tensor(np.ones((4, 3), np.float32))
    sgd = optim.SGD(0.1)

    def step(X: Array, y: Array) -> Any:
        w.data = w.data * 0.9
        loss = cce(tg.matmul(X, w), y)
        loss.backward()
        sgd.step({"w": w})
        sgd.zero_grad({"w": w})
        return loss

    return Training(step, {"w": w}, [sgd])


def gradients_kept_from_call_to_call() -> Training:
    f = net()

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        return loss

    return Training(step, f.parameters)


def gradients_left_after_the_step() -> Training:
    f, adam = net(), optim.Adam(0.01)

    def step(X: Array, y: Array) -> Any:
        adam.zero_grad(f.parameters)
        loss = cce(f(X), y)
        loss.backward()
        adam.step(f.parameters)
        return loss

    return Training(step, f.parameters, [adam])


def gradients_read() -> Training:
    f, adam = net(), optim.Adam(0.01)

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        gradients = [p.grad for p in f.parameters.values()]
        values = [p.data * 1.0 for p in f.parameters.values()]
        adam.step(f.parameters)
        adam.zero_grad(f.parameters)
        return loss, gradients, values

    return Training(step, f.parameters, [adam])


def backward_twice() -> Training:
    f, adam = net(), optim.Adam(0.01)

    def step(X: Array, y: Array) -> Any:
        first, second = cce(f(X), y), tg.sum(tg.square(f.first.weights))
        first.backward()
        second.backward()
        first.backward()
        adam.step(f.parameters)
        adam.zero_grad(f.parameters)
        return first, second

    return Training(step, f.parameters, [adam])


def a_parameter_without_a_gradient() -> Training:
    f, adam = net(), optim.Adam(0.01)
    parameters = {"unused": tg.Tensor(np.ones(3, np.float32)), **f.parameters}

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnusedParameterWarning)
            adam.step(parameters)
        adam.zero_grad(parameters)
        return loss

    return Training(step, parameters, [adam])


def a_frozen_layer() -> Training:
    f, adam = net(), optim.Adam(0.01)
    moving = f.second.parameters()

    def step(X: Array, y: Array) -> Any:
        loss = cce(f(X), y)
        loss.backward()
        adam.step(moving)
        adam.zero_grad(f.parameters)
        return loss

    return Training(step, f.parameters, [adam])


TRAININGS: dict[str, Callable[[], Training]] = {
    "a schedule": _with(lambda: optim.Adam(optim.CosineDecay(0.02, 12, final=0.001))),
    "momentum and decay": _with(lambda: optim.SGD(0.1, momentum=0.9, decay=0.01)),
    "sgd": _with(lambda: optim.SGD(0.1)),
    "adagrad": _with(lambda: optim.Adagrad(0.05, decay=0.01)),
    "rmsprop": _with(lambda: optim.RMSProp(0.01)),
    "one-hot targets": _on_rows(losses.CategoricalCrossentropy(), tg.softmax),
    "one-hot targets, logits": _on_rows(cce, lambda x: x),
    "binary": _on_rows(losses.BinaryCrossentropy(), tg.sigmoid),
    "binary logits": _on_rows(losses.BinaryCrossentropy(from_logits=True), lambda x: x),
    "squares": _on_rows(losses.MeanSquaredError(), tg.tanh),
    "absolute values": _on_rows(losses.MeanAbsoluteError(), tg.tanh),
    "targets in float64": _on_rows(losses.MeanSquaredError(), tg.tanh, np.float64),
} | {
    f.__name__.replace("_", " "): f
    for f in (
        softmax_and_cross_entropy,
        logits_and_penalties,
        float64,
        dropout,
        layers_of_ones_own,
        two_optimizers,
        two_losses_in_turn,
        gradients_clipped_by_their_norm,
        updated_by_hand,
        updated_without_recording,
        used_again_after_the_update,
        what_was_read_before_a_write,
        moved_in_the_middle,
        gradients_kept_from_call_to_call,
        gradients_left_after_the_step,
        gradients_read,
        backward_twice,
        a_parameter_without_a_gradient,
        a_frozen_layer,
    )
}

EXACT = {
    "one-hot targets",
    "one-hot targets, logits",
    "binary",
    "binary logits",
    "squares",
    "absolute values",
    "targets in float64",
    "what was read before a write",
}
"""Trainings in which every sum is added up in the same order: the bits are equal."""


# --- compared ------------------------------------------------------------------------------------


def outcome(
    make: Callable[[], Training], feed: list[tuple[Array, Array]], compiled: bool
) -> list[Array | None]:
    """All that twenty steps return, and what they leave."""
    training = make()
    step = tg.compile(training.step) if compiled else training.step
    found = []
    for i in range(STEPS):
        returned = tg.tree.flatten(step(*feed[i % len(feed)]))
        found += [np.array(x.data if isinstance(x, tg.Tensor) else x) for x in returned]
    return [*found, *training.left()]


def agree(ours: list[Array | None], theirs: list[Array | None], ulps: int) -> None:
    assert [x is None for x in ours] == [x is None for x in theirs]
    for x, y in zip(ours, theirs, strict=True):
        if x is None or y is None:
            continue
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        if not ulps:
            assert x.tobytes() == y.tobytes()
        elif x.dtype.kind == "f":
            limit = ulps * np.spacing(np.abs(y).max(initial=0))
            np.testing.assert_allclose(x, y, rtol=0, atol=limit)
        else:
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", TRAININGS)
def test_twenty_steps(name: str) -> None:
    eager, compiled = (outcome(TRAININGS[name], BATCHES, how) for how in (False, True))
    agree(compiled, eager, 0 if name in EXACT else ULPS)


@pytest.mark.parametrize("name", ["softmax and cross entropy", "dropout", "squares"])
def test_a_shorter_last_batch(name: str) -> None:
    feed = list(batches(8, 8, 3, 8, 1))
    eager, compiled = (outcome(TRAININGS[name], feed, how) for how in (False, True))
    agree(compiled, eager, ULPS)


def test_gradients_of_two_batches_added_up() -> None:
    def accumulated() -> Training:
        f, adam = net(), optim.Adam(0.01)

        def step(X: Array, y: Array, X_next: Array, y_next: Array) -> Any:
            first, second = cce(f(X), y), cce(f(X_next), y_next)
            first.backward()
            second.backward()
            adam.step(f.parameters)
            adam.zero_grad(f.parameters)
            return first, second

        return Training(step, f.parameters, [adam])

    feed: Any = [(*a, *b) for a, b in itertools.pairwise(BATCHES)]
    eager, compiled = (outcome(accumulated, feed, how) for how in (False, True))
    agree(compiled, eager, ULPS)


def test_eager_and_compiled_steps_in_turn() -> None:
    """What one leaves, the other goes on with: state, step count, dropout."""

    def mixed() -> Training:
        training = dropout()
        ways = [training.step, tg.compile(training.step)]
        turns = iter(range(STEPS))
        training.step = lambda X, y: ways[next(turns) % 2](X, y)
        return training

    agree(outcome(mixed, BATCHES, False), outcome(dropout, BATCHES, False), ULPS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_relu_of_many(dtype: Any) -> None:
    """Above a size it is written in another way: all bits are those of the row."""
    x = (np.random.default_rng(0).normal(size=(400, 400)) * 4).astype(dtype)
    if x.dtype.kind == "f":
        x[0, :5] = np.nan, np.inf, -np.inf, -0.0, 1e-40
    step = tg.compile(lambda x: tg.relu(x * 2) + 1)
    np.testing.assert_array_equal(step(x), np.asarray(tg.relu(x * 2) + 1), strict=True)
    line = "multiply_2.clip(0, inf, out=" if x.dtype.kind == "f" else "maximum(multiply_2, 0, out="
    assert line in step.source()
