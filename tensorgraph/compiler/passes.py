"""Passes: from a program to one that computes the same with less.

Each takes a program and gives a program, and ``optimized`` checks after every one of them. Which
they are, in order, is ``PASSES``. Read next: ``memory``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.algebra import simplified
from tensorgraph.compiler.expand import expand
from tensorgraph.compiler.kernels import (
    with_float_masks,
    with_numbers_outside,
    with_quicker_kernels,
)
from tensorgraph.compiler.neighbours import with_neighbours_joined
from tensorgraph.compiler.program import Atom, Const, Equation, Program, Region, Var, check
from tensorgraph.compiler.rewriting import is_settled, rewritten

Pass = Callable[[Program], Program]

FOLDED = 1 << 16
"""Bytes of a constant above which it is computed anew rather than kept."""


# --- dead code -----------------------------------------------------------------------------------


def without_dead_code(program: Program) -> Program:
    """Leave out what nobody uses and what has no effect."""
    used = {x for x in program.outputs if isinstance(x, Var)}
    kept = []
    unchanged = _stores_of_what_is_there(program)
    for equation in reversed(program.equations):
        if equation in unchanged:
            continue
        if equation.row in ir.EFFECTS or equation.out in used:
            used.update(equation.variables)
            kept.append(equation)
    return program.replaced(kept[::-1])


def _stores_of_what_is_there(program: Program) -> set[Equation]:
    """Stores of what was read from the same place, where nothing was written in between."""
    there: dict[Region, Var] = {}
    found = set()
    for equation in program.equations:
        if equation.row is ir.load and equation.out is not None:
            there[equation.params["region"]] = equation.out
        elif equation.row is ir.store:
            region = equation.params["region"]
            if there.get(region) is equation.operands[0]:
                found.add(equation)
            else:
                there = {r: var for r, var in there.items() if not r.overlaps(region)}
    return found


# --- constants -----------------------------------------------------------------------------------


def with_constants_folded(program: Program) -> Program:
    """Compute now what depends on no argument, unless somebody could still change an operand."""

    def rewrite(equation: Equation) -> Atom | Equation:
        outside = equation.row in ir.EFFECTS or equation.row in {ir.load, ir.number}
        if outside or not all(is_settled(x) for x in equation.operands):
            return equation
        if equation.out is None or equation.out.nbytes > FOLDED:
            return equation
        value = equation.run([x.value for x in equation.operands if isinstance(x, Const)])
        value = np.array(value)
        value.flags.writeable = False
        return Const(value)

    return rewritten(program, rewrite)


# --- common subexpressions -----------------------------------------------------------------------


def without_repetition(program: Program) -> Program:
    """Compute the same row of the same operands once; what is read from memory, until a write."""
    known: dict[Any, Atom] = {}

    def rewrite(equation: Equation) -> Atom | Equation:
        if equation.row is ir.store:
            _forget(known, equation.params["region"])
        if equation.row in ir.EFFECTS or equation.out is None:
            return equation
        key = (equation.row, tuple(map(_key, equation.operands)), _key_of(equation.params))
        try:
            found = known.get(key)
        except TypeError:  # metadata that cannot be compared
            return equation
        if found is None:
            known[key] = equation.out
        return equation if found is None else found

    return rewritten(program, rewrite)


def _key(x: Atom) -> Any:
    if isinstance(x, Var):
        return x
    value = x.value
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim:
        return "array", id(value)
    item = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
    # As it is written: -0.0 is equal to 0.0 and is another number.
    return type(value), getattr(value, "dtype", None), repr(item)


def _key_of(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, _key_of(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_key_of, value))
    if isinstance(value, slice):
        return "slice", value.start, value.stop, value.step
    return type(value), value


def _forget(known: dict[Any, Atom], region: Region) -> None:
    for key in [key for key in known if key[0] is ir.load]:
        for name, (_, value) in key[2]:
            if name == "region" and value.overlaps(region):
                del known[key]


# --- all of them ---------------------------------------------------------------------------------

PASSES: tuple[Pass, ...] = (
    without_dead_code,
    expand,
    simplified,
    with_constants_folded,
    without_repetition,
    with_quicker_kernels,
    with_neighbours_joined,
    with_float_masks,
    with_numbers_outside,
    without_dead_code,
)


def optimized(program: Program) -> Program:
    """``program`` after all passes, each of which is checked."""
    for step in PASSES:
        program = check(step(program))
    return program
