"""Passes: from a program to one that computes the same with less.

Each takes a program and gives a program, and ``optimized`` checks after every one of them. Which
they are, in order, is ``PASSES``. Read next: ``memory``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.builder import Builder
from tensorgraph.compiler.expand import expand
from tensorgraph.compiler.neighbours import with_neighbours_joined
from tensorgraph.compiler.program import Atom, Const, Equation, Program, Region, Var, check
from tensorgraph.ops import elementwise, shape
from tensorgraph.ops.nn import ones
from tensorgraph.primitive import REGISTRY

Pass = Callable[[Program], Program]

FOLDED = 1 << 16
"""Bytes of a constant above which it is computed anew rather than kept."""


def _rewritten(program: Program, rewrite: Callable[[Equation], Atom | Equation]) -> Program:
    """``program`` with each equation replaced by another, or by a value that is there already."""
    became: dict[Var, Atom] = {}

    def now(x: Atom) -> Atom:
        return became.get(x, x) if isinstance(x, Var) else x

    equations: list[Equation] = []
    for equation in program.equations:
        result = rewrite(equation.with_operands([now(x) for x in equation.operands]))
        if isinstance(result, Equation):
            equations.append(result)
        elif equation.out is not None:
            became[equation.out] = result
    return program.replaced(equations, [now(x) for x in program.outputs])


# --- dead code -----------------------------------------------------------------------------------


def without_dead_code(program: Program) -> Program:
    """Leave out what nobody uses and what has no effect."""
    used = {x for x in program.outputs if isinstance(x, Var)}
    kept = []
    for equation in reversed(program.equations):
        if equation.row in ir.EFFECTS or equation.out in used:
            used.update(equation.variables)
            kept.append(equation)
    return program.replaced(kept[::-1])


# --- constants -----------------------------------------------------------------------------------


def with_constants_folded(program: Program) -> Program:
    """Compute now what depends on no argument, unless somebody could still change an operand."""

    def rewrite(equation: Equation) -> Atom | Equation:
        outside = equation.row in ir.EFFECTS or equation.row in {ir.load, ir.number}
        if outside or not all(_is_settled(x) for x in equation.operands):
            return equation
        if equation.out is None or equation.out.nbytes > FOLDED:
            return equation
        value = equation.run([x.value for x in equation.operands if isinstance(x, Const)])
        value = np.array(value)
        value.flags.writeable = False
        return Const(value)

    return _rewritten(program, rewrite)


def _is_settled(x: Atom) -> bool:
    if not isinstance(x, Const):
        return False
    return not isinstance(x.value, np.ndarray) or not x.value.flags.writeable


# --- algebra -------------------------------------------------------------------------------------


def simplified(program: Program) -> Program:
    """x * 1 and x / 1 are x, as are x in its own shape or dtype and x transposed twice."""
    made: dict[Var, Equation] = {}

    def rewrite(equation: Equation) -> Atom | Equation:
        if equation.out is not None:
            made[equation.out] = equation
        simple = _SIMPLER.get(equation.row)
        result = simple(equation, made) if simple is not None else None
        return equation if result is None else result

    return _rewritten(program, rewrite)


Simpler = Callable[[Equation, dict[Var, Equation]], Atom | None]


def _operand(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    """The operand itself, if it has the type of the result."""
    x, out = equation.operands[0], equation.out
    return x if out is not None and (x.shape, x.dtype) == (out.shape, out.dtype) else None


def _is_one(x: Atom) -> bool:
    return isinstance(x, Const) and np.size(x.value) == 1 and bool(np.all(x.value == 1))


def _product(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    x, y = equation.operands
    other = y if _is_one(x) else x if _is_one(y) else None
    if other is None or equation.out is None:
        return None
    same = (other.shape, other.dtype) == (equation.out.shape, equation.out.dtype)
    return other if same else None


def _quotient(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    return _operand(equation, made) if _is_one(equation.operands[1]) else None


def _undone(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    """What was transposed before, where the two transpositions cancel."""
    x, out = equation.operands[0], equation.out
    before = made.get(x) if isinstance(x, Var) else None
    if before is None or before.row is not equation.row or out is None:
        return None
    original = before.operands[0]
    there = np.arange(int(np.prod(original.shape))).reshape(original.shape)
    again = equation.run([before.run([there])])
    return original if again.shape == there.shape and np.array_equal(again, there) else None


def _reshaped(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    return _operand(equation, made) if equation.params["order"] == "C" else None


_SIMPLER: dict[Any, Simpler] = {
    ops.multiply: _product,
    ops.divide: _quotient,
    elementwise.stop_gradient: _operand,
    shape.alias: _operand,
    REGISTRY["astype"]: _operand,
    REGISTRY["truncate"]: _operand,
    ops.positive: _operand,
    ops.reshape: _reshaped,
    ops.transpose: _undone,
    ops.swapaxes: _undone,
}


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

    return _rewritten(program, rewrite)


def _key(x: Atom) -> Any:
    if isinstance(x, Var):
        return x
    value = x.value
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim:
        return "array", id(value)
    return (
        type(value),
        getattr(value, "dtype", None),
        value.item()
        if np.ndim(value) == 0 and (isinstance(value, (np.ndarray, np.generic)))
        else value,
    )


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


# --- quicker kernels -----------------------------------------------------------------------------


def with_quicker_kernels(program: Program) -> Program:
    """A sum over the rows of a matrix of floats as a product with ones, which BLAS does faster."""
    emit = Builder()
    became: dict[Var, Atom] = {}
    for old in program.equations:
        operands = [became.get(x, x) if isinstance(x, Var) else x for x in old.operands]
        equation = old.with_operands(operands)
        x = operands[0] if operands else None
        if equation.row is ops.sum and x is not None and _is_over_rows(equation, x):
            assert equation.out is not None
            hint, mark = equation.out.hint, equation.mark
            total: Var = emit(ops.matmul, ones(1, x.shape[0], x.dtype), x, mark=mark, hint=hint)
            if total.shape != equation.out.shape:
                total = emit(ops.reshape, total, shape=equation.out.shape, mark=mark, hint=hint)
            became[equation.out] = total
        else:
            emit.equations.append(equation)
    outputs = [became.get(x, x) if isinstance(x, Var) else x for x in program.outputs]
    return program.replaced(emit.equations, outputs)


def _is_over_rows(equation: Equation, x: Atom) -> bool:
    return (
        len(x.shape) == 2
        and x.dtype is not None
        and x.dtype.char in "fd"
        and equation.params["axis"] in (0, (0,), -2, (-2,))
        and equation.params["dtype"] in (None, x.dtype)
    )


def with_float_masks(program: Program) -> Program:
    """A comparison that is only ever multiplied by floats gives 0.0 and 1.0, in their dtype.

    NumPy multiplies floats by truths at a third of the speed: it converts them on the way.
    """
    factors: dict[Var, set[Any]] = {}
    for equation in program.equations:
        for x in equation.variables:
            factors.setdefault(x, set()).add(_float_product(equation))
    for result in program.outputs:
        if isinstance(result, Var):
            factors.setdefault(result, set()).add(None)

    became: dict[Var, Var] = {}
    equations = []
    for equation in program.equations:
        operands = [became.get(x, x) if isinstance(x, Var) else x for x in equation.operands]
        equation = equation.with_operands(operands)
        out = equation.out
        if equation.row in _COMPARISONS and out is not None and out.shape:
            (kind, *others) = factors.get(out, {None})
            if kind is not None and not others:
                became[out] = Var(out.shape, kind, out.hint)
                equation.out = became[out]
        equations.append(equation)
    return program.replaced(equations)


def _float_product(equation: Equation) -> np.dtype[Any] | None:
    """The dtype of a product of floats; None for anything else."""
    kind = equation.out.dtype if equation.out is not None else None
    is_float = equation.row is ops.multiply and kind is not None and kind.char in "fd"
    return kind if is_float else None


_COMPARISONS = frozenset(
    {ops.greater, ops.greater_equal, ops.less, ops.less_equal, ops.equal, ops.not_equal}
)


def with_numbers_first(program: Program) -> Program:
    """Compute Python's numbers before anything is written.

    A schedule of somebody else's may raise: then nothing has changed.
    """
    numbers: list[Equation] = []
    others: list[Equation] = []
    done: list[Equation] = []
    for equation in program.equations:
        (numbers if equation.row is ir.number else others).append(equation)
        if equation.row is ir.advance:  # what is read after it is another number
            done += [*numbers, *others]
            numbers, others = [], []
    return program.replaced([*done, *numbers, *others])


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
    with_numbers_first,
    without_dead_code,
)


def optimized(program: Program) -> Program:
    """``program`` after all passes, each of which is checked."""
    for step in PASSES:
        program = check(step(program))
    return program
