"""Columns of neurons as a matplotlib figure. Read next: ``network``, which saves it.

A line is a weight and the filling of a circle a bias: blue above 0, orange below, the stronger and
wider the further from 0, all on one scale. Lengths are in inches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.networks.columns import Column

RADIUS = 0.13
ROW = 0.4
GAP = 2.1
LETTER = 0.105  # about what one takes in a caption
MARGIN = 0.8
LINE = 0.19
LEGEND = 0.4
LEAST_WIDTH = 7.8


def figure_of(columns: Sequence[Column]) -> Figure:
    """Return the picture of ``columns``."""
    captions = [_caption(column) for column in columns]
    widest = LETTER * max(len(line) for caption in captions for line in caption)
    gap = max(GAP, widest)
    width = max(LEAST_WIDTH, 2 * max(MARGIN, widest / 2) + gap * (len(columns) - 1))
    floor = LEGEND + LINE * max(map(len, captions)) + 0.25
    ceiling = floor + ROW * max(_rows(column) for column in columns)
    figure = Figure(figsize=(width, ceiling + 0.15), facecolor=palette.PAPER)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, ceiling + 0.15))
    axes.set_axis_off()
    scale = _scale(columns)
    x = width / 2 + gap * (np.arange(len(columns)) - (len(columns) - 1) / 2)
    y = (floor + ceiling) / 2
    places = [_places(column, here, y) for column, here in zip(columns, x, strict=True)]
    for (before, here), column in zip(pairwise(places), columns[1:], strict=True):
        _draw_weights(axes, before, here, _strengths(column.weights, scale))
    for here, column, caption in zip(places, columns, captions, strict=True):
        _draw_neurons(axes, here, column, scale)
        _write_caption(axes, here[0, 0], floor, caption)
    _write_numbers(axes, places[0] - (2 * RADIUS, 0), columns[0], "right")
    _write_numbers(axes, places[-1] + (2 * RADIUS, 0), columns[-1], "left")
    _explain(figure, scale)
    return figure


def _scale(columns: Sequence[Column]) -> float:
    """Return how far from 0 the weights and biases that are drawn go; 1 if all are 0."""
    numbers = [array for column in columns for array in (column.weights, column.biases)]
    return max(float(np.abs(array).max()) for array in numbers if array.size) or 1.0


def _strengths(numbers: Array, scale: float) -> Array:
    """Return numbers on a scale from -1 to 1: by square roots, so that small ones still show."""
    return np.asarray(np.sign(numbers) * np.sqrt(np.abs(numbers) / scale))


def _rows(column: Column) -> int:
    """Return how many rows a column takes; what is left out takes one."""
    return len(column.shown) + (len(column.shown) < column.size)


def _places(column: Column, x: float, middle: float) -> Array:
    """Return where the shown neurons go, (shown, 2), from the top down, around ``middle``."""
    rows = np.arange(_rows(column))
    y = middle + ROW * ((len(rows) - 1) / 2 - rows)
    if len(rows) > len(column.shown):
        y = np.delete(y, (len(column.shown) + 1) // 2)
    return np.stack([np.full(len(y), x), y], axis=1)


def _draw_weights(axes: Axes, before: Array, here: Array, weights: Array) -> None:
    """Draw a line for each weight, as strengths (before, here), the strongest on top."""
    tails, heads = np.unravel_index(np.argsort(np.abs(weights), axis=None), weights.shape)
    lines = np.stack([before[tails], here[heads]], axis=1)
    strengths = weights[tails, heads]
    widths = [_width(strength) for strength in strengths]
    axes.add_collection(
        LineCollection(list(lines), colors=_colors(strengths), linewidths=widths, zorder=1)
    )


def _colors(strengths: Array, faintest: float = 0.12) -> Array:
    """Return the colours (n, 3) of strengths; ``faintest`` of a colour is there at 0."""
    hues = np.where(
        strengths[:, np.newaxis] < 0, palette.rgb(palette.NEGATIVE), palette.rgb(palette.POSITIVE)
    )
    amount = faintest + (1 - faintest) * np.abs(strengths[:, np.newaxis])
    return np.asarray(palette.rgb(palette.PAPER) * (1 - amount) + hues * amount)


def _width(strength: float) -> float:
    """Return the width of a line, in points."""
    return 0.4 + 3.6 * abs(strength)


def _draw_neurons(axes: Axes, places: Array, column: Column, scale: float) -> None:
    """Draw a circle for each neuron, and dots for those that are left out."""
    biases = column.biases if column.biases.size else np.zeros(len(places))
    circles = EllipseCollection(
        np.full(len(places), 2 * RADIUS),
        np.full(len(places), 2 * RADIUS),
        np.zeros(len(places)),
        units="xy",
        offsets=places,
        offset_transform=axes.transData,
        facecolors=_colors(_strengths(biases, scale), faintest=0),
        edgecolors=palette.INK,
        linestyles="dashed" if column.dropout else "solid",
        zorder=2,
    )
    axes.add_collection(circles)
    if len(places) < column.size:
        above = (len(places) + 1) // 2 - 1
        x, y = (places[above] + places[above + 1]) / 2
        dots = y + ROW * np.array([-0.22, 0, 0.22])
        axes.plot([x] * 3, dots, "o", color=palette.INK, markersize=2.5, zorder=2)


def _caption(column: Column) -> list[str]:
    """Return the lines below a column."""
    unit = "neuron" if column.weights.size else "input"
    lines = [
        column.name,
        f"{column.size} {unit}{'' if column.size == 1 else 's'}",
        *column.activations,
    ]
    return [*lines, f"dropout {column.dropout:g}"] if column.dropout else lines


def _write_caption(axes: Axes, x: float, floor: float, caption: list[str]) -> None:
    for i, line in enumerate(caption):
        y = floor - LINE * (i + 0.7)
        text = axes.text(x, y, line, ha="center", color=palette.INK, fontsize=9.5)
        text.set(fontweight="normal" if i else "bold", parse_math=False)


def _write_numbers(axes: Axes, places: Array, column: Column, align: str) -> None:
    """Write the numbers of the neurons of a column beside them."""
    for (x, y), number in zip(places, column.shown, strict=True):
        axes.text(x, y, str(number), ha=align, va="center", color=palette.FAINT_INK, fontsize=8)


def _explain(figure: Figure, scale: float) -> None:
    """Draw the legend."""
    numbers = scale * np.array([-1, -0.25, 0.25, 1])
    strengths = _strengths(numbers, scale)
    words = Line2D([], [], linestyle="none", label="a line is a weight, a filling a bias:")
    samples = [
        Line2D(
            [],
            [],
            color=color,
            linewidth=_width(strength),
            marker="o",
            markersize=9,
            markeredgecolor=palette.INK,
            markeredgewidth=1,
            label=f"{number:+.3g}".replace("-", "−"),
        )
        for number, strength, color in zip(numbers, strengths, _colors(strengths), strict=True)
    ]
    figure.legend(
        handles=[words, *samples],
        loc="lower center",
        ncols=5,
        frameon=False,
        fontsize=9,
        labelcolor=palette.INK,
        handlelength=3,
        columnspacing=1.5,
    )
