"""The optimizers' equations, on flat arrays and in place: p values, g gradient, r learning rate."""

from __future__ import annotations

from math import sqrt

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.optim.optimizer import Optimizer
from tensorgraph.optim.schedules import Schedule
from tensorgraph.typing import Array


class SGD(Optimizer):
    """p += u with u = momentum * u - r * g (Polyak, 1964); without momentum, plain descent."""

    state_names = ("momentum",)

    def __init__(
        self, learning_rate: float | Schedule = 1.0, decay: float = 0.0, momentum: float = 0.0
    ) -> None:
        super().__init__(learning_rate, decay)
        self.momentum = _fraction("SGD", "momentum", momentum)

    def update(self, p: Array, g: Array, state: list[Array], room: Array, rate: float) -> None:
        (u,) = state
        np.multiply(g, rate, out=room)
        np.multiply(u, self.momentum, out=u)
        np.subtract(u, room, out=u)
        np.add(p, u, out=p)


class Adagrad(Optimizer):
    """p -= r * g / (sqrt(v) + epsilon) with v += g² (Duchi, Hazan and Singer, 2011)."""

    state_names = ("cache",)

    def __init__(
        self, learning_rate: float | Schedule = 1.0, decay: float = 0.0, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate, decay)
        self.epsilon = epsilon

    def update(self, p: Array, g: Array, state: list[Array], room: Array, rate: float) -> None:
        (v,) = state
        np.multiply(g, g, out=room)
        np.add(v, room, out=v)
        _descend(p, g, v, room, rate, self.epsilon)


class RMSProp(Optimizer):
    """p -= r * g / (sqrt(v) + epsilon), v = rho * v + (1 - rho) * g²: Tieleman and Hinton, 2012."""

    state_names = ("cache",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        decay: float = 0.0,
        epsilon: float = 1e-7,
        rho: float = 0.9,
    ) -> None:
        super().__init__(learning_rate, decay)
        self.epsilon = epsilon
        self.rho = _fraction("RMSProp", "rho", rho)

    def update(self, p: Array, g: Array, state: list[Array], room: Array, rate: float) -> None:
        (v,) = state
        np.multiply(g, g, out=room)
        np.multiply(room, 1 - self.rho, out=room)
        np.multiply(v, self.rho, out=v)
        np.add(v, room, out=v)
        _descend(p, g, v, room, rate, self.epsilon)


class Adam(Optimizer):
    """p -= r * m̂ / (sqrt(v̂) + epsilon): Kingma and Ba, 2015.

    m = b1 * m + (1 - b1) * g and v = b2 * v + (1 - b2) * g²; at step t = 1, 2, ... m̂ = m / (1 -
    b1^t) and v̂ = v / (1 - b2^t). The state keeps M = m / (1 - b1) and V = v / (1 - b2), for which
    the sums are M = b1 * M + g and V = b2 * V + g²; all factors that are the same for every
    element then meet in one:

        m̂ / (sqrt(v̂) + epsilon) = (a / s) * M / (sqrt(V) + epsilon / s)

    with a = (1 - b1) / (1 - b1^t) and s = sqrt((1 - b2) / (1 - b2^t)).
    """

    state_names = ("momentum", "cache")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        decay: float = 0.0,
        epsilon: float = 1e-7,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
    ) -> None:
        super().__init__(learning_rate, decay)
        self.epsilon = epsilon
        self.beta_1 = _fraction("Adam", "beta_1", beta_1)
        self.beta_2 = _fraction("Adam", "beta_2", beta_2)

    def update(self, p: Array, g: Array, state: list[Array], room: Array, rate: float) -> None:
        M, V = state
        t = self.iterations + 1
        np.multiply(M, self.beta_1, out=M)
        np.add(M, g, out=M)
        np.multiply(V, self.beta_2, out=V)
        np.multiply(g, g, out=room)
        np.add(V, room, out=V)
        a = (1 - self.beta_1) / (1 - self.beta_1**t)
        s = sqrt((1 - self.beta_2) / (1 - self.beta_2**t))
        _descend(p, M, V, room, rate * a / s, self.epsilon / s)


def _descend(
    p: Array, direction: Array, v: Array, room: Array, rate: float, epsilon: float
) -> None:
    """p -= rate * direction / (sqrt(v) + epsilon)."""
    np.sqrt(v, out=room)
    np.add(room, epsilon, out=room)
    np.divide(direction, room, out=room)
    np.multiply(room, rate, out=room)
    np.subtract(p, room, out=p)


def _fraction(optimizer: str, name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ArgumentError(
            f"{optimizer}: {name} is {value!r}, and must be at least 0 and less than 1"
        )
    return float(value)
