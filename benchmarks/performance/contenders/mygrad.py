"""MyGrad; Adam by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet.activations import relu
from mygrad.nnet.losses import softmax_crossentropy

from performance.contenders.naive import Adam
from performance.networks import L2, Network, start


def step(network: Network) -> Callable[[], float]:
    X, y, weights, biases = start(network)
    tensors = [mg.tensor(a) for pair in zip(weights, biases, strict=True) for a in pair]
    adam = Adam(network.rate, [tensor.data for tensor in tensors])

    def take() -> float:
        h: Any = X
        for W, b in zip(tensors[::2], tensors[1::2], strict=True):
            z = mg.matmul(h, W) + b
            h = relu(z) if W is not tensors[-2] else z
        W, b = tensors[:2]
        loss = softmax_crossentropy(h, y) + L2 * ((W**2).sum() + (b**2).sum())
        loss.backward()
        adam.step([tensor.grad for tensor in tensors])
        return float(loss.item())

    return take


def operation(name: str) -> Callable[[], Any]:
    x, y = mg.tensor(np.full(4, 0.5, np.float32)), mg.tensor(np.full(4, 0.5, np.float32))
    g = np.ones(4, np.float32)
    f: Any = {"multiply": lambda: x * y, "exp": lambda: mg.exp(x)}[name]

    def call() -> Any:
        z = f()
        z.backward(g)
        return z

    return call


def chain(length: int) -> Callable[[], Any]:
    x, one, small = (mg.tensor(np.full(4, value, np.float32)) for value in (0.5, 1.0, 1e-6))

    def call() -> None:
        z = x
        for _ in range(length // 2):
            z = z * one + small
        z.sum().backward()

    return call
