"""Rows of ``ops.indexing``. Read next: ``op_specs_reduce``."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from op_specs_shape import EMPTY, C, M, T
from tensorgraph import ops
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
    "empty nested list": [[]],
    "tuple in a tuple": (0, (1, 2)),
    "range": range(2),
    "bytes": np.array([1, 0], np.uint8),
    "truth": True,
    "falsehood and slice": (False, slice(1)),
    "NumPy's truth": np.True_,
    "0-d mask": np.array(True),
    "arrays around an ellipsis": (None, np.array([0, 1]), ..., np.array([0, 3])),
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
        (
            *(Case(what, (T,), {"key": key}) for what, key in KEYS.items()),
            Case("complex", (C,), {"key": np.array([0, 1, 1])}),
            Case("empty", (EMPTY,), {"key": np.array([], int)}),
        ),
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
            Case("one index", (M[0], np.array(1)), {"template": (_ARRAY,), "shape": (4, 3)}),
        ),
        dispatches=False,
    ),
)


def _compress(a: Any, condition: Any, axis: int | None = None) -> Any:
    return ops.compress(condition, a, axis)


def _extract(a: Any, condition: Any) -> Any:
    return ops.extract(condition, a)


_ORDER = np.array([[0, 2, 2], [1, 0, 1]])
_ORDERS = np.arange(24).reshape(2, 3, 4) % 3

_CHOSEN = (
    OpSpec(
        "take",
        ops.take,
        np.take,
        (
            Case("raveled", (M,), {"indices": [0, -1, 0]}),
            Case("one", (T,), {"indices": 1, "axis": 1}),
            Case("matrix of indices", (T,), {"indices": _ORDER, "axis": -2}),
            Case("wrapped", (M,), {"indices": [3, -4, 7], "axis": 1, "mode": "wrap"}),
            Case("clipped", (M,), {"indices": [3, -4, 1], "axis": 1, "mode": "clip"}),
            Case("truths as numbers", (M,), {"indices": np.array([True, False])}),
            Case("none", (EMPTY,), {"indices": np.array([], int), "axis": 0}),
        ),
        primitive=False,
    ),
    OpSpec(
        "take_along_axis",
        ops.take_along_axis,
        np.take_along_axis,
        (
            Case("last axis", (M,), {"indices": _ORDER}),
            Case("between", (T,), {"indices": _ORDERS[:, :2], "axis": 1}),
            Case("indices that broadcast", (T,), {"indices": _ORDERS[:1, :, :1], "axis": 1}),
            Case("raveled", (M,), {"indices": np.array([5, 0, 5]), "axis": None}),
            Case("empty", (EMPTY,), {"indices": _ORDER[:0], "axis": 1}),
        ),
        primitive=False,
    ),
    OpSpec(
        "compress",
        _compress,
        lambda a, condition, axis=None: np.compress(condition, a, axis),
        (
            Case("raveled", (M,), {"condition": [True, False, True, False, False, True]}),
            Case("columns", (M,), {"condition": np.array([True, False, True]), "axis": -1}),
            Case("shorter, of numbers", (T,), {"condition": [0, 2], "axis": 1}),
        ),
        primitive=False,
    ),
    OpSpec(
        "extract",
        _extract,
        lambda a, condition: np.extract(condition, a),
        (Case("matrix", (M,), {"condition": M > 0}),),
        primitive=False,
    ),
    OpSpec(
        "diagonal",
        ops.diagonal,
        np.diagonal,
        (
            Case("matrix", (M,)),
            Case("right of the main one", (M,), {"offset": 1}),
            Case("below the main one", (T,), {"offset": -1, "axis1": 1, "axis2": -1}),
            Case("axes in the other order", (T,), {"offset": 1, "axis1": 2, "axis2": 0}),
            Case("outside", (M,), {"offset": 4}),
            Case("empty", (EMPTY,)),
        ),
        primitive=False,
    ),
)

SPECS: tuple[OpSpec, ...] = (*_INDEXED, *_CHOSEN)
