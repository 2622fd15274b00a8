"""From arrays to pictures: the figure of a training, drawn once and then kept up to date.

What stands still is drawn into a background; a frame restores the background and draws only what
moved (it is "blitted"). Read next: ``movie``, which writes frames, and ``windows``, which shows
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backend_bases import Event
from matplotlib.figure import Figure

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.training.history import HistoryPanel, accuracy_text, loss_text
from tensorgraph.viz.training.layers import Overlay, QuickText
from tensorgraph.viz.training.panels import CurvePanel, Panel, PlanePanel, ViewPanel
from tensorgraph.viz.training.recorder import Curves
from tensorgraph.viz.training.surface import SurfacePanel
from tensorgraph.viz.training.views import CurveView, PlaneView, View

WIDTH, HEIGHT, DPI = 9.0, 6.0, 100.0
"""Inches and dots per inch: pictures have 900 x 600 pixels."""

# The strip at the top is for the title and the count of epochs.
LAYOUT: dict[str, Any] = {"w_pad": 0.08, "h_pad": 0.06, "rect": (0, 0, 1, 0.945)}
TITLE = "Training neural network"
THEME = {
    "figure.facecolor": palette.PAPER,
    "axes.facecolor": palette.PAPER,
    "axes.edgecolor": palette.FAINT_INK,
    "axes.labelcolor": palette.INK,
    "axes.titlecolor": palette.INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.axisbelow": True,
    "xtick.color": palette.FAINT_INK,
    "ytick.color": palette.FAINT_INK,
    "xtick.labelcolor": palette.INK,
    "ytick.labelcolor": palette.INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": palette.INK,
    "font.size": 10,
    "legend.fontsize": 9,
    "legend.framealpha": 0.85,
    "legend.edgecolor": palette.RULE,
}


@dataclass(frozen=True)
class Snapshot:
    """Everything that one frame shows: the curves, and what the network makes of its inputs."""

    curves: Curves
    seen: Array | None


@contextmanager
def theme() -> Iterator[None]:
    """Draw in our own style, whatever the reader's settings are, and leave those as they were."""
    with matplotlib.style.context(["default", THEME]):
        yield


class Scene:
    """The picture of a training on ``figure``: a view of the network, if any, beside two curves."""

    def __init__(self, figure: Figure, view: View | None, epochs: int, validation: bool) -> None:
        self.figure = figure
        self.epochs = epochs
        self.validation = validation
        self.background: Any = None
        with theme():
            figure.set_facecolor(palette.PAPER)
            figure.text(0.015, 0.98, TITLE, ha="left", va="top", fontsize=12, weight="bold")
            # At this size a digit is ten pixels wide, and digits side by side are evenly spaced.
            self.counter = figure.text(0.985, 0.98, "", ha="right", va="top", fontsize=11.3)
            self.panel = self._build(view)
        panels: list[Panel] = [self.accuracy, self.loss, *([self.panel] if self.panel else [])]
        # Drawn over what moves, and the texts over the legends in the overlays.
        texts = [*(text for panel in panels for text in panel.texts), self.counter]
        self.still: list[Overlay | QuickText] = [
            *(Overlay(panel.above) for panel in panels),
            *(QuickText(text) for text in texts),
        ]
        moving = [artist for panel in panels for artist in panel.moving]
        self.layers: list[Artist] = [*moving, *self.still]
        above = [artist for panel in panels for artist in panel.above]
        self.animated: list[Artist] = [*moving, *above, *texts]
        for artist in self.animated:
            artist.set_animated(True)
        self.connection = figure.canvas.mpl_connect("draw_event", self._redrawn)

    def _build(self, view: View | None) -> ViewPanel | None:
        """Lay out the axes and return the panel of ``view``."""
        columns = 1 if view is None else 3
        grid = self.figure.add_gridspec(2, columns)
        upper = self.figure.add_subplot(grid[0, -1], title="Accuracy", ylim=(-0.03, 1.03))
        lower = self.figure.add_subplot(grid[1, -1], sharex=upper, xlabel="Epochs")
        lower.set_title("Data loss (regularization excluded)")
        upper.tick_params(labelbottom=False)
        self.accuracy = HistoryPanel(
            upper, self.epochs, self.validation, "lower right", accuracy_text
        )
        self.loss = HistoryPanel(lower, self.epochs, self.validation, "upper right", loss_text)
        if view is None:
            return None
        if isinstance(view, PlaneView):
            return PlanePanel(self.figure.add_subplot(grid[:, :2]), view)
        if isinstance(view, CurveView):
            return CurvePanel(self.figure.add_subplot(grid[:, :2]), view)
        axes = self.figure.add_subplot(grid[:, :2], projection="3d")
        return SurfacePanel(axes, view)

    def show(self, snapshot: Snapshot) -> None:
        """Draw a frame onto the figure's canvas."""
        canvas: Any = self.figure.canvas
        if self._update(snapshot) or self.background is None:
            with theme():
                # Laid out for the labels that there are now, and then kept where it is.
                self.figure.set_layout_engine("constrained", **LAYOUT)
                canvas.draw()
                self.figure.set_layout_engine("none")
        else:
            canvas.restore_region(self.background)
            self._draw_layers()

    def pixels(self) -> Array:
        """Return the frame as red, green, blue, alpha: (height, width, 4), uint8."""
        canvas: Any = self.figure.canvas
        return np.asarray(canvas.buffer_rgba())

    def colors(self) -> Array:
        """Return the colours (n, 3) that the frames may come to show, beyond the first one's."""
        return self.panel.colors() if self.panel else np.empty((0, 3), dtype=np.uint8)

    def release(self) -> None:
        """Make it an ordinary figure again, which any canvas or file can draw in full."""
        self.figure.canvas.mpl_disconnect(self.connection)
        for artist in self.animated:
            artist.set_animated(False)

    def _update(self, snapshot: Snapshot) -> bool:
        """Give every panel its arrays; return whether the background is out of date."""
        curves = snapshot.curves
        accuracies = [curves.training_accuracy, curves.validation_accuracy]
        losses = [curves.training_loss, curves.validation_loss]
        if not self.validation:
            del accuracies[1], losses[1]
        self.accuracy.update(curves.epochs, accuracies)
        self.loss.update(curves.epochs, losses)
        self.counter.set_text(f"epoch {curves.epochs[-1]:,} of {self.epochs:,}")
        if self.panel and snapshot.seen is not None:
            self.panel.update(snapshot.seen)
        return self.loss.fit(losses)

    def _redrawn(self, event: Event) -> None:
        """Keep what was drawn as the background, and draw what moves on top of it."""
        canvas: Any = self.figure.canvas
        self.background = canvas.copy_from_bbox(self.figure.bbox)
        for layer in self.still:
            layer.develop(canvas.get_renderer())
        self._draw_layers()

    def _draw_layers(self) -> None:
        """Draw what moves, and what lies on top of it, over the background."""
        canvas: Any = self.figure.canvas
        renderer = canvas.get_renderer()
        for artist in self.layers:
            artist.draw(renderer)
