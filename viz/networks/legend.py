"""What the marks of a picture mean. Read next: ``neurons``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tensorgraph.viz import palette
from tensorgraph.viz.networks.activity import Plane
from tensorgraph.viz.networks.columns import Column
from tensorgraph.viz.networks.inks import SLASH, colors, dashes, strengths, width
from tensorgraph.viz.networks.labels import number
from tensorgraph.viz.networks.layout import EDGE, LEGEND_LINE

FONT = 9


def remarks(columns: Sequence[Column], plane: Plane | None) -> list[list[Line2D]]:
    """Return the lines of the legend that only some pictures have, each as its marks and words."""
    found = []
    off = any(column.off.any() for column in columns)
    if any(column.values.size for column in columns):
        marks = [_mark("o", "filling: activation", markerfacecolor=palette.POSITIVE)]
        if any((column.values < 0).any() for column in columns):
            marks.append(_mark("_", "below 0"))
        if off:
            marks.append(_mark(SLASH, "ReLU that is off"))
        if any(column.largest is not None for column in columns):
            marks.append(_mark("<", "largest output"))
        found.append(marks)
    if plane is not None:
        size = number(plane.size)
        words = f"map: what the neuron answers to inputs from −{size} to {size}, striped below 0"
        marks = [_mark("s", words, markerfacecolor=palette.POSITIVE)]
        found.append([*marks, _mark("x", "ReLU that is off everywhere")] if off else marks)
    if any(column.dropped.size for column in columns):
        words = "dropped in this step of training, with all that it would give on"
        found.append([_mark("x", words)])
    return found


def explain(
    figure: Figure, scale: float, columns: Sequence[Column], notes: Sequence[list[Line2D]]
) -> None:
    """Draw the legend: the scale of lines and rings, and the remarks below it."""
    ring = "frame" if any(column.maps.size for column in columns) else "ring"
    example = any(column.values.size for column in columns)
    line = "weight × activation" if example else "weight"
    numbers = scale * np.array([-1, -0.25, 0.25, 1])
    inks = strengths(numbers, scale)
    words = Line2D([], [], linestyle="none", label=f"line: {line}, {ring}: bias")
    samples = [
        Line2D(
            [], [], color=color, linewidth=width(ink), linestyle=dashes(ink), label=number(n, "+")
        )
        for n, ink, color in zip(numbers, inks, colors(inks), strict=True)
    ]
    for i, handles in enumerate([*reversed(notes), [words, *samples]]):
        y = (EDGE + LEGEND_LINE * (i + 0.3)) / figure.get_figheight()
        _legend(figure, handles, y)


def _legend(figure: Figure, handles: list[Line2D], y: float) -> None:
    figure.legend(
        handles=handles,
        loc="center",
        bbox_to_anchor=(0.5, y),
        ncols=len(handles),
        frameon=False,
        borderpad=0,
        fontsize=FONT,
        labelcolor=palette.INK,
        handlelength=3 if len(handles) == 5 else 1.2,
        columnspacing=1.5,
    )


def _mark(marker: str | tuple[int, int, int], words: str, **kind: object) -> Line2D:
    look = {"color": palette.INK, "markersize": 8, "mew": 1.2, "linestyle": "none"}
    return Line2D([], [], marker=marker, label=words, **{**look, **kind})  # type: ignore[arg-type]
