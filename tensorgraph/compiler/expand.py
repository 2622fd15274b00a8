"""A pass: rows that do much at once become the plain operations that they consist of.

What a row computes stands in ``ops``; here stands how, so that each step can be planned, shared and
done in place. A row that has no entry stays what it is: a call of its NumPy function.
Read next: ``passes``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.compiler.builder import Builder
from tensorgraph.compiler.program import Atom, Equation, Program, Var
from tensorgraph.ops import fused
from tensorgraph.ops.fused import row_starts
from tensorgraph.ops.nn import is_narrow, ones
from tensorgraph.ops.shape import normalize_axes
from tensorgraph.primitive import REGISTRY, Primitive
from tensorgraph.typing import Array

Expansion = Callable[["_Expander", Equation], Var | None]


def _subtract_at(x: Any, places: Any, amount: Any) -> Array:
    """``x`` less ``amount`` at the ``places`` of its raveled elements, each named once."""
    y = np.array(x, order="C")
    y.reshape(-1)[places] -= amount
    return y


# Rows of programs alone, for which nobody needs a derivative.
pick = Primitive(
    "nondifferentiable", lambda x, places: np.take(x, places), (None,) * 2, name="pick"
)
subtract_at = Primitive("nondifferentiable", _subtract_at, (None,) * 3, name="subtract_at")
index = REGISTRY["index"]


def expand(program: Program) -> Program:
    """``program`` in plain operations, as far as ``_EXPANSIONS`` has them."""
    expander = _Expander()
    for equation in program.equations:
        expander.add(equation)
    return program.replaced(expander.emit.equations, [expander.now(x) for x in program.outputs])


class _Expander:
    def __init__(self) -> None:
        self.emit = Builder()
        self.became: dict[Var, Atom] = {}
        # Of a softmax by its result: the logits less their maximum, and the sum of exponentials.
        self.softmaxes: dict[Atom, tuple[Var, Var]] = {}

    def now(self, x: Atom) -> Atom:
        """What ``x`` has become."""
        return self.became.get(x, x) if isinstance(x, Var) else x

    def add(self, equation: Equation) -> None:
        equation = equation.with_operands([self.now(x) for x in equation.operands])
        expansion = _EXPANSIONS.get(equation.row)
        result = expansion(self, equation) if expansion is not None else None
        if result is None:
            self.emit.equations.append(equation)
        elif equation.out is not None:
            self.became[equation.out] = result

    def row(self, equation: Equation, row: Primitive, *operands: Any, **params: Any) -> Var:
        """A part of ``equation``, named like its result."""
        hint = equation.out.hint if equation.out is not None else row.name
        return self.emit(row, *operands, mark=equation.mark, hint=hint, **params)


# --- layers --------------------------------------------------------------------------------------


def _dense(expander: _Expander, equation: Equation) -> Var:
    x, weights, biases = equation.operands
    product = expander.row(equation, ops.matmul, x, weights)
    return expander.row(equation, ops.add, product, biases)


@functools.lru_cache(maxsize=64)
def zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Zeros to compare with: NumPy takes the fast way where both operands lie side by side."""
    array = np.zeros(shape, dtype)
    array.flags.writeable = False
    return array


def _relu(expander: _Expander, equation: Equation) -> Var | None:
    (x,) = equation.operands
    if x.dtype is None or x.dtype.kind != "f" or not x.shape:
        return None
    return expander.row(equation, ops.maximum, x, zeros(x.shape, x.dtype))


def _softmax(expander: _Expander, equation: Equation) -> Var | None:
    (x,) = equation.operands
    axis = equation.params["axis"]
    if x.dtype is None or x.dtype.kind != "f" or not isinstance(axis, int):
        return None
    narrow = is_narrow(x, axis)
    shifted = expander.row(equation, ops.subtract, x, _largest(expander, equation, x, axis, narrow))
    e = expander.row(equation, ops.exp, shifted)
    if narrow:
        total = expander.row(equation, ops.matmul, e, ones(x.shape[1], 1, x.dtype))
    else:
        total = expander.row(equation, ops.sum, e, axis=axis, keepdims=True)
    p = expander.row(equation, ops.divide, e, total)
    if len(x.shape) == 2 and normalize_axes(axis, 2, "softmax") == (1,):
        expander.softmaxes[p] = (shifted, total)
    return p


def _largest(expander: _Expander, equation: Equation, x: Atom, axis: int, narrow: bool) -> Var:
    """The maximum over ``axis``: of few columns, one column after the other."""
    if not narrow:
        return expander.row(equation, ops.max, x, axis=axis, keepdims=True)
    columns = [
        expander.row(equation, index, x, template=(slice(None), slice(i, i + 1)))
        for i in range(x.shape[1])
    ]
    return functools.reduce(lambda a, b: expander.row(equation, ops.maximum, a, b), columns)


# --- losses and their gradients ------------------------------------------------------------------


def _places(expander: _Expander, equation: Equation, p: Atom, labels: Atom) -> Var:
    """Where the labelled elements of ``p`` lie among all of them."""
    return expander.row(equation, ops.add, row_starts(*p.shape), labels)


def _cross_entropy(expander: _Expander, equation: Equation) -> Var | None:
    """The mean of log(sum of exponentials) - logit, both less the maximum: finite for any logit."""
    _, p, labels = equation.operands
    if p not in expander.softmaxes:
        return None
    shifted, total = expander.softmaxes[p]
    n = p.shape[0]
    logarithm = expander.row(equation, ops.log, total)
    picked = expander.row(equation, pick, shifted, _places(expander, equation, p, labels))
    flat = expander.row(equation, ops.reshape, logarithm, shape=(n,))
    losses = expander.row(equation, ops.subtract, flat, picked)
    total_loss = expander.row(equation, ops.matmul, _vector_of_ones(n, p), losses)
    return expander.row(equation, ops.divide, total_loss, float(n))


def _vector_of_ones(n: int, like: Atom) -> Array:
    assert like.dtype is not None
    return ones(1, n, like.dtype).reshape(-1)


def _minus_one_hot(expander: _Expander, equation: Equation) -> Var:
    share, p, labels = equation.operands
    d = expander.row(equation, ops.multiply, p, share)
    return expander.row(equation, subtract_at, d, _places(expander, equation, p, labels), share)


_EXPANSIONS: dict[Primitive, Expansion] = {
    fused.dense: _dense,
    ops.relu: _relu,
    ops.softmax: _softmax,
    fused.softmax_cross_entropy: _cross_entropy,
    fused.softmax_minus_one_hot: _minus_one_hot,
}
