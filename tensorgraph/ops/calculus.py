"""Differences, slopes and integrals on a grid, interpolation between points, angles.

Read next: ``sequences``.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.elementwise import absolute, clip, equal, greater, less, not_equal, where
from tensorgraph.ops.indexing import index
from tensorgraph.ops.numbers import remainder
from tensorgraph.ops.reduce import along, argsort, sum
from tensorgraph.ops.shape import (
    _in_dtype,
    as_operand,
    astype,
    broadcast_to,
    concatenate,
    inner_axis,
    normalize_axes,
    ravel,
    reshape,
)
from tensorgraph.ops.sorting import searchsorted
from tensorgraph.primitive import custom
from tensorgraph.typing import Axis

__all__ = [
    "diff",
    "ediff1d",
    "gradient",
    "interp",
    "trapezoid",
    "unwrap",
]


# --- differences ---------------------------------------------------------------------------------


def diff(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue
) -> Any:
    """The differences of neighbours along ``axis``, taken ``n`` times.

    ``prepend`` and ``append`` are put before and behind ``a`` first.
    """
    if n < 0:
        raise ArgumentError(f"diff(): n is {n}, and must be 0 or more")
    a = as_operand(a)
    if a.ndim == 0:
        raise ShapeError("diff() needs an operand of 1 dimension or more, not a scalar")
    (axis,) = normalize_axes(axis, a.ndim, "diff")
    parts = [_as_slice(x, a, axis) for x in (prepend, a, append) if x is not np._NoValue]
    a = concatenate(parts, axis) if n and len(parts) > 1 else a
    subtract = not_equal if a.dtype == bool else operator.sub
    for _ in range(n):
        a = subtract(a[along(axis, slice(1, None))], a[along(axis, slice(None, -1))])
    return a


def _as_slice(x: Any, a: Any, axis: int) -> Any:
    """``x``, or if it is a number, a slice of ``a`` across ``axis`` that is full of it."""
    x = as_operand(x)
    if x.ndim:
        return x
    return broadcast_to(x, tuple(1 if i == axis else n for i, n in enumerate(a.shape)))


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of neighbours in ``ary`` raveled, between other numbers if they are given."""
    ary = ravel(as_operand(ary))
    begin, end = (
        [] if x is None else [astype(ravel(as_operand(x)), ary.dtype)] for x in (to_begin, to_end)
    )
    parts = [*begin, diff(ary), *end]
    return concatenate(parts) if len(parts) > 1 else parts[0]


# --- slopes --------------------------------------------------------------------------------------


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """The slope of ``f`` along each of ``axis``: central differences, one-sided ones at the edges.

    ``varargs`` are the spacings: none (1), one number for all axes, or for each axis a number or
    the coordinates of its points. ``edge_order`` 1 or 2 is the order of the error at the edges.
    Gives an array for one axis, else a tuple.
    """
    f = as_operand(f)
    f = f if f.dtype.kind in "fc" else astype(f, np.float64)
    if edge_order not in (1, 2):
        raise ArgumentError(f"gradient(): edge_order is 1 or 2, not {edge_order}")
    axes = normalize_axes(axis, f.ndim, "gradient")
    spacings = _spacings(f, axes, varargs)
    slopes = tuple(_slope(f, d, a, edge_order) for a, d in zip(axes, spacings, strict=True))
    return slopes[0] if len(axes) == 1 else slopes


def _spacings(f: Any, axes: tuple[int, ...], given: tuple[Any, ...]) -> list[Any]:
    """For each axis a number, or the distances of its points in a shape that broadcasts."""
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and np.ndim(given[0]) == 0:
        return [given[0]] * len(axes)
    if len(given) != len(axes):
        raise ArgumentError(f"gradient() was given {len(given)} spacings for {len(axes)} axes")
    return [_distances(f, axis, x) for axis, x in zip(axes, given, strict=True)]


def _distances(f: Any, axis: int, points: Any) -> Any:
    """A spacing as it is, or the distances of neighbouring ``points`` of ``axis``."""
    if np.ndim(points) == 0:
        return points
    points = as_operand(points)
    if points.shape != (f.shape[axis],):
        raise ShapeError(
            f"gradient(): coordinates of shape {points.shape} for axis {axis} of length "
            f"{f.shape[axis]}: give one number for each point, or a single distance"
        )
    points = points if points.dtype.kind in "fc" else astype(points, np.float64)
    return reshape(diff(points), tuple(-1 if i == axis else 1 for i in range(f.ndim)))


def _slope(f: Any, d: Any, axis: int, edge_order: int) -> Any:
    """The slope along one axis, of points at distances ``d``."""
    if f.shape[axis] < edge_order + 1:
        raise ShapeError(
            f"gradient() with edge_order {edge_order} needs {edge_order + 1} points along an axis, "
            f"and axis {axis} has {f.shape[axis]}"
        )
    first, last = along(axis, slice(edge_order + 1)), along(axis, slice(-edge_order - 1, None))
    before, behind = along(axis, slice(edge_order)), along(axis, slice(-edge_order, None))
    is_even = np.ndim(d) == 0
    parts = (
        _at_edge(diff(f[first], axis=axis), d if is_even else d[before], axis, 0, -1),
        _inside(f, d, axis),
        _at_edge(diff(f[last], axis=axis), d if is_even else d[behind], axis, -1, 0),
    )
    return astype(concatenate(parts, axis), f.dtype)


def _inside(f: Any, d: Any, axis: int) -> Any:
    """The slope at the inner points: the mean of those on both sides, the nearer weighing more."""
    before, behind = along(axis, slice(None, -1)), along(axis, slice(1, None))
    if np.ndim(d) == 0:
        return (f[along(axis, slice(2, None))] - f[along(axis, slice(None, -2))]) / (2.0 * d)
    slopes = diff(f, axis=axis) / d
    d1, d2 = d[before], d[behind]
    return (d2 * slopes[before] + d1 * slopes[behind]) / (d1 + d2)


def _at_edge(rises: Any, d: Any, axis: int, edge: int, inner: int) -> Any:
    """The slope at an edge, next to which are one or two rises of f over distances ``d``.

    Of two slopes it is continued linearly: s + (s - s') d / (d + d').
    """
    slopes = rises / d
    outer, next_ = (along(axis, slice(i, i + 1 or None)) for i in (edge, inner))
    if rises.shape[axis] == 1:
        return slopes
    share = 0.5 if np.ndim(d) == 0 else d[outer] / (d[outer] + d[next_])
    return slopes[outer] + (slopes[outer] - slopes[next_]) * share


# --- integrals -----------------------------------------------------------------------------------


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of ``y`` along ``axis`` by the trapezoidal rule.

    ``x`` are the points, one for each along ``axis`` or as many as ``y``; else ``dx`` apart.
    """
    y = as_operand(y)
    (axis,) = normalize_axes(axis, y.ndim, "trapezoid")
    if x is not None:
        x = as_operand(x)
        inner = tuple(-1 if i == axis else 1 for i in range(y.ndim))
        dx = reshape(diff(x), inner) if x.ndim == 1 else diff(x, axis=axis)
    pairs = y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]
    return sum(dx * pairs, axis) / 2.0


# --- interpolation -------------------------------------------------------------------------------


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The values at ``x`` of the polygon through the points (``xp``, ``fp``); ``xp`` rises.

    ``left`` and ``right`` stand for what lies outside: by default the first and the last of ``fp``.
    With a ``period`` there is no outside, and ``xp`` may have any order. At a corner the derivative
    is that of the piece on the right. The result is in double precision.
    """
    x, xp = (_in_dtype(as_operand(v), np.float64) for v in (x, xp))
    fp = as_operand(fp)
    fp = _in_dtype(fp, np.complex128 if fp.dtype.kind == "c" else np.float64)
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ShapeError(f"interp() needs as many xp as fp, and got {xp.shape} and {fp.shape}")
    if period is not None:
        left = right = None
        x, xp, fp = _unrolled(x, xp, fp, absolute(period))
    y = _on_polygon(x, xp, fp)
    y = y if left is None else where(less(x, xp[0]), left, y)
    return y if right is None else where(greater(x, xp[-1]), right, y)


def _unrolled(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """All in one period, in order, with one point before it and one behind."""
    x, xp = remainder(x, period), remainder(xp, period)
    order = argsort(xp)
    xp, fp = index(xp, order), index(fp, order)
    xp = concatenate((xp[-1:] - period, xp, xp[:1] + period))
    return x, xp, concatenate((fp[-1:], fp, fp[:1]))


def _on_polygon(x: Any, xp: Any, fp: Any) -> Any:
    """The polygon, continued on both sides by its first and last value."""
    if len(xp) == 1:
        xp, fp = concatenate((xp, xp)), concatenate((fp, fp))
    piece = clip(searchsorted(xp, x, "right") - 1, 0, len(xp) - 2)
    x0, y0 = index(xp, piece), index(fp, piece)
    width = index(xp, piece + 1) - x0
    width = where(equal(width, 0), 1.0, width)  # of two points in one place
    inside = clip(x, xp[0], xp[-1])
    return y0 + (inside - x0) / width * (index(fp, piece + 1) - y0)


# --- angles --------------------------------------------------------------------------------------


@custom.rules(
    lambda g, y, p, discont, axis, period: g,  # what is added moves in steps
    batch=lambda mapped, p, discont, axis, period: unwrap(
        p, discont, inner_axis(axis, p.ndim), period=period
    ),
    positions="discont axis",
)
def unwrap(p: Any, discont: float | None = None, axis: int = -1, period: float = 2 * np.pi) -> Any:
    """Angles with multiples of ``period`` added, so that neighbours differ by half of it at most.

    Smaller jumps than ``discont`` stay.
    """
    return np.unwrap(p, discont, axis, period=period)
