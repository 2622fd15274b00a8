"""What stands beside the inputs and outputs: numbers, names, values. Read next: ``layout``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.typing import Array
from tensorgraph.viz.networks.columns import Column


def number(value: float, sign: str = "") -> str:
    """Return a number in three digits, with a true minus; ``sign`` "+" marks the positive too."""
    return f"{value:{sign}.3g}".replace("-", "−")


def checked_names(names: Any, outputs: Column) -> list[str]:
    """Return the names of the classes as a list; without any, the numbers of the outputs."""
    if names is None:
        return []
    given = [names] if isinstance(names, str) else [str(name) for name in names]
    pair = " (or two, of the classes 0 and 1)" if outputs.size == 1 else ""
    if len(given) != outputs.size and not (pair and len(given) == 2):
        raise ArgumentError(
            f"network(): names has {len(given)} name{'' if len(given) == 1 else 's'}, and the "
            f"model has {outputs.size} output{'' if outputs.size == 1 else 's'}: give one name an "
            f"output{pair}"
        )
    return given


def write_labels(columns: Sequence[Column], names: Sequence[str]) -> None:
    """Label the inputs and the outputs, with their values where there is an example.

    Of two names of one output the second is the label: the output is the probability of class 1.
    """
    first, last = columns[0], columns[-1]
    first.labels = _labels(first, [])
    last.labels = _labels(last, names[-last.size :])


def write_classes(last: Column, names: Sequence[str]) -> None:
    """Label the maps of the outputs with the classes that their colours and points stand for."""
    numbers = range(2) if last.size == 1 else last.shown
    named = names if len(names) == max(last.size, 2) else []
    last.classes = {int(n): named[n] if named else f"class {n}" for n in numbers}
    last.labels = []


def write_answer(last: Column, names: Sequence[str], given: Array) -> None:
    """Say which of all outputs ``given`` is the largest; of one probability, which class it is."""
    if last.size > 1:
        best = int(given.argmax())
        last.answer = f"largest: {names[best] if names else best} ({number(given[best])})"
        places = np.flatnonzero(last.shown == best)
        last.largest = int(places[0]) if places.size else None
    elif last.has_probabilities:
        best = int(given[0] > 0.5)
        last.answer = f"answer: {names[best] if len(names) == 2 else best}"


def _labels(column: Column, names: Sequence[str]) -> list[str]:
    labels = [names[n] if names else str(n) for n in column.shown]
    if column.values.size:
        values = zip(labels, column.values, strict=True)
        return [f"{label}: {number(value)}" for label, value in values]
    return labels
