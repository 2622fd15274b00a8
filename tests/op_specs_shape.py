"""Rows of ``ops.shape``: arrangements and joins. Read next: ``op_specs_indexing``."""

from __future__ import annotations

import numpy as np

from op_cases import Case, OpSpec, draw
from tensorgraph import ops
from tensorgraph.ops import shape

M = draw((2, 3), seed=1)
N = draw((2, 3), seed=2)
T = draw((2, 3, 4), seed=3)
ONES = draw((1, 2, 1), seed=4)
C = M + 1j * N
EMPTY = np.zeros((0, 3))
POINT = np.array(0.7)

# --- the same elements in another arrangement ----------------------------------------------------

_ARRANGED = (
    OpSpec(
        "reshape",
        ops.reshape,
        np.reshape,
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
        "reshape, in another order",
        ops.reshape,
        np.reshape,
        (Case("first index fastest", (M,), {"shape": (3, 2), "order": "F"}),),
        primitive=False,
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
        "matrix_transpose",
        ops.matrix_transpose,
        np.matrix_transpose,
        (Case("stack", (T,)), Case("empty", (EMPTY,))),
        primitive=False,
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
            Case("to complex", (M,), {"dtype": np.complex128}),
            Case("complex", (C,), {"dtype": np.complex128}),
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
        (
            Case("matrix", (M,)),
            Case("first index fastest", (M,), {"order": "F"}),
            Case("0-d", (POINT,)),
            Case("empty", (EMPTY,)),
        ),
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
            Case("real and complex", (M, C)),
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

SPECS: tuple[OpSpec, ...] = (*_ARRANGED, *_JOINED)
