"""The colours and marks that every picture here shares. Read next: ``recorder``.

The class colours are those of Okabe and Ito (*Color Universal Design*, 2008,
https://jfly.uni-koeln.de/color/), which people with any common form of colour blindness can tell
apart, in an order that keeps the tints of the first few apart too; three darker ones make them ten.
Each class also has a marker, so that colour never carries the meaning alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tensorgraph.typing import Array

PAPER = "#ffffff"
INK = "#24292f"
FAINT_INK = "#6e7781"
RULE = "#d8dee4"
TRAINING = "#24292f"
VALIDATION = "#009e73"
FITTED = "#d55e00"

CLASS_COLORS = (
    "#0072b2",  # blue
    "#d55e00",  # vermillion
    "#f0e442",  # yellow
    "#56b4e9",  # sky blue
    "#cc79a7",  # reddish purple
    "#4d4d4d",  # dark grey
    "#e69f00",  # orange
    "#332288",  # indigo
    "#009e73",  # bluish green
    "#882255",  # wine
)
CLASS_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "p", "<", ">")

# In graphs and network diagrams.
PANEL = "#f6f8fa"
OPERATION = "#0072b2"
VARIABLE = "#009e73"
PARAMETER = "#e69f00"
OUTPUT = "#882255"
GRADIENT = "#b04a00"
HIGHLIGHT = "#cc3311"
POSITIVE = "#0072b2"
NEGATIVE = "#d55e00"

SURFACE_COLORMAP = "viridis"

# How much of the classes' colours the map behind the points carries, where the network is sure of
# one and where it knows nothing; the rest is paper.
SURE, UNSURE = 0.6, 0.3


def class_color(number: int) -> str:
    """Return the colour of class ``number`` as "#rrggbb"; after ten they come round again."""
    return CLASS_COLORS[number % len(CLASS_COLORS)]


def class_marker(number: int) -> str:
    """Return matplotlib's name of the marker of class ``number``."""
    # One step further on each time round, so that no pair of colour and marker comes twice soon.
    turn = number // len(CLASS_COLORS)
    return CLASS_MARKERS[(number + turn) % len(CLASS_MARKERS)]


def rgb(color: str) -> Array:
    """Return "#rrggbb" as three floats in [0, 1]."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def tint(color: str) -> str:
    """Return a pale ``color``, to lie behind ink, as "#rrggbb"."""
    return mixed(PAPER, color, 0.15)


@lru_cache(maxsize=1024)
def mixed(paper: str, color: str, share: float) -> str:
    """Return ``paper`` with a ``share`` of ``color`` in it, as "#rrggbb"."""
    both = np.rint(255 * (rgb(paper) + share * (rgb(color) - rgb(paper)))).astype(int)
    return "#{:02x}{:02x}{:02x}".format(*both)


class Theme(NamedTuple):
    """The colours of a compute graph: paper, ink, and one for each kind of node.

    ``wash`` is how much of its colour a node is filled with. Numbers are coloured from ``negative``
    over ``zero`` to ``positive``. On a page, ``after`` is the colour of what a value goes into, and
    ``shade`` that of the shadows below buttons.
    """

    paper: str = PAPER
    ink: str = INK
    faint_ink: str = FAINT_INK
    rule: str = RULE
    panel: str = PANEL
    operation: str = OPERATION
    variable: str = VARIABLE
    parameter: str = PARAMETER
    output: str = OUTPUT
    gradient: str = GRADIENT
    highlight: str = HIGHLIGHT
    added: str = "#1a7f37"
    removed: str = "#cc3311"
    changed: str = "#8250df"
    negative: str = NEGATIVE
    zero: str = PAPER
    positive: str = POSITIVE
    failed: str = "#cf222e"
    after: str = "#d55e00"
    shade: str = "#00000014"
    wash: float = 0.15

    def status(self, status: str) -> str:
        """Return the colour of what was added, removed or changed, or has failed."""
        return {
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "failed": self.failed,
        }[status]

    def color(self, kind: str) -> str:
        """Return the colour of a kind of node."""
        colors = {
            "op": self.operation,
            "variable": self.variable,
            "input": self.variable,
            "parameter": self.parameter,
            "read": self.parameter,
            "written": self.parameter,
            "output": self.output,
            "backward": self.gradient,
            "gradient": self.gradient,
            "saved": self.operation,
        }
        return colors.get(kind, self.faint_ink)

    def tint(self, color: str, share: float | None = None) -> str:
        """Return a pale ``color``, to lie behind ink."""
        return mixed(self.paper, color, self.wash if share is None else share)

    def heat(self, share: float | None) -> str:
        """Return the colour of a number from -1 to 1; None stands for what is not finite."""
        if share is None:
            return self.highlight
        return mixed(self.zero, self.positive if share > 0 else self.negative, abs(share))


THEMES = {
    "light": Theme(),
    "dark": Theme(
        paper="#0d1117",
        ink="#e6edf3",
        faint_ink="#9aa4af",
        rule="#30363d",
        panel="#161b22",
        operation="#56b4e9",
        variable="#2dc797",
        parameter="#f0b429",
        output="#d98cb3",
        gradient="#ff9b54",
        highlight="#f0e442",
        added="#56d364",
        removed="#ff7b72",
        changed="#d2a8ff",
        negative="#ff9b54",
        zero="#0d1117",
        positive="#56b4e9",
        failed="#ff6b63",
        shade="#00000066",
    ),
    # In black, for printers: kinds are told by shape and by word.
    "print": Theme(
        ink="#000000",
        faint_ink="#404040",
        rule="#a0a0a0",
        panel="#ffffff",
        operation="#000000",
        variable="#000000",
        parameter="#000000",
        output="#000000",
        gradient="#000000",
        highlight="#000000",
        added="#000000",
        removed="#000000",
        changed="#000000",
        negative="#000000",
        zero="#a0a0a0",
        positive="#ffffff",
        failed="#000000",
        after="#000000",
        wash=0.06,
    ),
}


def blend(probabilities: Array) -> Array:
    """Return the colours (..., 3), uint8, of class probabilities (..., n_classes).

    Each is the mean of the class colours, weighted by probability, and the paler the less sure the
    most probable class is. What is not a number counts as knowing nothing.
    """
    n_classes = probabilities.shape[-1]
    colors = np.array([rgb(class_color(number)) for number in range(n_classes)], dtype=np.float32)
    paper = rgb(PAPER).astype(np.float32)
    chance = 1 / n_classes
    known = np.nan_to_num(probabilities.astype(np.float32), nan=chance)
    certainty = (known.max(axis=-1, keepdims=True) - chance) / (1 - chance)
    strength = UNSURE + (SURE - UNSURE) * certainty
    mixed = paper + strength * (known @ colors - paper)
    return np.rint(255 * np.clip(mixed, 0, 1)).astype(np.uint8)
