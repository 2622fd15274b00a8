"""Does a program still fit? One line of Python that is checked at every call.

A program was recorded for arguments of some types, for variables that lie where they lay, with
gradients or without, and for optimizers with such settings. The conditions are put into one
expression: that takes a fraction of the time of a loop over them. Read next: ``executable``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from tensorgraph.compiler.capture import Capture

Guard = Callable[[Any], bool]


class _Conditions:
    """Conditions, and the objects that they name."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"id": id, "len": len, "ndarray": np.ndarray}
        self.terms: list[str] = []

    def name(self, thing: Any) -> str:
        """A name for an object."""
        self.names[name := f"_{len(self.names)}"] = thing
        return name

    def on_outside(self, capture: Capture) -> None:
        """What was found outside is what it was."""
        for leaf in capture.leaves:
            self.terms.append(f"{self.name(leaf)}.value is {self.name(leaf.value)}")
        for leaf, had in capture.has_gradient.items():
            self.terms.append(f"{self.name(leaf)}.grad is {'not ' if had else ''}None")
        for owner, attributes in capture.settings:
            for attribute in attributes:
                value = self.name(getattr(owner, attribute))
                self.terms.append(f"{self.name(owner)}.{attribute} == {value}")

    def on_arguments(self, args: Sequence[Any], owners: Collection[int]) -> None:
        """They are arrays of these types, and no part of ``owners``, or the same plain values."""
        for i, x in enumerate(args):
            if isinstance(x, np.ndarray):
                self.terms.append(f"args[{i}].__class__ is ndarray")
                self.terms.append(f"args[{i}].dtype is {self.name(x.dtype)}")
                self.terms.append(f"args[{i}].shape == {x.shape}")
                if owners:
                    self.terms.append(f"id(args[{i}].base) not in {self.name(owners)}")
            else:
                self.terms.append(f"args[{i}].__class__ is {self.name(type(x))}")
                self.terms.append(f"args[{i}] == {self.name(x)}")

    def function(self, *more: str) -> Guard:
        """All of them as a function of the arguments."""
        text = " and ".join([*more, *self.terms]) or "True"
        guard: Guard = eval(f"lambda args: {text}", self.names)
        return guard


def guard_of(capture: Capture) -> Guard:
    """Whether what a program found outside is what it was."""
    conditions = _Conditions()
    conditions.on_outside(capture)
    return conditions.function()


_PLAIN = (bool, int, str, type(None))


def quick_guard_of(capture: Capture, args: Sequence[Any], owners: Collection[int]) -> Guard | None:
    """The same and that the arguments are of the kinds of ``args``; None where that takes a search.

    It does where arguments are trees or tensors. ``owners`` has the ids of arrays that the program
    writes to.
    """
    if not all(type(x) is np.ndarray or isinstance(x, _PLAIN) for x in args):
        return None
    conditions = _Conditions()
    conditions.on_arguments(args, owners)
    conditions.on_outside(capture)
    return conditions.function(f"len(args) == {len(args)}")
