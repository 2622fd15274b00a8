"""Operators of tensors, with arrays, numbers and lists on either side."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorgraph import ops
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import grad


def agree(ours: Any, numpys: Any) -> None:
    """Fail unless both have the same shape, dtype and values."""
    assert ours.dtype == numpys.dtype
    np.testing.assert_array_equal(ours, numpys, strict=True)


BINARY = {
    "+": (operator.add, ops.add),
    "-": (operator.sub, ops.subtract),
    "*": (operator.mul, ops.multiply),
    "/": (operator.truediv, ops.divide),
    "//": (operator.floordiv, ops.floor_divide),
    "**": (operator.pow, ops.power),
    "@": (operator.matmul, ops.matmul),
    "<": (operator.lt, ops.less),
    "<=": (operator.le, ops.less_equal),
    ">": (operator.gt, ops.greater),
    ">=": (operator.ge, ops.greater_equal),
    "==": (operator.eq, ops.equal),
    "!=": (operator.ne, ops.not_equal),
}
A, B = np.array([1.5, 0.5, 2.0]), np.array([0.5, 0.5, 3.0])
OPERANDS: dict[str, tuple[Any, Any]] = {
    "tensor and tensor": (Tensor(A), Tensor(B)),
    "tensor and array": (Tensor(A), B),
    "array and tensor": (A, Tensor(B)),
    "tensor and number": (Tensor(A), 1.5),
    "number and tensor": (1.5, Tensor(B)),
    "tensor and list": (Tensor(A), [0.5, 0.5, 3.0]),
    "list and tensor": ([1.5, 0.5, 2.0], Tensor(B)),
    "NumPy's number and tensor": (np.float64(1.5), Tensor(B)),
}


def plain(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else np.asarray(x)


@pytest.mark.parametrize("operands", OPERANDS)
@pytest.mark.parametrize("symbol", BINARY)
def test_operator(symbol: str, operands: str) -> None:
    apply, _ = BINARY[symbol]
    left, right = OPERANDS[operands]
    if symbol == "@" and "number" in operands:
        with pytest.raises(ValueError, match="matmul"):
            apply(left, right)
        return
    y = apply(left, right)
    assert isinstance(y, Tensor)
    agree(y.data, apply(plain(left), plain(right)))


@pytest.mark.parametrize("symbol", BINARY)
def test_operator_records_the_function(symbol: str) -> None:
    apply, function = BINARY[symbol]
    assert apply(Tensor(A), Tensor(B))._node.primitive is function


@pytest.mark.parametrize(
    ("apply", "function"),
    [
        pytest.param(operator.neg, ops.negative, id="-t"),
        pytest.param(operator.pos, ops.positive, id="+t"),
        pytest.param(abs, ops.absolute, id="abs(t)"),
    ],
)
def test_unary_operator(apply: Callable[[Any], Any], function: Any) -> None:
    y = apply(Tensor(-A))
    assert y._node.primitive is function
    agree(y.data, apply(-A))


@pytest.mark.parametrize("symbol", ["&", "|", "^"])
@pytest.mark.parametrize(
    "side", ["tensors", "array left", "array right", "truth left", "truth right"]
)
def test_operators_of_truths(symbol: str, side: str) -> None:
    apply = {"&": operator.and_, "|": operator.or_, "^": operator.xor}[symbol]
    p, q = np.array([True, True, False]), np.array([True, False, False])
    left = {"array left": p, "truth left": True}.get(side, Tensor(p))
    right = {"array right": q, "truth right": True}.get(side, Tensor(q))
    y = apply(left, right)
    assert isinstance(y, Tensor)
    agree(y.data, apply(plain(left), plain(right)))


@pytest.mark.parametrize("symbol", ["&", "|", "^"])
def test_operators_of_bits(symbol: str) -> None:
    apply = {"&": operator.and_, "|": operator.or_, "^": operator.xor}[symbol]
    a = np.array([0b0011, 0b0101])
    agree(apply(Tensor(a), 0b0110).data, apply(a, 0b0110))
    agree(apply(0b0110, Tensor(a)).data, apply(0b0110, a))


@pytest.mark.parametrize("x", [np.array([True, False]), np.array([0b0011, 0b0101])])
def test_not(x: Any) -> None:
    agree((~Tensor(x)).data, ~x)


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2.0)], ids=["int", "float", "np.float32"])
@pytest.mark.parametrize("symbol", ["+", "-", "*", "/", "**"])
def test_numbers_do_not_widen_single_precision(symbol: str, number: Any) -> None:
    x = np.array([1.0, 2.0], np.float32)
    apply = BINARY[symbol][0]
    for f in (lambda t: apply(t, number), lambda t: apply(number, t)):
        assert f(Tensor(x)).dtype == np.float32
        assert grad(lambda t, f=f: f(t).sum())(x).dtype == np.float32
