"""A program that can be run, and what it depends on. Read next: ``calls``."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.capture import Capture
from tensorgraph.compiler.lowering import Lowering
from tensorgraph.compiler.memory import Plan
from tensorgraph.compiler.numpy_source import Source, stored
from tensorgraph.compiler.passes import optimized
from tensorgraph.interrupts import CtrlC
from tensorgraph.storage import Storage, write_whole
from tensorgraph.typing import Array


class Executable:
    """A program that can be run: its source, and what it depends on."""

    def __init__(self, name: str, capture: Capture, outputs: Sequence[Any]) -> None:
        self.recorded = ir.check(Lowering(capture).run(outputs))
        self.program = optimized(self.recorded)
        self.plan = Plan(self.program)
        self.source = Source(self.program, self.plan)
        self.run = _executed(self.source, name)
        self._leaves = [(leaf, leaf.value) for leaf in capture.leaves]
        self._had = list(capture.has_gradient.items())
        self._settings = [
            (owner, names, tuple(getattr(owner, name) for name in names))
            for owner, names in capture.settings
        ]
        gradients = capture.gradients.items()
        self._gradients = [(leaf, leaf.home() if g is not None else None) for leaf, g in gradients]
        regions = stored(self.program)
        self.written = [region.view() for region in regions]
        memories = {id(region.memory.array) for region in regions}
        storages = dict.fromkeys(leaf.storage for leaf in capture.leaves)
        self._storages: list[Storage] = [s for s in storages if id(s.data) in memories]
        self._uses_gradients = [leaf.storage for leaf, g in gradients if g is not None]

    def fits(self) -> bool:
        """Whether what the program found outside is still what it was."""
        for leaf, value in self._leaves:
            if leaf.value is not value:
                return False
        for leaf, had in self._had:
            if (leaf.grad is not None) is not had:
                return False
        for owner, names, values in self._settings:
            if tuple([getattr(owner, name) for name in names]) != values:
                return False
        return True

    def __call__(self, *arguments: Array) -> tuple[Any, ...]:
        """Run it, whole or not at all."""
        if not self.written:
            return self.run(*arguments)
        with CtrlC():
            results: tuple[Any, ...] = write_whole(
                lambda: self.run(*arguments), self.written, f"a call of {self.program.name}()"
            )
            self._settle()
        return results

    def _settle(self) -> None:
        """Say what has changed: gradients are there or not, tapes recorded before are old."""
        for leaf, home in self._gradients:
            leaf.grad = home
        for storage in self._storages:
            storage.touch()
            storage.used = bool(self._uses_gradients)


def _executed(source: Source, name: str) -> Callable[..., tuple[Any, ...]]:
    namespace: dict[str, Any] = dict(source.outside)
    text = source.to_run()
    exec(builtins.compile(text, f"<the program of {name}>", "exec"), namespace)
    step: Callable[..., tuple[Any, ...]] = namespace["step"]
    return step
