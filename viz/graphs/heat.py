"""A larger array as a few coloured cells: each is the mean of a block of its elements.

The last axis runs to the right, all others down. Read next: ``picture``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.typing import Array
from tensorgraph.viz.graphs.values import MOST_IN_FULL, number

MOST_CELLS = 8
"""In each direction; twice as many where there is only one row, or one column."""

LEVELS = 8
"""Steps of colour on each side of 0, as pages hold them."""


class Heat(NamedTuple):
    """The means in rows, nan where not all elements are finite, and the largest block's shape."""

    cells: tuple[tuple[float, ...], ...]
    block: tuple[int, int]

    @property
    def largest(self) -> float:
        """The greatest mean without its sign, which has the full colour."""
        return max((abs(x) for row in self.cells for x in row if np.isfinite(x)), default=0.0)

    def shares(self) -> list[list[float | None]]:
        """Return each mean in parts of the largest, from -1 to 1; None where it is no number."""
        largest = self.largest or 1.0
        return [[x / largest if np.isfinite(x) else None for x in row] for row in self.cells]

    def in_words(self) -> str:
        """Return what a cell is, and what its colour says."""
        rows, columns = self.block
        what = "one element" if rows == columns == 1 else f"the mean of {rows} × {columns} or less"
        return f"each cell is {what}; the fullest is ±{number(self.largest)}"

    def encoded(self) -> str:
        """Return the cells as letters, "a" to "q" with "i" for 0 and "." for no number."""
        zero = ord("a") + LEVELS
        return "/".join(
            "".join("." if x is None else chr(zero + round(LEVELS * x)) for x in row)
            for row in self.shares()
        )


def heat_of(value: Any) -> Heat | None:
    """Return the cells of an array; None where it is written in full, or holds no numbers."""
    array = np.asarray(value)
    in_full = array.size <= MOST_IN_FULL and array.ndim <= 2
    if in_full or not array.size or array.dtype.kind not in "biufc":
        return None
    if array.dtype.kind == "c":
        array = np.abs(array)
    matrix = array.reshape(-1, array.shape[-1])
    most = 2 * MOST_CELLS if 1 in matrix.shape else MOST_CELLS
    rows, columns = (_bounds(length, most) for length in matrix.shape)
    heights, widths = (ends[1:] - ends[:-1] for ends in (rows, columns))
    with np.errstate(all="ignore"):
        sums = np.add.reduceat(matrix, rows[:-1], axis=0, dtype=np.float64)
        means = np.add.reduceat(sums, columns[:-1], axis=1) / (heights[:, None] * widths)
    means[~np.isfinite(means)] = np.nan
    return Heat(tuple(map(tuple, means.tolist())), (int(heights.max()), int(widths.max())))


def _bounds(length: int, most: int) -> Array:
    """Return where each of at most so many blocks begins and ends, all about equally long."""
    cells = min(most, length)
    return np.arange(cells + 1) * length // cells
