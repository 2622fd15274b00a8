"""Writing equations: give a row and its operands, get a variable of the type that NumPy gives it.

Read next: ``expand``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.compiler.program import Atom, Const, Equation, Mark, Var
from tensorgraph.primitive import Primitive
from tensorgraph.typing import Shape


class Builder:
    """A list of equations that grows."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []

    def __call__(self, row: Primitive, *operands: Any, mark: Mark, hint: str, **params: Any) -> Var:
        """Append ``row(*operands)``; what is no variable is a constant."""
        atoms = tuple(x if isinstance(x, (Var, Const)) else Const(x) for x in operands)
        params = {**row.defaults, **params}
        shape, dtype = result_type(row, atoms, params)
        out = Var(shape, dtype, hint)
        self.equations.append(Equation(row, atoms, params, out, mark))
        return out


def result_type(
    row: Primitive, operands: tuple[Atom, ...], params: dict[str, Any]
) -> tuple[Shape, np.dtype[Any]]:
    """The shape and dtype of ``row(*operands)``, without computing it where NumPy can tell."""
    forward = row.forward
    if isinstance(forward, np.ufunc) and forward.signature is None:
        shape = np.broadcast_shapes(*(x.shape for x in operands))
        given = [x.dtype if x.dtype is not None else _weak(x) for x in operands]
        return shape, forward.resolve_dtypes((*given, None))[-1]
    value = np.asarray(forward(*map(_stand_in, operands), **params))
    return value.shape, value.dtype


def _weak(x: Atom) -> Any:
    """The class of one of Python's numbers, whose dtype is that of what it meets."""
    kind = type(x.value) if isinstance(x, Const) else float
    return np.dtype(bool) if kind is bool else kind


def _stand_in(x: Atom) -> Any:
    """Zeros of the type of ``x``, which take no memory."""
    if isinstance(x, Const):
        return x.value
    return 0.0 if x.dtype is None else np.broadcast_to(np.zeros((), x.dtype), x.shape)
