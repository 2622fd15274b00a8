"""The panels of a plane and of a curve, each drawn once and then only updated.

Read next: ``surface`` and ``history``, the other panels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.text import Text

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.training.layers import PixelImage
from tensorgraph.viz.training.views import PLANE_SIDE, CurveView, PlaneView

Place: TypeAlias = Literal["lower right", "upper right"]


class Panel(ABC):
    """Axes with artists that move, others that stand still above them, and texts on top of all."""

    moving: Sequence[Artist]
    above: Sequence[Artist] = ()
    texts: Sequence[Text] = ()


class ViewPanel(Panel):
    """A picture of what the network makes of its inputs."""

    @abstractmethod
    def update(self, seen: Array) -> None:
        """Show ``seen``, which is what the panel's view returned."""

    @abstractmethod
    def colors(self) -> Array:
        """Return the colours (n, 3), uint8, that the panel may come to show."""


class PlanePanel(ViewPanel):
    """The plane of two inputs, coloured by class probabilities, with the data on top."""

    def __init__(self, axes: Axes, view: PlaneView) -> None:
        self.n_classes = view.n_classes
        self.image = PixelImage(axes, view.size, PLANE_SIDE)
        axes.add_image(self.image)
        points = [_scatter(axes, view, number) for number in range(view.n_classes)]
        axes.set(xlim=(-view.size, view.size), ylim=(-view.size, view.size), aspect="equal")
        outside = int(np.sum(np.any(np.abs(view.points) > view.size, axis=1)))
        note = f"   ({outside} of {len(view.points)} points lie outside this square)"
        axes.set(xlabel="input 0" + note * (outside > 0), ylabel="input 1")
        legend_above(axes, columns=min(view.n_classes, 5))
        self.moving = [self.image]
        self.above = [*points, *axes.spines.values()]

    def update(self, seen: Array) -> None:
        """Show class probabilities (side, side, n_classes)."""
        self.image.set_data(palette.blend(seen))

    def colors(self) -> Array:
        """Return blends of all classes: between any two, and among all."""
        pure = np.eye(self.n_classes)
        part = np.linspace(0, 1, 12)[:, np.newaxis]
        pairs = [
            part * pure[i] + (1 - part) * pure[j] for i in range(self.n_classes) for j in range(i)
        ]
        # A fixed draw from the simplex: the palette must not differ from one run to the next.
        mixed = np.random.default_rng(0).dirichlet(np.full(self.n_classes, 0.7), size=1500)
        return palette.blend(np.concatenate([*pairs, mixed]))


class CurvePanel(ViewPanel):
    """The targets of one input as dots, and the fitted curve."""

    def __init__(self, axes: Axes, view: CurveView) -> None:
        (dots,) = axes.plot(
            view.points,
            view.targets,
            linestyle="none",
            marker="o",
            markersize=5,
            markeredgewidth=0,
            color=palette.INK,
            alpha=0.4,
            label="Target",
        )
        x = view.grid[:, 0]
        (self.line,) = axes.plot(x, x, linewidth=2.2, color=palette.FITTED, label="Fitted")
        axes.set(xlim=padded(view.points, 0.04), ylim=padded(view.targets, 0.15))
        axes.set(xlabel="input", ylabel="output")
        axes.grid(color=palette.RULE, linewidth=0.6)
        legend_above(axes, columns=2, handles=[dots, self.line])
        self.moving = [self.line]
        self.above = list(axes.spines.values())

    def update(self, seen: Array) -> None:
        """Show fitted values (n_grid,)."""
        self.line.set_ydata(seen)

    def colors(self) -> Array:
        """Return the shades of the fitted line where it fades into paper and into dots."""
        part = np.linspace(0, 1, 12)[:, np.newaxis]
        line = part * palette.rgb(palette.FITTED)
        grounds = (palette.PAPER, palette.INK)
        fades = [line + (1 - part) * palette.rgb(ground) for ground in grounds]
        return np.rint(255 * np.concatenate(fades)).astype(np.uint8)


def _scatter(axes: Axes, view: PlaneView, number: int) -> Artist:
    """Draw the points of class ``number``."""
    x, y = view.points[view.labels == number].T
    return axes.scatter(
        x,
        y,
        s=30,
        marker=palette.class_marker(number),
        color=palette.class_color(number),
        edgecolors=palette.INK,
        linewidths=0.7,
        label=f"class {number}",
    )


# Any: axes in space are no Axes to a type checker.
def legend_above(axes: Any, columns: int, handles: Sequence[Artist] | None = None) -> None:
    """Put a legend in a row over the axes, where it hides no data."""
    axes.legend(
        handles=handles or axes.get_legend_handles_labels()[0],
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=columns,
        frameon=False,
        handletextpad=0.4,
        columnspacing=1.2,
        borderaxespad=0.2,
        fontsize=10,
    )


def padded(values: Array, room: float) -> tuple[float, float]:
    """Return the range of ``values`` with ``room`` on both sides, as a part of the range."""
    low, high = float(values.min()), float(values.max())
    margin = room * (high - low) or 1.0
    return low - margin, high + margin
