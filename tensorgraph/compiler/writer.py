"""Names and operands of a text in the making: what to call a value, and where it comes from.

Constants and views of memory that stays are written once, before the function. Read next:
``lines``.
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Hashable
from math import isfinite
from typing import Any

import numpy as np

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.memory import Buffer, Plan, is_planned
from tensorgraph.compiler.program import Atom, Equation, Program, Region, Var, identifier
from tensorgraph.primitive import Primitive
from tensorgraph.typing import Array

_SMALL = 64
"""Elements up to which a constant is written out."""

_OURS = {"_", "np", "step", "arena", "aligned", "room", "SimpleNamespace", "REGISTRY"}
"""Names of the text itself."""

_LARGE = 1 << 31
"""Whole numbers beyond this are written out: counting on from them may leave their dtype."""


class Writer:
    """The lines of a program so far, and the names in them."""

    def __init__(self, program: Program, plan: Plan) -> None:
        self.program = program
        self.plan = plan
        self.names: dict[Hashable, str] = {}
        self.inline: dict[Var, str] = {}  # numbers that are written where they are used
        self.fixed: set[str] = set()  # names of memory that stays where it is
        self.rearranged: set[str] = set()  # those of views whose elements do not follow each other
        self.imports: set[str] = set()  # NumPy's functions
        self.rows: dict[str, Primitive] = {}  # rows whose NumPy function is called, by name
        self.outside: dict[str, Any] = {}  # objects that the caller has to provide, by name
        self.stand_ins: dict[str, str] = {}  # what makes one like it, in a file of its own
        self.constants: list[str] = []
        self.views: list[str] = []
        self.body: list[str] = []
        self.uses, self.met = _uses(program)
        self._taken = {*keyword.kwlist, *dir(builtins), *dir(np), *_OURS}
        for var in program.inputs:
            self.names[var] = self.name(var.hint)

    # --- names -----------------------------------------------------------------------------------

    def name(self, hint: str) -> str:
        """A name that nobody has yet."""
        word, count = identifier(hint), 1
        name = word
        while name in self._taken:
            count += 1
            name = f"{word}_{count}"
        self._taken.add(name)
        return name

    def use(self, function: str) -> str:
        """A function of NumPy's."""
        self.imports.add(function)
        return function

    def bind(self, thing: Any, hint: str, stand_in: str) -> str:
        """The name of an object from outside; ``stand_in`` makes one like it, in a file."""
        key = ("outside", id(thing))
        if key not in self.names:
            self.names[key] = self.name(hint)
            self.outside[self.names[key]] = thing
            self.stand_ins[self.names[key]] = stand_in
        return self.names[key]

    def attribute(self, owner: Any, attribute: str) -> str:
        """An attribute of an object from outside; in a file, one that has just such attributes."""
        name = self.bind(owner, type(owner).__name__.lower(), "SimpleNamespace()")
        value = getattr(owner, attribute)
        text = f"{attribute}={literal(value.item() if isinstance(value, np.generic) else value)}"
        if f"{attribute}=" not in self.stand_ins[name]:
            before = self.stand_ins[name].removesuffix(")")
            self.stand_ins[name] = f"{before}{'' if before.endswith('(') else ', '}{text})"
        return f"{name}.{attribute}"

    def view(self, text: str, hint: str) -> str:
        """The name of a view of memory that stays: it is made once."""
        key = ("view", text)
        if key not in self.names:
            self.names[key] = self.name(hint)
            self.views.append(f"{self.names[key]} = {text}")
            self.fixed.add(self.names[key])
        return self.names[key]

    def assign(self, equation: Equation, expression: str) -> None:
        """``name = expression``, in the function."""
        assert equation.out is not None
        self.names[equation.out] = self.name(equation.out.hint)
        self.body.append(f"{self.names[equation.out]} = {expression}")

    # --- operands --------------------------------------------------------------------------------

    def text(self, x: Atom) -> str:
        """An operand, in a line."""
        if isinstance(x, Var):
            return self.inline.get(x) or self.names[x]
        value = x.value
        if isinstance(value, np.ndarray) and value.ndim:
            return self._array(value)
        if isinstance(value, (np.generic, np.ndarray)):
            return f"{self.use(value.dtype.name)}({literal(value.item())})"
        return literal(value)

    def flat(self, x: Atom) -> str:
        """The raveled elements of an operand, as a view that is made once where that can be."""
        base = self.text(x)
        if len(x.shape) == 1:
            return base
        text = f"{base}.reshape(-1)"
        return self.view(text, f"{base}_flat") if base in self.fixed else text

    def scalar(self, x: Atom, dtype: np.dtype[Any]) -> str:
        """An operand of an operation on arrays of ``dtype``.

        A number becomes an array of no dimensions: NumPy takes those in half the time.
        """
        if isinstance(x, Var):
            return self.names.get((x, dtype)) or self.text(x)
        if x.shape or dtype.kind not in "fc":
            return self.text(x)
        item = x.value.item() if isinstance(x.value, (np.generic, np.ndarray)) else x.value
        if isinstance(item, bool) or not isinstance(item, (int, float)):
            return self.text(x)
        kind = dtype if x.dtype is None else x.dtype
        key = ("scalar", repr(item), kind)
        if key not in self.names:
            word = "".join(c if c.isalnum() else "_" for c in f"{item:.6g}")
            self.names[key] = self.name(f"_{word}")
            text = f"{self.use('array')}({literal(item)}, {kind.name!r})"
            self.constants.append(f"{self.names[key]} = {text}")
        return self.names[key]

    def number_array(self, x: Var, dtype: np.dtype[Any], text: str) -> None:
        """One of Python's numbers as such an array, which is filled at each call."""
        self.names[x, dtype] = self.name(x.hint)
        self.constants.append(f"{self.names[x, dtype]} = {self.use('empty')}((), {dtype.name!r})")
        self.body.append(f"{self.names[x, dtype]}[()] = {text}")

    def _array(self, value: Array) -> str:
        key = ("constant", id(value))
        if key not in self.names:
            text, hint = _made(value)
            name = self.names[key] = self.name(hint)
            self.fixed.add(name)
            if not value.flags.c_contiguous:
                self.rearranged.add(name)
            if text is None or value.flags.writeable:  # somebody may still change it
                self.outside[name] = value
                self.stand_ins[name] = text or f"zeros({value.shape}, {value.dtype.name!r})"
            else:
                self.use(text.partition("(")[0])
                self.constants.append(f"{name} = {text}")
        return self.names[key]

    # --- memory ----------------------------------------------------------------------------------

    def buffer(self, buffer: Buffer) -> str:
        """The name of the place of a value."""
        if buffer.region is not None:
            return self.region(buffer.region)
        if buffer not in self.names:
            stop = buffer.offset + buffer.nbytes
            text = f"room({buffer.offset}, {stop}, {buffer.dtype.name!r}, {buffer.shape})"
            self.names[buffer] = self.name(buffer.name)
            self.views.append(f"{self.names[buffer]} = {text}")
            self.fixed.add(self.names[buffer])
        return self.names[buffer]

    def region(self, region: Region) -> str:
        """The name of a part of the memory that outlives a call."""
        memory = region.memory
        base = self.bind(memory.array, memory.name, _stand_in(memory))
        self.fixed.add(base)
        if region.shape == memory.array.shape:
            return base
        shape = f".reshape{region.shape}" if len(region.shape) != 1 else ""
        return self.view(f"{base}[{region.start}:{region.stop}]{shape}", region.name or base)


def _uses(program: Program) -> tuple[dict[Var, int], dict[Var, set[np.dtype[Any]]]]:
    """How often each value is used; and, of Python's numbers, with arrays of which dtypes."""
    uses: dict[Var, int] = {}
    met: dict[Var, set[np.dtype[Any]]] = {}
    for equation in program.equations:
        for x in equation.variables:
            uses[x] = uses.get(x, 0) + 1
            if x.dtype is None and is_planned(equation):
                met.setdefault(x, set()).add(kind_of_operands(equation))
    for result in program.outputs:
        if isinstance(result, Var):
            uses[result] = uses.get(result, 0) + 1
    return uses, met


def kind_of_operands(equation: Equation) -> np.dtype[Any]:
    """The dtype that one of Python's numbers takes among the operands."""
    known = [x.dtype for x in equation.operands if x.dtype is not None]
    assert equation.out is not None
    assert equation.out.dtype is not None
    return np.result_type(*known) if known else equation.out.dtype


def _made(value: Array) -> tuple[str | None, str]:
    """The text that makes a constant, None for a large one without a pattern; and a name for it."""
    kind, shape = value.dtype.name, value.shape
    size = "x".join(map(str, shape))
    flat = value.reshape(-1)
    if not value.size:
        return f"zeros({shape}, {kind!r})", f"empty_{size}"
    if value.tobytes() == flat[:1].tobytes() * value.size:  # by bits: -0.0 is another number
        word = {0: "zeros", 1: "ones"}.get(flat[0].item(), "constant")
        return f"full({shape}, {literal(flat[0].item())}, {kind!r})", f"{word}_{size}"
    if value.size > 1 and value.dtype == np.intp and abs(flat[:2]).max() < _LARGE:
        by = int(flat[1]) - int(flat[0])
        stop = int(flat[0]) + by * value.size
        if by and np.array_equal(flat, np.arange(flat[0], stop, by)):
            text = f"arange({flat[0]}, {stop}, {by}, dtype={kind!r})"
            return text + (f".reshape{shape}" if value.ndim > 1 else ""), f"count_{size}"
    if value.size <= _SMALL:
        return f"array({literal(value.tolist())}, {kind!r})", f"constant_{size}"
    return None, f"constant_{size}"


def literal(x: Any) -> str:
    """The text of a number, or of lists of them: not all floats are read as they are printed."""
    if isinstance(x, list):
        return f"[{', '.join(map(literal, x))}]"
    if isinstance(x, complex):
        return f"complex({literal(x.real)}, {literal(x.imag)})"
    return f"float('{x}')" if isinstance(x, float) and not isfinite(x) else repr(x)


def _stand_in(memory: ir.Memory) -> str:
    size, kind = len(memory.array), memory.array.dtype.name
    if memory.name == "parameters":
        return f"random.default_rng(0).normal(0, 0.1, {size}).astype({kind!r})"
    return f"zeros({size}, {kind!r})"
