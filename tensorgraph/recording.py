"""Whether operations are recorded, and as the work of which layer. Read next: ``storage``."""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar, Token


class Recording:
    """How operations are recorded: whether at all, and in which layer's call.

    Each thread has its own. A layer that is being called sets ``layer`` and sets it back; a change
    of ``enabled`` is a new object in the context, so that it ends where its ``with`` ends.
    """

    __slots__ = ("enabled", "layer")

    def __init__(self, enabled: bool = True, layer: str | None = None) -> None:
        self.enabled = enabled
        self.layer = layer

    def enter(self, name: str) -> str | None:
        """Be in layer ``name`` from now on; ``layer`` is to be set back to what this returns."""
        outer = self.layer
        self.layer = name if outer is None else f"{outer}/{name}"
        return outer


_RECORDING: ContextVar[Recording] = ContextVar("tensorgraph_recording")


def recording() -> Recording:
    """The state of this thread."""
    state = _RECORDING.get(None)
    if state is None:
        state = Recording()
        _RECORDING.set(state)
    return state


class recording_set(ContextDecorator):
    """Inside ``with recording_set(enabled):`` operations are recorded, or are not."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._tokens: list[Token[Recording]] = []

    def __enter__(self) -> None:
        self._tokens.append(_RECORDING.set(Recording(self._enabled, recording().layer)))

    def __exit__(self, *exc: object) -> None:
        _RECORDING.reset(self._tokens.pop())

    def _recreate_cm(self) -> recording_set:
        return recording_set(self._enabled)  # a decorated function may run in several threads


def no_grad() -> recording_set:
    """Inside ``with tg.no_grad():``, or in a function decorated with it, nothing is recorded."""
    return recording_set(False)
