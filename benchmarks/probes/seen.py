"""What a program did, and the two or three words for it that go into the table."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from probes.library import Backward, Function, Missing


@dataclass
class Seen:
    """A cell of the table: two or three words, and whether that was right (None: not there)."""

    words: str
    right: bool | None


@dataclass
class Run:
    """What a program did: gradients, or an error and the pass it came in; and warnings."""

    gradients: list[Any] = field(default_factory=list)
    error: Exception | None = None
    in_forward: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """The words of the error, what was added to them, and of the warnings."""
        error = self.error
        notes = [] if error is None else [str(error), *getattr(error, "__notes__", ())]
        return "\n".join([*notes, *self.warnings])

    @property
    def trace(self) -> str:
        """The same with the traceback, and with that of the errors before."""
        chain = [] if self.error is None else traceback.format_exception(self.error)
        return "".join([*chain, *self.warnings])

    def names(self, *words: str) -> bool:
        return any(re.search(rf"(?<![a-z]){word}", self.said, re.IGNORECASE) for word in words)

    def shows_line(self, f: Function, text: str) -> bool:
        """Whether it leads to the line of ``f`` in which ``text`` stands."""
        lines, first = inspect.getsourcelines(f)
        wanted = {first + i for i, line in enumerate(lines) if text in line}
        file = re.escape(Path(inspect.getfile(f)).name)
        shown = re.findall(rf'{file}(?:", line |:)(\d+)', self.trace)
        return not wanted.isdisjoint(map(int, shown))


NOISE = "Anomaly Detection has been enabled|no running event loop"
NOTHING_WRONG = (DeprecationWarning, FutureWarning, PendingDeprecationWarning, ImportWarning)


def _notes(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """The warnings that are about the program; each begins with the line that it was given."""
    return [
        f"{Path(w.filename).name}:{w.lineno} {w.category.__name__}: {w.message}"
        for w in caught
        if not issubclass(w.category, NOTHING_WRONG) and not re.search(NOISE, str(w.message))
    ]


def run(record: Callable[[], Backward], between: Callable[[], object] = lambda: None) -> Run:
    """Go forward, do something, and go backward."""
    seen = Run(in_forward=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            backward = record()
            seen.in_forward = False
            between()
            seen.gradients = [g if g is None else np.asarray(g) for g in backward()]
        except Missing:
            raise
        except Exception as error:
            seen.error = error
    seen.warnings = _notes(caught)
    print(seen.said or "(nothing)", file=sys.stderr)
    return seen


def error_name(error: Exception) -> str:
    return type(error).__name__


def equal(g: Any, expected: Any) -> bool:
    return g is not None and g.shape == np.shape(expected) and np.allclose(g, expected)


def gradient_words(g: Any, *expected: Any) -> tuple[str, bool]:
    """What a gradient is, and whether it is one of those that were expected."""
    if any(equal(g, e) for e in expected):
        return "right gradient", True
    if g is None:
        return "no gradient, silent", False
    if g.dtype.kind == "f" and not np.isfinite(g).all():
        return "NaN, silent" if np.isnan(g).any() else "Inf, silent", False
    return "wrong gradient, silent", False


def caught_or(seen: Run, *expected: Any) -> Seen:
    """Right is an error, a warning, or the right gradient of the first variable."""
    if seen.error is not None:
        return Seen(f"raises {error_name(seen.error)}", not isinstance(seen.error, RecursionError))
    words, right = gradient_words(seen.gradients[0], *expected)
    if not right and seen.warnings:
        return Seen(f"warns: {seen.warnings[0].split(':')[1].split()[1]}", True)
    return Seen(words, right)


def blamed(seen: Run) -> str:
    """What an error or a warning about numbers says of the operation."""
    found = re.search(r"encountered in (?:\w+/)*(\w+)|Function '(\w+?)Backward", seen.said)
    if found is None:
        return "silent" if seen.error is None else f"raises {error_name(seen.error)}"
    operation = (found[1] or found[2]).lower()
    return f"warns of {operation}" if seen.error is None else f"blames {operation}"


def finite_or_blamed(seen: Run, expected: Any) -> Seen:
    """Right is the right gradient: an error or a warning comes here where it did not help."""
    if seen.error is not None:
        return Seen(blamed(seen), False)
    words, right = gradient_words(seen.gradients[0], expected)
    return Seen(words if right else words.replace("silent", blamed(seen)), right)
