"""What is written of one value of an expression, and what it is computed from.

A tape and a program are read alike: each gives its roots, and a ``Term`` for each of its values, on
demand, so that only what is written costs anything. Read next: ``tree``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.compiler.program import (
    Const,
    Equation,
    Program,
    Var,
    advance,
    load,
    names_of,
    number,
    store,
)
from tensorgraph.primitive import Primitive
from tensorgraph.tape import Leaf, Node, Tape
from tensorgraph.viz.graphs import words


class Operand(NamedTuple):
    """A value by what stands for it in the expression, and what it is to its user."""

    key: Hashable
    role: str = ""


class Term(NamedTuple):
    """One value: what it is called, as "z = a − b", its size, its value, where it was recorded."""

    label: str
    size: str = ""
    value: str = ""
    layer: str = ""
    operands: Sequence[Operand] = ()


class Constant:
    """An array or a number, at one of its uses."""

    def __init__(self, value: Any, role: str) -> None:
        self.value = value
        self.role = role

    def term(self) -> Term:
        """Return a number as it is, an array as what it is to its user."""
        if np.ndim(self.value) == 0:
            return Term(words.number(self.value))
        return Term(words.array_in_role(self.role), _size(self.value))


class Expression(ABC):
    """Values by their keys. ``size`` counts those that are no constants."""

    roots: list[Operand]
    size: int

    @abstractmethod
    def term(self, key: Any) -> Term:
        """Return what is written of a value."""


class TapeExpression(Expression):
    """What a tape's outputs are computed from. The keys are its nodes."""

    def __init__(self, tape: Tape) -> None:
        self.roots = [Operand(node) for node in tape.outputs]
        self.size = len(tape)

    def term(self, key: Node | Constant) -> Term:
        """Return the term of a node, with the value of a scalar."""
        if isinstance(key, Constant):
            return key.term()
        value = words.number(key.value) if np.ndim(key.value) == 0 else ""
        if isinstance(key, Leaf):
            return Term(_word(key.name or "variable"), _size(key.value), value)
        label = _named(_word(key.name or ""), _operation(key.primitive, key.params))
        layer = f"in {_word(key.layer)}" if key.layer else ""
        operands = list(_operands(key.primitive, key.operands, Node))
        return Term(label, _size(key.value), value, layer, operands)


class ProgramExpression(Expression):
    """What a program writes into memory, and returns. The keys are its variables and effects."""

    def __init__(self, program: Program) -> None:
        self.names = names_of(program)
        effects = [equation for equation in program.equations if equation.out is None]
        self.makers = {e.out: e for e in program.equations if e.out is not None}
        self.roots = [Operand(effect) for effect in effects]
        self.roots += [Operand(_key(x, Var, "result"), "returned") for x in program.outputs]
        self.size = len(effects) + len(_needed(program))

    def term(self, key: Var | Equation | Constant) -> Term:
        """Return the term of a variable, or of an effect."""
        if isinstance(key, Constant):
            return key.term()
        if isinstance(key, Equation):
            return self._made(key)
        size = "number" if key.dtype is None else _sized(key.shape, key.dtype)
        if key not in self.makers:
            return Term(self.names[key], size)
        term = self._made(self.makers[key])
        return term._replace(label=_named(self.names[key], term.label), size=size)

    def _made(self, equation: Equation) -> Term:
        layer = f"in {equation.mark.layer}" if equation.mark.layer else ""
        operands = list(_operands(equation.row, equation.operands, Var))
        return Term(self._does(equation), layer=layer, operands=operands)

    def _does(self, equation: Equation) -> str:
        """Return what an equation does; those that reach outside say where to."""
        row, params = equation.row, equation.params
        owner = type(params.get("owner")).__name__
        if row in (load, store):
            region = params["region"]
            place = f"{region.memory.name}[{region.start}:{region.stop}]"
            return place if row is load else f"{place} ←"
        if row is number:
            parts = [self.names[x] if isinstance(x, Var) else str(x) for x in equation.operands]
            text: str = params["text"].format(*parts)
            return text if params["owner"] is None else f"{owner}.{text}"
        return f"{owner}.{params['attribute']} += 1" if row is advance else _operation(row, params)


def _needed(program: Program) -> set[Var]:
    """Return the variables that effects and results are computed from."""
    needed = {x for x in program.outputs if isinstance(x, Var)}
    for equation in reversed(program.equations):
        if equation.out is None or equation.out in needed:
            needed.update(equation.variables)
    return needed


def _operands(row: Primitive, operands: Sequence[Any], traced: type) -> Iterator[Operand]:
    """Give the operands, with their roles where the order alone does not tell them."""
    roles = words.roles(row, len(operands)) if row not in (store, number) else ()
    told = len(operands) > 1 and not {"a", "1", ""} & set(roles[:1])
    for i, x in enumerate(operands):
        role = roles[i] if roles else ""
        key = _key(x, traced, role)
        shown = told and not (isinstance(key, Constant) and np.ndim(key.value))
        yield Operand(key, role if shown else "")


def _key(x: Any, traced: type, role: str) -> Hashable:
    if isinstance(x, traced):
        return x
    return Constant(x.value if isinstance(x, Const) else x, role)


def _operation(row: Primitive, params: dict[str, Any]) -> str:
    """Return an operation with its metadata, as "sum(axis=1)" or "index [1:]"."""
    name, metadata = words.operation(row), words.metadata(row, params)
    if not metadata:
        return name
    return f"{name} {metadata}" if metadata.startswith("[") else f"{name}({metadata})"


def _named(name: str, operation: str) -> str:
    return f"{name} = {operation}" if name else operation


def _word(name: str) -> str:
    """Return a name in one line."""
    return name if name.isprintable() else repr(name)


def _size(value: Any) -> str:
    value = np.asarray(value)
    return _sized(value.shape, value.dtype)


def _sized(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Return the shape, with the dtype where it is not one of floats."""
    return words.shape(shape) + ("" if dtype.kind == "f" else f" {words.dtype(dtype)}")
