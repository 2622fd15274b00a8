"""Where the numbers of variables lie: flat arrays, with gradients beside them and a version.

Read next: ``tape``.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.typing import Array

next_number = itertools.count().__next__
"""The next number of the one counter that orders nodes and writes to storage."""


class Storage:
    """A flat array that one or many leaves are views of, its twin for gradients, and its version.

    ``version`` is the number, on the nodes' own counter, of the last write; a node with a smaller
    number has seen other values than those that lie here now.
    """

    __slots__ = ("data", "gradient", "shared", "used", "version")

    def __init__(self, data: Array, *, shared: bool = False) -> None:
        self.data = data
        self.gradient: Array | None = None
        self.shared = shared
        self.version = -1
        self.used = False  # whether the data were updated by the gradients that are there now

    def gradients(self) -> Array:
        """The twin that gradients are added into; made when the first one arrives."""
        if self.gradient is None:
            self.gradient = np.zeros_like(self.data)
        return self.gradient

    def __reduce__(self) -> Any:
        # Without the version: a copy has seen no tape, and another process counts from 0.
        return _storage, (self.data, self.gradient, self.shared)

    def touch(self) -> None:
        """Say that the data have changed: tapes recorded before now are out of date."""
        self.version = next_number()


def _storage(data: Array, gradient: Array | None, shared: bool) -> Storage:
    storage = Storage(data, shared=shared)
    storage.gradient = gradient
    return storage


# --- all or nothing ------------------------------------------------------------------------------


def write_whole(write: Callable[[], Any], arrays: Sequence[Array], what: str) -> Any:
    """What ``write()`` returns; where NumPy raises in the middle, ``arrays`` are as before.

    For use where ``numpy_may_raise()``: the arrays are copied.
    """
    before = [array.copy() for array in arrays]
    try:
        with np.errstate(under="ignore"):  # the square of a small gradient may well be 0
            return write()
    except Exception as error:
        for array, old in zip(arrays, before, strict=True):
            np.copyto(array, old)
        error.add_note(f"in {what}: parameters and state are as before it")
        raise


def numpy_may_raise() -> bool:
    """Whether a floating-point error is an exception, or the warning of it is."""
    filters = warnings.filters
    if _known.filters is not filters or _known.count != len(filters):
        _known.filters, _known.count = filters, len(filters)
        _known.has_error = "error" in [f[0] for f in filters]
    if _known.has_error:
        return True
    now = _ERRSTATE.get(None)
    known = _known.errstate
    if known[0] is not now:
        known = _known.errstate = (now, "raise" in np.geterr().values())
    return known[1]


# NumPy keeps np.errstate here: as long as this is the same, nobody has changed it.
_ERRSTATE: Any = np._core.umath._extobj_contextvar  # type: ignore[attr-defined]


class _known:
    """What was last seen of Python's warning filters and of NumPy: asking anew takes time."""

    filters: Any = None
    count = 0
    has_error = False
    errstate: tuple[Any, bool] = (object(), False)
