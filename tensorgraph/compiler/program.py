"""The program: what a recorded call does, as a list of equations.

Each equation is one row of the registry, or one of the few below that reach outside: ``load`` and
``store`` read and write memory that stays between calls (parameters, gradients, an optimizer's
state), ``draw`` takes random numbers from a generator, ``number`` computes with Python's numbers
(a learning rate, a step count) and ``advance`` counts a step. A variable is given its value once.
The order of the equations is an order in which they can be run.

    print(f.program)

Read next: ``numbers``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.display import Shown
from tensorgraph.errors import GraphError
from tensorgraph.primitive import Primitive
from tensorgraph.source import Place
from tensorgraph.typing import Array, Shape

# --- values --------------------------------------------------------------------------------------


class Var:
    """A value of a program: its shape and dtype, None for one of Python's own numbers."""

    __slots__ = ("dtype", "hint", "shape")

    def __init__(self, shape: Shape, dtype: np.dtype[Any] | None, hint: str = "") -> None:
        self.shape = shape
        self.dtype = dtype
        self.hint = hint

    @property
    def nbytes(self) -> int:
        """Its size in memory."""
        return 0 if self.dtype is None else int(np.prod(self.shape)) * self.dtype.itemsize

    def __repr__(self) -> str:
        return f"<{self.hint or 'var'} {type_of(self)}>"


class Const:
    """A value that is the same in every call."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def shape(self) -> Shape:
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """None for one of Python's own numbers, which takes the dtype of what it meets."""
        return getattr(self.value, "dtype", None)

    def __repr__(self) -> str:
        return f"array{self.shape}" if self.shape else f"{self.value}"


Atom = Var | Const


def type_of(x: Atom) -> str:
    """The type of a value, as in ``f32[300, 64]``."""
    if x.dtype is None:
        return "number"
    return f"{x.dtype.kind}{8 * x.dtype.itemsize}[{', '.join(map(str, x.shape))}]"


# --- memory that stays ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Memory:
    """A flat array that outlives a call."""

    array: Array
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Memory) and other.array is self.array

    def __hash__(self) -> int:
        return id(self.array)


@dataclass(frozen=True)
class Region:
    """A part of it, seen in some shape."""

    memory: Memory
    start: int
    stop: int
    shape: Shape
    name: str = field(default="", compare=False)

    def view(self) -> Array:
        """The part itself: writing to it writes to the memory."""
        return self.memory.array[self.start : self.stop].reshape(self.shape)

    def overlaps(self, other: Region) -> bool:
        """Whether they have an element in common."""
        return self.memory == other.memory and self.start < other.stop and other.start < self.stop


# --- what reaches outside ------------------------------------------------------------------------


def _load(*, region: Region) -> Array:
    """What lies in memory now."""
    return region.view().copy()


def _store(x: Any, *, region: Region) -> None:
    """Write ``x`` into memory."""
    np.copyto(region.view(), np.reshape(x, region.shape), casting="same_kind")


def _draw(*, rng: np.random.Generator, shape: Shape, dtype: Any) -> Array:
    """Random numbers from 0 to 1."""
    return rng.random(shape, dtype)


def _number(*xs: Any, compute: Callable[..., Any], text: str, owner: Any) -> Any:
    """Compute with Python's numbers; ``text`` says how, with a ``{}`` for each operand."""
    return compute(*xs)


def _advance(*, owner: Any, attribute: str) -> None:
    """Count one more."""
    setattr(owner, attribute, getattr(owner, attribute) + 1)


def _row(name: str, forward: Callable[..., Any], *, variadic: bool = False) -> Primitive:
    # Outside the registry: nobody records these by hand.
    rules = (None,) if name == "store" or variadic else ()
    return Primitive("nondifferentiable", forward, rules, name=name, variadic=variadic)


load = _row("load", _load)
store = _row("store", _store)
draw = _row("draw", _draw)
number = _row("number", _number, variadic=True)
advance = _row("advance", _advance)
given = Primitive("nondifferentiable", lambda: None, (), name="input")
"""Stands on the tape for an argument of the call."""

EFFECTS = frozenset({store, draw, advance})
"""Rows that are run for what they do, whether or not somebody uses their result."""


# --- equations -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """Where an equation comes from: forward, backward or update; the layer; the line."""

    phase: str = "forward"
    layer: str | None = None
    place: Place | None = None


@dataclass(eq=False)
class Equation:
    """``out = row(*operands, **params)``."""

    row: Primitive
    operands: tuple[Atom, ...]
    params: dict[str, Any]
    out: Var | None
    mark: Mark = Mark()

    @property
    def variables(self) -> Iterator[Var]:
        """The operands that are no constants."""
        return (x for x in self.operands if isinstance(x, Var))

    def with_operands(self, operands: Sequence[Atom]) -> Equation:
        """The same of other operands."""
        return Equation(self.row, tuple(operands), self.params, self.out, self.mark)

    def run(self, values: Sequence[Any]) -> Any:
        """The value of ``out``, for these values of the operands."""
        return self.row.forward(*values, **self.params)


@dataclass
class Program(Shown):
    """Equations between the values that go in and those that come out."""

    name: str
    inputs: list[Var]
    equations: list[Equation]
    outputs: list[Atom]

    def replaced(self, equations: list[Equation], outputs: list[Atom] | None = None) -> Program:
        """The same interface with other equations."""
        outputs = self.outputs if outputs is None else outputs
        return Program(self.name, self.inputs, equations, outputs)

    def run(self, *arguments: Any) -> list[Any]:
        """Run equation by equation: what the printed program must agree with."""
        values: dict[Var, Any] = dict(zip(self.inputs, arguments, strict=True))

        def value(x: Atom) -> Any:
            return x.value if isinstance(x, Const) else values[x]

        for equation in self.equations:
            result = equation.run([value(x) for x in equation.operands])
            if equation.out is not None:
                values[equation.out] = result
        return [value(x) for x in self.outputs]

    def __len__(self) -> int:
        return len(self.equations)

    def __repr__(self) -> str:
        names = names_of(self)
        head = ", ".join(f"{names[x]}: {type_of(x)}" for x in self.inputs)
        lines = [f"{self.name}({head}):"]
        before = None
        for equation in self.equations:
            part = (equation.mark.phase, equation.mark.layer)
            if part != before:
                lines.append(f"  # {' '.join(word for word in part if word)}")
                before = part
            lines.append(f"  {_line(equation, names)}")
        lines.append(f"  return {', '.join(_atom(x, names) for x in self.outputs)}")
        return "\n".join(lines)


def identifier(name: str) -> str:
    """``name`` as it can stand in a program, letters as Python reads them."""
    word = unicodedata.normalize("NFKC", name)
    word = "".join(c if f"x{c}".isidentifier() else "_" for c in word)
    return word if word.isidentifier() else f"x_{word}"


def printable(text: str) -> str:
    """``text`` as it can stand in one line, in a comment or between quotes."""
    return "".join(c if c.isprintable() and c not in '\\"' else " " for c in text)


def names_of(program: Program) -> dict[Var, str]:
    """A name for each variable: what it was called when it was recorded, made unique."""
    names: dict[Var, str] = {}
    taken: dict[str, int] = {}
    made = (equation.out for equation in program.equations)
    for var in (*program.inputs, *(out for out in made if out is not None)):
        hint = var.hint or "x"
        count = taken[hint] = taken.get(hint, 0) + 1
        names[var] = hint if count == 1 else f"{hint}_{count}"
        taken.setdefault(names[var], 1)
    return names


def _atom(x: Atom, names: dict[Var, str]) -> str:
    return names[x] if isinstance(x, Var) else repr(x)


def _line(equation: Equation, names: dict[Var, str]) -> str:
    parts = [_atom(x, names) for x in equation.operands]
    params = equation.params
    if equation.row is advance:
        return f"{type(params['owner']).__name__.lower()}.{params['attribute']} += 1"
    if equation.row is number and equation.out is not None:
        text = params["text"].format(*parts)
        owner = params["owner"]
        text = text if owner is None else f"{type(owner).__name__.lower()}.{text}"
        return f"{names[equation.out]}: number = {text}"
    parts += [f"{key}={_short(value)}" for key, value in params.items()]
    call = f"{equation.row.name}({', '.join(parts)})"
    if equation.out is None:
        return call
    return f"{names[equation.out]}: {type_of(equation.out)} = {call}"


def _short(value: Any) -> str:
    if isinstance(value, Region):
        return f"{value.memory.name}[{value.start}:{value.stop}]"
    if isinstance(value, (np.ndarray, np.random.Generator)) or callable(value):
        return f"<{getattr(value, '__name__', type(value).__name__)}>"
    return repr(value)


# --- is it well formed? --------------------------------------------------------------------------


def check(program: Program) -> Program:
    """``program`` itself, or ``GraphError``: every value made once, before it is used, and typed.

    Called after each pass.
    """
    known = set(program.inputs)
    for equation in program.equations:
        for x in equation.variables:
            if x not in known:
                raise GraphError(f"{program.name}: {equation.row.name}() uses a value not yet made")
        _check_types(equation)
        if equation.out is not None:
            if equation.out in known:
                raise GraphError(f"{program.name}: {equation.row.name}() makes a value again")
            known.add(equation.out)
    for result in program.outputs:
        if isinstance(result, Var) and result not in known:
            raise GraphError(f"{program.name}: returns a value that is never made")
    return program


def _check_types(equation: Equation) -> None:
    """Raise where the operands of a row cannot give a result of the type of ``out``."""
    row, out = equation.row, equation.out
    shapes = [x.shape for x in equation.operands]
    if out is None or out.dtype is None:
        return
    expected: Shape | None = None
    if isinstance(row.forward, np.ufunc) and row.forward.signature is None:
        expected = np.broadcast_shapes(*shapes)
    elif row is load:
        expected = equation.params["region"].shape
    elif row.name == "matmul" and len(shapes[0]) == len(shapes[1]) == 2:
        expected = (shapes[0][0], shapes[1][1])
        if shapes[0][1] != shapes[1][0]:
            raise GraphError(f"a product of shapes {shapes[0]} and {shapes[1]}")
    elif row.name in {"reshape", "pack"}:
        sizes = sum(int(np.prod(shape)) for shape in shapes)
        expected = out.shape if sizes == int(np.prod(out.shape)) else ()
    if expected is not None and expected != out.shape:
        raise GraphError(f"{row.name}() of shapes {shapes} gives {expected}, not {out.shape}")
