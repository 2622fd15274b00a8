"""Whether operations are recorded, and as the work of which layer. Read next: ``storage``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from typing import Any

import numpy as np

Draws = dict[np.random.Generator, Any]


class Recording:
    """How operations are recorded: whether at all, and in which layer's call.

    Each thread has its own. A layer that is being called sets ``layer`` and sets it back; a change
    of ``enabled`` is a new object in the context, so that it ends where its ``with`` ends.
    ``in_vmap`` tells whether tensors may be one example of a batch.
    ``draws`` is None unless somebody wants to repeat what is being recorded: then it holds the
    generators that were drawn from, each with its state before the first draw.
    """

    __slots__ = ("draws", "enabled", "in_vmap", "layer")

    def __init__(
        self,
        enabled: bool = True,
        layer: str | None = None,
        draws: Draws | None = None,
        in_vmap: bool = False,
    ) -> None:
        self.enabled = enabled
        self.layer = layer
        self.draws = draws
        self.in_vmap = in_vmap

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


def _inherited() -> tuple[str | None, Draws | None, bool]:
    state = recording()
    return state.layer, state.draws, state.in_vmap


def note_draw(rng: np.random.Generator) -> None:
    """Say that ``rng`` is about to be drawn from: whoever repeats this call repeats the draws."""
    draws = recording().draws
    if draws is not None and rng not in draws:
        draws[rng] = rng.bit_generator.state


@contextmanager
def draws_noted(draws: Draws) -> Iterator[None]:
    """Inside, everything is recorded, and generators that are drawn from are put into ``draws``.

    Whoever notes draws around this notes these too.
    """
    outer = recording()
    token = _RECORDING.set(Recording(True, outer.layer, draws, outer.in_vmap))
    try:
        yield
    finally:
        _RECORDING.reset(token)
        for rng, state in draws.items():
            if outer.draws is not None:
                outer.draws.setdefault(rng, state)


@contextmanager
def batch_recorded() -> Iterator[None]:
    """Inside, everything is recorded, on the first example of a batch."""
    layer, draws, _ = _inherited()
    token = _RECORDING.set(Recording(True, layer, draws, in_vmap=True))
    try:
        yield
    finally:
        _RECORDING.reset(token)


class recording_set(ContextDecorator):
    """Inside ``with recording_set(enabled):`` operations are recorded, or are not."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._tokens: list[Token[Recording]] = []

    def __enter__(self) -> None:
        self._tokens.append(_RECORDING.set(Recording(self._enabled, *_inherited())))

    def __exit__(self, *exc: object) -> None:
        _RECORDING.reset(self._tokens.pop())

    def _recreate_cm(self) -> recording_set:
        return recording_set(self._enabled)  # a decorated function may run in several threads


def no_grad() -> recording_set:
    """Inside ``with tg.no_grad():``, or in a function decorated with it, nothing is recorded."""
    return recording_set(False)
