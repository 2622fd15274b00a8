"""How long each operation of a tape takes, measured by running it again. Read next: ``overlays``.

The forward pass of an operation is run on the values it was recorded with, its rules on the
gradient that a sweep brings it. Nothing that was recorded changes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.primitive import REGISTRY
from tensorgraph.tape import Node, Tape
from tensorgraph.viz.graphs.gradients import Gradients
from tensorgraph.viz.graphs.needs import rules_run
from tensorgraph.viz.graphs.values import duration

RUNS = 5
ENOUGH = 0.1
"""Seconds after which no further run of an operation begins."""


class Times(NamedTuple):
    """Seconds: of the forward pass, and of the rules; None where they cannot be measured."""

    forward: float | None
    backward: float | None

    @property
    def total(self) -> float:
        return (self.forward or 0.0) + (self.backward or 0.0)

    def in_words(self) -> str:
        """Return "12 µs forward, 30 µs backward"."""
        parts = zip(self, ("forward", "backward"), strict=True)
        return ", ".join(f"{duration(x)} {way}" for x, way in parts if x is not None)


def times_of(recording: Tape, gradients: Gradients) -> dict[Node, Times]:
    """Return the times of the operations of a tape, each the median of a few runs.

    A row that was made for one call, as a checkpoint's is, holds its result: it has no forward pass
    to be run again.
    """
    times = {}
    with np.errstate(all="ignore"):
        for node in recording:
            if not node.is_leaf:
                g = gradients.totals.get(node)
                is_row = REGISTRY.get(node.primitive.name) is node.primitive
                times[node] = Times(
                    _measured(partial(run_forward, node)) if is_row else None,
                    None if g is None else _measured(partial(run_rules, node, g)),
                )
    return times


def run_forward(node: Node) -> None:
    """Run the forward pass of an operation on what it was recorded with."""
    node.primitive.forward(*node.values, **node.params)


def run_rules(node: Node, g: Any) -> None:
    """Run the rules of an operation, those that a sweep runs, on the gradient ``g``."""
    for _, rule in rules_run(node):
        rule(g, node.value, *node.values, **node.params)


def _measured(run: Callable[[], None]) -> float:
    """Return the median time of a few runs; of what takes long, one may do."""
    times: list[float] = []
    while len(times) < RUNS and sum(times) < ENOUGH:
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return median(times)
