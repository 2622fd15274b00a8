"""Whether operations are recorded, and as the work of which layer. Read next: ``fingerprint``."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from typing import Any

import numpy as np

from tensorgraph.source import Place, place

Draws = dict[np.random.Generator, Any]


class Recording:
    """How operations are recorded: whether at all, and in which layer's call.

    Each thread has its own. A layer that is being called sets ``layer`` and sets it back; a change
    of ``enabled`` is a new object in the context, so that it ends where its ``with`` ends.
    ``in_vmap`` tells whether tensors may be one example of a batch.
    ``draws`` is None unless somebody wants to repeat what is being recorded: then it holds the
    generators that were drawn from, each with its state before the first draw.
    ``lines`` tells whether nodes remember the line of the program that they were recorded at.
    ``guarded`` tells whether they remember what their constants and variables were, to notice if
    somebody changes one before the sweep.
    ``watch`` is None unless somebody looks at each value that is computed (``debug``), and
    ``capture`` unless everything that happens becomes a program (``compiler.capture``).
    """

    __slots__ = (
        "at",
        "capture",
        "draws",
        "enabled",
        "guarded",
        "in_vmap",
        "known",
        "layer",
        "lines",
        "looked",
        "watch",
    )

    def __init__(self) -> None:
        self.enabled = True
        self.layer: str | None = None
        self.draws: Draws | None = None
        self.in_vmap = False
        self.lines = True
        self.guarded = True
        self.watch: Any = None
        self.capture: Any = None
        self.at: Place | None = None  # the line that called the layer, where all of it is ours
        self.known: dict[int, bytes] = {}  # what arrays were, as fingerprints remember them
        self.looked: dict[Any, int] = {}  # how often the losses of a line were looked at

    def but(self, **changes: Any) -> Recording:
        """The same with these attributes changed."""
        other = copy.copy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def enter(self, name: str, ours: bool = True) -> tuple[str | None, Place | None]:
        """Be in layer ``name`` from now on; set ``layer`` and ``at`` back to what this returns.

        Within a layer of ours, ``ours``, all operations have the line that called it.
        """
        layer, at = self.layer, self.at
        self.layer = name if layer is None else f"{layer}/{name}"
        if self.lines and not (at and ours):
            self.at = place(3) if ours else None
        return layer, at


_RECORDING: ContextVar[Recording] = ContextVar("tensorgraph_recording")


def recording() -> Recording:
    """The state of this thread."""
    return _RECORDING.get(None) or _first()


def _first() -> Recording:
    """The state of a thread that has none yet."""
    state = Recording()
    _RECORDING.set(state)
    return state


def random_numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    """Numbers from 0 to 1 drawn from ``rng``; whoever repeats this call repeats the draw.

    An array; while a program is recorded a tensor, so that each of its calls draws anew.
    """
    state = recording()
    if state.capture is not None:
        return state.capture.draw(rng, shape, dtype)
    draws = state.draws
    if draws is not None and rng not in draws:
        draws[rng] = rng.bit_generator.state
    return rng.random(shape, dtype)


@contextmanager
def _in(state: Recording) -> Iterator[None]:
    """Record by ``state`` inside."""
    token = _RECORDING.set(state)
    try:
        yield
    finally:
        _RECORDING.reset(token)


@contextmanager
def draws_noted(draws: Draws) -> Iterator[None]:
    """Inside, everything is recorded, and generators that are drawn from are put into ``draws``.

    Whoever notes draws around this notes these too.
    """
    outer = recording()
    try:
        with _in(outer.but(enabled=True, draws=draws)):
            yield
    finally:
        for rng, state in draws.items():
            if outer.draws is not None:
                outer.draws.setdefault(rng, state)


def batch_recorded() -> AbstractContextManager[None]:
    """Inside, everything is recorded, on the first example of a batch."""
    return _in(recording().but(enabled=True, in_vmap=True))


def own_loop() -> AbstractContextManager[None]:
    """Inside, nodes remember neither lines nor arrays: a loop of ours changes none in between.

    Under a watch they do all the same.
    """
    state = recording()
    return _in(state if state.watch else state.but(lines=False, guarded=False))


def watched(watch: Any) -> AbstractContextManager[None]:
    """Inside, ``watch`` is shown what is computed: see ``debug`` for what it is asked."""
    return _in(recording().but(watch=watch, lines=True, guarded=True))


def captured(capture: Any) -> AbstractContextManager[None]:
    """Inside, ``capture`` is told what happens: see ``compiler.capture``."""
    state = recording()
    return _in(state.but(capture=capture, watch=capture, layer=None, lines=True, guarded=False))


class recording_set(ContextDecorator):
    """Inside ``with recording_set(enabled):`` operations are recorded, or are not."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._tokens: list[Token[Recording]] = []

    def __enter__(self) -> None:
        self._tokens.append(_RECORDING.set(recording().but(enabled=self._enabled)))

    def __exit__(self, *exc: object) -> None:
        _RECORDING.reset(self._tokens.pop())

    def _recreate_cm(self) -> recording_set:
        return recording_set(self._enabled)  # a decorated function may run in several threads


def no_grad() -> recording_set:
    """Inside ``with tg.no_grad():``, or in a function decorated with it, nothing is recorded."""
    return recording_set(False)
