"""NumPy with a plan: the yardstick.

Every array is there before the first step. A step is a list of calls, whose arguments, the array to
write to included, are bound once; Python does nothing but call them one after the other. Parameters
lie side by side, so that Adam needs a dozen calls however many there are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from performance.networks import EPSILON, L2, Array, Network, start

Call = Callable[[], Any]
f4 = np.float32


def step(network: Network, accuracy: bool = False) -> Callable[[], Any]:
    """A step gives the loss; with ``accuracy`` a pair."""
    X, y, weights, biases = start(network)
    pairs = [array for pair in zip(weights, biases, strict=True) for array in pair]
    flat = np.concatenate([array.ravel() for array in pairs])
    gradient = np.zeros_like(flat)
    parameters, gradients = _cut(flat, pairs), _cut(gradient, pairs)
    n_rows, n_classes = network.batch, network.sizes[-1]
    outputs = [np.empty((n_rows, n), f4) for n in network.sizes[1:]]
    deltas = [np.empty_like(output) for output in outputs]
    right = np.arange(n_rows) * n_classes + y

    forward = _forward([X, *outputs], parameters)
    softmax = _softmax(outputs[-1], deltas[-1])
    backward = _backward([X, *outputs], deltas, parameters, gradients)
    penalised = flat[: parameters[0].size + parameters[1].size]
    penalty = _penalty(penalised, gradient[: penalised.size])
    update = _Adam(flat, gradient, network.rate)

    scores, last = outputs[-1], deltas[-1]
    chances, share = last.ravel(), f4(1 / n_rows)

    def take() -> Any:
        for call in forward:
            call()
        hits = float((scores.argmax(1) == y).mean()) if accuracy else None
        for call in softmax:
            call()
        chosen = chances[right]
        loss = L2 * float(penalised @ penalised) - float(np.log(np.maximum(chosen, 1e-30)).mean())
        chances[right] = chosen - 1
        np.multiply(last, share, last)
        for call in backward:
            call()
        for call in penalty:
            call()
        update()
        return (loss, hits) if accuracy else loss

    return take


def _cut(flat: Array, like: Sequence[Array]) -> list[Array]:
    """Views into ``flat``, one after the other, of the shapes of these."""
    ends = list(itertools.accumulate(array.size for array in like))
    return [
        flat[end - array.size : end].reshape(array.shape)
        for end, array in zip(ends, like, strict=True)
    ]


def _forward(values: list[Array], parameters: list[Array]) -> list[Call]:
    calls: list[Call] = []
    for i, (W, b) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        x, z = values[i], values[i + 1]
        calls += [partial(np.matmul, x, W, z), partial(np.add, z, b, z)]
        calls.append(partial(np.maximum, z, f4(0), out=z))
    return calls[:-1]  # no ReLU at the end


def _softmax(scores: Array, p: Array) -> list[Call]:
    row = np.empty((len(scores), 1), f4)
    return [
        partial(np.maximum.reduce, scores, 1, None, row, True),
        partial(np.subtract, scores, row, scores),
        partial(np.exp, scores, p),
        partial(np.add.reduce, p, 1, None, row, True),
        partial(np.divide, p, row, p),
    ]


def _backward(
    values: list[Array], deltas: list[Array], parameters: list[Array], gradients: list[Array]
) -> list[Call]:
    ones = np.ones((1, len(values[0])), f4)
    calls: list[Call] = []
    for i in reversed(range(len(deltas))):
        x, d = values[i], deltas[i]
        calls.append(partial(np.matmul, x.T, d, gradients[2 * i]))
        calls.append(partial(np.matmul, ones, d, gradients[2 * i + 1]))
        if i:
            before, passes = deltas[i - 1], np.empty(x.shape, bool)
            calls.append(partial(np.matmul, d, parameters[2 * i].T, before))
            calls.append(partial(np.greater, x, f4(0), passes))
            calls.append(partial(np.multiply, before, passes, before))
    return calls


def _penalty(p: Array, g: Array) -> list[Call]:
    twice = np.empty_like(p)
    return [partial(np.multiply, p, f4(2 * L2), twice), partial(np.add, g, twice, g)]


class _Adam:
    """One update of everything; the gradient is used up."""

    def __init__(self, p: Array, g: Array, rate: float) -> None:
        self.rate, self.t = rate, 0
        self.p, self.room = p, np.empty_like(p)
        m, self.v, room = np.zeros_like(p), np.zeros_like(p), self.room
        self.m = m
        self.moments: list[Call] = [
            partial(np.subtract, g, m, room),
            partial(np.multiply, room, f4(0.1), room),
            partial(np.add, m, room, m),
            partial(np.multiply, g, g, g),
            partial(np.subtract, g, self.v, g),
            partial(np.multiply, g, f4(0.001), g),
            partial(np.add, self.v, g, self.v),
        ]

    def __call__(self) -> None:
        for call in self.moments:
            call()
        self.t += 1
        p, room = self.p, self.room
        np.sqrt(self.v, room)
        np.multiply(room, f4((1 - 0.999**self.t) ** -0.5), room)
        np.add(room, f4(EPSILON), room)
        np.divide(self.m, room, room)
        np.multiply(room, f4(self.rate / (1 - 0.9**self.t)), room)
        np.subtract(p, room, p)
