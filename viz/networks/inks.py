"""How numbers become ink: the sign as colour and dashes, the size as strength and width.

Read next: ``maps``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.typing import Array
from tensorgraph.viz import palette
from tensorgraph.viz.networks.columns import Column

SLASH = (2, 0, -45)  # matplotlib's name of a stroke that leans
STRIPES = 5  # from one stripe to the next, in points of a map


def strengths(numbers: Array, scale: float) -> Array:
    """Return numbers on a scale from -1 to 1: by square roots, so that small ones still show."""
    return np.asarray(np.sign(numbers) * np.sqrt(np.abs(numbers) / scale))


def colors(strengths: Array, faintest: float = 0.12) -> Array:
    """Return the colours (..., 3) of strengths; ``faintest`` of a colour is there at 0."""
    signs = strengths[..., np.newaxis]
    hues = np.where(signs < 0, palette.rgb(palette.NEGATIVE), palette.rgb(palette.POSITIVE))
    amount = faintest + (1 - faintest) * np.abs(signs)
    return np.asarray(palette.rgb(palette.PAPER) * (1 - amount) + hues * amount)


def width(strength: float) -> float:
    """Return the width of a line, in points."""
    return 0.4 + 3.6 * abs(strength)


def dashes(strength: float) -> Any:
    """Return matplotlib's name of a line: whole above 0, dashed below, at any width alike."""
    # matplotlib measures dashes in widths of the line.
    return (0, (5 / width(strength), 2.5 / width(strength))) if strength < 0 else "solid"


def map_colors(column: Column) -> Array:
    """Return the maps of a column as colours (shown, side, side, 3), uint8.

    Probabilities have the colours of their classes, on paper; of one sigmoid, those of both. Others
    are blue above 0, and orange with stripes below.
    """
    maps = column.maps
    if column.has_probabilities and column.size == 1:
        return palette.blend(np.stack([1 - maps, maps], axis=-1))
    if column.has_probabilities:
        classes = np.array([palette.rgb(palette.class_color(n)) for n in column.shown])
        paper = palette.rgb(palette.PAPER)
        inks = paper + maps[..., np.newaxis] * (classes[:, np.newaxis, np.newaxis] - paper)
    else:
        inks = colors(strengths(maps, column.reach), faintest=0)
        rows, places = np.indices(maps.shape[1:])
        striped = ((rows + places) % STRIPES == 0) & (maps < 0)
        inks[striped] = 0.5 * inks[striped] + 0.5 * palette.rgb(palette.PAPER)
    return np.asarray(np.rint(255 * np.clip(inks, 0, 1)), np.uint8)
