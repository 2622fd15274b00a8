"""How many floating-point operations a row takes, from the shapes alone. Read next: ``heat``.

Counted is what the forward pass computes, by the usual conventions, exactly:

======================  ===========================================================
elementwise rows        one for each element of the result, whatever the function
reductions              one for each element of the operand
products                two for each pair that is multiplied and added: 2 m n k
reshape, index, copy    none: nothing is computed
======================  ===========================================================

What is one row and several of these counts as their sum: ``dense`` as 2 m n k for the product and
m n for the biases. Decompositions, sorting and Fourier transforms, whose number depends on values
or on the library, are not counted, nor are rows of others that are not elementwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from tensorgraph.primitive import Primitive
from tensorgraph.typing import Shape

Count = Callable[[Sequence[Shape], Shape, dict[str, Any]], int]
NOT_COUNTED = "not counted"


def in_words(
    row: Primitive, operands: Sequence[Shape], result: Shape, params: dict[str, Any]
) -> str:
    """Return the number as a fact of a node, such as "12,288"."""
    count = flops(row, operands, result, params)
    return NOT_COUNTED if count is None else f"{count:,}"


def flops(
    row: Primitive, operands: Sequence[Shape], result: Shape, params: dict[str, Any]
) -> int | None:
    """Return the number for ``row`` on operands of these shapes; None where it is not counted."""
    name = row.name
    if name in FREE:
        return 0
    if name in PER_ELEMENT:
        return PER_ELEMENT[name] * prod(operands[0])
    if name in COUNTS:
        return COUNTS[name](operands, result, params)
    by_element = row.kind == "elementwise" or isinstance(row.forward, np.ufunc)
    return prod(result) if by_element else None


def _matmul(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    return 2 * prod(result) * operands[0][-1]


def _dense(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    return _matmul(operands, result, params) + prod(result)


def _einsum(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    """One pass over all labels: a product of all operands, added up where a label goes."""
    inputs, output = params["subscripts"].split("->")
    sizes: dict[str, int] = {}
    for labels, shape in zip(inputs.split(","), operands, strict=True):
        for label, size in zip(labels, shape, strict=True):  # an axis of length 1 is repeated
            sizes[label] = max(size, sizes.get(label, 0))
    sums = any(label not in output for label in sizes)
    return (len(operands) - 1 + sums) * prod(sizes.values())


def _convolve(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    """A product and a sum for each pair of elements, less those of results that are cut off."""
    (n,), (m,) = operands
    cut = n + m - 1 - result[0]
    left, right = cut // 2, cut - cut // 2
    return 2 * (n * m - (left * (left + 1) + right * (right + 1)) // 2)


def _sum_of_squares(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    """Of each operand its squares, their sum, and a factor; then all are added up."""
    return sum(2 * prod(shape) for shape in operands) + 2 * len(operands)


def _softmax_cross_entropy(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    """The logarithm of one probability in each row, and their mean."""
    return 2 * operands[0][0]


def _softmax_minus_one_hot(operands: Sequence[Shape], result: Shape, params: dict[str, Any]) -> int:
    """A product for each element, and one difference in each row."""
    return prod(result) + result[0]


_MOVES = (
    *("alias", "assign", "astype", "broadcast_to", "concatenate", "copy", "expand_dims", "index"),
    *("moveaxis", "repeat", "reshape", "roll", "scatter", "squeeze", "swapaxes", "transpose"),
    *("imag", "last_written", "positive", "real", "stop_gradient", "truncate"),
)
_CHECKS = ("between_0_and_1", "class_numbers")
_IN_PROGRAMS = ("advance", "draw", "load", "number", "pick", "store")
FREE = frozenset((*_MOVES, *_CHECKS, *_IN_PROGRAMS))
"""Rows that move values, look at them, or take them as they are."""

PER_ELEMENT = {
    **dict.fromkeys(("sum", "mean", "max", "min", "prod", "any", "all", "count_nonzero"), 1),
    **dict.fromkeys(("argmax", "argmin", "nanargmax", "nanargmin", "cumsum", "cumprod", "relu"), 1),
    **dict.fromkeys(("iscomplex", "isneginf", "isposinf", "isreal", "round"), 1),
    "euclidean_norm": 2,  # a square, a sum
    "logsumexp": 4,  # a maximum, a difference, an exponential, a sum
    "sigmoid_cross_entropy": 4,  # softplus, a product, a difference, a sum
    "softmax": 5,  # as logsumexp, and a quotient
    "log_softmax": 5,
}
"""How many for each element of the first operand."""

COUNTS: dict[str, Count] = {
    "matmul": _matmul,
    "dense": _dense,
    "einsum": _einsum,
    "cross": lambda operands, result, params: 3 * prod(result),  # two products, one difference
    "convolve": _convolve,
    "sum_of_squares": _sum_of_squares,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "softmax_minus_one_hot": _softmax_minus_one_hot,
    "subtract_at": lambda operands, result, params: prod(operands[1]),
}
