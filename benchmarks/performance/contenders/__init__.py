"""Who takes part. A module for each library, with a function for each workload it can do.

``step(network)``      a call takes one training step, and gives the loss
``train(network)``     the same through the library's own training loop, with accuracy
``fit(network, X, y)`` trains for one epoch
``operation(name)``    a call runs one operation on a small array, forward and backward
``chain(length)``      a call records that many operations, and goes back through them
``program(epochs)``    a call trains the whole program on 3,000 points of the spiral

What tells the ways to use one library apart is the module, or ``options``, which every function
gets. Modules are imported by workers alone.
"""

from __future__ import annotations

import importlib.util
from typing import Any, NamedTuple

from performance.settings import FLOOR


class Missing(Exception):
    """The contender cannot take part in this workload; the message, if any, says why."""


class Contender(NamedTuple):
    """A library, used in one way."""

    title: str
    module: str
    does: tuple[str, ...]
    """The functions that it has."""
    needs: str | None = None
    """What must be installed."""
    alone: bool = False
    """Whether it needs a process of its own: it has threads, or changes NumPy."""
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody writes to it

    @property
    def is_here(self) -> bool:
        """Whether what it needs is installed."""
        if self.module == "floor":
            return FLOOR.exists()
        return self.needs is None or importlib.util.find_spec(self.needs) is not None


OURS = ("step", "train", "fit", "operation", "chain", "program")
STEP, FIT, OPERATIONS = ("step",), ("step", "fit"), ("operation", "chain")

CONTENDERS = {
    contender.title: contender
    for contender in (
        Contender("tensorgraph", "tensorgraph", OURS, options={"compiled": False}),
        Contender("tensorgraph, compiled", "tensorgraph", OURS, options={"compiled": True}),
        Contender("NumPy, planned", "planned", STEP),
        Contender("NumPy, planned (the file)", "floor", STEP),
        Contender("NumPy, naive", "naive", STEP),
        Contender("NumPy, the book's way", "book", ("program",)),
        Contender("PyTorch", "torch_operations", OPERATIONS, "torch"),
        Contender("PyTorch, Adam", "torch", FIT, "torch", options={"adam": "default"}),
        Contender("PyTorch, foreach Adam", "torch", FIT, "torch", options={"adam": "foreach"}),
        Contender("PyTorch, fused Adam", "torch", FIT, "torch", options={"adam": "fused"}),
        Contender("PyTorch, torch.compile", "torch_compile", STEP, "torch", alone=True),
        Contender("JAX, jit", "jax", ("step", "fit", "operation"), "jax", alone=True),
        Contender("HIPS autograd", "autograd", (*STEP, *OPERATIONS), "autograd"),
        Contender("MyGrad", "mygrad", (*STEP, *OPERATIONS), "mygrad", alone=True),
        Contender("micrograd", "micrograd", OPERATIONS, "micrograd"),
        Contender("scikit-learn", "sklearn", FIT, "sklearn", alone=True),
    )
}
