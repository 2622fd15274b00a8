"""Rows of ``ops.reduce``. Read next: ``op_specs_products``."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, distinct
from op_specs_shape import EMPTY, POINT, M, T
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

_REDUCTIONS = (
    OpSpec("sum", ops.sum, np.sum, _over(T, AXES, _EMPTY_ROWS, Case("empty", (EMPTY,)))),
    OpSpec("mean", ops.mean, np.mean, _over(T, AXES, _EMPTY_ROWS)),
    OpSpec("max", ops.max, np.max, _over(_DISTINCT, AXES, _EMPTY_ROWS, _TIES)),
    OpSpec("min", ops.min, np.min, _over(_DISTINCT, AXES, _EMPTY_ROWS, _TIES)),
    OpSpec("var", ops.var, np.var, _over(T, _SPREADS, _EMPTY_ROWS), primitive=False),
    OpSpec("std", ops.std, np.std, _over(T, _SPREADS, _EMPTY_ROWS)[:-2], primitive=False),
    *(
        OpSpec(
            name, getattr(ops, name), getattr(np, name), _over(_DISTINCT, ways), differentiable=()
        )
        for name, ways in (
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

SPECS: tuple[OpSpec, ...] = _REDUCTIONS
