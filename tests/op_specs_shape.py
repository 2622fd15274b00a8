"""Rows of ``ops.shape``: arrangements, joins and indices. Read next: ``op_specs_reduce``."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from tensorgraph import ops
from tensorgraph.ops import shape
from tensorgraph.ops.shape import _ARRAY
from tensorgraph.primitive import REGISTRY

M = draw((2, 3), seed=1)
N = draw((2, 3), seed=2)
T = draw((2, 3, 4), seed=3)
ONES = draw((1, 2, 1), seed=4)
EMPTY = np.zeros((0, 3))
POINT = np.array(0.7)

# --- the same elements in another arrangement ----------------------------------------------------

_ARRANGED = (
    OpSpec(
        "reshape",
        ops.reshape,
        lambda x, shape: np.reshape(x, shape),
        (
            Case("to a tuple", (M,), {"shape": (3, 2)}),
            Case("to an int", (M,), {"shape": 6}),
            Case("with -1", (M,), {"shape": (1, -1)}),
            Case("of a 0-d", (POINT,), {"shape": (1, 1)}),
            Case("to a 0-d", (M[:1, :1],), {"shape": ()}),
            Case("empty", (EMPTY,), {"shape": (3, 0, 2)}),
        ),
    ),
    OpSpec(
        "transpose",
        ops.transpose,
        np.transpose,
        (
            Case("reversed", (T,), {}),
            Case("cycled", (T,), {"axes": (1, 2, 0)}),
            Case("negative axes", (T,), {"axes": (-1, 0, -2)}),
            Case("0-d", (POINT,)),
            Case("empty", (EMPTY,)),
        ),
    ),
    OpSpec(
        "swapaxes",
        ops.swapaxes,
        np.swapaxes,
        (
            Case("first two", (T,), {"axis1": 0, "axis2": 1}),
            Case("negative", (T,), {"axis1": -1, "axis2": 0}),
        ),
    ),
    OpSpec(
        "moveaxis",
        ops.moveaxis,
        np.moveaxis,
        (
            Case("one", (T,), {"source": 0, "destination": -1}),
            Case("two", (T,), {"source": (0, 1), "destination": (2, 0)}),
        ),
    ),
    OpSpec(
        "squeeze",
        ops.squeeze,
        np.squeeze,
        (
            Case("all", (ONES,)),
            Case("first", (ONES,), {"axis": 0}),
            Case("negative", (ONES,), {"axis": -1}),
            Case("two", (ONES,), {"axis": (0, 2)}),
        ),
    ),
    OpSpec(
        "expand_dims",
        ops.expand_dims,
        np.expand_dims,
        (
            Case("first", (M,), {"axis": 0}),
            Case("last", (M,), {"axis": -1}),
            Case("two", (M,), {"axis": (0, 2)}),
            Case("0-d", (POINT,), {"axis": 0}),
        ),
    ),
    OpSpec("alias", shape.alias, lambda x: x, (Case("matrix", (M,)), Case("0-d", (POINT,)))),
    OpSpec("copy", ops.copy, np.copy, (Case("matrix", (M,)), Case("0-d", (POINT,)))),
    OpSpec(
        "astype",
        ops.astype,
        lambda x, dtype: x.astype(dtype),
        (
            Case("the same", (M,), {"dtype": np.float64}),
            Case("narrower", (M,), {"dtype": np.float32}, smooth=False),
            Case("of integers", (np.arange(3),), {"dtype": np.float64}),
        ),
    ),
    OpSpec(
        "truncate",
        ops.astype,
        lambda x, dtype: x.astype(dtype),
        (
            Case("to integers", (draw((2, 3), (-1.8, -1.2), (0.2, 0.8)),), {"dtype": np.int64}),
            Case("to truths", (M,), {"dtype": bool}),
            Case("0-d", (POINT,), {"dtype": int}),
            Case("of integers", (np.arange(3),), {"dtype": np.int8}),
        ),
        differentiable=(),
    ),
    OpSpec(
        "broadcast_to",
        ops.broadcast_to,
        np.broadcast_to,
        (
            Case("row", (M[0],), {"shape": (2, 3)}),
            Case("column", (M[:, :1],), {"shape": (4, 2, 3)}),
            Case("0-d", (POINT,), {"shape": (2, 2)}),
            Case("to none", (M[:1],), {"shape": (0, 3)}),
        ),
    ),
    OpSpec(
        "ravel",
        ops.ravel,
        np.ravel,
        (Case("matrix", (M,)), Case("0-d", (POINT,)), Case("empty", (EMPTY,))),
        primitive=False,
    ),
)

_JOINED = (
    OpSpec(
        "concatenate",
        ops.concatenate,
        np.concatenate,
        (
            Case("rows", (M, N, M[:1])),
            Case("columns", (M, N[:, :1]), {"axis": 1}),
            Case("last axis", (T, T[:, :, :2]), {"axis": -1}),
            Case("raveled", (M, N[0]), {"axis": None}),
            Case("one", (M,)),
            Case("with an empty one", (M, EMPTY)),
        ),
        variadic=True,
    ),
    OpSpec(
        "stack",
        ops.stack,
        np.stack,
        (
            Case("first", (M, N)),
            Case("between", (M, N, M), {"axis": 1}),
            Case("last", (M, N), {"axis": -1}),
            Case("0-d", (POINT, POINT)),
            Case("empty", (EMPTY, EMPTY)),
        ),
        variadic=True,
        primitive=False,
    ),
)

# --- elements chosen by an index -----------------------------------------------------------------

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
        shape.index,
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

SPECS: tuple[OpSpec, ...] = (*_ARRANGED, *_JOINED, *_INDEXED)
