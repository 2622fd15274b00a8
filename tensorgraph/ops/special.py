"""Special functions, which NumPy lacks: the error function, the logarithm of gamma, and their kin.

Their values are computed by NumPy in double precision, whatever the precision of the operand, for
real numbers. Read next: ``linalg``.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.ops.elementwise import exp, square
from tensorgraph.primitive import elementwise
from tensorgraph.typing import Array

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "gammaln",
    "polygamma",
]


def _in_double(f: Callable[..., Array]) -> Callable[..., Array]:
    """``f``, written for float64 arrays, for any real operand: float32 in gives float32 out."""

    @functools.wraps(f)
    def of_any(x: Any, *args: Any, **params: Any) -> Array:
        x = np.asarray(x)
        if x.dtype.kind not in "biuf":
            raise DTypeError(f"{f.__name__.strip('_')}() is for real numbers, not {x.dtype}")
        with np.errstate(all="ignore"):  # poles are inf or nan by intention
            y = f(x.astype(np.float64), *args, **params)
        return y.astype(x.dtype if x.dtype.kind == "f" else np.float64)

    return of_any


# --- the error function --------------------------------------------------------------------------

_STEP = 1 / 256
_ERF_END, _ERFC_END = 6.0, 27.5  # from there on erf is 1 and erfc 0
_SLOPE = 2 / math.sqrt(math.pi)  # of erf, at 0


@functools.cache
def _grid() -> tuple[Array, Array, list[Array]]:
    """At multiples a of the step: erf, erfc, and the derivatives k = 1, 2, ... of erf over k!.

    Derivative k + 1 is erf'(a) (-1)^k H_k(a), where the Hermite polynomials follow from
    H_(k+1) = 2 a H_k - 2 k H_(k-1): Abramowitz and Stegun, 7.1.19 and 22.7.13.
    """
    a = np.arange(0, _ERFC_END + _STEP, _STEP)
    erfs = np.array([math.erf(point) for point in a.tolist()])
    erfcs = np.array([math.erfc(point) for point in a.tolist()])
    slopes = [_SLOPE * np.exp(-a * a)]
    slopes.append(-a * slopes[0])
    for k in range(1, 10):
        slopes.append(-2 / (k + 2) * (a * slopes[k] + k / (k + 1) * slopes[k - 1]))
    return erfs, erfcs, slopes


def _from_grid(x: Array, end: float, terms: int) -> tuple[Array, Array]:
    """The index of the grid point nearest to |x|, and by how much erf grows from there to |x|.

    ``terms`` of the Taylor series are enough for all digits up to ``end``, where |x| is cut off.
    """
    size = np.minimum(np.abs(x), end)
    i = np.rint(np.fmin(size, end) / _STEP).astype(np.intp)  # fmin: nan has no index
    h = size - i * _STEP
    growth = np.zeros_like(h)
    for slope in reversed(_grid()[2][:terms]):
        growth = (growth + slope[i]) * h
    return i, growth


@elementwise.rules(lambda g, y, x: g * (_SLOPE * exp(-square(x))), name="erf")
@_in_double
def erf(x: Any) -> Array:
    """The error function: 2/√π times the integral of exp(-t²) from 0 to x."""
    i, growth = _from_grid(x, _ERF_END, terms=6)
    return np.copysign(_grid()[0][i] + growth, x)


@elementwise.rules(lambda g, y, x: g * (-_SLOPE * exp(-square(x))), name="erfc")
@_in_double
def erfc(x: Any) -> Array:
    """1 - erf(x), with all its digits where x is large."""
    i, growth = _from_grid(x, _ERFC_END, terms=11)
    y = _grid()[1][i] - growth
    return np.where(x < 0, 2 - y, y)


@elementwise.rules(lambda g, y, x: g * (exp(square(y)) / _SLOPE), name="erfinv")
@_in_double
def erfinv(x: Any) -> Array:
    """The y with erf(y) = x; inf and -inf at 1 and -1, nan beyond.

    Two steps of Halley's method from the approximation by S. Winitzki, "A handy approximation for
    the error function and its inverse" (2008).
    """
    size = np.abs(x)
    logarithm = np.log((1 - size) * (1 + size))
    b = 2 / (np.pi * 0.147) + logarithm / 2
    y = np.sqrt(np.sqrt(b * b - logarithm / 0.147) - b)
    for _ in range(2):
        error = np.where(size < 0.5, erf(y) - size, (1 - size) - erfc(y))
        ratio = error / (_SLOPE * np.exp(-y * y))
        y = y - ratio / (1 + y * ratio)
    return np.copysign(np.where(size == 1, np.inf, y), x)


# --- the logarithm of gamma and its derivatives --------------------------------------------------

# The Bernoulli numbers B_2, B_4, ... B_20.
_BERNOULLI = [
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
]
_SHIFT = 10  # from there on the asymptotic series are exact to double precision


def _factorial(n: int) -> float:
    return float(math.factorial(n))


def _stirling(x: Array) -> Array:
    """log Γ(x) for x >= 10, by Stirling's series: Abramowitz and Stegun, 6.1.41."""
    y = (x - 0.5) * (np.log(x) - 1) + (math.log(2 * math.pi) - 1) / 2
    for k, b in enumerate(_BERNOULLI, 1):
        y = y + b / (2 * k * (2 * k - 1) * x ** (2 * k - 1))
    return y


@functools.cache
def _about_two() -> list[float]:
    """The coefficients of x, x², ... in log Γ(2 + x): the derivatives of log Γ at 2 over k!."""
    two = np.array(2.0)
    return [float(_polygamma_of_positive(two, k)) / _factorial(k + 1) for k in range(28)]


def _between(x: Array) -> Array:
    """log Γ(x) for 0.5 <= x <= 2.5, exact also near its zeros 1 and 2."""
    below = x < 1.5
    z = np.where(below, x - 1, x - 2)
    y = np.zeros_like(z)
    for coefficient in reversed(_about_two()):
        y = (y + coefficient) * z
    return np.where(below, y - np.log(x), y)  # Γ(x) = Γ(x + 1) / x


def _gammaln_of_positive(x: Array) -> Array:
    small = x < _SHIFT
    y = _stirling(np.where(small, x + _SHIFT, x))
    product = np.ones_like(x)
    for i in range(_SHIFT):
        product = product * np.where(small, x + i, 1)
    return np.where(np.abs(x - 1.5) <= 1, _between(np.clip(x, 0.5, 2.5)), y - np.log(product))


@elementwise.rules(lambda g, y, x: g * digamma(x), name="gammaln")
@_in_double
def gammaln(x: Any) -> Array:
    """log |Γ(x)|, the logarithm of the gamma function; inf at its poles 0, -1, -2, ...

    Left of 0 by reflection, Γ(x) Γ(1 - x) = π / sin(πx).
    """
    y = _gammaln_of_positive(np.where(x > 0, x, 1 - x))
    reflected = np.log(np.pi / np.abs(np.sin(np.pi * (x - np.rint(x))))) - y
    return np.where(np.isinf(x), np.inf, np.where(x > 0, y, reflected))


def _polygamma_of_positive(x: Array, n: int) -> Array:
    """The derivatives of digamma, at x > 0.

    Each step up takes a term off, ψ_n(x) = ψ_n(x + 1) + (-1)^(n+1) n! / x^(n+1); high enough stands
    the asymptotic series: Abramowitz and Stegun, 6.4.6 and 6.4.11.
    """
    steps = _SHIFT + n
    far = x + steps
    y = _factorial(n - 1) / far**n if n else -np.log(far)
    y = y + _factorial(n) / (2 * far ** (n + 1))
    for k, b in enumerate(_BERNOULLI, 1):
        y = y + b * (_factorial(2 * k + n - 1) / _factorial(2 * k)) / far ** (2 * k + n)
    for i in reversed(range(steps)):
        y = y + _factorial(n) / (x + i) ** (n + 1)
    return y if n % 2 else -y


def _cotangent_slope(x: Array, n: int) -> Array:
    """The n-th derivative of π cot(πx): a polynomial in c = cot(πx), for dc/dx = -π (1 + c²)."""
    polynomial = np.array([1.0, 0.0])
    for _ in range(n):
        polynomial = -np.polymul([1.0, 0.0, 1.0], np.polyder(polynomial))
    c = 1 / np.tan(np.pi * (x - np.rint(x)))
    return np.pi ** (n + 1) * np.polyval(polynomial, c)


@elementwise.rules(lambda g, y, x, n: g * _polygamma(x, n + 1), name="polygamma")
@_in_double
def _polygamma(x: Any, n: int) -> Array:
    """Left of 0 by reflection: Abramowitz and Stegun, 6.4.7."""
    y = _polygamma_of_positive(np.where(x > 0, x, 1 - x), n)
    reflected = (-1) ** n * y - _cotangent_slope(x, n)
    pole = np.inf if n % 2 else np.nan  # of an even order the two sides differ
    left = np.where(x == np.rint(x), pole, reflected)
    return np.where(x > 0, y, left)


def polygamma(n: int, x: Any) -> Any:
    """The ``n``-th derivative of ``digamma``: the derivative n + 1 of ``gammaln``."""
    if operator.index(n) < 0:
        raise ArgumentError(f"polygamma(): n is {n}, and must be 0 or more")
    return _polygamma(x, operator.index(n))


def digamma(x: Any) -> Any:
    """The derivative of ``gammaln``; nan at its poles 0, -1, -2, ..."""
    return _polygamma(x, 0)
