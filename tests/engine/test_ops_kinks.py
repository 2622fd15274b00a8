"""Derivatives at a kink, a tie, a bound, or far out: exact values, written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorgraph import ops
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.ops import fused
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import grad, jvp

F = Callable[[Any], Any]

# name: (function, point, value, derivative of the sum of the values)
KINKS: dict[str, tuple[F, list[Any], list[Any], list[Any]]] = {
    "relu at 0": (ops.relu, [-1, 0, -0.0, 1], [0, 0, 0, 1], [0, 0, 0, 1]),
    "absolute at 0": (ops.absolute, [-2, 0, 3], [2, 0, 3], [-1, 0, 1]),
    "maximum with a number, tie": (lambda x: ops.maximum(x, 1), [0, 1, 2], [1, 1, 2], [0, 0.5, 1]),
    "minimum with a number, tie": (lambda x: ops.minimum(x, 1), [0, 1, 2], [0, 1, 1], [1, 0.5, 0]),
    "maximum of x and x": (lambda x: ops.maximum(x, x), [-1, 2], [-1, 2], [1, 1]),
    "minimum of x and x": (lambda x: ops.minimum(x, x), [-1, 2], [-1, 2], [1, 1]),
    "maximum of x and x²": (lambda x: ops.maximum(x, x * x), [0, 1, 2], [0, 1, 4], [0.5, 1.5, 4]),
    "max, two equal": (lambda x: ops.max(x, 0), [3, 1, 3], 3, [0.5, 0, 0.5]),
    "max, all equal": (ops.max, [1, 1, 1, 1], 1, [0.25, 0.25, 0.25, 0.25]),
    "min, two equal": (ops.min, [3, 1, 1], 1, [0, 0.5, 0.5]),
    "max along rows, one tied": (
        lambda x: ops.max(x, 1),
        [[2, 2], [1, 3]],
        [2, 3],
        [[0.5, 0.5], [0, 1]],
    ),
    "max over both axes, kept": (
        lambda x: ops.max(x, (0, 1), keepdims=True),
        [[3, 1], [0, 3]],
        [[3]],
        [[0.5, 0], [0, 0.5]],
    ),
    "fmax beside nan": (
        lambda x: ops.fmax(x, np.array([np.nan, 2, 3, 4])),
        [1, 1, 3, 5],
        [1, 2, 3, 5],
        [1, 0, 0.5, 1],
    ),
    "fmin beside nan": (
        lambda x: ops.fmin(x, np.array([np.nan, 2, 3, 4])),
        [1, 1, 3, 5],
        [1, 1, 3, 4],
        [1, 1, 0.5, 0],
    ),
    "fabs at 0": (ops.fabs, [-2, 0, 3], [2, 0, 3], [-1, 0, 1]),
    "copysign at 0": (lambda x: ops.copysign(x, -1.0), [-2, 0, 3], [-2, 0, -3], [1, 0, -1]),
    "hypot at 0": (lambda x: ops.hypot(x, 0.0), [0, -3], [0, 3], [0, -1]),
    "arctan2 at 0": (lambda x: ops.arctan2(x, 0.0), [0], [0], [0]),
    "angle of reals": (ops.angle, [0, 2], [0, 0], [0, 0]),
    "sinc at 0": (ops.sinc, [0], [1], [0]),
    "nan_to_num": (
        lambda x: ops.nan_to_num(x, nan=5.0, posinf=6.0, neginf=7.0),
        [1, np.nan, np.inf, -np.inf],
        [1, 5, 6, 7],
        [1, 0, 0, 0],
    ),
    "where is not a number": (
        lambda x: ops.where(ops.isnan(x), 0.0, x) ** 2,
        [np.nan, 3],
        [0, 9],
        [0, 6],
    ),
    "select the first that holds": (
        lambda x: ops.select([x > 1, x > 0], [x * x, 3 * x], -x),
        [2, 1, -1],
        [4, 3, 1],
        [4, 3, -1],
    ),
    "modf, the fraction": (lambda x: ops.modf(x)[0], [1.25, -1.25], [0.25, -0.25], [1, 1]),
    "modf, the whole part": (lambda x: ops.modf(x)[1] * 1.0, [1.25, -1.25], [1, -1], [0, 0]),
    "divmod, the quotient": (lambda x: ops.divmod(x, 2.0)[0] * 1.0, [5, -5], [2, -3], [0, 0]),
    "divmod, the remainder": (lambda x: ops.divmod(5.0, x)[1], [2, -2], [1, -1], [-2, 3]),
    "clip at its bounds": (
        lambda x: ops.clip(x, -1, 1),
        [-2, -1, 0, 1, 2],
        [-1, -1, 0, 1, 1],
        [0, 1, 1, 1, 0],
    ),
    "clip, crossed bounds": (lambda x: ops.clip(x, 2, 1), [0, 1, 3], [1, 1, 1], [0, 0, 0]),
    "clip open above at its bound": (
        lambda x: ops.clip(x, -1),
        [-2, -1, 9],
        [-1, -1, 9],
        [0, 1, 1],
    ),
    "clip open below at its bound": (
        lambda x: ops.clip(x, None, 1),
        [-9, 1, 2],
        [-9, 1, 1],
        [1, 1, 0],
    ),
    "where does not look at the other branch": (
        lambda x: ops.where(x > 0, x * x, -x),
        [-1, 0, 2],
        [1, 0, 4],
        [-1, -1, 4],
    ),
    "where by its condition": (lambda x: ops.where(x, 2.0, 3.0), [0, 1], [3, 2], [0, 0]),
    "x**2 at 0": (lambda x: x**2, [0, 3], [0, 9], [0, 6]),
    "x**1 at 0": (lambda x: x**1, [0, 3], [0, 3], [1, 1]),
    "x**0 at 0": (lambda x: x**0, [0, 3], [1, 1], [0, 0]),
    "x**array at 0": (
        lambda x: x ** np.array([0.0, 1.0, 2.0, 3.0]),
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
    ),
    "x**3 of a negative": (lambda x: x**3, [-2], [-8], [12]),
    "0**x": (lambda x: 0.0**x, [1, 2], [0, 0], [0, 0]),
    "(-2)**x at whole x": (lambda x: (-2.0) ** x, [2, 3], [4, -8], [0, 0]),
    "sigmoid far out": (ops.sigmoid, [-1e4, 0, 1e4], [0, 0.5, 1], [0, 0.25, 0]),
    "softplus far out": (ops.softplus, [-1e4, 1e4], [0, 1e4], [0, 1]),
    "silu far out": (ops.silu, [-800, 0, 800], [0, 0, 800], [0, 0.5, 1]),
    "gelu far out": (ops.gelu, [-40, 0, 40], [0, 0, 40], [0, 0.5, 1]),
    "gelu by a tanh far out": (
        lambda x: ops.gelu(x, approximate=True),
        [-40, 0, 40],
        [0, 0, 40],
        [0, 0.5, 1],
    ),
    "leaky_relu at 0": (lambda x: ops.leaky_relu(x, 0.5), [-2, 0, 2], [-1, 0, 2], [0.5, 0.5, 1]),
    "elu far out and at 0": (
        lambda x: ops.elu(x, 0.5),
        [-800, 0, 800],
        [-0.5, 0, 800],
        [0, 0.5, 1],
    ),
    "erf far out": (ops.erf, [-40, 40, np.inf], [-1, 1, 1], [0, 0, 0]),
    "erfc far out": (ops.erfc, [-40, 40, np.inf], [2, 0, 0], [0, 0, 0]),
    "tanh far out": (ops.tanh, [-1e4, 1e4], [-1, 1], [0, 0]),
    "logaddexp far apart": (lambda x: ops.logaddexp(x, 0.0), [-1e4, 1e4], [0, 1e4], [0, 1]),
    "logaddexp of two absent ones": (
        lambda x: ops.logaddexp(x, -np.inf),
        [-np.inf, 2],
        [-np.inf, 2],
        [0, 1],
    ),
    "logaddexp2 of two absent ones": (
        lambda x: ops.logaddexp2(-np.inf, x),
        [-np.inf, 2],
        [-np.inf, 2],
        [0, 1],
    ),
    "logaddexp of x and x": (lambda x: ops.logaddexp(x, x), [1e4], [1e4 + np.log(2)], [1]),
    "logsumexp of large numbers": (ops.logsumexp, [1e4, 1e4], 1e4 + np.log(2), [0.5, 0.5]),
    "logsumexp with an absent one": (ops.logsumexp, [-np.inf, 2], 2, [0, 1]),
    "logsumexp with a row of absent ones": (
        lambda x: ops.logsumexp(x, axis=1),
        [[-np.inf, -np.inf], [-np.inf, 2]],
        [-np.inf, 2],
        [[0, 0], [0, 1]],
    ),
    "log_softmax of large numbers": (
        lambda x: ops.log_softmax(x)[0],
        [1e4, 0],
        0,
        [0, 0],
    ),
    "softmax of large numbers": (lambda x: ops.softmax(x)[0], [1e4, 1e4], 0.5, [0.25, -0.25]),
    "the index that is named twice": (lambda x: x[np.array([0, 0, 1])], [3, 4], [3, 3, 4], [2, 1]),
    "astype to integers": (lambda x: x.astype(int) * 1.0, [1.5, -1.5], [1, -1], [0, 0]),
}


def close(ours: Any, expected: Any) -> None:
    """Zeros must be zeros. For the rest: 1e4 + log 2 has lost four digits in the value already."""
    np.testing.assert_allclose(ours, np.array(expected, float), rtol=1e-11, atol=0, strict=True)


@pytest.mark.parametrize("name", KINKS)
def test_value(name: str) -> None:
    f, x, value, _ = KINKS[name]
    np.testing.assert_array_equal(f(np.array(x, float)), np.array(value, float))


@pytest.mark.parametrize("name", KINKS)
def test_gradient(name: str) -> None:
    f, x, _, derivative = KINKS[name]
    g = grad(lambda x: ops.sum(f(x)))(np.array(x, float))
    close(g, derivative)


@pytest.mark.parametrize("name", KINKS)
def test_recorded_gradient(name: str) -> None:
    f, x, _, derivative = KINKS[name]
    g = grad(lambda x: ops.sum(f(x)))(Tensor(np.array(x, float)))
    close(g.data, derivative)


@pytest.mark.parametrize("name", KINKS)
def test_tangent(name: str) -> None:
    f, x, _, derivative = KINKS[name]
    x = np.array(x, float)
    v = np.arange(1.0, 1.0 + x.size).reshape(x.shape)
    _, tangent = jvp(lambda x: ops.sum(f(x)), (x,), (v,))
    close(tangent, np.sum(np.array(derivative) * v))


SECOND: dict[str, tuple[F, list[float], list[float]]] = {
    "relu": (ops.relu, [-1, 0, 1], [0, 0, 0]),
    "absolute": (ops.absolute, [-1, 0, 1], [0, 0, 0]),
    "clip": (lambda x: ops.clip(x, -1, 1), [-2, -1, 1], [0, 0, 0]),
    "clip of a square": (lambda x: ops.clip(x * x, 0, 1), [0, 1, 2], [2, 2, 0]),
    "x**2 at 0": (lambda x: x**2, [0, 1], [2, 2]),
    "x**1 at 0": (lambda x: x**1, [0, 1], [0, 0]),
    "x**0 at 0": (lambda x: x**0, [0, 1], [0, 0]),
    "x**array at 0": (lambda x: x ** np.array([0.0, 1.0, 2.0, 3.0]), [0, 0, 0, 0], [0, 0, 2, 0]),
    "sinc at 0": (ops.sinc, [0], [-(np.pi**2) / 3]),
    "hypot at 0": (lambda x: ops.hypot(x, 0.0), [0, -3], [0, 0]),
    "logsumexp with absent ones": (ops.logsumexp, [-np.inf, -np.inf], [0, 0]),
    "silu far out": (ops.silu, [-800, 800], [0, 0]),
    "gelu far out": (ops.gelu, [-40, 40], [0, 0]),
    "maximum of squares": (lambda x: ops.maximum(x * x, 1.0), [0.5, 1, 2], [0, 1, 2]),
    "sigmoid far out": (ops.sigmoid, [-1e4, 1e4], [0, 0]),
    "softplus far out": (ops.softplus, [-1e4, 1e4], [0, 0]),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivative(name: str) -> None:
    f, x, expected = SECOND[name]

    def slope(x: Any) -> Any:
        return ops.sum(grad(lambda x: ops.sum(f(x)))(x))

    close(grad(slope)(np.array(x, float)), expected)


# --- complex numbers -----------------------------------------------------------------------------


# name: (function to real numbers, point, derivative: dy/da - i dy/db of x = a + ib)
COMPLEX: dict[str, tuple[F, complex, complex]] = {
    "absolute": (ops.absolute, 3 - 4j, 0.6 + 0.8j),
    "absolute at 0": (ops.absolute, 0j, 0j),
    "angle": (ops.angle, 1 + 1j, -0.5 - 0.5j),
    "angle at 0": (ops.angle, 0j, 0j),
    "real part of sign": (lambda x: ops.sign(x).real, 3 - 4j, 0.128 - 0.096j),
    "real part of sign at 0": (lambda x: ops.sign(x).real, 0j, 0j),
    "nan_to_num, nan in the real part": (lambda x: ops.nan_to_num(x).imag, np.nan + 2j, -1j),
    "nan_to_num, nan is no slope": (lambda x: ops.nan_to_num(x).real, np.nan + 2j, 0j),
    "power of 0": (lambda x: (x**2).real, 0j, 0j),
    "power by a complex number at 0": (lambda x: ops.power(0j, x).real, 2 + 0j, 0j),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_gradient(name: str) -> None:
    f, x, expected = COMPLEX[name]
    point = np.array(complex(x))
    np.testing.assert_allclose(grad(f)(point), expected, rtol=1e-12, atol=0)
    np.testing.assert_allclose(grad(f)(Tensor(point)).data, expected, rtol=1e-12, atol=0)


def test_second_derivative_of_the_absolute_value_of_a_complex_zero() -> None:
    def slope(x: Any) -> Any:
        return ops.sum(grad(ops.absolute)(x).real)

    assert grad(slope)(np.array(0j)) == 0


# --- arguments -----------------------------------------------------------------------------------

x = Tensor([1.5, -2.5])

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "where with one choice": (lambda: ops.where(x > 0, x), r"where\(\).*both"),
    "clip, a bound twice": (lambda: ops.clip(x, 0.0, min=1.0), r"clip\(\).*both of its names"),
    "clip, where": (lambda: np.clip(x, 0.0, 1.0, where=[True, False]), r"clip\(\).*where="),
    "divmod, where": (lambda: np.divmod(x, 2.0, where=[True, False]), r"divmod\(\).*where="),
    "modf, dtype": (lambda: np.modf(x, dtype=np.float32), r"modf\(\).*dtype="),
    "nan_to_num in place": (lambda: np.nan_to_num(x, copy=False), r"nan_to_num\(\).*new value"),
    "select, one choice short": (lambda: ops.select([x > 0, x < 0], [x]), r"select\(\).*2.*1"),
    "select of nothing": (lambda: ops.select([], []), r"select\(\).*at least one"),
    "polygamma of order -1": (lambda: ops.polygamma(-1, x), r"polygamma\(\).*-1"),
    "erf of complex numbers": (lambda: ops.erf(np.array(1j)), r"erf\(\).*complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_argument_that_cannot_be_right(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises((ArgumentError, DTypeError), match=message):
        call()


def test_where_without_choices_gives_indices() -> None:
    for indices in (ops.where(x > 0), np.where(x > 0), ops.where([True, False])):
        assert isinstance(indices[0], np.ndarray)
        np.testing.assert_array_equal(indices, np.where(np.array([True, False])))


# --- special functions ---------------------------------------------------------------------------

# name: (function, the same of one number, points, relative error)
SPECIAL: dict[str, tuple[Callable[[Any], Any], Callable[[float], float], Any, float]] = {
    "erf": (ops.erf, math.erf, np.linspace(-7, 7, 20_001), 1e-15),
    "erf, small": (ops.erf, math.erf, np.geomspace(1e-300, 1.0, 2_001), 1e-15),
    "erfc": (ops.erfc, math.erfc, np.linspace(-7, 26.5, 20_001), 1e-15),
    "gammaln": (ops.gammaln, math.lgamma, np.linspace(3.0, 200.0, 20_001), 5e-14),
    "gammaln, large": (ops.gammaln, math.lgamma, np.geomspace(10.0, 1e305, 2_001), 1e-14),
    "gammaln, small": (ops.gammaln, math.lgamma, np.geomspace(1e-300, 0.5, 2_001), 1e-14),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_function_to_a_few_units_in_the_last_place(name: str) -> None:
    ours, of_one, points, error = SPECIAL[name]
    expected = [of_one(p) for p in points.tolist()]
    np.testing.assert_allclose(ours(points), expected, rtol=error, atol=0)


@pytest.mark.parametrize("name", ["erf", "erfc", "gammaln"])
def test_special_function_in_single_precision(name: str) -> None:
    ours, of_one, points, _ = SPECIAL[name]
    single = points.astype(np.float32)
    nearest = np.array([of_one(p) for p in single.tolist()]).astype(np.float32)
    np.testing.assert_allclose(ours(single), nearest, rtol=2e-7, atol=0, strict=True)


def test_gammaln_left_of_0() -> None:
    points = np.linspace(-30.3, -0.01, 2_001)
    expected = [math.lgamma(p) for p in points.tolist()]
    np.testing.assert_allclose(ops.gammaln(points), expected, rtol=1e-12, atol=1e-13)


def test_gammaln_beside_its_zeros() -> None:
    """-γ z + ζ(2) z²/2 - ... at 1 + z, and (1 - γ) z + ... at 2 + z."""
    z, euler = 2.0**-20, 0.5772156649015329
    series = (np.pi**2 / 6) * z**2 / 2 - 1.2020569031595942 * z**3 / 3
    at_two = (1 - euler) * z + (np.pi**2 / 6 - 1) * z**2 / 2 - 0.2020569031595942 * z**3 / 3
    np.testing.assert_allclose(ops.gammaln(1 + z), -euler * z + series, rtol=1e-14)
    np.testing.assert_allclose(ops.gammaln(2 + z), at_two, rtol=1e-14)


def test_erfinv_is_the_inverse_of_erf() -> None:
    points = np.concatenate([np.linspace(-0.999, 0.999, 2_001), np.geomspace(1e-300, 0.5, 101)])
    np.testing.assert_allclose(ops.erf(ops.erfinv(points)), points, rtol=1e-15)
    tail = 2.0 ** -np.arange(2, 54)
    np.testing.assert_allclose(ops.erfc(ops.erfinv(1 - tail)), tail, rtol=2e-13)


inf, nan = np.inf, np.nan

AT_SPECIAL_POINTS: dict[str, tuple[F, list[float], list[float]]] = {
    "erf": (ops.erf, [0, -inf, inf, nan], [0, -1, 1, nan]),
    "erfc": (ops.erfc, [0, -inf, inf, nan], [1, 2, 0, nan]),
    "erfinv": (ops.erfinv, [0, -1, 1, 1.5, nan], [0, -inf, inf, nan, nan]),
    "gammaln": (ops.gammaln, [1, 2, 0, -3, inf, -inf, nan], [0, 0, inf, inf, inf, inf, nan]),
    "digamma": (ops.digamma, [0, -3, inf, nan], [nan, nan, inf, nan]),
    "polygamma of order 1": (
        lambda x: ops.polygamma(1, x),
        [1, 0, -3, inf, nan],
        [np.pi**2 / 6, inf, inf, 0, nan],
    ),
    "polygamma of order 2": (lambda x: ops.polygamma(2, x), [0, -3, inf], [nan, nan, 0]),
}


@pytest.mark.parametrize("name", AT_SPECIAL_POINTS)
def test_special_function_at_special_points(name: str) -> None:
    f, points, expected = AT_SPECIAL_POINTS[name]
    np.testing.assert_allclose(f(np.array(points, float)), expected, rtol=1e-15)


@pytest.mark.parametrize("n", range(6))
def test_polygamma_by_recurrence_and_reflection(n: int) -> None:
    p = np.array([-3.3, -0.4, 0.3, 1.7, 6.5, 40.25])
    step = (-1) ** n * math.factorial(n) / p ** (n + 1)
    np.testing.assert_allclose(ops.polygamma(n, p + 1), ops.polygamma(n, p) + step, rtol=1e-11)


def test_digamma_of_a_half() -> None:
    np.testing.assert_allclose(
        ops.digamma(np.array([0.5, 1.0])),
        [-0.5772156649015329 - 2 * math.log(2), -0.5772156649015329],
        rtol=1e-15,
    )


# --- losses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e4, -1e4])
def test_softmax_cross_entropy_of_large_logits(scale: float) -> None:
    logits = Tensor(scale * np.array([[1.0, 0.0], [0.0, 1.0]]))
    loss = fused.softmax_cross_entropy(logits, ops.softmax(logits), np.array([0, 0]))
    loss.backward()
    p = 1 / (1 + np.exp(-scale)) if scale > 0 else 0.0
    expected = (np.logaddexp(0, -scale) + np.logaddexp(0, scale)) / 2
    np.testing.assert_allclose(loss.data, expected, rtol=1e-12)
    np.testing.assert_allclose(
        logits.grad, [[(p - 1) / 2, (1 - p) / 2], [-p / 2, p / 2]], atol=1e-15
    )


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_sigmoid_cross_entropy_of_large_logits(scale: float) -> None:
    logits = Tensor([scale, -scale])
    loss = fused.sigmoid_cross_entropy(logits, ops.sigmoid(logits), np.array([0.0, 0.0]))
    loss.backward()
    p = 1 / (1 + np.exp(-scale))
    np.testing.assert_allclose(
        loss.data, (np.logaddexp(0, scale) + np.logaddexp(0, -scale)) / 2, rtol=1e-12
    )
    np.testing.assert_allclose(logits.grad, [p / 2, (1 - p) / 2], atol=1e-15)


def test_cross_entropy_of_a_probability_that_is_zero_is_finite_beside_one_that_is_not() -> None:
    logits = Tensor([[0.0, 800.0], [0.0, 0.0]])
    loss = fused.softmax_cross_entropy(logits, ops.softmax(logits), np.array([0, 0]))
    np.testing.assert_allclose(loss.data, (800 + np.log(2)) / 2, rtol=1e-15)


@pytest.mark.parametrize("order", ["C", "F"])
def test_cross_entropy_gradient_for_probabilities_in_any_memory_order(order: Any) -> None:
    logits = Tensor(np.zeros((3, 2)))
    probabilities = np.full((3, 2), 0.5, order=order)
    fused.softmax_cross_entropy(logits, probabilities, np.array([0, 1, 1])).backward()
    np.testing.assert_allclose(logits.grad * 6, [[-1, 1], [1, -1], [1, -1]])


@pytest.mark.parametrize(
    "loss", [fused.softmax_cross_entropy, fused.sigmoid_cross_entropy], ids=lambda loss: loss.name
)
def test_no_derivative_goes_to_the_probabilities(loss: Any) -> None:
    logits, p = np.zeros((2, 2)), np.full((2, 2), 0.5)
    targets = np.array([0, 1]) if loss is fused.softmax_cross_entropy else p

    def of_probabilities(p: Any) -> Any:
        return loss(logits, p, targets)

    np.testing.assert_array_equal(grad(of_probabilities)(p), np.zeros((2, 2)))
    np.testing.assert_array_equal(grad(of_probabilities)(Tensor(p)), np.zeros((2, 2)))
    np.testing.assert_array_equal(jvp(of_probabilities, (p,), (p,))[1], 0.0)
