"""Check derivatives against central differences: for our own rows, and for yours.

    tg.testing.check_grads(f, (x, y), order=2)
    tg.testing.check_rule(cube, x)

Read next: ``extend``, how to add a row.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.batching import vmap
from tensorgraph.errors import ArgumentError, GradientError, PerformanceWarning, RuleError
from tensorgraph.primitive import NO_RULE, Primitive
from tensorgraph.tape import Traced
from tensorgraph.transforms import jvp, vjp
from tensorgraph.typing import Array


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    step: float = 1e-5,
    seed: int = 0,
) -> None:
    """Raise ``GradientError`` where a derivative of ``f`` disagrees with central differences.

    Compared at ``args`` (arrays, taken in double precision, real or complex), for each argument and
    up to ``order``: the vjp with a random cotangent and the jvp with a random tangent, element by
    element. Order 2 does the same to the function x -> vjp(x), whose differences are differences of
    the first derivative. ``step`` is relative to max(1, |x|); an element agrees within ``atol +
    rtol * scale``, where scale is the largest element of the derivative.
    """
    if order < 1:
        raise ArgumentError(f"check_grads(): order is {order}, and must be 1 or more")
    points = [_values(x) for x in args]
    rng = np.random.default_rng(seed)
    u = _random_like(_values(f(*points)), rng)
    gradients = vjp(f, *points)[1](u)
    for i, x in enumerate(points):
        numeric = _numeric_gradient(_scalar(f, u, points, i), x, step)
        _compare(f, f"vjp by argument {i}", _values(gradients[i]), numeric, rtol, atol)
    v = [_random_like(x, rng) for x in points]
    tangent = _values(jvp(f, points, v)[1])
    _compare(f, "jvp", tangent, _numeric_tangent(f, points, v, step), rtol, atol)
    if order > 1:
        for i in range(len(points)):
            first = _pulled_back(f, u, i)
            check_grads(first, points, order - 1, rtol=rtol, atol=atol, step=step, seed=seed + 1)


def check_rule(primitive: Primitive, *operands: Any, order: int = 2, **params: Any) -> None:
    """Raise ``GradientError`` where a row is wrong, at ``operands`` and with metadata ``params``.

    For each float operand that has a rule: vjp, jvp and their own derivatives up to ``order``
    against central differences (as ``check_grads``). Then how the row acts on a batch, by its
    ``batch=`` or one by one, against calls on single examples. Constants, such as indices, are
    operands that are not floats.
    """
    rules = primitive.rules_for(operands)
    if len(rules) != len(operands):
        raise ArgumentError(
            f"{primitive.name}() has rules for {len(rules)} operands, and was given "
            f"{len(operands)}: metadata goes by name"
        )
    if all(rule is NO_RULE for rule in rules):
        raise RuleError(f"{primitive.name}() has no derivative rule to check")
    places = [
        i
        for i, (x, rule) in enumerate(zip(operands, rules, strict=True))
        if rule not in (None, NO_RULE) and np.asarray(x).dtype.kind in "fc"
    ]
    points = [_values(operands[i]) for i in places]

    def of_variables(*xs: Any) -> Any:
        full = list(operands)
        for i, x in zip(places, xs, strict=True):
            full[i] = x
        return primitive(*full, **params)

    of_variables.__name__ = f"{primitive.name}()"
    if places:
        check_grads(of_variables, points, order)
        _check_batches(of_variables, points)


def _check_batches(f: Callable[..., Any], points: list[Array]) -> None:
    """Compare ``f`` of two examples at once with its values at each.

    All operands differ between the examples, or one alone, and the others are shared.
    """
    n = len(points)
    alone = [tuple(0 if i == k else None for i in range(n)) for k in range(n)] if n > 1 else []
    for axes in [(0,) * n, *alone]:
        _check_batch(f, points, axes)


def _check_batch(f: Callable[..., Any], points: list[Array], axes: Sequence[int | None]) -> None:
    others = [
        x if axis is None else x + 0.001 * np.cos(np.arange(x.size)).reshape(x.shape)
        for x, axis in zip(points, axes, strict=True)
    ]
    batch = [
        x if axis is None else np.stack([x, other])
        for x, other, axis in zip(points, others, axes, strict=True)
    ]
    expected = np.stack([_values(f(*points)), _values(f(*others))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerformanceWarning)
        together = vmap(f, tuple(axes))(*batch)
    if not np.allclose(_values(together), expected, rtol=1e-10, atol=1e-12):
        raise GradientError(
            f"{f.__name__} of a batch is not what it is of each example: see its batch= rule\n"
            f"batch:\n{_values(together)}\none by one:\n{expected}"
        )


def _pulled_back(f: Callable[..., Any], u: Array, i: int) -> Callable[..., Any]:
    """The gradient of <u, f> by argument ``i``, as a function of all arguments."""

    def first_derivative(*xs: Any) -> Any:
        return vjp(f, *xs)[1](u)[i]

    first_derivative.__name__ = f"the derivative of {getattr(f, '__name__', 'f')} by argument {i}"
    return first_derivative


def _values(x: Any) -> Array:
    """A copy in double precision, real or complex."""
    array = np.asarray(x._node.value if isinstance(x, Traced) else x)
    return np.array(array, np.complex128 if array.dtype.kind == "c" else np.float64)


def _random_like(x: Array, rng: np.random.Generator) -> Array:
    u = rng.standard_normal(x.shape)
    return u + 1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else u


def _scalar(
    f: Callable[..., Any], u: Array, points: Sequence[Array], i: int
) -> Callable[[Array], float]:
    """The real part of <u, f> as a function of argument ``i`` alone."""

    def scalar(x: Array) -> float:
        return float(np.sum(u * _values(f(*points[:i], x, *points[i + 1 :]))).real)

    return scalar


def _numeric_gradient(f: Callable[[Array], float], x: Array, step: float) -> Array:
    """(f(x + h e) - f(x - h e)) / 2h for each element e; of complex x = a + ib, df/da - i df/db."""
    gradient = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            h = step * max(1.0, float(abs(x[i])))
            ahead, behind = x.copy(), x.copy()
            ahead[i] += h * unit
            behind[i] -= h * unit
            gradient[i] += (f(ahead) - f(behind)) / (ahead[i] - behind[i])
    return gradient


def _numeric_tangent(
    f: Callable[..., Any], points: list[Array], v: list[Array], step: float
) -> Array:
    """(f(x + h v) - f(x - h v)) / 2h."""
    ahead = f(*(x + step * d for x, d in zip(points, v, strict=True)))
    behind = f(*(x - step * d for x, d in zip(points, v, strict=True)))
    return (_values(ahead) - _values(behind)) / (2 * step)


def _compare(f: Any, what: str, ours: Array, numeric: Array, rtol: float, atol: float) -> None:
    scale = float(np.max(np.abs(numeric), initial=0.0))
    error = np.abs(ours - numeric)
    if ours.shape != numeric.shape or not np.all(error <= atol + rtol * scale):
        name = getattr(f, "__name__", repr(f))
        raise GradientError(
            f"{name}: {what} disagrees with central differences\n"
            f"derivative:\n{ours}\ncentral differences:\n{numeric}\nlargest error: "
            f"{np.max(error, initial=0)}"
        )
