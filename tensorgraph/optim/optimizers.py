"""The optimizers' equations: p values, g gradient, r learning rate, t = 1, 2, ... the step.

Each is written once, as an expression on tensors; the compiler makes a few calls of NumPy in place
of it, over all parameters at once.
"""

from __future__ import annotations

from typing import Any

from tensorgraph import ops
from tensorgraph.errors import ArgumentError
from tensorgraph.optim.optimizer import Optimizer
from tensorgraph.optim.schedules import Schedule


class SGD(Optimizer):
    """p += u with u = momentum * u - r * g (Polyak, 1964); without momentum, plain descent."""

    state_names = ("momentum",)

    def __init__(
        self, learning_rate: float | Schedule = 1.0, decay: float = 0.0, momentum: float = 0.0
    ) -> None:
        super().__init__(learning_rate, decay)
        self.momentum = _fraction("SGD", "momentum", momentum)

    def update(self, p: Any, g: Any, state: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        (u,) = state
        if not self.momentum:
            return p - g * rate, u
        u = u * self.momentum - g * rate
        return p + u, u


class Adagrad(Optimizer):
    """p -= r * g / (sqrt(v) + epsilon) with v += g² (Duchi, Hazan and Singer, 2011)."""

    state_names = ("cache",)

    def __init__(
        self, learning_rate: float | Schedule = 1.0, decay: float = 0.0, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate, decay)
        self.epsilon = epsilon

    def update(self, p: Any, g: Any, state: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        (v,) = state
        v = v + g * g
        return _descended(p, g, v, rate, self.epsilon), v


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

    def update(self, p: Any, g: Any, state: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        (v,) = state
        v = v * self.rho + g * g * (1 - self.rho)
        return _descended(p, g, v, rate, self.epsilon), v


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

    def update(self, p: Any, g: Any, state: Any, rate: Any, t: Any) -> tuple[Any, ...]:
        M, V = state
        M = M * self.beta_1 + g
        V = V * self.beta_2 + g * g
        a = (1 - self.beta_1) / (1 - self.beta_1**t)
        s = ((1 - self.beta_2) / (1 - self.beta_2**t)) ** 0.5
        return _descended(p, M, V, rate * a / s, self.epsilon / s), M, V


def _descended(p: Any, direction: Any, v: Any, rate: Any, epsilon: Any) -> Any:
    """p - rate * direction / (sqrt(v) + epsilon)."""
    return p - direction / (ops.sqrt(v) + epsilon) * rate


def _fraction(optimizer: str, name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ArgumentError(
            f"{optimizer}: {name} is {value!r}, and must be at least 0 and less than 1"
        )
    return float(value)
