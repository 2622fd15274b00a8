"""Where in somebody's program an operation was called: the line outside this package.

Read next: ``recording``.
"""

from __future__ import annotations

import linecache
import warnings
from sys import _getframe as frame_at
from types import CodeType, FrameType
from typing import Any, NamedTuple

Place = tuple[CodeType, int]
"""A point in a program, cheap to take: the code and the position in its bytecode."""

_OURS: dict[str, bool] = {}  # by file name: whether it belongs to this package (a cache)


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs code of this package."""
    name = frame.f_globals.get("__name__", "")
    ours = name == "tensorgraph" or name.startswith("tensorgraph.")
    _OURS[frame.f_code.co_filename] = ours
    return ours


def place(depth: int = 1) -> Place | None:
    """The innermost point outside this package that led to the caller."""
    frame: FrameType | None = frame_at(depth)
    while frame is not None:
        code = frame.f_code
        try:
            ours = _OURS[code.co_filename]
        except KeyError:
            ours = is_ours(frame)
        if not ours:
            return code, frame.f_lasti
        frame = frame.f_back
    return None


class Line(NamedTuple):
    """A line of source."""

    file: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" + (f"  {self.text}" if self.text else "")


def line(place: Place) -> Line:
    """The line of source at ``place``."""
    code, position = place
    number = _number(code, position)
    return Line(code.co_filename, number, linecache.getline(code.co_filename, number).strip())


def warn(message: str, category: type[Warning]) -> None:
    """Warn of the line outside this package, as if it stood there."""
    here = place(2)
    where = line(here) if here else Line("<unknown>", 0, "")
    warnings.warn_explicit(message, category, where.file, where.number, registry=_WARNED)


_WARNED: dict[Any, Any] = {}  # what Python's own filter keeps, to warn once a line


def _number(code: CodeType, position: int) -> int:
    for start, end, number in code.co_lines():
        if start <= position < end and number is not None:
            return number
    return code.co_firstlineno
