"""Rows of ``ops.calculus``, ``ops.sequences``, ``ops.polynomials``; covariances.

Read next: ``op_specs_special``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from op_specs_shape import POINT, M, N, T
from tensorgraph import ops

V = draw((4,), seed=7)
W = draw((3,), seed=8)
LONG = draw((2, 5), seed=9)
COMPLEX = V + 1j * draw((4,), seed=10)
COMPLEX_ROWS = M + 1j * N
POINTS = np.array([0.0, 0.3, 1.0, 1.2, 2.0])
POSITIVE = np.abs(W) + 0.5

# --- differences and integrals -------------------------------------------------------------------


def _with_ends(function: Any) -> Any:
    """``diff`` with something put before and behind."""
    return lambda a, prepend, append: function(a, 1, 1, prepend, append)


def _all_slopes(gradient: Any, stack: Any) -> Any:
    """The tuple that ``gradient`` gives for several axes, in one."""
    return lambda f, *spacings, **how: stack(gradient(f, *spacings, **how))


_DIFFERENCES = (
    OpSpec(
        "diff",
        ops.diff,
        np.diff,
        (
            Case("once", (T,)),
            Case("twice", (T,), {"n": 2, "axis": 1}),
            Case("of truths", (T > 0,)),
        ),
        primitive=False,
    ),
    OpSpec(
        "diff, with more at the ends",
        _with_ends(ops.diff),
        _with_ends(np.diff),
        (Case("a number and a slice", (M, POINT, N[:, :2])),),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
    OpSpec(
        "ediff1d",
        ops.ediff1d,
        np.ediff1d,
        (Case("matrix", (M,)), Case("with ends", (M, W, POINT))),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
    OpSpec(
        "gradient",
        ops.gradient,
        np.gradient,
        (
            Case("vector", (V,)),
            Case("distance", (LONG, np.array(0.5)), {"axis": 1}),
            Case("points", (LONG, POINTS), {"axis": -1}),
            Case("points, second order", (LONG, POINTS), {"axis": 1, "edge_order": 2}),
            Case("two points", (V[:2],)),
            Case("whole numbers", (np.array([1, 4, 9]), np.array([0, 1, 3]))),
            Case("complex", (COMPLEX,)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "gradient, along several axes",
        _all_slopes(ops.gradient, ops.stack),
        _all_slopes(np.gradient, np.stack),
        (
            Case(
                "one distance, second order",
                (T[:, :, :3].swapaxes(0, 1), 0.5),
                {"axis": (0, 2), "edge_order": 2},
            ),
            Case("distance and points", (LONG, np.array(0.5), POINTS)),
        ),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
    OpSpec(
        "trapezoid",
        ops.trapezoid,
        np.trapezoid,
        (
            Case("distance 1", (T,)),
            Case("points", (LONG, POINTS)),
            Case("points, first axis", (LONG.T, POINTS), {"axis": 0}),
            Case("points of each row", (LONG, LONG * 2)),
            Case("distance", (LONG, None, np.array(0.3))),
        ),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
)

# --- interpolation and sequences -----------------------------------------------------------------

_AT = np.array([[-0.5, 0.1, 0.5], [1.1, 1.7, 2.4]])


def _outside(interp: Any) -> Any:
    """``interp`` with values for what lies outside."""
    return lambda x, xp, fp, left, right: interp(x, xp, fp, left=left, right=right)


_SEQUENCES = (
    OpSpec(
        "interp",
        ops.interp,
        np.interp,
        (
            Case("inside and outside", (_AT, POINTS, LONG[0])),
            Case("complex", (_AT[0], POINTS, LONG[0] + 1j * LONG[1])),
            Case("period", (_AT, POINTS[::-1], LONG[0]), {"period": 2.3}),
            Case("one point", (_AT, POINTS[:1], LONG[0, :1])),
            Case("at the points", (POINTS, POINTS, LONG[0]), {}, False),
            Case("nan", (np.array([np.nan, 0.5]), POINTS, LONG[0]), {}, False),
        ),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
    OpSpec(
        "interp, with values outside",
        _outside(ops.interp),
        _outside(np.interp),
        (Case("numbers", (_AT, POINTS, LONG[0], -3.0, 4.0)),),
        differentiable=(0, 1, 2),
        primitive=False,
    ),
    OpSpec(
        "linspace",
        ops.linspace,
        np.linspace,
        (
            Case("numbers", (POINT, np.array(3.0), 5)),
            Case("rows", (W, POINT, 4), {"axis": -1}),
            Case("without the end", (W, M, 3), {"endpoint": False}),
            Case("one", (W, 2.0, 1)),
            Case("none", (W, 2.0, 0)),
            Case("converted", (np.array(0.0), np.array(10.5), 11), {"dtype": int}, False),
            Case("complex", (COMPLEX, POINT, 3)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "linspace, and the step",
        lambda start, stop: ops.linspace(start, stop, 4, retstep=True)[1],
        lambda start, stop: np.linspace(start, stop, 4, retstep=True)[1],
        (Case("rows", (W, M)),),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "logspace",
        ops.logspace,
        np.logspace,
        (
            Case("base 10", (POINT, np.array(-0.4), 4)),
            Case("bases", (POINT, W, 3, True, POSITIVE)),
            Case("converted", (np.array(0.0), np.array(2.0), 3), {"dtype": int}, False),
        ),
        differentiable=(0, 1, 4),
        primitive=False,
    ),
    OpSpec(
        "geomspace",
        ops.geomspace,
        np.geomspace,
        (
            Case("rising and falling", (POSITIVE, np.array(1.3), 4)),
            Case("negative, last axis", (-POSITIVE, np.array(-1.3), 3), {"axis": -1}),
            Case("without the end", (POINT, np.array(3.0), 3, False)),
            Case("spiral", (np.array(1.0 + 1j), np.array(-2.0 + 0.5j), 4)),
            Case("converted", (np.array(1.0), np.array(1000.0), 4), {"dtype": int}, False),
            Case("one", (POINT, np.array(3.0), 1)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "unwrap",
        ops.unwrap,
        np.unwrap,
        (
            Case("last", (np.array([[0.5, 4.0, 0.1], [-3.0, 2.9, 9.0]]),)),
            Case("first", (np.array([[0.5, 4.0], [3.8, -2.9]]),), {"axis": 0, "discont": 4.0}),
            Case("in degrees", (np.array([10.0, 200.0, 390.0]),), {"period": 360.0}),
        ),
    ),
)

# --- polynomials, convolutions, covariances ------------------------------------------------------

_SIZES = {"longer first": (V, W), "shorter first": (W[:2], V), "equal": (W, W[::-1].copy())}
_MODES = ("full", "same", "valid")
_COMPLEX = (COMPLEX, W + 0.5j)

_SUMS_OF_PRODUCTS = (
    OpSpec(
        "polyval",
        ops.polyval,
        np.polyval,
        (Case("matrix", (W, M)), Case("constant", (W[:1], M)), Case("complex", (COMPLEX, POINT))),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "convolve",
        ops.convolve,
        np.convolve,
        (
            *(Case(f"{k}, {mode}", (*_SIZES[k], mode)) for k in _SIZES for mode in _MODES),
            Case("complex", _COMPLEX),
            Case("a number", (POINT, V)),
        ),
        differentiable=(0, 1),
    ),
    OpSpec(
        "correlate",
        ops.correlate,
        np.correlate,
        (
            *(Case(f"{k}, same", (*_SIZES[k], "same")) for k in _SIZES),
            Case("shorter first, valid", _SIZES["shorter first"]),
            Case("complex", (*_COMPLEX, "full")),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "cov",
        ops.cov,
        np.cov,
        (
            Case("rows", (LONG,)),
            Case("vector", (V,)),
            Case("rows and more", (LONG, LONG[0] ** 2)),
            Case("columns and more", (LONG.T, LONG.T**2, False), {"bias": True}),
            Case("complex", (COMPLEX_ROWS,), {"ddof": 0}),
            Case("repeated", (M,), {"fweights": np.array([1, 3, 2])}),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "cov, weighed",
        lambda m, w, **how: ops.cov(m, aweights=w, **how),
        lambda m, w, **how: np.cov(m, aweights=w, **how),
        (
            Case("weights", (M, POSITIVE)),
            Case("weights and repetitions", (M, POSITIVE), {"fweights": np.array([1, 3, 2])}),
            Case("ddof 0", (M, POSITIVE), {"ddof": 0}),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "corrcoef",
        ops.corrcoef,
        np.corrcoef,
        (
            Case("rows", (LONG[:, :4],)),
            Case("columns", (LONG.T, None, False)),
            Case("complex", (COMPLEX_ROWS,)),
            Case("vector", (V,)),
        ),
        primitive=False,
    ),
)

SPECS: tuple[OpSpec, ...] = (*_DIFFERENCES, *_SEQUENCES, *_SUMS_OF_PRODUCTS)
