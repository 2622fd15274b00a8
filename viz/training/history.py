"""The panels of the curves: a measure of the training, and of the validation, over the epochs.

Read next: ``animate``, which puts the panels together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.training.panels import Panel, Place

# Colour and marker of a curve; dashes would turn to blots where a curve is restless.
TRAINING = (palette.TRAINING, "o")
VALIDATION = (palette.VALIDATION, "s")

# As wide as a digit, and blank: it keeps room in the legend for the numbers.
FIGURE_SPACE = "\u2007"
N_DIGITS = 9


class HistoryPanel(Panel):
    """One measure over the epochs: training, and validation where there is one.

    The legend carries the newest numbers, as ``write`` puts them, and a dot the newest point, so
    that one epoch is a picture.
    """

    def __init__(
        self,
        axes: Axes,
        epochs: int,
        validation: bool,
        place: Place,
        write: Callable[[float], str],
    ) -> None:
        self.axes = axes
        self.write = write
        # No limits yet: the first curves set them.
        self.limits = (0.0, 0.0)
        styles = {"Training": TRAINING} | ({"Validation": VALIDATION} if validation else {})
        self.lines = [
            axes.plot(
                [],
                [],
                color=color,
                linewidth=1.5,
                marker=marker,
                markersize=4.5,
                label=name + FIGURE_SPACE * N_DIGITS,
            )[0]
            for name, (color, marker) in styles.items()
        ]
        margin = max(0.5, 0.03 * epochs)
        axes.set_xlim(1 - margin, epochs + margin)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10], integer=True))
        axes.yaxis.tick_right()
        axes.grid(color=palette.RULE, linewidth=0.6)
        legend = axes.legend(
            handles=self.lines, loc=place, labelspacing=0.25, handlelength=1.8, handletextpad=0.6
        )
        self.numbers = [
            axes.annotate(
                "",
                # At the right end of the frame, on the line of the name.
                xy=(1, 0),
                xycoords=(legend.get_frame(), text),
                xytext=(-5, 0),
                textcoords="offset points",
                ha="right",
                va="bottom",
                fontsize=text.get_fontsize(),
                zorder=legend.get_zorder() + 1,
                in_layout=False,
            )
            for text in legend.get_texts()
        ]
        self.moving = self.lines
        self.above = [legend]
        self.texts = self.numbers

    def update(self, epochs: Array, curves: Sequence[Array]) -> None:
        """Show ``curves``: that of the training, then that of the validation if it is drawn."""
        for line, text, curve in zip(self.lines, self.numbers, curves, strict=True):
            line.set_data(epochs, curve)
            line.set_markevery([len(epochs) - 1])
            text.set_text(self.write(curve[-1]))

    def fit(self, curves: Sequence[Array]) -> bool:
        """Widen the y axis to hold ``curves``, in large steps; return whether it moved."""
        known = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
        if not known.size:
            return False
        low, high = min(0.0, float(known.min())), max(0.0, float(known.max()))
        if self.limits[0] <= low and high <= self.limits[1]:
            return False
        self.limits = (-rounded_up(-low), rounded_up(high))
        self.axes.set_ylim(*self.limits)
        return True


def accuracy_text(value: float) -> str:
    """Return an accuracy with three digits, or a dash where none was measured."""
    return "–" if np.isnan(value) else f"{value:.3f}"


def loss_text(value: float) -> str:
    """Return a loss with three digits that count."""
    return f"{value:#.3g}".rstrip(".")


def rounded_up(value: float) -> float:
    """Return a round number with some room above ``value``, 0 for what is not positive."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** np.floor(np.log10(1.1 * value))
    steps = np.array([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10])
    return float(unit * steps[np.argmax(steps * unit >= 1.1 * value * (1 - 1e-9))])
