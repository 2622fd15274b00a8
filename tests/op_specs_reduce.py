"""Rows of ``ops.reduce``, ``ops.running``, ``ops.missing``; of ``ops.statistics``, of one variable.

Read next: ``op_specs_products``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, distinct, draw
from op_specs_shape import EMPTY, POINT, M, N, T
from tensorgraph import ops

AXES: dict[str, dict[str, Any]] = {
    "all": {},
    "first": {"axis": 0},
    "last": {"axis": -1},
    "two": {"axis": (0, -1)},
    "none of the axes": {"axis": ()},
    "all kept": {"keepdims": True},
    "one kept": {"axis": 1, "keepdims": True},
    "two kept": {"axis": (2, 0), "keepdims": True},
}
ALONG: dict[str, dict[str, Any]] = {
    "raveled": {"axis": None},
    "first": {"axis": 0},
    "last": {"axis": -1},
}
_EMPTY_ROWS = Case("empty along the other axis", (EMPTY,), {"axis": 1})
_TIES = Case("ties", (np.array([[1.0, 1.0, 0.0], [2.0, 1.0, 2.0]]),), {"axis": 1}, False)


def _over(x: np.ndarray, ways: dict[str, dict[str, Any]], *more: Case) -> tuple[Case, ...]:
    """``x`` reduced in each of the ``ways``, a 0-d array, and ``more``."""
    return (
        *(Case(way, (x,), params) for way, params in ways.items()),
        Case("0-d", (POINT,)),
        *more,
    )


_DISTINCT = distinct(2, 3, 4)
_SPREADS = {**AXES, "ddof": {"axis": 1, "ddof": 1}}
del _SPREADS["none of the axes"]  # the variance of one number is 0 to all orders
_COMPLEX = draw((2, 3), seed=5) + 1j * draw((2, 3), seed=6)
_OF_COMPLEX = Case("of complex numbers", (_COMPLEX,), {"axis": 1})
_MEAN = np.mean(T, 1, keepdims=True)


def _some(x: np.ndarray, *ways: str) -> tuple[Case, ...]:
    """``x`` reduced in these ways of ``AXES``."""
    return tuple(Case(way, (x,), AXES[way]) for way in ways)


_REDUCTIONS = (
    OpSpec("sum", ops.sum, np.sum, _over(T, AXES, _EMPTY_ROWS, Case("empty", (EMPTY,)))),
    OpSpec("mean", ops.mean, np.mean, _over(T, AXES, _EMPTY_ROWS)),
    OpSpec("max", ops.max, np.max, _over(_DISTINCT, AXES, _EMPTY_ROWS, _TIES, _OF_COMPLEX)),
    OpSpec("min", ops.min, np.min, _over(_DISTINCT, AXES, _EMPTY_ROWS, _TIES)),
    OpSpec("var", ops.var, np.var, _over(T, _SPREADS, _EMPTY_ROWS, _OF_COMPLEX), primitive=False),
    OpSpec("std", ops.std, np.std, _over(T, _SPREADS, _OF_COMPLEX), primitive=False),
    OpSpec(
        "var, about a mean that is known",
        lambda x, m: ops.var(x, 1, float, mean=m, correction=1),
        lambda x, m: np.var(x, 1, float, mean=m, correction=1),
        (Case("kept", (T, _MEAN)),),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec("ptp", ops.ptp, np.ptp, _some(_DISTINCT, "all", "two kept"), primitive=False),
    OpSpec(
        "average",
        ops.average,
        np.average,
        (
            Case("all", (M,)),
            Case("kept", (M,), {"axis": 1, "keepdims": True}),
            Case("weighed", (M, None, np.abs(N))),
            Case("weights along an axis", (T, 1, np.abs(M[0])), {"keepdims": True}),
            Case("weights along two axes", (T, (-1, 0), np.abs(T[:, 0].T))),
            Case("of whole numbers", (np.arange(6).reshape(2, 3), 0, np.array([1, 2]))),
        ),
        differentiable=(0, 2),
        primitive=False,
    ),
    OpSpec(
        "average, and the sum of the weights",
        lambda x, w: ops.stack(ops.average(x, 0, w, returned=True)),
        lambda x, w: np.stack(np.average(x, 0, w, returned=True)),
        (Case("weighed", (M, np.abs(M[:, 0]))), Case("not weighed", (M, None))),
        differentiable=(0, 1),
        primitive=False,
    ),
    *(
        OpSpec(
            name, getattr(ops, name), getattr(np, name), _over(_DISTINCT, ways), differentiable=()
        )
        for name, ways in (
            ("nanargmax", {**ALONG, "kept": {"axis": 1, "keepdims": True}}),
            ("nanargmin", {**ALONG, "kept": {"axis": 1, "keepdims": True}}),
            ("argmax", {**ALONG, "kept": {"axis": 1, "keepdims": True}}),
            ("argmin", {**ALONG, "kept": {"axis": 1, "keepdims": True}}),
            ("argsort", {**ALONG}),
        )
    ),
    *(
        OpSpec(
            name,
            getattr(ops, name),
            getattr(np, name),
            (
                *_over(T > 0, AXES),
                Case("of floats", (M,), {"axis": 1}),
                Case("of zeros", (np.zeros((2, 3)),), {}, False),
                Case("empty", (EMPTY,)),
            ),
            differentiable=(),
        )
        for name in ("all", "any")
    ),
)

# --- products and running totals -----------------------------------------------------------------

_ZEROS = np.array([[0.0, 1.5, -2.0, 0.7], [0.0, 1.2, 0.0, -1.1], [0.0, 0.0, 0.0, 1.3]])
_RUNNING = {
    "raveled": {},
    "first": {"axis": 0},
    "last": {"axis": -1},
    "in double precision": {"axis": 1, "dtype": float},
}

_PRODUCTS = (
    OpSpec(
        "prod",
        ops.prod,
        np.prod,
        (
            *_some(T, "first", "last", "two", "two kept", "none of the axes"),
            *(Case(way, (M,), AXES[way]) for way in ("all", "all kept")),
            Case("0-d", (POINT,)),
            Case("one, two and three zeros", (_ZEROS,), {"axis": 1}),
            Case("nothing but zeros", (_ZEROS,), {"axis": 0}),
            Case("in double precision", (M,), {"dtype": float}),
            Case("empty", (EMPTY,), {"axis": 0}),
            _EMPTY_ROWS,
        ),
    ),
    OpSpec("prod, complex", ops.prod, np.prod, (_OF_COMPLEX,), primitive=False),
    *(
        OpSpec(
            name,
            getattr(ops, name),
            getattr(np, name),
            (
                *_over(M, _RUNNING),
                Case("middle", (T[:, :, :2],), {"axis": 1}),
                Case("one, two and three zeros", (_ZEROS,), {"axis": 1}),
                Case("empty", (EMPTY,), {"axis": 0}),
                _EMPTY_ROWS,
            ),
        )
        for name in ("cumsum", "cumprod")
    ),
    *(
        OpSpec(f"{name}, complex", getattr(ops, name), getattr(np, name), (of,), primitive=False)
        for name, of in (("cumsum", _OF_COMPLEX), ("cumprod", _OF_COMPLEX))
    ),
    *(
        OpSpec(
            name,
            getattr(ops, name),
            getattr(np, name, getattr(ops, name)),  # NumPy has them from 2.1 on
            (
                Case("vector", (M[0],)),
                Case("with what nothing gives", (M,), {"axis": 1, "include_initial": True}),
            ),
            primitive=False,
            dispatches=hasattr(np, name),
        )
        for name in ("cumulative_sum", "cumulative_prod")
    ),
)

# --- without nan ---------------------------------------------------------------------------------

_HOLES = np.where(np.array([[True, False, True], [False, False, True]]), M, np.nan)
_WAYS = {"all kept": {"keepdims": True}, "last": {"axis": 1}}


def _with_holes(*more: Case) -> tuple[Case, ...]:
    """Cases with nan, whose derivatives ``test_ops_reductions`` checks, and without."""
    return (
        *(Case(f"nan, {way}", (_HOLES,), params, False) for way, params in _WAYS.items()),
        *(Case(way, (M,), params) for way, params in _WAYS.items()),
        Case("of whole numbers", (np.arange(6).reshape(2, 3),)),
        *more,
    )


_MISSING = (
    *(
        OpSpec(name, getattr(ops, name), getattr(np, name), _with_holes(), primitive=False)
        for name in ("nansum", "nanprod", "nanmax", "nanmin")
    ),
    *(
        OpSpec(
            name, getattr(ops, name), getattr(np, name), _with_holes(_OF_COMPLEX), primitive=False
        )
        for name in ("nanmean", "nanvar", "nanstd")
    ),
    *(
        OpSpec(
            name,
            getattr(ops, name),
            getattr(np, name),
            (Case("nan", (_HOLES,), {"axis": 1}, False), Case("raveled", (M,))),
            primitive=False,
        )
        for name in ("nancumsum", "nancumprod")
    ),
    OpSpec(
        "count_nonzero",
        ops.count_nonzero,
        np.count_nonzero,
        (
            Case("all", (_ZEROS,)),
            Case("last", (_ZEROS,), {"axis": -1}),
            Case("two kept", (T > 0,), {"axis": (0, 1), "keepdims": True}),
        ),
        differentiable=(),
    ),
)

SPECS: tuple[OpSpec, ...] = (*_REDUCTIONS, *_PRODUCTS, *_MISSING)
