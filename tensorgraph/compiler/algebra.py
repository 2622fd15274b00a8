"""A pass: equations that give what is there already. Read next: ``kernels``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.compiler.program import Atom, Const, Equation, Program, Var
from tensorgraph.compiler.rewriting import is_settled, rewritten
from tensorgraph.ops import elementwise, shape
from tensorgraph.primitive import REGISTRY


def simplified(program: Program) -> Program:
    """x * 1, x / 1 and x ** 1 are x, as are x in its own shape or dtype and x transposed twice.

    x ** 2 is a square, which NumPy has at a quarter of the time.
    """
    made: dict[Var, Equation] = {}

    def rewrite(equation: Equation) -> Atom | Equation:
        if equation.out is not None:
            made[equation.out] = equation
        simple = _SIMPLER.get(equation.row)
        result = simple(equation, made) if simple is not None else None
        return _with_single_numbers(equation) if result is None else result

    return rewritten(program, rewrite)


Simpler = Callable[[Equation, dict[Var, Equation]], Atom | Equation | None]


def _operand(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    """The operand itself, if it has the type of the result."""
    x, out = equation.operands[0], equation.out
    return x if out is not None and (x.shape, x.dtype) == (out.shape, out.dtype) else None


def _is(x: Atom, number: int) -> bool:
    return isinstance(x, Const) and np.size(x.value) == 1 and bool(np.all(x.value == number))


def _is_one(x: Atom) -> bool:
    return _is(x, 1)


def _with_single_numbers(equation: Equation) -> Equation:
    """The same with a number in place of an array that is the same everywhere."""
    if not isinstance(equation.row.forward, np.ufunc) or len(equation.operands) != 2:
        return equation
    out = equation.out
    if out is None or not all(x.shape == out.shape for x in equation.operands if not _is_even(x)):
        return equation
    if all(map(_is_even, equation.operands)):
        return equation
    return equation.with_operands(
        [Const(x.value.reshape(-1)[0]) if _is_even(x) else x for x in equation.operands]  # type: ignore[union-attr]
    )


def _is_even(x: Atom) -> bool:
    """Whether this is a constant array, which nobody can change, of one number over and over."""
    if not is_settled(x) or not x.shape or not isinstance(x, Const):
        return False
    flat = x.value.reshape(-1)
    # By bits: -0.0 is another number.
    return bool(flat.size) and x.value.tobytes() == flat[:1].tobytes() * flat.size


def _product(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    x, y = equation.operands
    other = y if _is_one(x) else x if _is_one(y) else None
    if other is None or equation.out is None:
        return None
    same = (other.shape, other.dtype) == (equation.out.shape, equation.out.dtype)
    return other if same else None


def _quotient(equation: Equation, made: dict[Var, Equation]) -> Atom | None:
    return _operand(equation, made) if _is_one(equation.operands[1]) else None


def _power(equation: Equation, made: dict[Var, Equation]) -> Atom | Equation | None:
    x, exponent = equation.operands
    same = _operand(equation, made)
    if same is None or x.dtype is None or x.dtype.kind != "f":
        return None
    if _is(exponent, 2):
        return Equation(ops.square, (x,), {}, equation.out, equation.mark)
    return x if _is(exponent, 1) else None


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
    ops.power: _power,
    elementwise.stop_gradient: _operand,
    shape.alias: _operand,
    REGISTRY["astype"]: _operand,
    REGISTRY["truncate"]: _operand,
    ops.positive: _operand,
    ops.reshape: _reshaped,
    ops.transpose: _undone,
    ops.swapaxes: _undone,
}
