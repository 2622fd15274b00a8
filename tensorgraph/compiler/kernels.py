"""Passes: the same values by calls that NumPy makes faster. Read next: ``neighbours``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.builder import Builder
from tensorgraph.compiler.program import Atom, Equation, Program, Var
from tensorgraph.ops.nn import ones


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


def with_numbers_outside(program: Program) -> Program:
    """Compute Python's numbers before anything is written, and count steps when all is done.

    A schedule of somebody else's may raise, and so may an operation: then nothing has changed.
    """
    last_number = max(
        (i for i, e in enumerate(program.equations) if e.row is ir.number), default=-1
    )
    done: list[Equation] = []
    numbers: list[Equation] = []
    others: list[Equation] = []
    counts: list[Equation] = []
    for i, equation in enumerate(program.equations):
        if equation.row is ir.number:
            numbers.append(equation)
        elif equation.row is not ir.advance:
            others.append(equation)
        elif i > last_number:
            counts.append(equation)
        else:  # what is read after it is another number
            done += [*numbers, *others, equation]
            numbers, others = [], []
    return program.replaced([*done, *numbers, *others, *counts])
