"""A pass: rows that do much at once become the plain operations that they consist of.

What a row computes stands in ``ops``; here stands how, so that each step can be planned, shared and
done in place. A row that has no entry stays what it is: a call of its NumPy function.
Read next: ``rewriting``.
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
from tensorgraph.ops.nn import COLUMNS, PRODUCT, is_narrow, ones
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

    def row(
        self, equation: Equation, row: Primitive, *operands: Any, part: str = "", **params: Any
    ) -> Var:
        """A ``part`` of ``equation``, named after its result."""
        hint = equation.out.hint if equation.out is not None else row.name
        hint = f"{hint}_{part}" if part else hint
        return self.emit(row, *operands, mark=equation.mark, hint=hint, **params)


# --- layers --------------------------------------------------------------------------------------


def _dense(expander: _Expander, equation: Equation) -> Var:
    x, weights, biases = equation.operands
    product = expander.row(equation, ops.matmul, x, weights)
    return expander.row(equation, ops.add, product, biases)


QUICK = 1 << 18
"""Bytes up to which a comparison with as many zeros is quicker than any other."""


@functools.lru_cache(maxsize=64)
def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Zeros to compare with: NumPy takes the fast way where both operands lie side by side."""
    array = np.zeros(shape, dtype)
    array.flags.writeable = False
    return array


def _relu(expander: _Expander, equation: Equation) -> Var | None:
    (x,) = equation.operands
    if x.dtype is None or x.dtype.kind != "f" or not x.shape:
        return None
    if int(np.prod(x.shape)) * x.dtype.itemsize > QUICK:
        return None
    return expander.row(equation, ops.maximum, x, _zeros(x.shape, x.dtype))


def _sigmoid(expander: _Expander, equation: Equation) -> Var | None:
    """max(e, x >= 0) / (e + 1) with e = exp(-|x|): 1 over the same where x >= 0, since e <= 1."""
    (x,) = equation.operands
    if x.dtype is None or x.dtype.kind != "f" or not x.shape:
        return None
    size = expander.row(equation, ops.absolute, x)
    e = expander.row(equation, ops.exp, expander.row(equation, ops.negative, size))
    above = expander.row(equation, ops.greater_equal, x, 0, part="above")
    above.dtype = x.dtype  # 1.0 and 0.0, written by NumPy into floats
    numerator = expander.row(equation, ops.maximum, e, above, part="above")
    return expander.row(equation, ops.divide, numerator, expander.row(equation, ops.add, e, 1))


def _softplus(expander: _Expander, equation: Equation) -> Var:
    return expander.row(equation, ops.logaddexp, equation.operands[0], 0)


def _softmax(expander: _Expander, equation: Equation) -> Var | None:
    (x,) = equation.operands
    axis = equation.params["axis"]
    if x.dtype is None or x.dtype.kind != "f" or not isinstance(axis, int):
        return None
    shifted = expander.row(equation, ops.subtract, x, _largest(expander, equation, x, axis))
    e = expander.row(equation, ops.exp, shifted)
    if is_narrow(x, axis, PRODUCT):
        total = expander.row(equation, ops.matmul, e, ones(x.shape[1], 1, x.dtype), part="sum")
    else:
        total = expander.row(equation, ops.sum, e, part="sum", axis=axis, keepdims=True)
    p = expander.row(equation, ops.divide, e, total)
    if len(x.shape) == 2 and normalize_axes(axis, 2, "softmax") == (1,):
        expander.softmaxes[p] = (shifted, total)
    return p


def _largest(expander: _Expander, equation: Equation, x: Atom, axis: int) -> Var:
    """The maximum over ``axis``: of few columns, one column after the other."""
    if not is_narrow(x, axis, COLUMNS):
        return expander.row(equation, ops.max, x, part="max", axis=axis, keepdims=True)
    columns = [
        expander.row(equation, index, x, part=f"in_{i}", template=(slice(None), slice(i, i + 1)))
        for i in range(x.shape[1])
    ]
    return functools.reduce(
        lambda a, b: expander.row(equation, ops.maximum, a, b, part="max"), columns
    )


# --- losses and their gradients ------------------------------------------------------------------


def _places(expander: _Expander, equation: Equation, p: Atom, labels: Atom) -> Var:
    """Where the labelled elements of ``p`` lie among all of them."""
    return expander.row(equation, ops.add, row_starts(*p.shape), labels, part="places")


def _cross_entropy(expander: _Expander, equation: Equation) -> Var | None:
    """The mean of log(sum of exponentials) - logit, both less the maximum: finite for any logit."""
    _, p, labels = equation.operands
    if p not in expander.softmaxes:
        return None
    shifted, total = expander.softmaxes[p]
    n = p.shape[0]
    logarithm = expander.row(equation, ops.log, total, part="log")
    places = _places(expander, equation, p, labels)
    picked = expander.row(equation, pick, shifted, places, part="each")
    flat = expander.row(equation, ops.reshape, logarithm, part="log", shape=(n,))
    losses = expander.row(equation, ops.subtract, flat, picked, part="each")
    in_all = expander.row(equation, ops.matmul, _vector_of_ones(n, p), losses, part="sum")
    return expander.row(equation, ops.divide, in_all, float(n))


def _vector_of_ones(n: int, like: Atom) -> Array:
    assert like.dtype is not None
    return ones(1, n, like.dtype).reshape(-1)


def _binary_cross_entropy(expander: _Expander, equation: Equation) -> Var:
    logits, _, targets = equation.operands
    softplus = expander.row(equation, ops.logaddexp, logits, 0, part="each")
    chosen = expander.row(equation, ops.multiply, logits, targets, part="chosen")
    losses = expander.row(equation, ops.subtract, softplus, chosen, part="each")
    return expander.row(equation, ops.mean, losses)


def _minus_one_hot(expander: _Expander, equation: Equation) -> Var:
    share, p, labels = equation.operands
    d = expander.row(equation, ops.multiply, p, share)
    return expander.row(equation, subtract_at, d, _places(expander, equation, p, labels), share)


_EXPANSIONS: dict[Primitive, Expansion] = {
    fused.dense: _dense,
    ops.relu: _relu,
    ops.softmax: _softmax,
    ops.sigmoid: _sigmoid,
    ops.softplus: _softplus,
    fused.softmax_cross_entropy: _cross_entropy,
    fused.sigmoid_cross_entropy: _binary_cross_entropy,
    fused.softmax_minus_one_hot: _minus_one_hot,
}
