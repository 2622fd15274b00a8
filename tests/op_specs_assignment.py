"""Rows of ``ops.assignment``. Read next: ``op_specs_reduce``."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from op_specs_indexing import KEYS
from op_specs_shape import M, N, T
from tensorgraph.ops.assignment import assigned
from tensorgraph.ops.indexing import _ARRAY
from tensorgraph.primitive import REGISTRY


def _written(x: Any, v: Any, key: Any) -> Any:
    """NumPy's assignment, into a copy."""
    y = np.array(x)
    y[key] = v
    return y


def _last(*arrays: Any, template: Any, shape: tuple[int, ...]) -> Any:
    """Whether no later index along the first axis is the same: for index arrays of that axis."""
    rows = [int(i) % shape[0] for i in np.ravel(arrays[0])]
    last = np.array([row not in rows[i + 1 :] for i, row in enumerate(rows)], bool)
    chosen = np.zeros(shape)[(*arrays, *template[1:])].shape
    by_row = last.reshape(*arrays[0].shape, *(1,) * (len(chosen) - arrays[0].ndim))
    return np.broadcast_to(by_row, chosen)


def _like(chosen: Any) -> Any:
    return draw(np.shape(chosen), seed=5)


_ASSIGNED = (
    OpSpec(
        "assign",
        lambda x, v, key: assigned(x, key, v),
        _written,
        (
            *(Case(what, (T, _like(T[key])), {"key": key}) for what, key in KEYS.items()),
            Case("a number", (M, 0.7), {"key": (0, slice(1, 3))}),
            Case("0-d", (M, np.array(0.7)), {"key": [1, 1]}),
            Case("a row to rows", (T, draw((4,))), {"key": (slice(None), np.array([0, 1, 0]))}),
            Case("a column to rows", (T, draw((2, 1))), {"key": (0, [0, 2])}),
            Case("leading axes of one", (M, draw((1, 1, 3))), {"key": 1}),
            Case("repeated, broadcast", (M, draw((3,))), {"key": np.array([1, 1, 0])}),
            Case("into a 0-d", (np.array(0.3), np.array(0.7)), {"key": ()}),
            Case("into whole numbers", (np.arange(3), np.array(7)), {"key": 1}),
            Case("complex", (M + 1j * N, draw((3,)) - 1j * draw((3,))), {"key": [1, 1]}),
            Case("a real value to complex", (M + 1j * N, draw((3,))), {"key": 1}),
        ),
        differentiable=(0, 1),
        dispatches=False,
    ),
    OpSpec(
        "last_written",
        REGISTRY["last_written"],
        _last,
        (
            Case("once each", (np.array([2, 0]),), {"template": (_ARRAY,), "shape": (3,)}),
            Case("repeated", (np.array([1, 0, 1, 1]),), {"template": (_ARRAY,), "shape": (3,)}),
            Case("negative", (np.array([-1, 2, 0]),), {"template": (_ARRAY,), "shape": (3,)}),
            Case(
                "rows",
                (np.array([1, 0, 1]),),
                {"template": (_ARRAY, slice(1, 3)), "shape": (2, 3)},
            ),
            Case("a matrix", (np.array([[0, 1], [1, 2]]),), {"template": (_ARRAY,), "shape": (3,)}),
        ),
        differentiable=(),
        dispatches=False,
    ),
)

SPECS: tuple[OpSpec, ...] = _ASSIGNED
