"""Operations that act on each element alone, under NumPy's names.

The Jacobian of such an operation is diagonal, so a rule ``g -> cotangent of x`` also pushes
tangents forward. Broadcasting is not undone here: the sweep does that once, for every row.

Read next: ``numbers``, the rest of NumPy's functions of single numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.primitive import ELEMENTWISE, elementwise, nondifferentiable, refuse
from tensorgraph.typing import Array

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "around",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_not",
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
    "fabs",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
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
    "logaddexp2",
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
    "pow",
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
    return _where(equal(y, 0), 0.0, y * power(x, _where(equal(y, 0), 1.0, y - 1)))


def _log_of_base(z: Any, x: Any) -> Any:
    """log x, with 0 where x = 0, and where x < 0 but the power z is real."""
    if z.dtype.kind == "c":
        return log(_where(equal(x, 0), 1.0, x) + 0j)
    return log(_where(greater(x, 0), x, 1.0))


power = pow = elementwise(
    np.power,
    lambda g, z, x, y: g * _power_slope(x, y),
    lambda g, z, x, y: g * z * _log_of_base(z, x),
)
float_power = elementwise(
    np.float_power,
    lambda g, z, x, y: g * _power_slope(x, y),
    lambda g, z, x, y: g * z * _log_of_base(z, x),
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


def relative(x: Any, z: Any) -> Any:
    """x - z, where z is the logarithm of a sum of exponentials: -inf, not nan, if both are -inf."""
    return x - _where(equal(z, -np.inf), 0.0, z)


logaddexp = elementwise(
    np.logaddexp,
    lambda g, z, x, y: g * exp(relative(x, z)),
    lambda g, z, x, y: g * exp(relative(y, z)),
)
logaddexp2 = elementwise(
    np.logaddexp2,
    lambda g, z, x, y: g * exp2(relative(x, z)),
    lambda g, z, x, y: g * exp2(relative(y, z)),
)

# --- trigonometric and hyperbolic ----------------------------------------------------------------


def _quotient(x: Any, r: Any) -> Any:
    """x / r, and 0 to all orders where r = 0."""
    zero = equal(r, 0)
    return _where(zero, 0.0, x / _where(zero, 1.0, r))


sin = elementwise(np.sin, lambda g, y, x: g * cos(x))
cos = elementwise(np.cos, lambda g, y, x: -g * sin(x))
tan = elementwise(np.tan, lambda g, y, x: g * (1 + y * y))
arcsin = asin = elementwise(np.arcsin, lambda g, y, x: g / sqrt(1 - x * x))
arccos = acos = elementwise(np.arccos, lambda g, y, x: -g / sqrt(1 - x * x))
arctan = atan = elementwise(np.arctan, lambda g, y, x: g / (1 + x * x))
arctan2 = atan2 = elementwise(
    np.arctan2,
    lambda g, z, y, x: g * _quotient(x, x * x + y * y),
    lambda g, z, y, x: -g * _quotient(y, x * x + y * y),
)
hypot = elementwise(
    np.hypot, lambda g, z, x, y: g * _quotient(x, z), lambda g, z, x, y: g * _quotient(y, z)
)
sinh = elementwise(np.sinh, lambda g, y, x: g * cosh(x))
cosh = elementwise(np.cosh, lambda g, y, x: g * sinh(x))
tanh = elementwise(np.tanh, lambda g, y, x: g * (1 - y * y))
arcsinh = asinh = elementwise(np.arcsinh, lambda g, y, x: g / sqrt(x * x + 1))
# Not sqrt(x² - 1), which has the wrong sign in the left half of the complex plane.
arccosh = acosh = elementwise(np.arccosh, lambda g, y, x: g / (sqrt(x - 1) * sqrt(x + 1)))
arctanh = atanh = elementwise(np.arctanh, lambda g, y, x: g / (1 - x * x))

# --- complex numbers -----------------------------------------------------------------------------

conjugate = conj = elementwise(np.conjugate, lambda g, y, x: conjugate(g))


@elementwise.rules(lambda g, y, x: g)
def real(val: Any) -> Array:
    """The real part."""
    return np.real(val)


@elementwise.rules(lambda g, y, x: g * -1j)  # Python alone would work out -1j * np.float64
def imag(val: Any) -> Array:
    """The imaginary part; of a real number, 0."""
    return np.imag(val)


absolute = abs = elementwise(
    np.absolute,
    lambda g, y, x: g * (_quotient(conjugate(x), y) if x.dtype.kind == "c" else _sign(x)),
)
fabs = elementwise(np.fabs, lambda g, y, x: g * _sign(x))
_sign = nondifferentiable(np.sign, None)


def sign(x: Any) -> Any:
    """-1, 0 or 1; of a complex number x / |x|, which has a derivative, or 0."""
    is_complex = x.dtype.kind == "c" if hasattr(x, "dtype") else np.iscomplexobj(x)
    return _quotient(x, absolute(x)) if is_complex else _sign(x)


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
invert = bitwise_not = bitwise_invert = nondifferentiable(np.invert, None)
floor_divide = nondifferentiable(np.floor_divide, None, None)
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


def _share(g: Any, z: Any, x: Any, other: Any) -> Any:
    """``g`` where the result ``z`` is x, half of it where it is ``other`` too, else 0."""
    return _where(equal(x, z), _where(equal(other, z), 0.5 * g, g), 0.0)


def _to_left(g: Any, z: Any, x: Any, y: Any) -> Any:
    return _share(g, z, x, y)


def _to_right(g: Any, z: Any, x: Any, y: Any) -> Any:
    return _share(g, z, y, x)


maximum = elementwise(np.maximum, _to_left, _to_right)
minimum = elementwise(np.minimum, _to_left, _to_right)
fmax = elementwise(np.fmax, _to_left, _to_right)
fmin = elementwise(np.fmin, _to_left, _to_right)


@elementwise.rules(
    None,
    lambda g, z, c, x, y: _where(c, g, 0.0),
    lambda g, z, c, x, y: _where(c, 0.0, g),
    name="where",
)
def _where(condition: Any, x: Any, y: Any) -> Array:
    return np.where(condition, x, y)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """``x`` where ``condition``, else ``y``; the three broadcast together.

    Without ``x`` and ``y``, the indices where ``condition`` is true: a tuple of plain arrays.
    """
    if x is None and y is None:
        return np.nonzero(condition)
    if x is None or y is None:
        raise ArgumentError("where() needs both x and y, or neither")
    return _where(condition, x, y)


@elementwise.rules(
    lambda g, z, x, low, high: _where(
        logical_and(greater_equal(x, low), less_equal(x, high)), g, 0.0
    ),
    lambda g, z, x, low, high: _where(logical_and(less(x, low), less_equal(low, high)), g, 0.0),
    lambda g, z, x, low, high: _where(logical_or(greater(x, high), greater(low, high)), g, 0.0),
    name="clip",
)
def _clip(x: Any, low: Any, high: Any) -> Array:
    return np.minimum(np.maximum(x, low), high)


def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: None = None,
    *,
    min: Any = None,
    max: Any = None,
    **others: Any,
) -> Any:
    """Limit ``a`` to [a_min, a_max]; None leaves that side open. At a bound the derivative is 1.

    ``min`` and ``max`` are NumPy's other names for the bounds.
    """
    refuse("clip", out=out, **others)
    if not (a_min is None or min is None) or not (a_max is None or max is None):
        raise ArgumentError("clip() was given a bound under both of its names")
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    lowest, highest = _range(a)
    return _clip(a, lowest if low is None else low, highest if high is None else high)


def _range(x: Any) -> tuple[Any, Any]:
    """Bounds that no number of the dtype of ``x`` exceeds."""
    dtype = x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    return (False, True) if dtype.kind == "b" else (-np.inf, np.inf)
