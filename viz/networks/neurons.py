"""Columns of neurons as a matplotlib figure. Read next: ``network``, which saves it.

A line is a weight and the ring around a neuron its bias: blue above 0, orange and dashed below, the
stronger and wider the further from 0, all on one scale. With an example a line is the weight times
the activation that it takes on, so that what flows is seen. Lengths are in inches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.networks.activity import Plane
from tensorgraph.viz.networks.columns import Column, carried
from tensorgraph.viz.networks.inks import SLASH, colors, dashes, strengths, width
from tensorgraph.viz.networks.layout import LINE, RADIUS, Layout, caption, layout
from tensorgraph.viz.networks.legend import explain, remarks
from tensorgraph.viz.networks.maps import draw_maps, draw_whole

RING = RADIUS + 0.045


def figure_of(columns: Sequence[Column], plane: Plane | None = None) -> Figure:
    """Return the picture of ``columns``, with maps over ``plane`` where they have any."""
    notes = remarks(columns, plane)
    plan = layout(columns, plane, 1 + len(notes))
    figure = Figure(figsize=(plan.width, plan.height), facecolor=palette.PAPER)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, plan.width), ylim=(0, plan.height))
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    lines = [carried(before, column) for before, column in pairwise(columns)]
    scale = _scale([*lines, *(column.biases for column in columns)])
    for i, numbers in enumerate(lines):
        _draw_weights(axes, plan, i, strengths(numbers, scale))
    for column, places, half in zip(columns, plan.places, plan.halves, strict=True):
        if plane is not None:
            draw_maps(axes, places, half, column, plane, strengths(column.biases, scale))
        else:
            _draw_neurons(axes, places, column, scale)
        _draw_dots(axes, places, column)
    _write(axes, plan, columns)
    if plane is not None and plane.whole is not None:
        draw_whole(axes, plan, plane)
    explain(figure, scale, columns, notes)
    return figure


def _scale(numbers: Sequence[Array]) -> float:
    """Return how far from 0 the numbers that are drawn go; 1 if all are 0."""
    return max(float(np.abs(array).max()) for array in numbers if array.size) or 1.0


def _draw_weights(axes: Axes, plan: Layout, i: int, weights: Array) -> None:
    """Draw a line for each weight after column ``i``, as strengths, the strongest on top."""
    before, here = (
        plan.places[i] + (plan.halves[i], 0),
        plan.places[i + 1] - (plan.halves[i + 1], 0),
    )
    tails, heads = np.unravel_index(np.argsort(np.abs(weights), axis=None), weights.shape)
    lines = np.stack([before[tails], here[heads]], axis=1)
    inks = weights[tails, heads]
    axes.add_collection(
        LineCollection(
            list(lines),
            colors=colors(inks),
            linewidths=[width(ink) for ink in inks],
            linestyles=[dashes(ink) for ink in inks],
            zorder=1,
        )
    )


def _draw_neurons(axes: Axes, places: Array, column: Column, scale: float) -> None:
    """Draw a circle for each neuron, filled by its activation, in a ring that is its bias."""
    biases = strengths(column.biases, scale).ravel()
    if len(biases):
        there = biases != 0
        if column.dropped.size:
            there &= ~column.dropped
        rings = _circles(axes, places[there], RING)
        rings.set(
            facecolors="none",
            edgecolors=colors(biases[there]),
            linewidths=[width(bias) for bias in biases[there]],
            linestyles=[dashes(bias) for bias in biases[there]],
        )
    values = column.values if column.values.size else np.zeros(len(places))
    fillings = strengths(values, column.reach)
    circles = _circles(axes, places, RADIUS)
    circles.set(facecolors=colors(fillings, faintest=0), edgecolors=palette.INK)
    _mark(axes, places[values < 0], "_", palette.INK)
    _mark(axes, places[column.off], SLASH, palette.INK)
    if column.dropped.size:
        circles.set_edgecolor([palette.RULE if gone else palette.INK for gone in column.dropped])
        _mark(axes, places[column.dropped], "x", palette.FAINT_INK)
    if column.largest is not None:
        at = places[column.largest] + (RING + 0.07, 0)
        _mark(axes, at[np.newaxis], "<", palette.INK)


def _circles(axes: Axes, places: Array, radius: float) -> EllipseCollection:
    """Add circles of one size."""
    sizes = np.full(len(places), 2 * radius)
    circles = EllipseCollection(
        sizes,
        sizes,
        np.zeros(len(places)),
        units="xy",
        offsets=places,
        offset_transform=axes.transData,
        zorder=2,
    )
    axes.add_collection(circles)
    return circles


def _mark(axes: Axes, places: Array, marker: str | tuple[int, int, int], color: str) -> None:
    """Put a mark on each of some places."""
    x, y = places.T
    size = 5 if marker == "<" else 8
    axes.plot(x, y, linestyle="none", marker=marker, color=color, markersize=size, mew=1.4)


def _draw_dots(axes: Axes, places: Array, column: Column) -> None:
    """Draw dots for the neurons that are left out."""
    gap = column.gap
    if gap is not None:
        last = gap == len(places)
        x, y = 2 * places[-1] - places[-2] if last else (places[gap - 1] + places[gap]) / 2
        dots = y + np.array([-0.09, 0, 0.09])
        axes.plot([x] * 3, dots, "o", color=palette.INK, markersize=2.5, zorder=2)


def _write(axes: Axes, plan: Layout, columns: Sequence[Column]) -> None:
    """Write captions, activations, and the labels of inputs and outputs."""
    for column, places, acts in zip(columns, plan.places, plan.acts, strict=True):
        for i, line in enumerate(caption(column)):
            y = plan.floor - LINE * (i + 0.7)
            text = axes.text(places[0, 0], y, line, ha="center", color=palette.INK, fontsize=9.5)
            text.set(fontweight="normal" if i else "bold", parse_math=False)
        for i, line in enumerate(column.activations):
            y = plan.ceiling + LINE * (len(column.activations) - i - 0.7)
            text = axes.text(acts, y, line, ha="center", color=palette.INK, fontsize=9.5)
            text.set(fontstyle="italic", parse_math=False)
    _write_labels(axes, plan.places[0] - (plan.halves[0] + 0.12, 0), columns[0], "right")
    _write_labels(axes, plan.places[-1] + (plan.halves[-1] + 0.22, 0), columns[-1], "left")
    _write_classes(axes, plan.places[-1] + (plan.halves[-1] + 0.14, 0), columns[-1])


def _write_labels(axes: Axes, places: Array, column: Column, align: str) -> None:
    """Write the labels of a column beside its neurons."""
    for i, ((x, y), label) in enumerate(zip(places, column.labels, strict=False)):
        text = axes.text(x, y, label, ha=align, va="center", fontsize=8.5)
        best = i == column.largest
        text.set(color=palette.INK, fontweight="bold" if best else "normal", parse_math=False)


def _write_classes(axes: Axes, places: Array, column: Column) -> None:
    """Write the classes beside their maps, with their marks; the two of one output stacked."""
    if len(places) < len(column.classes):
        places = places + np.array([[0, 0.12], [0, -0.12]])
    for (x, y), (n, name) in zip(places, column.classes.items(), strict=False):
        marker, color = palette.class_marker(n), palette.class_color(n)
        axes.plot(x, y, marker, color=color, markeredgecolor=palette.INK, markersize=6)
        text = axes.text(x + 0.11, y, name, ha="left", va="center", fontsize=8.5)
        text.set(color=palette.INK, parse_math=False)
