"""A program that can be run, and what it depends on. Read next: ``calls``."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.capture import Capture
from tensorgraph.compiler.guards import Guard, guard_of
from tensorgraph.compiler.lowering import Lowering
from tensorgraph.compiler.memory import Plan
from tensorgraph.compiler.numpy_source import Source, stored
from tensorgraph.compiler.passes import optimized
from tensorgraph.interrupts import CtrlC
from tensorgraph.storage import Storage, next_number, numpy_may_raise, write_whole


class Executable:
    """A program that can be run: its source, and what it depends on."""

    def __init__(self, capture: Capture, outputs: Sequence[Any]) -> None:
        self.recorded = ir.check(Lowering(capture).run(outputs))
        self.program = optimized(self.recorded)
        self.plan = Plan(self.program)
        self.source = Source(self.program, self.plan)
        self.run = _executed(self.source, capture.name)
        self.fits = guard_of(capture)
        self.takes: Guard | None = None
        regions = stored(self.program)
        self.written = [region.view() for region in regions]
        self.owners = {id(view.base) for view in self.written}
        gradients = capture.gradients.items()
        self._gradients = [(leaf, leaf.home() if g is not None else None) for leaf, g in gradients]
        self._counted = _counted_early(self.program)
        memories = {id(region.memory.array) for region in regions}
        storages = dict.fromkeys(leaf.storage for leaf in capture.leaves)
        self._storages: list[Storage] = [s for s in storages if id(s.data) in memories]
        self._keeps_gradients = any(g is not None for _, g in gradients)
        # Gradients alone may be left half written: whoever goes on clears them.
        twins = {id(leaf.storage.gradient) for leaf in capture.gradients}
        self._is_update = any(id(region.memory.array) not in twins for region in regions)

    def may_write_to(self, arguments: Sequence[Any]) -> bool:
        """Whether an argument lies in memory that the program writes to, as ``t.data`` may.

        What is computed in place is there before the function itself would have written it.
        """
        return any(id(getattr(x, "base", None)) in self.owners for x in arguments)

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        """Run it, whole or not at all."""
        if not self._is_update:
            results = self.run(*arguments)
            for leaf, home in self._gradients:
                leaf.grad = home
            return results
        counts = [getattr(owner, name) for owner, name in self._counted]
        with CtrlC():
            try:
                if numpy_may_raise():
                    what = f"a call of {self.program.name}()"
                    results = write_whole(lambda: self.run(*arguments), self.written, what)
                else:
                    results = self.run(*arguments)
            except BaseException:
                for (owner, name), count in zip(self._counted, counts, strict=True):
                    setattr(owner, name, count)
                raise
            for leaf, home in self._gradients:
                leaf.grad = home
            for storage in self._storages:  # tapes that were recorded before are old
                storage.version = next_number()
                storage.used = self._keeps_gradients
        return results


def _counted_early(program: ir.Program) -> list[tuple[Any, str]]:
    """The counts of steps after which something may still raise."""
    equations = list(program.equations)
    while equations and equations[-1].row is ir.advance:
        equations.pop()
    early = [equation.params for equation in equations if equation.row is ir.advance]
    return [(params["owner"], params["attribute"]) for params in early]


def _executed(source: Source, name: str) -> Callable[..., tuple[Any, ...]]:
    namespace: dict[str, Any] = dict(source.outside)
    text = source.to_run()
    exec(builtins.compile(text, f"<the program of {ir.printable(name)}>", "exec"), namespace)
    step: Callable[..., tuple[Any, ...]] = namespace["step"]
    return step
