"""Whether an array has changed since an operation kept it for the backward pass.

Up to 8 KB an array is remembered whole; of a larger one 64 elements are looked at, spread evenly: a
change of the others is not seen. ``tg.detect_anomaly()`` keeps copies instead. Read next:
``storage``.
"""

from __future__ import annotations

import numpy as np

from tensorgraph.typing import Array

Print = bytes | int | Array
"""What is remembered of an array: its bytes, a hash of a sample of them, or a copy of it."""

WHOLE = 8192
SAMPLES = 64
_KNOWN = 64
"""Arrays of which the last bytes are at hand, to be shared by the operations that use them."""


def fingerprint(x: Array, known: dict[int, bytes]) -> bytes | int:
    """What to remember of ``x``; ``known`` has what was remembered of arrays before."""
    if x.nbytes > WHOLE:
        return _sample(x)
    now = x.tobytes()
    before = known.get(id(x))
    if before == now:
        return before
    if len(known) >= _KNOWN:
        known.clear()
    known[id(x)] = now
    return now


def is_same(x: Array, before: Print) -> bool:
    """Whether ``x`` still is what it was when ``before`` was taken of it."""
    if isinstance(before, bytes):
        return x.tobytes() == before
    if isinstance(before, int):
        return _sample(x) == before
    return bool(np.array_equal(x, before) or x.tobytes() == before.tobytes())


def _sample(x: Array) -> int:
    spread = (x.reshape(-1) if x.flags.c_contiguous else x.flat)[:: x.size // SAMPLES]
    return hash(spread.tobytes())
