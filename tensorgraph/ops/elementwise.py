"""Operations that act on each element alone, under NumPy's names.

The Jacobian of such an operation is diagonal, so a rule ``g -> cotangent of x`` also pushes
tangents forward. Broadcasting is not undone here: the sweep does that once, for every row.

Read next: ``shape``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.primitive import ELEMENTWISE, elementwise, nondifferentiable
from tensorgraph.typing import Array

__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "around",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "clip",
    "conj",
    "conjugate",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "invert",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "power",
    "real",
    "reciprocal",
    "rint",
    "round",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]

# --- arithmetic ----------------------------------------------------------------------------------

add = elementwise(np.add, lambda g, z, x, y: g, lambda g, z, x, y: g)
subtract = elementwise(np.subtract, lambda g, z, x, y: g, lambda g, z, x, y: -g)
multiply = elementwise(np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
divide = true_divide = elementwise(
    np.divide, lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y, name="divide"
)
negative = elementwise(np.negative, lambda g, y, x: -g)
positive = elementwise(np.positive, lambda g, y, x: g)
reciprocal = elementwise(np.reciprocal, lambda g, y, x: -g * y * y)
square = elementwise(np.square, lambda g, y, x: g * (2 * x))


def _power_slope(x: Any, y: Any) -> Any:
    """y x^(y-1), with 0 at y = 0, also where x = 0."""
    if isinstance(y, (int, float)):
        return y * x ** (y - 1) if y != 0 else 0.0 * x
    return where(equal(y, 0), 0.0, y * power(x, where(equal(y, 0), 1.0, y - 1)))


power = elementwise(
    np.power,
    lambda g, z, x, y: g * _power_slope(x, y),
    lambda g, z, x, y: g * z * log(where(greater(x, 0), x, 1.0)),
)

# --- exponentials, logarithms and roots ----------------------------------------------------------

exp = elementwise(np.exp, lambda g, y, x: g * y)
exp2 = elementwise(np.exp2, lambda g, y, x: g * y * float(np.log(2)))
expm1 = elementwise(np.expm1, lambda g, y, x: g * (y + 1))
log = elementwise(np.log, lambda g, y, x: g / x)
log2 = elementwise(np.log2, lambda g, y, x: g / (x * float(np.log(2))))
log10 = elementwise(np.log10, lambda g, y, x: g / (x * float(np.log(10))))
log1p = elementwise(np.log1p, lambda g, y, x: g / (x + 1))
sqrt = elementwise(np.sqrt, lambda g, y, x: g * 0.5 / y)
cbrt = elementwise(np.cbrt, lambda g, y, x: g / (3 * y * y))
logaddexp = elementwise(
    np.logaddexp, lambda g, z, x, y: g * exp(x - z), lambda g, z, x, y: g * exp(y - z)
)

# --- trigonometric and hyperbolic ----------------------------------------------------------------

sin = elementwise(np.sin, lambda g, y, x: g * cos(x))
cos = elementwise(np.cos, lambda g, y, x: -g * sin(x))
tan = elementwise(np.tan, lambda g, y, x: g * (1 + y * y))
arcsin = elementwise(np.arcsin, lambda g, y, x: g / sqrt(1 - x * x))
arccos = elementwise(np.arccos, lambda g, y, x: -g / sqrt(1 - x * x))
arctan = elementwise(np.arctan, lambda g, y, x: g / (1 + x * x))
arctan2 = elementwise(
    np.arctan2,
    lambda g, z, y, x: g * x / (x * x + y * y),
    lambda g, z, y, x: -g * y / (x * x + y * y),
)
hypot = elementwise(np.hypot, lambda g, z, x, y: g * x / z, lambda g, z, x, y: g * y / z)
sinh = elementwise(np.sinh, lambda g, y, x: g * cosh(x))
cosh = elementwise(np.cosh, lambda g, y, x: g * sinh(x))
tanh = elementwise(np.tanh, lambda g, y, x: g * (1 - y * y))
arcsinh = elementwise(np.arcsinh, lambda g, y, x: g / sqrt(x * x + 1))
arccosh = elementwise(np.arccosh, lambda g, y, x: g / sqrt(x * x - 1))
arctanh = elementwise(np.arctanh, lambda g, y, x: g / (1 - x * x))

# --- complex numbers -----------------------------------------------------------------------------

conjugate = conj = elementwise(np.conjugate, lambda g, y, x: conjugate(g))


@elementwise.rules(lambda g, y, x: g)
def real(val: Any) -> Array:
    """The real part."""
    return np.real(val)


@elementwise.rules(lambda g, y, x: -1j * g)
def imag(val: Any) -> Array:
    """The imaginary part; of a real number, 0."""
    return np.imag(val)


# --- without derivative --------------------------------------------------------------------------

equal = nondifferentiable(np.equal, None, None)
not_equal = nondifferentiable(np.not_equal, None, None)
greater = nondifferentiable(np.greater, None, None)
greater_equal = nondifferentiable(np.greater_equal, None, None)
less = nondifferentiable(np.less, None, None)
less_equal = nondifferentiable(np.less_equal, None, None)
logical_and = nondifferentiable(np.logical_and, None, None)
logical_or = nondifferentiable(np.logical_or, None, None)
logical_xor = nondifferentiable(np.logical_xor, None, None)
logical_not = nondifferentiable(np.logical_not, None)
bitwise_and = nondifferentiable(np.bitwise_and, None, None)
bitwise_or = nondifferentiable(np.bitwise_or, None, None)
bitwise_xor = nondifferentiable(np.bitwise_xor, None, None)
invert = nondifferentiable(np.invert, None)
floor_divide = nondifferentiable(np.floor_divide, None, None)
sign = nondifferentiable(np.sign, None)
floor = nondifferentiable(np.floor, None)
ceil = nondifferentiable(np.ceil, None)
rint = nondifferentiable(np.rint, None)
trunc = nondifferentiable(np.trunc, None)


@nondifferentiable.rules(None, batch=ELEMENTWISE, positions="decimals out")
def round(a: Any, decimals: int = 0) -> Array:
    """Round to ``decimals`` places; halves go to the even neighbour, as NumPy's do."""
    return np.round(a, decimals)


@nondifferentiable.rules(None, batch=ELEMENTWISE)
def stop_gradient(x: Any) -> Any:
    """``x`` itself, as a constant: no gradient passes it."""
    return x


around = round

# --- choices, with their kinks -------------------------------------------------------------------


def _share(g: Any, winner: Any, other: Any) -> Any:
    """``g`` where ``winner`` is ahead, half of it where the two are equal, else 0."""
    return where(equal(winner, other), 0.5 * g, where(greater(winner, other), g, 0.0))


maximum = elementwise(
    np.maximum, lambda g, z, x, y: _share(g, x, y), lambda g, z, x, y: _share(g, y, x)
)
minimum = elementwise(
    np.minimum, lambda g, z, x, y: _share(g, y, x), lambda g, z, x, y: _share(g, x, y)
)
absolute = abs = elementwise(np.absolute, lambda g, y, x: g * sign(x))


@elementwise.rules(
    None, lambda g, z, c, x, y: where(c, g, 0.0), lambda g, z, c, x, y: where(c, 0.0, g)
)
def where(condition: Any, x: Any, y: Any) -> Array:
    """``x`` where ``condition``, else ``y``; the three broadcast together."""
    return np.where(condition, x, y)


@elementwise.rules(
    lambda g, z, x, low, high: where(
        logical_and(greater_equal(x, low), less_equal(x, high)), g, 0.0
    ),
    lambda g, z, x, low, high: where(less(x, low), g, 0.0),
    lambda g, z, x, low, high: where(greater(x, high), g, 0.0),
    name="clip",
)
def _clip(x: Any, low: Any, high: Any) -> Array:
    return np.minimum(np.maximum(x, low), high)


def clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """Limit ``x`` to [a_min, a_max]; None leaves that side open. At a bound the derivative is 1.

    ``min`` and ``max`` are NumPy's other names for the bounds.
    """
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    return _clip(x, -np.inf if low is None else low, np.inf if high is None else high)
