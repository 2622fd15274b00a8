"""What passes share: equations replaced one by one. Read next: ``algebra``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorgraph.compiler.program import Atom, Const, Equation, Program, Var


def rewritten(program: Program, rewrite: Callable[[Equation], Atom | Equation]) -> Program:
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


def is_settled(x: Atom) -> bool:
    """Whether this is a constant that nobody can change."""
    if not isinstance(x, Const):
        return False
    return not isinstance(x.value, np.ndarray) or not x.value.flags.writeable
