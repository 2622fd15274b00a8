"""How pictures write an array: a small one in full, a larger one as its least, mean and greatest.

Read next: ``flops``.
"""

from __future__ import annotations

from math import isfinite
from pathlib import PurePath
from typing import Any

import numpy as np

from tensorgraph.source import Place, line
from tensorgraph.typing import Array

MOST_IN_FULL = 6
MOST_ROWS = 3


def in_words(value: Any) -> str:
    """Return ``value`` in a few words, such as "0.5", "[1, 2]" or "−1.2 … 3.4, mean 0.7"."""
    array = np.asarray(value)
    if array.size == 0:
        return "empty"
    if array.size <= MOST_IN_FULL and array.ndim <= 2:
        return _in_full(array.tolist())
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array):,} of {array.size:,} true"
    if array.dtype.kind == "c":
        return f"absolute {_spread(np.abs(array))}"
    return _spread(array) if array.dtype.kind in "iuf" else f"{array.dtype} array"


def _in_full(value: Any) -> str:
    """Return a number, or a list of such."""
    return f"[{', '.join(map(_in_full, value))}]" if isinstance(value, list) else number(value)


def _spread(array: Array) -> str:
    """Return the least, the greatest and the mean of the numbers, and how many are none."""
    least, most = array.min(), array.max()
    if isfinite(least) and isfinite(most):  # then all are: NaN is the least of any with a NaN
        return _range(array, least, most)
    good = array[np.isfinite(array)]
    parts = [_range(good, good.min(), good.max())] if good.size else []
    return ", ".join([*parts, f"{array.size - good.size:,} not finite"])


def _range(array: Array, least: Any, most: Any) -> str:
    low, high = number(least), number(most)
    if low == high:
        return f"all {low}"
    return f"{low} … {high}, mean {number(array.mean(dtype=np.float64))}"


def number(x: Any) -> str:
    """Return a number in four digits."""
    if isinstance(x, (np.generic, np.ndarray)):
        x = x.item()
    if isinstance(x, (bool, str)):
        return str(x)
    if isinstance(x, int):
        return str(x).replace("-", "−")
    return f"{x:.4g}".replace("-", "−")


def size(n_bytes: int) -> str:
    """Return a number of bytes as "48 bytes" or "4.8 kB"."""
    amount = float(n_bytes)
    if amount < 1000:
        return "1 byte" if n_bytes == 1 else f"{n_bytes} bytes"
    for unit in ("kB", "MB"):
        amount /= 1000
        if amount < 1000:
            return f"{amount:.3g} {unit}"
    return f"{amount / 1000:.3g} GB"


def duration(seconds: float) -> str:
    """Return a time as "12 µs" or "1.2 ms"."""
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        if seconds * factor < 999.5:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def source_line(place: Place) -> str:
    """Return where something was recorded, such as "spiral.py:12  loss = f(x)"."""
    where = line(place)
    return f"{PurePath(where.file).name}:{where.number}  {where.text}".rstrip()
