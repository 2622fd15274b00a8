"""Where the columns of a picture go, in inches. Read next: ``inks``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorgraph.typing import Array
from tensorgraph.viz.networks.activity import Plane
from tensorgraph.viz.networks.columns import Column
from tensorgraph.viz.networks.labels import number

RADIUS = 0.13
MAP = 0.25  # half the side of a map
OUTPUT_MAP = 0.48
WHOLE_MAP = 1.0
FEW = 6  # outputs that get larger maps
SPACE = 0.16  # between two neurons
GAP = 2.1
LETTER = 0.105  # about what one takes in a caption
SMALL_LETTER = 0.085  # and in a label
MARGIN = 0.8
LINE = 0.19
LEGEND_LINE = 0.24
EDGE = 0.15
LEAST_WIDTH = 7.8


@dataclass(frozen=True)
class Layout:
    """The size of the picture, the middles of the neurons, (shown, 2) a column, and half a side.

    Captions hang from ``floor``; the names of the activations stand on ``ceiling``, at ``acts``.
    ``whole`` is the middle of the map of all classes.
    """

    width: float
    height: float
    floor: float
    ceiling: float
    places: list[Array]
    halves: list[float]
    acts: Array
    whole: tuple[float, float]


def caption(column: Column) -> list[str]:
    """Return the lines below a column."""
    unit = "neuron" if column.weights.size else "input"
    lines = [column.name, f"{column.size} {unit}{'' if column.size == 1 else 's'}"]
    if column.by_activity:
        lines.append(f"the {len(column.shown)} most active")
    if column.dropout:
        lines.append(f"dropout {column.dropout:g}")
    if column.dropped.size:
        lines.append(f"here {column.dropped.sum()} of {column.dropped.size} dropped")
    if column.values.size or (column.maps.size and not column.has_probabilities):
        lines.append(f"full colour: {number(column.reach)}")
    return [*lines, column.answer] if column.answer else lines


def layout(columns: Sequence[Column], plane: Plane | None, legend_lines: int) -> Layout:
    """Return where everything goes; ``legend_lines`` are those below the captions."""
    captions = [caption(column) for column in columns]
    halves = [_half(column, column is columns[-1]) for column in columns]
    widest = LETTER * max(len(line) for lines in captions for line in lines)
    acts = LETTER * max((len(name) for c in columns for name in c.activations), default=0)
    gap = max(GAP, widest + 0.1, acts + 0.2 + 2 * max(halves))
    left = max(MARGIN, widest / 2, halves[0] + 0.2 + _label_width(columns[0]))
    beside = halves[-1] + 0.35 + _label_width(columns[-1])
    to_whole = max(beside, acts + 0.6) + WHOLE_MAP + 0.1
    has_whole = plane is not None and plane.whole is not None
    right = max(MARGIN, widest / 2, beside, gap / 2 + acts / 2 + 0.1)
    right = max(right, to_whole + WHOLE_MAP + MARGIN / 2) if has_whole else right
    inner = left + gap * (len(columns) - 1) + right
    width = max(LEAST_WIDTH, inner)
    x = left + (width - inner) / 2 + gap * np.arange(len(columns))
    floor = EDGE + LEGEND_LINE * legend_lines + LINE * max(map(len, captions)) + 0.15
    tallest = max(_pitch(half) * _rows(c) for c, half in zip(columns, halves, strict=True))
    ceiling = floor + max(tallest, 2 * WHOLE_MAP + 0.2 if has_whole else 0)
    header = LINE * max(len(column.activations) for column in columns)
    middle = (floor + ceiling) / 2
    places = [
        _places(column, here, middle, _pitch(half))
        for column, here, half in zip(columns, x, halves, strict=True)
    ]
    height = ceiling + header + EDGE
    whole = (float(x[-1]) + to_whole, middle)
    return Layout(width, height, floor, ceiling, places, halves, x + gap / 2, whole)


def _half(column: Column, last: bool) -> float:
    """Return half the side of a neuron in a column."""
    if not column.maps.size:
        return RADIUS
    return OUTPUT_MAP if last and len(column.shown) <= FEW else MAP


def _pitch(half: float) -> float:
    """Return how far two neurons are apart."""
    return 2 * half + SPACE


def _rows(column: Column) -> int:
    """Return how many rows a column takes; what is left out takes one."""
    return len(column.shown) + (column.gap is not None)


def _places(column: Column, x: float, middle: float, pitch: float) -> Array:
    """Return where the shown neurons go, (shown, 2), from the top down, around ``middle``."""
    rows = np.arange(_rows(column))
    y = middle + pitch * ((len(rows) - 1) / 2 - rows)
    if column.gap is not None:
        y = np.delete(y, column.gap)
    return np.stack([np.full(len(y), x), y], axis=1)


def _label_width(column: Column) -> float:
    words = (*column.labels, *column.classes.values())
    return SMALL_LETTER * max(map(len, words), default=0)
