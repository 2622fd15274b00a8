"""The rest of NumPy's functions of single numbers: remainders, signs, angles, kinds of numbers.

Read next: ``shape``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.ops.elementwise import (
    absolute,
    arctan2,
    cos,
    floor_divide,
    imag,
    less,
    real,
    rint,
    sign,
    square,
    stop_gradient,
    subtract,
    trunc,
    where,
)
from tensorgraph.primitive import ELEMENTWISE, elementwise, nondifferentiable, refuse
from tensorgraph.typing import Array

__all__ = [
    "angle",
    "copysign",
    "deg2rad",
    "degrees",
    "divmod",
    "fix",
    "fmod",
    "heaviside",
    "iscomplex",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "ldexp",
    "mod",
    "modf",
    "nan_to_num",
    "rad2deg",
    "radians",
    "real_if_close",
    "remainder",
    "select",
    "signbit",
    "sinc",
]

# --- whole parts and remainders ------------------------------------------------------------------

remainder = mod = elementwise(
    np.remainder, lambda g, z, x, y: g, lambda g, z, x, y: -g * floor_divide(x, y)
)
# z = x - n y with the whole number n that is x / y without its fraction.
fmod = elementwise(np.fmod, lambda g, z, x, y: g, lambda g, z, x, y: g * rint((z - x) / y))
fix = trunc


def divmod(x1: Any, x2: Any, out: None = None, **others: Any) -> tuple[Any, Any]:
    """The pair ``floor_divide(x1, x2)`` and ``remainder(x1, x2)``."""
    refuse("divmod", out=out, **others)
    return floor_divide(x1, x2), remainder(x1, x2)


@elementwise.rules(lambda g, y, x: g, name="modf")
def _fraction(x: Any) -> Any:
    return np.modf(x)[0]


def modf(x: Any, out: None = None, **others: Any) -> tuple[Any, Any]:
    """The pair of the fraction and the whole part of ``x``, both with its sign."""
    refuse("modf", out=out, **others)
    fraction = _fraction(x)
    return fraction, stop_gradient(subtract(x, fraction))


# --- signs and scales ----------------------------------------------------------------------------

signbit = nondifferentiable(np.signbit, None)
heaviside = nondifferentiable(np.heaviside, None, None)
copysign = elementwise(np.copysign, lambda g, z, x, y: g * (sign(x) * sign(z)), None)
ldexp = elementwise(np.ldexp, lambda g, z, x, n: ldexp(g, n), None)
degrees = elementwise(np.degrees, lambda g, y, x: g * (180 / np.pi))
rad2deg = elementwise(np.rad2deg, lambda g, y, x: g * (180 / np.pi))
radians = elementwise(np.radians, lambda g, y, x: g * (np.pi / 180))
deg2rad = elementwise(np.deg2rad, lambda g, y, x: g * (np.pi / 180))

# The coefficients of x, x³, x⁵... in the derivative of sin(πx) / (πx).
_SINC_SLOPE = [(-(np.pi**2)) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 13)]


def _sinc_slope(x: Any) -> Any:
    """(cos(πx) - sinc(x)) / x; near 0, where that cancels, its Taylor series."""
    near = less(absolute(x), 0.5)
    small, large = where(near, x, 0.0), where(near, 1.0, x)
    series: Any = 0.0
    for coefficient in reversed(_SINC_SLOPE):
        series = series * square(small) + coefficient
    return where(near, small * series, (cos(np.pi * large) - sinc(large)) / large)


@elementwise.rules(lambda g, y, x: g * _sinc_slope(x))
def sinc(x: Any) -> Array:
    """sin(πx) / (πx), and 1 at 0."""
    return np.sinc(x)


# --- complex numbers -----------------------------------------------------------------------------


def angle(z: Any, deg: bool = False) -> Any:
    """The angle of ``z`` in the complex plane, in radians or degrees."""
    theta = arctan2(imag(z), real(z))
    return theta * (180 / np.pi) if deg else theta


@elementwise.rules(lambda g, y, a, tol: g)
def real_if_close(a: Any, tol: float = 100) -> Array:
    """The real part, if every imaginary part is below ``tol`` times the precision; else ``a``."""
    return np.real_if_close(a, tol)


@nondifferentiable.rules(None, batch=ELEMENTWISE)
def iscomplex(x: Any) -> Any:
    """Whether the imaginary part is not 0."""
    return np.iscomplex(x)


@nondifferentiable.rules(None, batch=ELEMENTWISE)
def isreal(x: Any) -> Any:
    """Whether the imaginary part is 0."""
    return np.isreal(x)


# --- numbers that are none -----------------------------------------------------------------------

isnan = nondifferentiable(np.isnan, None)
isinf = nondifferentiable(np.isinf, None)
isfinite = nondifferentiable(np.isfinite, None)


@nondifferentiable.rules(None, batch=ELEMENTWISE, positions="out")
def isposinf(x: Any) -> Any:
    """Whether an element is inf."""
    return np.isposinf(x)


@nondifferentiable.rules(None, batch=ELEMENTWISE, positions="out")
def isneginf(x: Any) -> Any:
    """Whether an element is -inf."""
    return np.isneginf(x)


def _where_finite(g: Any, x: Any) -> Any:
    """``g`` where x is finite, else 0; of complex numbers each part for itself."""
    if x.dtype.kind != "c":
        return where(isfinite(x), g, 0.0)
    return where(isfinite(real(x)), real(g), 0.0) + where(isfinite(imag(x)), imag(g), 0.0) * 1j


@elementwise.rules(lambda g, y, x, nan, posinf, neginf: _where_finite(g, x), name="nan_to_num")
def _nan_to_num(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """``x`` with numbers for nan, inf and -inf: None stands for the largest of either sign."""
    if not copy:
        raise ArgumentError("nan_to_num() gives a new value: take what the function returns")
    return _nan_to_num(x, nan, posinf, neginf)


# --- choices -------------------------------------------------------------------------------------


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Of each element the choice whose condition is the first to be true, else ``default``."""
    conditions, choices = list(condlist), list(choicelist)
    if len(conditions) != len(choices) or not conditions:
        raise ArgumentError(
            f"select() needs a choice for each condition, and at least one: it was given "
            f"{len(conditions)} conditions and {len(choices)} choices"
        )
    chosen = default
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        chosen = where(condition, choice, chosen)
    return chosen
