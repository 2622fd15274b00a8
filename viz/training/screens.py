"""The places where a training is shown: a file, a window. Read next: ``visualizer``."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeAlias

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tensorgraph.viz.training.animate import DPI, HEIGHT, WIDTH, Scene, Snapshot
from tensorgraph.viz.training.movie import Movie
from tensorgraph.viz.training.windows import Window

SceneMaker: TypeAlias = Callable[[Figure], Scene]
"""Puts the scene of one training on a figure."""


class Screen(ABC):
    """A place that shows snapshots, during the training if it is ``animated``, or only the last."""

    animated: bool
    epoch = 0
    """The epoch that it shows; 0 before the first."""

    def show(self, snapshot: Snapshot) -> None:
        """Show ``snapshot``."""
        self.epoch = len(snapshot.curves.epochs)
        self._draw(snapshot)

    @property
    @abstractmethod
    def figure(self) -> Figure | None:
        """What it draws on, once there is something."""

    @abstractmethod
    def _draw(self, snapshot: Snapshot) -> None:
        """Draw ``snapshot``."""

    @abstractmethod
    def finish(self) -> None:
        """Leave the last picture for good."""

    @abstractmethod
    def stop(self) -> None:
        """Leave what there is of a training that was stopped."""


class FileScreen(Screen):
    """Frames drawn in memory and handed to a movie."""

    def __init__(self, make_scene: SceneMaker, movie: Movie) -> None:
        self.scene = make_scene(blank_figure())
        self.colors = self.scene.colors()
        self.movie = movie
        self.animated = movie.animated

    @property
    def figure(self) -> Figure | None:
        """The figure in memory."""
        return self.scene.figure

    def _draw(self, snapshot: Snapshot) -> None:
        self.scene.show(snapshot)
        self.movie.add(self.scene.pixels(), self.colors)

    def finish(self) -> None:
        self.movie.finish()

    def stop(self) -> None:
        self.movie.close()
        if self.epoch:
            print(
                f"Visualizer: stopped; the frames so far are in {self.movie.partial}",
                file=sys.stderr,
            )


class WindowScreen(Screen):
    """A window, opened with the first picture; the one of an earlier training is used again."""

    def __init__(self, make_scene: SceneMaker, animated: bool, window: Window | None) -> None:
        self.make_scene = make_scene
        self.animated = animated
        self.window = window
        self.scene: Scene | None = None

    @property
    def figure(self) -> Figure | None:
        """The figure of the window, while there is one."""
        return self.scene.figure if self.scene else None

    def _draw(self, snapshot: Snapshot) -> None:
        if self.scene is None:
            self._open()
        if self.scene is not None and self.window is not None:
            self.window.show(self.scene, snapshot)

    def breathe(self) -> None:
        """Let the window answer mouse and keyboard."""
        if self.window is not None:
            self.window.breathe()

    def finish(self) -> None:
        if self.scene is not None and self.window is not None:
            self.scene.release()
            self.window.keep()

    def stop(self) -> None:
        if self.scene is not None:
            self.scene.release()

    def _open(self) -> None:
        """Open the window, or say once that it cannot be, and put the scene there."""
        if self.window is None or not self.window.is_open:
            try:
                self.window = Window()
            except Exception as error:
                # Each toolkit has errors of its own, and none of them may stop the training.
                self.window = None
                self.animated = False
                print(f"Visualizer: no window could be opened: {error}", file=sys.stderr)
                return
        self.window.figure.clear()
        self.scene = self.make_scene(self.window.figure)


def blank_figure() -> Figure:
    """Return a figure of 900 x 600 pixels that is drawn in memory, whatever backend is chosen."""
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure
