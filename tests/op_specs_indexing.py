"""Rows of ``ops.indexing``. Read next: ``op_specs_reduce``."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from op_specs_shape import M, T
from tensorgraph.ops import indexing
from tensorgraph.ops.indexing import _ARRAY
from tensorgraph.primitive import REGISTRY

KEYS: dict[str, Any] = {
    "int": 1,
    "negative int": -1,
    "element": (1, 2, 3),
    "slice": slice(0, 1),
    "stepped": (slice(None), slice(None, None, 2)),
    "backwards": (slice(None), slice(None, None, -1)),
    "ellipsis": (..., 1),
    "new axis": (None, slice(None), None),
    "everything": (),
    "no rows": slice(2, 2),
    "array": np.array([0, 1, 0, 0]),
    "negative array": np.array([-1, -2, -1]),
    "list": [1, 1],
    "empty list": [],
    "0-d array": np.array(1),
    "matrix of indices": np.array([[0, 1], [1, 1]]),
    "two arrays": (np.array([0, 1, 1]), np.array([2, 0, 0])),
    "arrays that broadcast": (np.array([[0], [1]]), np.array([2, 0, 2])),
    "array and slice": (np.array([1, 1]), slice(1, 3)),
    "arrays around a slice": (np.array([0, 1, 1]), slice(None), np.array([3, 0, 0])),
    "slice and array": (slice(None), np.array([2, 2, 0])),
    "array and int": (0, np.array([2, 2, 0])),
    "mask": T > 0,
    "mask of rows": np.array([True, False]),
    "mask and array": (np.array([False, True]), np.array([1, 1])),
    "mask of nothing": np.array([False, False]),
    "list of truths": [False, True],
}


def _added(x: Any, *arrays: Any, template: Any, shape: tuple[int, ...]) -> Any:
    key = (*arrays, *template[len(arrays) :])
    out = np.zeros(shape, x.dtype)
    np.add.at(out, key, x)
    return out


_INDEXED = (
    OpSpec(
        "index",
        indexing.index,
        lambda x, key: x[key],
        tuple(Case(what, (T,), {"key": key}) for what, key in KEYS.items()),
    ),
    OpSpec(
        "scatter",
        REGISTRY["scatter"],
        _added,
        (
            Case("slice", (M,), {"template": (slice(1, 3),), "shape": (4, 3)}),
            Case("int", (M[0],), {"template": (1,), "shape": (4, 3)}),
            Case(
                "repeated indices",
                (draw((3, 2)), np.array([2, 0, 2])),
                {"template": (_ARRAY, slice(1, 3)), "shape": (4, 3)},
            ),
            Case(
                "mask",
                (draw((2,)), np.array([True, False, True])),
                {"template": (_ARRAY,), "shape": (3,)},
            ),
        ),
        dispatches=False,
    ),
)

SPECS: tuple[OpSpec, ...] = _INDEXED
