"""Maps of what neurons answer over the plane of two inputs. Read next: ``legend``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.networks.activity import Plane
from tensorgraph.viz.networks.columns import Column
from tensorgraph.viz.networks.inks import colors, dashes, map_colors, width
from tensorgraph.viz.networks.layout import WHOLE_MAP, Layout

MOST_POINTS = 150


def draw_maps(
    axes: Axes, places: Array, half: float, column: Column, plane: Plane, biases: Array
) -> None:
    """Draw the map of each neuron in a frame that is its bias, as strength; a cross if all is 0."""
    for middle, inks in zip(places, map_colors(column), strict=True):
        _draw_map(axes, middle, half, inks)
    for middle, bias in zip(places, biases.ravel(), strict=False):
        if bias:
            frame = _square(middle, half + 0.035)
            frame.set(edgecolor=colors(bias), linewidth=width(bias), linestyle=dashes(bias))
            axes.add_patch(frame)
    x, y = places[column.off].T
    axes.plot(x, y, "x", color=palette.FAINT_INK, markersize=14, mew=1.4)
    for middle, n in zip(places, column.shown, strict=True):
        if column.is_output:
            # A map of one class of several has the points of this class: all would hide it.
            _draw_points(axes, middle, half, plane, 6, None if column.size == 1 else n)


def draw_whole(axes: Axes, plan: Layout, plane: Plane) -> None:
    """Draw the map of all classes, beside the outputs."""
    middle = np.array(plan.whole)
    assert plane.whole is not None
    _draw_map(axes, middle, WHOLE_MAP, palette.blend(plane.whole))
    _draw_points(axes, middle, WHOLE_MAP, plane, 16)
    x, y = middle - (0, WHOLE_MAP + 0.17)
    axes.text(x, y, "all outputs", ha="center", va="center", color=palette.INK, fontsize=8.5)


def _draw_map(axes: Axes, middle: Array, half: float, inks: Array) -> None:
    x, y = middle
    extent = (x - half, x + half, y - half, y + half)
    axes.imshow(
        inks, extent=extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=2
    )
    frame = _square(middle, half)
    frame.set(edgecolor=palette.INK, linewidth=0.8)
    axes.add_patch(frame)


def _square(middle: Array, half: float) -> Rectangle:
    x, y = middle - half
    return Rectangle((x, y), 2 * half, 2 * half, fill=False, zorder=3)


def _draw_points(
    axes: Axes, middle: Array, half: float, plane: Plane, size: float, only: int | None = None
) -> None:
    """Draw points that lie on the plane, or those of one class; of many, every so-many-th."""
    inside = (np.abs(plane.points) <= plane.size).all(axis=1)
    points, classes = plane.points[inside], plane.classes[inside]
    step = -(-len(points) // MOST_POINTS) or 1
    points, classes = points[::step], classes[::step]
    for n in np.unique(classes) if only is None else [only]:
        x, y = (middle + half * points[classes == n] / plane.size).T
        marker, color = palette.class_marker(n), palette.class_color(n)
        dots = axes.scatter(x, y, s=size, c=color, marker=marker, zorder=4)
        dots.set(edgecolor=palette.INK, linewidth=0.3)
