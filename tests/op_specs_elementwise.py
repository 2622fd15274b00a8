"""Rows of ``ops.elementwise``, in its order. Read next: ``op_specs_shape``."""

from __future__ import annotations

import numpy as np

from op_cases import Case, OpSpec, binary, draw, unary
from tensorgraph import ops
from tensorgraph.ops import elementwise

ANY = ((-2.0, 2.0),)
POSITIVE = ((0.3, 2.0),)
NONZERO = ((-2.0, -0.4), (0.4, 2.0))
BETWEEN_INTEGERS = ((-1.8, -1.2), (0.2, 0.8), (1.2, 1.8), (-0.8, -0.2))
# Interleaved, and in opposite order: each operand is ahead of the other somewhere.
LOW_HIGH = ((-2.0, -1.5), (0.0, 0.5))
HIGH_LOW = ((1.0, 1.5), (-1.0, -0.5))

TRUTHS = np.array([True, True, False, False])
OTHERS = np.array([True, False, True, False])
LEFT_TIES = Case(
    "ties", (np.array([-1.0, 0.0, 2.0, 3.0]), np.array([-1.0, 0.5, 2.0, 1.0])), {}, False
)
JUMPS = Case("jumps", (np.array([-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]),), {}, False)

# Whole exponents of a negative base: an array of them, and numbers of each kind that has a branch.
_SIGNED = draw((2, 3), *NONZERO, seed=5)
_WHOLE = [Case("whole exponents", (_SIGNED, np.array([[3, 2, 1], [0, -1, -2]])))] + [
    Case(f"exponent {exponent}", (_SIGNED, exponent)) for exponent in (3, 2, 1, 0, -1, 2.0)
]

_ARITHMETIC = (
    binary("add", ops.add, np.add, ANY, ANY),
    binary("subtract", ops.subtract, np.subtract, ANY, ANY),
    binary("multiply", ops.multiply, np.multiply, ANY, ANY),
    binary("divide", ops.divide, np.divide, ANY, NONZERO),
    unary("negative", ops.negative, np.negative),
    unary("positive", ops.positive, np.positive),
    unary("reciprocal", ops.reciprocal, np.reciprocal, *NONZERO),
    unary("square", ops.square, np.square),
    binary("power", ops.power, np.power, POSITIVE, ANY, _WHOLE),
)

_EXPONENTIALS = (
    unary("exp", ops.exp, np.exp),
    unary("exp2", ops.exp2, np.exp2),
    unary("expm1", ops.expm1, np.expm1),
    unary("log", ops.log, np.log, *POSITIVE),
    unary("log2", ops.log2, np.log2, *POSITIVE),
    unary("log10", ops.log10, np.log10, *POSITIVE),
    unary("log1p", ops.log1p, np.log1p, (-0.6, 2.0)),
    unary("sqrt", ops.sqrt, np.sqrt, *POSITIVE),
    unary("cbrt", ops.cbrt, np.cbrt, *NONZERO),
    binary("logaddexp", ops.logaddexp, np.logaddexp, LOW_HIGH, HIGH_LOW),
)

_TRIGONOMETRIC = (
    unary("sin", ops.sin, np.sin),
    unary("cos", ops.cos, np.cos),
    unary("tan", ops.tan, np.tan, (-1.2, 1.2)),
    unary("arcsin", ops.arcsin, np.arcsin, (-0.8, 0.8)),
    unary("arccos", ops.arccos, np.arccos, (-0.8, 0.8)),
    unary("arctan", ops.arctan, np.arctan),
    binary("arctan2", ops.arctan2, np.arctan2, NONZERO, NONZERO[::-1]),
    binary("hypot", ops.hypot, np.hypot, NONZERO, NONZERO[::-1]),
    unary("sinh", ops.sinh, np.sinh),
    unary("cosh", ops.cosh, np.cosh),
    unary("tanh", ops.tanh, np.tanh),
    unary("arcsinh", ops.arcsinh, np.arcsinh),
    unary("arccosh", ops.arccosh, np.arccosh, (1.3, 3.0)),
    unary("arctanh", ops.arctanh, np.arctanh, (-0.8, 0.8)),
)

_COMPLEX = Case("complex", (draw((2, 3)) + 1j * draw((2, 3), seed=1),))

_OF_COMPLEX = (
    unary("conjugate", ops.conjugate, np.conjugate, more=[_COMPLEX]),
    unary("real", ops.real, np.real, more=[_COMPLEX]),
    unary("imag", ops.imag, np.imag, more=[_COMPLEX]),
)

_X = draw((2, 3), (-2.0, -1.2), (-0.8, 0.8), (1.2, 2.0), seed=3)  # below, between, above
_LOW = draw((2, 3), (-1.1, -0.9), seed=4)
_HIGH = draw((3,), (0.9, 1.1), seed=5)
_CONDITION = np.array([[True, False, True], [False, True, False]])

_CHOICES = (
    binary("maximum", ops.maximum, np.maximum, LOW_HIGH, HIGH_LOW, [LEFT_TIES]),
    binary("minimum", ops.minimum, np.minimum, LOW_HIGH, HIGH_LOW, [LEFT_TIES]),
    unary("absolute", ops.absolute, np.absolute, *NONZERO),
    OpSpec(
        "where",
        ops.where,
        np.where,
        (
            Case("matrices", (_CONDITION, _X, _LOW)),
            Case("matrix, row and 0-d", (_CONDITION, _HIGH, np.array(0.5))),
            Case("row, column and row", (_CONDITION[0], _X[:, :1], _HIGH)),
            Case("number on the right", (_CONDITION, _X, 1.5)),
            Case("number on the left", (_CONDITION, 1.5, _X)),
            Case("0-d", (np.array(True), np.array(1.5), np.array(2.5))),
            Case("condition of floats", (np.array([0.0, 2.0, 0.0]), _HIGH, _LOW)),
            Case("empty", (np.zeros((0, 3), bool), np.zeros((0, 3)), _HIGH)),
        ),
        differentiable=(1, 2),
    ),
    OpSpec(
        "clip",
        ops.clip,
        np.clip,
        (
            Case("matrices and row", (_X, _LOW, _HIGH)),
            Case("numbers", (_X, -1.0, 1.0)),
            Case("0-d bounds", (_X, np.array(-1.0), np.array(1.0))),
            Case("open below", (_X, None, 1.0)),
            Case("open above", (_X, -1.0, None)),
            Case("by name", (_X,), {"min": -1.0, "max": 1.0}),
            Case("0-d below", (np.array(-1.5), -1.0, 1.0)),
            Case("empty", (np.zeros((0, 3)), _LOW[:1], _HIGH)),
            Case("at the bounds", (np.array([-1.0, 0.0, 1.0]), -1.0, 1.0), {}, False),
        ),
        differentiable=(0, 1, 2),
    ),
)

_COMPARISONS = tuple(
    binary(
        name,
        getattr(ops, name),
        getattr(np, name),
        LOW_HIGH,
        HIGH_LOW,
        [LEFT_TIES],
        differentiable=(),
    )
    for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
)

_LOGIC = tuple(
    binary(
        name,
        getattr(ops, name),
        getattr(np, name),
        ANY,
        ANY,
        [
            Case("truths", (TRUTHS, OTHERS)),
            Case("zeros", (np.array([0.0, 0.0, 2.0]), np.array([0.0, 3.0, 0.0])), {}, False),
        ],
        differentiable=(),
    )
    for name in ("logical_and", "logical_or", "logical_xor")
)

_ROUNDING = tuple(
    unary(
        name,
        getattr(ops, name),
        getattr(np, name),
        *BETWEEN_INTEGERS,
        more=[JUMPS],
        differentiable=(),
    )
    for name in ("sign", "floor", "ceil", "rint", "trunc")
)

_WITHOUT_DERIVATIVE = (
    *_COMPARISONS,
    *_LOGIC,
    *_ROUNDING,
    unary(
        "logical_not",
        ops.logical_not,
        np.logical_not,
        more=[Case("truths", (TRUTHS,))],
        differentiable=(),
    ),
    *(
        OpSpec(
            name,
            getattr(ops, name),
            getattr(np, name),
            (
                Case("truths", (TRUTHS, OTHERS)),
                Case("bits", (np.array([0b0011, 0b0101]), np.array([[0b0110], [0b1001]]))),
                Case("number on the right", (np.array([0b0011, 0b0101]), 0b0110)),
                Case("number on the left", (True, TRUTHS)),
            ),
            differentiable=(),
        )
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ),
    OpSpec(
        "invert",
        ops.invert,
        np.invert,
        (Case("truths", (TRUTHS,)), Case("bits", (np.array([0b0011, 0b0101]),))),
        differentiable=(),
    ),
    binary("floor_divide", ops.floor_divide, np.floor_divide, ANY, NONZERO, differentiable=()),
    unary(
        "round",
        ops.round,
        np.round,
        *BETWEEN_INTEGERS,
        more=[
            JUMPS,
            Case("one place", (draw((2, 3), (0.11, 0.14), (1.26, 1.29)),), {"decimals": 1}),
        ],
        differentiable=(),
    ),
    OpSpec(
        "stop_gradient",
        elementwise.stop_gradient,
        lambda x: x,
        tuple(
            Case(what, (draw(shape),), {}, False)
            for what, shape in (("matrix", (2, 3)), ("0-d", ()))
        ),
        differentiable=(),
    ),
)

SPECS: tuple[OpSpec, ...] = (
    *_ARITHMETIC,
    *_EXPONENTIALS,
    *_TRIGONOMETRIC,
    *_OF_COMPLEX,
    *_CHOICES,
    *_WITHOUT_DERIVATIVE,
)
