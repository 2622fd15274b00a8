"""HIPS autograd; Adam by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as np
from autograd import grad, make_vjp, value_and_grad

from performance.contenders.naive import Adam
from performance.networks import L2, Network, start


def step(network: Network) -> Callable[[], float]:
    X, y, weights, biases = start(network)
    parameters = [array for pair in zip(weights, biases, strict=True) for array in pair]
    rows = np.arange(len(X))

    def loss_of(parameters: Any) -> Any:
        h = X
        for i in range(0, len(parameters), 2):
            z = np.dot(h, parameters[i]) + parameters[i + 1]
            h = np.maximum(z, 0)
        z = z - np.max(z, axis=1, keepdims=True)
        losses = np.log(np.sum(np.exp(z), axis=1)) - z[rows, y]
        W, b = parameters[:2]
        return np.mean(losses) + L2 * (np.sum(W**2) + np.sum(b**2))

    both, adam = value_and_grad(loss_of), Adam(network.rate, parameters)

    def take() -> float:
        loss, gradients = both(parameters)
        adam.step(gradients)
        return float(loss)

    return take


def operation(name: str) -> Callable[[], Any]:
    x, g = np.full(4, 0.5, np.float32), np.ones(4, np.float32)
    f: Any = {"multiply": lambda xy: xy[0] * xy[1], "exp": lambda xy: np.exp(xy[0])}[name]

    def call() -> Any:
        backward, z = make_vjp(f)((x, x))
        return z, backward(g)

    return call


def chain(length: int) -> Callable[[], Any]:
    x, one, small = (np.full(4, value, np.float32) for value in (0.5, 1.0, 1e-6))

    def recorded(x: Any, one: Any, small: Any) -> Any:
        z = x
        for _ in range(length // 2):
            z = z * one + small
        return np.sum(z)

    gradients = grad(recorded, (0, 1, 2))
    return lambda: gradients(x, one, small)
