"""What the engine must reach, each as a ratio within one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from performance.figures import Spread, fastest, ratios
from performance.race import Times
from performance.workloads import sized

EAGER, COMPILED = "tensorgraph", "tensorgraph, compiled"
PLANNED = ("NumPy, planned (the file)", "NumPy, planned")
PYTORCH = ("PyTorch, Adam", "PyTorch, foreach Adam", "PyTorch, fused Adam")
JAX = ("JAX, jit",)
BOOK = ("NumPy, the book's way",)


class Goal(NamedTuple):
    """A line of the table: ratios of times, or how many times as fast; None where none is set.

    Of several contenders to be compared with, the fastest counts.
    """

    what: str
    workload: str
    beside: tuple[str, ...]
    eager: float | None = None
    compiled: float | None = None
    times_as_fast: bool = False

    def bound(self, value: float | None) -> str:
        if value is None:
            return ""
        return f"≥ {value:g}" if self.times_as_fast else f"≤ {value:g}"

    def reached(self, results: Mapping[str, Times], title: str) -> Spread | None:
        """What was measured; None where something of it was not."""
        times = results.get(self.workload, {})
        ours, theirs = fastest(times, (title,)), fastest(times, self.beside)
        if ours is None or theirs is None:
            return None
        return ratios(theirs, ours) if self.times_as_fast else ratios(ours, theirs)

    def is_met(self, bound: float, seen: Spread) -> bool:
        return seen.median >= bound if self.times_as_fast else seen.median <= bound


class Growth(Goal):
    """The time of an operation in the largest graph against that in one of 1,000."""

    __slots__ = ()

    def reached(self, results: Mapping[str, Times], title: str) -> Spread | None:
        times = results.get(self.workload, {})
        ours = fastest(times, (sized(title, 1_000_000),))
        theirs = fastest(times, (sized(title, 1_000),))
        return None if ours is None or theirs is None else ratios(ours, theirs)


GOALS = (
    Goal("spiral step, against planned NumPy", "spiral", PLANNED, 1.6, 0.95),
    Goal(
        "spiral step, times as fast as PyTorch with its faster Adam",
        "spiral",
        PYTORCH,
        2.4,
        4.2,
        True,
    ),
    Goal("spiral step, times as fast as JAX jit, one core each", "spiral", JAX, None, 1.5, True),
    Goal("Fashion-MNIST step at 128, against planned NumPy", "fashion-128", PLANNED, 1.2, 0.97),
    Goal(
        "Fashion-MNIST step at 128, times as fast as PyTorch with its faster Adam",
        "fashion-128",
        PYTORCH,
        1.25,
        1.5,
        True,
    ),
    Goal(
        "Fashion-MNIST step at 128, times as fast as JAX jit", "fashion-128", JAX, None, 1.05, True
    ),
    Goal(
        "one elementwise operation, forward and backward, against PyTorch",
        "multiply",
        ("PyTorch",),
        0.5,
        0.15,
    ),
    Growth("time per operation at 1,000,000 operations, against 1,000", "graphs", (), 1.3),
    Goal("first call to second call's end, spiral, against JAX jit", "first", JAX, None, 0.1),
    Goal(
        "peak memory of Fashion-MNIST training less that after import, against PyTorch",
        "memory",
        PYTORCH,
        None,
        0.6,
    ),
    Goal("the same, less the data too", "memory-alone", PYTORCH),
    Goal(
        "a step of Model.train with accuracy, spiral, against planned NumPy with accuracy",
        "train-spiral",
        PLANNED,
        None,
        1.05,
    ),
    Goal(
        "a step of Model.train with accuracy, Fashion-MNIST at 128, against the same",
        "train-fashion",
        PLANNED,
        None,
        1.05,
    ),
    Goal(
        "the whole spiral program, times as fast as in the book's way",
        "program",
        BOOK,
        None,
        3,
        True,
    ),
)
