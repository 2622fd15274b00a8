"""Learning rates that change with the number of steps done."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from tensorgraph.config import constructor_arguments
from tensorgraph.errors import ArgumentError


class Schedule(ABC):
    """A learning rate for each step: ``schedule(step)``, counted from 0."""

    @abstractmethod
    def __call__(self, step: int) -> float: ...

    def __repr__(self) -> str:
        arguments = constructor_arguments(self, type(self))
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in arguments.items())})"


class CosineDecay(Schedule):
    """From ``initial`` to ``final`` in ``steps`` steps, along half a cosine; then ``final``.

    initial + (final - initial) * (1 - cos(pi * step / steps)) / 2: Loshchilov and Hutter, 2017.
    """

    def __init__(self, initial: float, steps: int, final: float = 0.0) -> None:
        if steps < 1:
            raise ArgumentError(f"CosineDecay: steps is {steps}, and must be at least 1")
        self.initial = initial
        self.steps = steps
        self.final = final

    def __call__(self, step: int) -> float:
        done = min(step / self.steps, 1.0)
        return float(self.initial + (self.final - self.initial) * (1 - np.cos(np.pi * done)) / 2)
