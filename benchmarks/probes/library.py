"""What the probes ask of a library, and what all of those with variables share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar

import numpy as np

Function = Callable[..., Any]
Backward = Callable[[], list[Any]]
"""Goes back from a recorded result, and gives the gradient of each variable."""


class Missing(Exception):
    """The library does not have what the probe is about."""


class Library:
    """What the probes ask of a library; functions that differ by name alone are attributes."""

    has_arrays: ClassVar[bool] = True

    log: Function
    sqrt: Function
    where: Function

    def constant(self, array: np.ndarray) -> Any:
        return array

    def looking_for_nan(self) -> Any:
        """The mode that does so, where there is one."""
        return nullcontext()

    def recorded(self, f: Function, **xs: Any) -> Backward:
        """Run ``f`` forward on variables of these names."""
        raise NotImplementedError

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        """Run some steps of the usual loop, with nothing that clears gradients."""
        raise NotImplementedError

    def changes(self) -> dict[str, Callable[[], None]]:
        """The ways in which a program adds 1 to the first variable of the last recording."""
        raise NotImplementedError

    def dense(self, n_inputs: int, n_outputs: int) -> Function:
        """A layer called "hidden"; by hand, where the library has no layers."""
        weights = np.ones((n_inputs, n_outputs))

        def hidden(x: Any) -> Any:
            return x @ weights

        return hidden

    def draw(self, f: Function, x: Any) -> int:
        """Draw the graph of ``f(x)``, and say how many bytes the picture has."""
        raise Missing("no drawing")


class Taped(Library):
    """A library with variables that hold their gradients."""

    leaves: list[Any]
    out: Any

    def leaf(self, name: str, x: Any) -> Any:
        raise NotImplementedError

    def gradient(self, leaf: Any) -> Any:
        return leaf.grad

    def backward(self, out: Any) -> None:
        out.backward()

    def recorded(self, f: Function, **xs: Any) -> Backward:
        self.leaves = [self.leaf(name, x) for name, x in xs.items()]
        self.out = f(*self.leaves)

        def backward() -> list[Any]:
            self.backward(self.out)
            return [self.gradient(leaf) for leaf in self.leaves]

        return backward

    def trained(self, f: Function, steps: int, **xs: Any) -> list[Any]:
        self.leaves = [self.leaf(name, x) for name, x in xs.items()]
        step = self.optimizer(list(xs))
        for _ in range(steps):
            self.backward(f(*self.leaves))
            gradients = [self.gradient(leaf) for leaf in self.leaves]
            gradients = [None if g is None else np.array(g) for g in gradients]
            step()
        return gradients

    def optimizer(self, names: Sequence[str]) -> Callable[[], None]:
        """Returns what moves the leaves a little; by hand, where the library has no optimizer."""

        def step() -> None:
            for leaf in self.leaves:
                if leaf.grad is not None:
                    leaf.data -= 1e-3 * leaf.grad

        return step


def descended(gradient: Function, steps: int, xs: list[Any]) -> list[Any]:
    """Step down by hand along a function that gives the gradients; returns the last ones."""
    for _ in range(steps):
        gradients = gradient(*xs)
        xs = [x - 1e-3 * g for x, g in zip(xs, gradients, strict=True)]
    return list(gradients)
