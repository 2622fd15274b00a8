"""Ctrl-C waits until what must not be left half done is done.

Python raises ``KeyboardInterrupt`` between any two calls of the main thread: in the middle of an
update some parameters would have moved and others not. Read next: ``source``.
"""

from __future__ import annotations

# The C functions themselves: those of `signal` turn numbers into enums and back, which takes ten
# times as long as all the rest, at every step of an optimizer.
from _signal import SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]
from types import FrameType
from typing import Self


class CtrlC:
    """Inside ``with CtrlC():`` the first Ctrl-C waits for the end; a second one raises at once.

    ``let_in()`` is a point in between at which it may come. Only Python's own handler is held back:
    one that somebody has set is left alone, as is SIGINT where it is ignored, and threads other
    than the main one, which no Ctrl-C reaches.
    """

    __slots__ = ("_holds", "_waiting")

    def __enter__(self) -> Self:
        self._waiting = False
        self._holds = False
        if getsignal(SIGINT) is default_int_handler:
            try:
                signal(SIGINT, self._note)
            except ValueError:  # not the main thread
                return self
            self._holds = True
        return self

    def _note(self, signum: int, frame: FrameType | None) -> None:
        if self._waiting:
            default_int_handler(signum, frame)
        self._waiting = True

    def let_in(self) -> None:
        """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed since the last time."""
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        if not self._holds:
            return
        found = signal(SIGINT, default_int_handler)
        if found != self._note:  # somebody has set one inside
            signal(SIGINT, found)
        if kind is not KeyboardInterrupt:
            self.let_in()
