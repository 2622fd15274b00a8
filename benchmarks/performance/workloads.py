"""What is measured, and with whom. Read next: ``goals``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container
from math import inf
from typing import Any, NamedTuple

from performance.contenders import CONTENDERS
from performance.race import TURN, Entry, Helper, Times, first_calls, fresh, race

ROWS = 60_000
"""Examples of an epoch, as many as Fashion-MNIST has."""

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)


class Settings(NamedTuple):
    """How long to measure; ``seconds`` are those of a workload that counts once."""

    seconds: float
    repeats: int
    epochs: int
    rows: int
    largest: int
    verbose: bool


FULL = Settings(22.0, 5, 1000, ROWS, SIZES[-1], False)
QUICK = Settings(1.0, 2, 50, 5 * 128, 10_000, False)


class Workload(NamedTuple):
    """A heading, what stands below it, the unit of its figures, and how they are got."""

    title: str
    about: str
    unit: str
    run: Callable[[Settings], Times]
    beside: str = "NumPy, planned"
    """The contender that all are compared with."""


COMPILE = "PyTorch, torch.compile"
"""It takes most of a minute before it runs: it is not everywhere."""


def entries_of(
    function: str,
    arguments: dict[str, Any],
    only: Container[str] = tuple(CONTENDERS),
    without: Container[str] = (),
) -> list[Entry]:
    """An entry for each contender that is installed and has such a function."""
    return [
        Entry(title, contender, function, arguments)
        for title, contender in CONTENDERS.items()
        if function in contender.does
        and contender.is_here
        and title in only
        and title not in without
    ]


def steps(network: str, share: float = 1, without: tuple[str, ...] = (COMPILE,)) -> Any:
    def run(settings: Settings) -> Times:
        entries = entries_of("step", {"network": network}, without=without)
        return race(entries, share * settings.seconds, verbose=settings.verbose)

    return run


def operation(name: str) -> Any:
    def run(settings: Settings) -> Times:
        entries = entries_of("operation", {"name": name})
        return race(entries, settings.seconds / 3, verbose=settings.verbose)

    return run


def sized(title: str, size: int) -> str:
    return f"{title}: {size:,}"


def chains(settings: Settings) -> Times:
    """Ours in any case at all sizes; the others as far as they get in some seconds."""
    entries = [
        Entry(sized(title, size), contender, function, {"length": size}, operations=size)
        for title, contender, function, *_ in entries_of("chain", {})
        for size in SIZES
        if size <= settings.largest
    ]
    ours = [entry for entry in entries if entry.contender.module == "tensorgraph"]
    others = [entry for entry in entries if entry not in ours]
    times: Times = {}
    for chosen, longest in ((ours, inf), (others, 8.0)):
        times |= race(
            chosen, settings.seconds / 2, longest=longest, apart=True, verbose=settings.verbose
        )
    return times


def first(settings: Settings) -> Times:
    known = {"network": "spiral"}
    often = (
        "tensorgraph",
        "tensorgraph, compiled",
        "NumPy, planned",
        "PyTorch, fused Adam",
        "JAX, jit",
    )
    times = fresh(
        entries_of("step", known, only=often), first_calls, settings.repeats, settings.verbose
    )
    once = entries_of("step", known, only=(COMPILE,))
    return times | fresh(once, first_calls, 1, settings.verbose)


def memory(what: str) -> Any:
    return lambda settings: {
        title: answers if isinstance(answers, str) else [answer[what] for answer in answers]
        for title, answers in _memories(settings).items()
    }


@functools.cache
def _memories(settings: Settings) -> dict[str, Any]:
    def asked(helper: Helper, entry: Entry) -> Any:
        return helper.ask(
            "memory", title=entry.contender.title, arguments=entry.arguments, rows=settings.rows
        )

    known = {"network": "fashion-128"}
    entries = entries_of("fit", known, without=("PyTorch, foreach Adam",))
    return fresh(entries, asked, 2, settings.verbose)


def training(network: str) -> Any:
    def run(settings: Settings) -> Times:
        known = {"network": network}
        planned = ("NumPy, planned", "NumPy, planned (the file)")
        entries = [
            *entries_of("train", known),
            *entries_of("step", {**known, "accuracy": True}, only=planned),
        ]
        return race(entries, settings.seconds, turn=5 * TURN, verbose=settings.verbose)

    return run


def program(settings: Settings) -> Times:
    entries = entries_of("program", {"epochs": settings.epochs})
    return race(entries, settings.seconds, turn=TURN / 10, verbose=settings.verbose)


US, MS, S, MB = "µs", "ms", "s", "MB"

WORKLOADS = {
    "multiply": Workload(
        "One operation: x * y",
        "Four numbers each, forward and backward; micrograd has one number each.",
        US,
        operation("multiply"),
        "PyTorch",
    ),
    "exp": Workload(
        "One operation: exp(x)",
        "Four numbers, forward and backward.",
        US,
        operation("exp"),
        "PyTorch",
    ),
    "spiral": Workload(
        "Spiral: a step",
        "2-64-3, 300 points at once.",
        US,
        steps("spiral", 2, without=()),
    ),
    "fashion-32": Workload(
        "Fashion-MNIST: a step at batch 32", "784-128-128-10.", US, steps("fashion-32")
    ),
    "fashion-128": Workload(
        "Fashion-MNIST: a step at batch 128", "", US, steps("fashion-128", 2, without=())
    ),
    "fashion-1024": Workload(
        "Fashion-MNIST: a step at batch 1024", "", MS, steps("fashion-1024", 1.5)
    ),
    "deep": Workload("Deep: a step of 50 layers of 64", "Batch 128.", MS, steps("deep", 1.5)),
    "wide": Workload("Wide: a step of 784-2048-2048-10", "Batch 128.", MS, steps("wide", 1.5)),
    "graphs": Workload(
        "Graphs: time for one of so many operations",
        "z * one + small, over and over, recorded, gone back through and freed; Python's cycle "
        "collector is on, and each library has a process of its own.",
        US,
        chains,
        "",
    ),
    "first": Workload(
        "First steps: from the first call to the end of the second",
        "The spiral. Each time in a new process, without the import.",
        MS,
        first,
        "JAX, jit",
    ),
    "memory": Workload(
        "Memory: an epoch of Fashion-MNIST",
        "The peak of resident memory less that after import, each time in a new process. The data "
        "alone, 60,000 rows of float32, are 179 MB, the same for all.",
        MB,
        memory("data"),
        "PyTorch, Adam",
    ),
    "memory-alone": Workload(
        "Memory: an epoch of Fashion-MNIST, less the data",
        "The peak of resident memory less that when import is done and the data are there.",
        MB,
        memory("training"),
        "PyTorch, Adam",
    ),
    "train-spiral": Workload(
        "Model.train: a step with accuracy, spiral",
        "With records, callbacks and history; planned NumPy computes the accuracy too.",
        US,
        training("spiral"),
    ),
    "train-fashion": Workload(
        "Model.train: a step with accuracy, Fashion-MNIST at batch 128",
        "",
        US,
        training("fashion-128"),
    ),
    "program": Workload(
        "The whole program on the spiral",
        "3,000 points, 1,000 epochs, validation after each; against layers with forward and "
        "backward as the book has them.",
        S,
        program,
        "NumPy, the book's way",
    ),
}
