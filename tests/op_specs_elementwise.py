"""Rows of ``ops.elementwise`` and ``ops.numbers``. Read next: ``op_specs_shape``."""

from __future__ import annotations

from typing import Any

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

# Complex numbers in each quadrant, away from the branch cuts.
C = np.array([[1.1 + 0.6j, -0.7 + 0.5j], [-0.4 - 1.3j, 0.8 - 0.9j]])
D = np.array([0.5 - 0.7j, -1.2 + 0.4j])
COMPLEX = Case("complex", (C,))
COMPLEXES = [
    Case("complex", (C, D)),
    Case("real and complex", (np.array([-0.8, 1.5]), D)),
    Case("complex and real", (D, np.array([-0.8, 1.5]))),
]

# Whole exponents of a negative base: an array of them, and numbers of each kind that has a branch.
_SIGNED = draw((2, 3), *NONZERO, seed=5)
_WHOLE = [Case("whole exponents", (_SIGNED, np.array([[3, 2, 1], [0, -1, -2]])))] + [
    Case(f"exponent {exponent}", (_SIGNED, exponent)) for exponent in (3, 2, 1, 0, -1, 2.0)
]

_COMPLEX_POWERS = [
    Case("number and complex", (-1.5, D)),
    Case("complex and number", (D, 2)),
    Case("complex and complex number", (D, 0.5 - 1j)),
]

_ARITHMETIC = (
    binary("add", ops.add, np.add, ANY, ANY, COMPLEXES[1:2]),
    binary("subtract", ops.subtract, np.subtract, ANY, ANY, COMPLEXES[1:2]),
    binary("multiply", ops.multiply, np.multiply, ANY, ANY, COMPLEXES[:2]),
    binary("divide", ops.divide, np.divide, ANY, NONZERO, COMPLEXES),
    unary("negative", ops.negative, np.negative, more=[COMPLEX]),
    unary("positive", ops.positive, np.positive, more=[COMPLEX]),
    unary("reciprocal", ops.reciprocal, np.reciprocal, *NONZERO, more=[COMPLEX]),
    unary("square", ops.square, np.square, more=[COMPLEX]),
    binary("power", ops.power, np.power, POSITIVE, ANY, [*_WHOLE, *COMPLEXES, *_COMPLEX_POWERS]),
    OpSpec(
        "float_power",
        ops.float_power,
        np.float_power,
        (
            Case("matrix and row", (draw((2, 3), *POSITIVE), draw((3,), seed=1))),
            Case("number on the left", (1.5, draw((3,), seed=1))),
            *_WHOLE[:2],
            COMPLEXES[0],
        ),
        differentiable=(0, 1),
    ),
)

_EXPONENTIALS = (
    unary("exp", ops.exp, np.exp, more=[COMPLEX]),
    unary("exp2", ops.exp2, np.exp2, more=[COMPLEX]),
    unary("expm1", ops.expm1, np.expm1, more=[COMPLEX]),
    unary("log", ops.log, np.log, *POSITIVE, more=[COMPLEX]),
    unary("log2", ops.log2, np.log2, *POSITIVE, more=[COMPLEX]),
    unary("log10", ops.log10, np.log10, *POSITIVE, more=[COMPLEX]),
    unary("log1p", ops.log1p, np.log1p, (-0.6, 2.0), more=[COMPLEX]),
    unary("sqrt", ops.sqrt, np.sqrt, *POSITIVE, more=[COMPLEX]),
    unary("cbrt", ops.cbrt, np.cbrt, *NONZERO),
    binary("logaddexp", ops.logaddexp, np.logaddexp, LOW_HIGH, HIGH_LOW),
    OpSpec(
        "logaddexp2",
        ops.logaddexp2,
        np.logaddexp2,
        (Case("matrix and row", (draw((2, 3), *LOW_HIGH), draw((3,), seed=1))),),
        differentiable=(0, 1),
    ),
)

_TRIGONOMETRIC = (
    unary("sin", ops.sin, np.sin, more=[COMPLEX]),
    unary("cos", ops.cos, np.cos, more=[COMPLEX]),
    unary("tan", ops.tan, np.tan, (-1.2, 1.2), more=[COMPLEX]),
    unary("arcsin", ops.arcsin, np.arcsin, (-0.8, 0.8), more=[COMPLEX]),
    unary("arccos", ops.arccos, np.arccos, (-0.8, 0.8), more=[COMPLEX]),
    unary("arctan", ops.arctan, np.arctan, more=[COMPLEX]),
    binary("arctan2", ops.arctan2, np.arctan2, NONZERO, NONZERO[::-1]),
    binary("hypot", ops.hypot, np.hypot, NONZERO, NONZERO[::-1]),
    unary("sinh", ops.sinh, np.sinh, more=[COMPLEX]),
    unary("cosh", ops.cosh, np.cosh, more=[COMPLEX]),
    unary("tanh", ops.tanh, np.tanh, more=[COMPLEX]),
    unary("arcsinh", ops.arcsinh, np.arcsinh, more=[COMPLEX]),
    unary("arccosh", ops.arccosh, np.arccosh, (1.3, 3.0), more=[COMPLEX]),
    unary("arctanh", ops.arctanh, np.arctanh, (-0.8, 0.8), more=[COMPLEX]),
)

_OF_COMPLEX = (
    unary("conjugate", ops.conjugate, np.conjugate, more=[COMPLEX]),
    unary("real", ops.real, np.real, more=[COMPLEX]),
    unary("imag", ops.imag, np.imag, more=[COMPLEX]),
    unary("absolute", ops.absolute, np.absolute, *NONZERO, more=[COMPLEX]),
    OpSpec("fabs", ops.fabs, np.fabs, (Case("row", (draw((3,), *NONZERO),)),)),
    OpSpec("sign, of complex numbers", ops.sign, np.sign, (COMPLEX,), primitive=False),
)

_X = draw((2, 3), (-2.0, -1.2), (-0.8, 0.8), (1.2, 2.0), seed=3)  # below, between, above
_LOW = draw((2, 3), (-1.1, -0.9), seed=4)
_HIGH = draw((3,), (0.9, 1.1), seed=5)
_CONDITION = np.array([[True, False, True], [False, True, False]])

_CHOICES = (
    binary("maximum", ops.maximum, np.maximum, LOW_HIGH, HIGH_LOW, [LEFT_TIES]),
    binary("minimum", ops.minimum, np.minimum, LOW_HIGH, HIGH_LOW, [LEFT_TIES]),
    *(
        OpSpec(
            name,
            getattr(ops, name),
            getattr(np, name),
            (
                Case("matrix and row", (draw((2, 4), *LOW_HIGH, seed=1), draw((4,), *HIGH_LOW))),
                Case("number", (draw((4,), *LOW_HIGH, seed=1), 0.7)),
                Case("complex", (C, D)),
                Case(
                    "nan",
                    (np.array([np.nan, 1.0, np.nan]), np.array([1.0, np.nan, np.nan])),
                    {},
                    False,
                ),
                LEFT_TIES,
            ),
            differentiable=(0, 1),
        )
        for name in ("fmax", "fmin")
    ),
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
            Case("complex and real", (_CONDITION[:, :2], C, _LOW[:, :2])),
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
            Case("crossed bounds", (_X, _HIGH, _LOW)),
            Case("open below", (_X, None, 1.0)),
            Case("open above", (_X, -1.0, None)),
            Case("by name", (_X,), {"min": -1.0, "max": 1.0}),
            Case("0-d below", (np.array(-1.5), -1.0, 1.0)),
            Case("empty", (np.zeros((0, 3)), _LOW[:1], _HIGH)),
            Case("at the bounds", (np.array([-1.0, 0.0, 1.0]), -1.0, 1.0), {}, False),
            Case("low above high", (_X, _HIGH, _LOW)),
            Case("whole numbers, open below", (np.array([1, 5, -3]), None, 2)),
            Case("whole numbers, open above", (np.array([1, 5, 3], np.uint8), 2, None)),
            Case("complex", (C, D, None)),
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

_FINITE_AND_NOT = np.array([np.nan, np.inf, -np.inf, -0.0, 1.5])
_HALF_REAL = np.array([1.0 + 2j, 3.0 + 0j])

_QUESTIONS = tuple(
    OpSpec(
        name,
        getattr(ops, name),
        getattr(np, name),
        (Case("row", (_FINITE_AND_NOT,), {}, False), *more),
        differentiable=(),
    )
    for name, more in (
        ("isnan", [COMPLEX]),
        ("isinf", []),
        ("isfinite", [Case("0-d", (np.array(1.5),))]),
        ("isposinf", []),
        ("isneginf", []),
        ("iscomplex", [Case("complex", (_HALF_REAL,), {}, False)]),
        ("isreal", [Case("complex", (_HALF_REAL,), {}, False)]),
        ("signbit", []),
    )
)

_WITHOUT_DERIVATIVE = (
    *_COMPARISONS,
    *_LOGIC,
    *_ROUNDING,
    *_QUESTIONS,
    OpSpec(
        "heaviside",
        ops.heaviside,
        np.heaviside,
        (Case("row and number", (np.array([-1.5, 0.0, 2.0]), 0.5), {}, False),),
        differentiable=(),
    ),
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

# Dividends and divisors of both signs, no quotient near a whole number.
_DIVIDENDS = np.array([[2.3, -2.3, 2.2, -3.7], [0.4, -0.4, 5.1, -5.1]])
_DIVISORS = np.array([0.9, 0.9, -0.8, -0.8])
_REMAINDERS = (
    Case("matrix and row", (_DIVIDENDS, _DIVISORS)),
    Case("number on the right", (_DIVIDENDS, 0.7)),
    Case("number on the left", (2.0, _DIVISORS)),
)
_LARGE_AND_SMALL = Case("also near 0", (np.array([-1.7, -0.45, 0.0, 1e-9, 0.3, 0.55, 2.6]),))


def _both(pair: Any) -> Any:
    return pair[0] * 2.0 + pair[1]


def _select(a: Any, b: Any, default: Any) -> Any:
    return ops.select([_CONDITION, _CONDITION[0]], [a, b], default)


_NUMBERS = (
    *(
        OpSpec(name, getattr(ops, name), getattr(np, name), _REMAINDERS, differentiable=(0, 1))
        for name in ("remainder", "fmod")
    ),
    OpSpec("fix", ops.fix, np.fix, (Case("matrix", (_DIVIDENDS,)),), primitive=False),
    OpSpec(
        "divmod",
        lambda x, y: _both(ops.divmod(x, y)),
        lambda x, y: _both(np.divmod(x, y)),
        _REMAINDERS[:1],
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "modf",
        lambda x: ops.modf(x)[0],
        lambda x: np.modf(x)[0],
        (
            Case("matrix", (_DIVIDENDS,)),
            Case("not finite", (np.array([np.inf, -np.inf, np.nan]),), {}, False),
        ),
    ),
    OpSpec(
        "modf, both parts",
        lambda x: _both(ops.modf(x)),
        lambda x: _both(np.modf(x)),
        (
            Case("matrix", (_DIVIDENDS,)),
            Case("not finite", (np.array([np.inf, -np.inf, np.nan]),), {}, False),
            Case("whole numbers", (np.array([3, -2], np.int8),)),
        ),
        primitive=False,
    ),
    OpSpec(
        "copysign",
        ops.copysign,
        np.copysign,
        (Case("matrix and row", (_DIVIDENDS, _DIVISORS)), Case("number", (_DIVIDENDS, -2.0))),
    ),
    OpSpec("ldexp", ops.ldexp, np.ldexp, (Case("row", (_DIVISORS, np.array([-1, 0, 1, 3]))),)),
    *(
        OpSpec(name, getattr(ops, name), getattr(np, name), (Case("row", (_DIVISORS,)),))
        for name in ("degrees", "rad2deg", "radians", "deg2rad")
    ),
    OpSpec("sinc", ops.sinc, np.sinc, (_LARGE_AND_SMALL, Case("complex", (np.append(D, 0.2j),)))),
    OpSpec(
        "angle",
        ops.angle,
        np.angle,
        (
            COMPLEX,
            Case("degrees", (C,), {"deg": True}),
            Case("real", (_DIVISORS,)),
        ),
        primitive=False,
    ),
    OpSpec(
        "real_if_close",
        ops.real_if_close,
        np.real_if_close,
        (
            COMPLEX,
            Case("close", (np.array([1.5 + 1e-15j, 2.5]),), {}, False),
            Case("close enough", (np.array([1.5 + 1e-4j, 2.5]),), {"tol": 1e13}),
            Case("real", (_DIVISORS,)),
        ),
    ),
    OpSpec(
        "nan_to_num",
        ops.nan_to_num,
        np.nan_to_num,
        (
            Case("nothing to do", (_DIVISORS,)),
            Case("row", (_FINITE_AND_NOT,), {}, False),
            Case("given", (_FINITE_AND_NOT,), {"nan": 1.0, "posinf": 2.0, "neginf": 3.0}, False),
            Case("copy", (_FINITE_AND_NOT,), {"copy": True}, False),
            COMPLEX,
        ),
    ),
    OpSpec(
        "select",
        _select,
        lambda a, b, default: np.select([_CONDITION, _CONDITION[0]], [a, b], default),
        (
            Case("matrix, row and number", (_X, _HIGH, 0.5)),
            Case("number, row and 0-d", (1.5, _HIGH, np.array(0.5))),
        ),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
)

SPECS: tuple[OpSpec, ...] = (
    *_ARITHMETIC,
    *_EXPONENTIALS,
    *_TRIGONOMETRIC,
    *_OF_COMPLEX,
    *_CHOICES,
    *_WITHOUT_DERIVATIVE,
    *_NUMBERS,
)
