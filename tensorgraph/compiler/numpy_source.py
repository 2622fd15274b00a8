"""The program as NumPy source, to be read and to be run.

Straight lines, one for each operation, with comments that say which layer and which direction they
belong to. The text is what ``exec`` runs; saved to a file it runs by itself, on made-up data. Read
next: ``guards``.
"""

from __future__ import annotations

import ast
import textwrap

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.lines import write
from tensorgraph.compiler.memory import ALIGNED, Plan
from tensorgraph.compiler.program import Atom, Const, Program, printable
from tensorgraph.compiler.writer import Writer


class Source:
    """The text of a program, and the objects that it refers to and does not contain."""

    def __init__(self, program: Program, plan: Plan) -> None:
        self._writer = Writer(program, plan)
        self._program = program
        self._write_body()

    @property
    def outside(self) -> dict[str, object]:
        """The objects that the text finds outside, by name."""
        return self._writer.outside

    def to_run(self) -> str:
        """What is run: the objects from outside are there already."""
        return "\n".join([*self._head(), *self._memory(), *self._function(), ""])

    def to_read(self) -> str:
        """The same as a program of its own."""
        main = self._main()
        lines = [
            f'"""{printable(self._program.name)}(), as NumPy.',
            "",
            "Written by tensorgraph from a recorded call. Every line of step() writes into memory",
            "that was laid out before; the arena is shared by values that are not needed at one",
            'time."""',
            "",
            *self._head(),
        ]
        made_up = [f"{name} = {text}" for name, text in self._writer.stand_ins.items()]
        if made_up:
            lines += ["# --- what the program finds outside: here made up", "", *made_up, ""]
        return "\n".join([*lines, *self._memory(), *self._function(), "", "", *main, ""])

    # --- the function ----------------------------------------------------------------------------

    def _write_body(self) -> None:
        writer, before = self._writer, None
        for equation in self._program.equations:
            part = (equation.mark.phase, equation.mark.layer)
            at = len(writer.body)
            write(writer, equation)
            if len(writer.body) > at and part != before:
                words = printable(": ".join(word for word in part if word))
                writer.body.insert(at, f"# {words}")
                before = part
        results = [self._result(x) for x in self._program.outputs]
        comma = "," if len(results) == 1 else ""
        writer.body.append(f"return {', '.join(results)}{comma}" if results else "return ()")

    def _result(self, x: Atom) -> str:
        """A result; where it lies in memory that is used again, or is somebody's, a copy."""
        text = self._writer.text(x)
        lent = x.shape if isinstance(x, Const) else self._writer.plan.roots.get(x)
        return text if not lent else f"{text}.copy()" if x.shape else f"{text}[()]"

    def _function(self) -> list[str]:
        lines = [part for line in self._writer.body for part in _wrapped(line)]
        return ["", "", f"def step({self._arguments()}):", *(f"    {line}" for line in lines)]

    def _arguments(self) -> str:
        return ", ".join(self._writer.names[x] for x in self._program.inputs)

    # --- what stands around it -------------------------------------------------------------------

    def _head(self) -> list[str]:
        writer = self._writer
        names = ", ".join(sorted(writer.imports | {"empty", "uint8"}))
        lines = [f"from numpy import {names}"]
        if len(lines[0]) > 96:
            wrapped = textwrap.wrap(names, 92)
            lines = ["from numpy import (", *(f"    {line}" for line in wrapped), ")"]
        if any("SimpleNamespace" in text for text in writer.stand_ins.values()):
            lines = ["from types import SimpleNamespace", "", *lines]
        if writer.rows:
            lines += ["", "from tensorgraph.primitive import REGISTRY", ""]
            lines += [
                f"{name} = REGISTRY[{row.name!r}].forward" for name, row in writer.rows.items()
            ]
        return [*lines, ""]

    def _memory(self) -> list[str]:
        return [
            "# --- memory for what is computed on the way",
            "",
            f"arena = empty({self._writer.plan.size + ALIGNED}, uint8)",
            f"aligned = -arena.ctypes.data % {ALIGNED}",
            "",
            "",
            "def room(start, stop, dtype, shape):",
            "    return arena[aligned + start : aligned + stop].view(dtype).reshape(shape)",
            "",
            "",
            *self._writer.constants,
            *self._writer.views,
        ]

    def _main(self) -> list[str]:
        """What runs the program when the text is a file."""
        made_up = "".join(self._writer.stand_ins.values())
        used = {name for name in ("arange", "array", "full", "zeros") if f"{name}(" in made_up}
        self._writer.imports |= {"random"} | used
        lines = ['if __name__ == "__main__":']
        for x in self._program.inputs:
            assert x.dtype is not None
            text = f"random.default_rng(0).random({x.shape}).astype({x.dtype.name!r})"
            if x.dtype.kind not in "fc":
                text = f"{self._writer.use('zeros')}({x.shape}, {x.dtype.name!r})"
            lines.append(f"    {self._writer.names[x]} = {text}")
        return [*lines, "    for _ in range(3):", f"        print(*step({self._arguments()}))"]


def _wrapped(line: str) -> list[str]:
    """A long line in several, where Python allows it: inside parentheses."""
    parts = textwrap.wrap(
        line, 92, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    if len(parts) > 1:
        try:
            ast.parse("\n".join(parts))
        except SyntaxError:
            return [line]
    return parts


def stored(program: Program) -> list[ir.Region]:
    """Where a program leaves something."""
    stores = (e.params["region"] for e in program.equations if e.row is ir.store)
    return list(dict.fromkeys(stores))
