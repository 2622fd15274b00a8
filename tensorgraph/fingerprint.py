"""Whether an array has changed since an operation kept it for the backward pass.

Up to 8 KB an array is summed up whole, by a checksum; of a larger one 64 elements are looked at,
spread evenly: a change of the others is not seen. ``tg.detect_anomaly()`` keeps copies instead.
Read next: ``storage``.
"""

from __future__ import annotations

import zlib

import numpy as np

from tensorgraph.typing import Array

Print = int | Array
"""What is remembered of an array: a checksum, or a copy of it."""

WHOLE = 8192
SAMPLES = 64


def fingerprint(x: Array) -> int:
    """A checksum of ``x``, or of a sample of its elements."""
    if x.nbytes > WHOLE:
        x = (x.reshape(-1) if x.flags.c_contiguous else x.flat)[:: x.size // SAMPLES]
    try:
        return zlib.crc32(x)  # type: ignore[arg-type]
    except ValueError:  # its elements do not lie one after the other
        return zlib.crc32(x.tobytes())


def is_same(x: Array, before: Print) -> bool:
    """Whether ``x`` still is what it was when ``before`` was taken of it."""
    if isinstance(before, int):
        return fingerprint(x) == before
    return bool(np.array_equal(x, before) or x.tobytes() == before.tobytes())
