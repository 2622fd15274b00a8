"""A window that shows a training as it goes, and never stops it. Read next: ``screens``."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.backends import registry
from matplotlib.figure import Figure

from tensorgraph.viz.training.animate import DPI, HEIGHT, TITLE, WIDTH, Scene, Snapshot

TOOLKITS = {"qt", "gtk3", "gtk4", "tk", "wx", "macosx"}

# Seconds between two looks at mouse and keyboard: what feels immediate, and costs nothing.
BREATH = 0.04

# matplotlib leaves it without annotations.
backends: Any = registry.backend_registry

QT_PROBE = "from matplotlib.backends.qt_compat import QtWidgets; QtWidgets.QApplication([])"


class Window:
    """A window of matplotlib's own, in whatever toolkit the reader has chosen or has."""

    def __init__(self) -> None:
        self.figure: Figure = pyplot.figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        self.canvas: Any = self.figure.canvas
        self.is_open = True
        self.kept = False
        self.breathed = time.monotonic()
        self.canvas.mpl_connect("close_event", self._closed)
        manager: Any = self.canvas.manager
        manager.set_window_title(TITLE)
        manager.show()

    def show(self, scene: Scene, snapshot: Snapshot) -> None:
        """Draw a frame, and put it on the screen."""
        if self.is_open:
            scene.show(snapshot)
            self.canvas.blit(self.figure.bbox)
            self.canvas.flush_events()

    def breathe(self) -> None:
        """Let the window answer mouse and keyboard, if it has not just done so."""
        now = time.monotonic()
        if self.is_open and now - self.breathed > BREATH:
            self.breathed = now
            self.canvas.flush_events()

    def keep(self) -> None:
        """Keep the window open when the program ends, until the reader closes it."""
        if not self.kept:
            atexit.register(_hold, self)
        self.kept = True

    def _closed(self, event: object) -> None:
        """Note that the reader has closed the window: the training goes on without it."""
        self.is_open = False


def may_open() -> bool:
    """Tell whether there is a display, and a toolkit to open a window with."""
    if threading.current_thread() is not threading.main_thread():
        return False
    on_unix = sys.platform not in ("win32", "darwin")
    if on_unix and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        # The backend that pyplot would take too: the one set, or the first that works here.
        _, toolkit = backends.resolve_backend(matplotlib.get_backend())
    except (ImportError, RuntimeError, ValueError):
        return False
    return toolkit in TOOLKITS and not (toolkit == "qt" and on_unix and _qt_aborts())


def _qt_aborts() -> bool:
    """Tell whether Qt kills a process that opens a window, as it does where libraries lack."""
    if pyplot.get_fignums():
        return False
    try:
        trial = subprocess.run([sys.executable, "-c", QT_PROBE], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return True
    # Negative: killed by a signal. Anything else Python can catch.
    return trial.returncode < 0


def _hold(window: Window) -> None:
    """Show the windows until they are closed, unless somebody is typing at a prompt anyway."""
    if window.is_open and not hasattr(sys, "ps1") and not sys.flags.interactive:
        pyplot.show(block=True)
