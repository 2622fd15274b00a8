"""Rows of ``ops.sorting``. Read next: ``op_specs_calculus``."""

from __future__ import annotations

import numpy as np

from op_cases import Case, OpSpec, distinct
from op_specs_shape import EMPTY, POINT
from tensorgraph import ops

X = distinct(2, 3, 4)
ROWS = distinct(2, 5)
EDGES = np.array([-1.0, -0.3, 0.4, 1.1])
COMPLEX = distinct(2, 3) + 1j * distinct(2, 3, seed=1)
_SORTER = np.array([2, 0, 3, 1])

_ORDER = (
    OpSpec(
        "sort",
        ops.sort,
        np.sort,
        (
            Case("last", (X,)),
            Case("first", (X,), {"axis": 0}),
            Case("raveled", (ROWS,), {"axis": None}),
            Case("stable", (ROWS,), {"stable": True}),
            Case("of complex numbers", (COMPLEX,), {"kind": "mergesort"}),
            Case("nan comes last", (np.array([1.0, np.nan, 0.0]),), {}, False),
            Case("empty", (EMPTY,)),
        ),
        primitive=False,
    ),
    OpSpec(
        "partition",  # of three elements around the middle one: all places are fixed
        ops.partition,
        np.partition,
        (
            Case("middle", (X,), {"kth": 1, "axis": 1}),
            Case("several", (X,), {"kth": (1, 2)}),
            Case("raveled", (ROWS[:, 0],), {"kth": 0, "axis": None}),
        ),
        primitive=False,
    ),
    OpSpec(
        "argpartition",
        ops.argpartition,
        np.argpartition,
        (
            Case("middle", (X,), {"kth": 1, "axis": 1}),
            Case("raveled", (ROWS[:, 0],), {"kth": 1, "axis": None}),
            Case("0-d", (POINT,), {"kth": 0}),
        ),
        differentiable=(),
    ),
)

_QUANTILES = (
    OpSpec(
        "median",
        ops.median,
        np.median,
        (
            Case("even, all", (X,)),
            Case("odd", (X,), {"axis": 1}),
            Case("two kept", (X,), {"axis": (0, -1), "keepdims": True}),
            Case("of complex numbers", (COMPLEX,), {"axis": 0}),
            Case("of whole numbers", (np.array([3, 1, 2, 9]),)),
            Case("nan", (np.array([[1.0, np.nan], [0.0, 2.0]]),), {"axis": 1}, False),
            Case("0-d", (POINT,)),
        ),
        primitive=False,
    ),
    OpSpec(
        "quantile",
        ops.quantile,
        np.quantile,
        (
            Case("one", (X, 0.3)),
            Case("several, kept", (ROWS, [0.1, 0.9], 1), {"keepdims": True}),
            Case("a matrix of them", (X, np.array([[0.1, 0.37], [0.66, 0.9]]), (0, -1))),
            Case("the ends", (ROWS, [0, 1], 1)),
            Case("of whole numbers", (np.array([3, 1, 2, 9]), 0.4)),
            Case("nan", (np.array([[1.0, np.nan], [0.0, 2.0]]), 0.5, 1), {}, False),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
    OpSpec(
        "percentile",
        ops.percentile,
        np.percentile,
        (Case("one", (X, 30, 1)), Case("several", (ROWS, np.array([10.0, 40.0, 90.0])))),
        differentiable=(0, 1),
        primitive=False,
    ),
)

_SEARCHES = (
    OpSpec(
        "searchsorted",
        ops.searchsorted,
        np.searchsorted,
        (
            Case("matrix", (EDGES, X[0])),
            Case("equal, on the right", (EDGES, EDGES), {"side": "right"}, False),
            Case("sorter", (EDGES[np.argsort(_SORTER)], X[0]), {"sorter": _SORTER}),
            Case("one", (EDGES, 0.1)),
        ),
        differentiable=(),
    ),
    OpSpec(
        "digitize",
        ops.digitize,
        np.digitize,
        (
            Case("rising", (X, EDGES)),
            Case("falling, with the right edge", (EDGES, EDGES[::-1]), {"right": True}, False),
        ),
        differentiable=(),
    ),
)

SPECS: tuple[OpSpec, ...] = (*_ORDER, *_QUANTILES, *_SEARCHES)
