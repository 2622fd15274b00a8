"""NumPy as one writes it at first: formulas as they stand in a book, an array for each result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from performance.networks import EPSILON, L2, Array, Network, start


class Adam:
    """A moment and a cache for each parameter; also for libraries that have no optimizer."""

    def __init__(self, rate: float, parameters: list[Array]) -> None:
        self.rate = rate
        self.parameters = parameters
        self.m = [np.zeros_like(p) for p in parameters]
        self.v = [np.zeros_like(p) for p in parameters]
        self.t = 0

    def step(self, gradients: list[Array]) -> None:
        self.t += 1
        c1, c2 = 1 - 0.9**self.t, 1 - 0.999**self.t
        for i, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
            p -= self.rate * (self.m[i] / c1) / (np.sqrt(self.v[i] / c2) + EPSILON)


def step(network: Network) -> Callable[[], float]:
    X, y, weights, biases = start(network)
    adam = Adam(network.rate, [*weights, *biases])
    rows, last = np.arange(len(X)), len(weights) - 1

    def take() -> float:
        outputs = [X]
        for i, (W, b) in enumerate(zip(weights, biases, strict=True)):
            z = outputs[-1] @ W + b
            outputs.append(z if i == last else np.maximum(z, 0))
        exp = np.exp(outputs[-1] - outputs[-1].max(axis=1, keepdims=True))
        p = exp / exp.sum(axis=1, keepdims=True)
        loss = -np.log(p[rows, y]).mean()
        loss += L2 * ((weights[0] ** 2).sum() + (biases[0] ** 2).sum())

        d = p.copy()
        d[rows, y] -= 1
        d /= len(X)
        for_weights, for_biases = [], []
        for i in range(last, -1, -1):
            for_weights.insert(0, outputs[i].T @ d)
            for_biases.insert(0, d.sum(axis=0, keepdims=True))
            if i:
                d = (d @ weights[i].T) * (outputs[i] > 0)
        for_weights[0] += 2 * L2 * weights[0]
        for_biases[0] += 2 * L2 * biases[0]
        adam.step([*for_weights, *for_biases])
        return float(loss)

    return take
