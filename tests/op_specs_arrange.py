"""Rows of ``ops.arrange``, ``ops.joining`` and ``ops.padding``. Read next: ``op_specs_sorting``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from op_cases import Case, OpSpec, distinct, draw
from op_specs_shape import EMPTY, POINT, C, M, N, T
from tensorgraph import ops

V = draw((4,), seed=6)
SQUARE = draw((3, 3), seed=7)
EIGHT = draw((2, 2, 2), seed=8)


def _all_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its several results raveled and joined: one array."""

    def joined(*xs: Any, **params: Any) -> Any:
        return np.concatenate([np.ravel(part) for part in function(*xs, **params)])

    return joined


def _parts(name: str, *cases: Case, **options: Any) -> OpSpec:
    """A row of a function with several results."""
    ours, numpys = (_all_of(getattr(module, name)) for module in (ops, np))
    return OpSpec(f"{name}, all results", ours, numpys, cases, primitive=False, **options)


def _composite(name: str, *cases: Case, **options: Any) -> OpSpec:
    return OpSpec(name, getattr(ops, name), getattr(np, name), cases, primitive=False, **options)


# --- the same elements in another order ----------------------------------------------------------

_REORDERED = (
    _composite(
        "flip",
        Case("all", (M,)),
        Case("one", (T,), {"axis": -2}),
        Case("two", (T,), {"axis": (0, 2)}),
        Case("none of the axes", (M,), {"axis": ()}),
        Case("0-d", (POINT,)),
    ),
    _composite("fliplr", Case("stack", (T,))),
    _composite("flipud", Case("vector", (V,))),
    _composite(
        "rot90",
        *(Case(f"{k} times", (M,), {"k": k}) for k in (0, 1, 2, -1)),
        Case("other axes", (T,), {"k": 5, "axes": (2, 0)}),
    ),
    OpSpec(
        "roll",
        ops.roll,
        np.roll,
        (
            Case("raveled", (M,), {"shift": 2}),
            Case("one axis", (M,), {"shift": -1, "axis": -1}),
            Case("two axes", (T,), {"shift": (1, 2), "axis": (0, 2)}),
            Case("one axis twice", (M,), {"shift": (1, 1), "axis": (1, 1)}),
            Case("several shifts of one axis", (M,), {"shift": (1, -2, 3), "axis": 1}),
            Case("0-d", (POINT,), {"shift": 1}),
            Case("empty", (EMPTY,), {"shift": 1, "axis": 0}),
        ),
    ),
    _composite(
        "rollaxis",
        Case("to the front", (T,), {"axis": 2}),
        Case("onwards", (T,), {"axis": 0, "start": 2}),
        Case("counted from the end", (T,), {"axis": -1, "start": -2}),
    ),
)

# --- repeated elements ---------------------------------------------------------------------------

_REPEATED = (
    _composite(
        "tile",
        Case("an int", (M,), {"reps": 2}),
        Case("more axes", (M,), {"reps": (2, 1, 3)}),
        Case("fewer axes", (T,), {"reps": (2, 1)}),
        Case("0-d", (POINT,), {"reps": (2, 2)}),
        Case("no times", (M,), {"reps": (0, 2)}),
    ),
    OpSpec(
        "repeat",
        ops.repeat,
        np.repeat,
        (
            Case("raveled", (M,), {"repeats": 2}),
            Case("one axis", (M,), {"repeats": [3], "axis": -1}),
            Case("each its own number", (T,), {"repeats": [2, 0, 1], "axis": 1}),
            Case("no times", (M,), {"repeats": 0}),
            Case("0-d", (POINT,), {"repeats": 2}),
            Case("empty", (EMPTY,), {"repeats": 2, "axis": 1}),
        ),
    ),
    _composite(
        "resize",
        Case("larger", (M,), {"new_shape": (3, 5)}),
        Case("smaller", (M,), {"new_shape": 4}),
        Case("of nothing", (EMPTY,), {"new_shape": (2, 2)}),
    ),
    _parts(
        "broadcast_arrays",
        Case("three", (M, M[:, :1], POINT)),
        differentiable=(0, 1, 2),
    ),
    _parts(
        "meshgrid",
        Case("two", (V, M[0])),
        Case("three", (V[:2], M[0], POINT)),
        Case("matrix indexing", (V, M[0]), {"indexing": "ij"}),
        Case("sparse", (V, M[0]), {"sparse": True}),
        Case("one, not copied", (V,), {"copy": False}),
        Case("empty", (V, V[:0])),
        differentiable=(0, 1, 2),
    ),
    _composite(
        "vander",
        Case("square", (V,)),
        Case("increasing", (V,), {"N": 3, "increasing": True}),
        Case("complex", (C[0],), {"N": 3}),
        Case("no powers", (V,), {"N": 0}),
    ),
)

# --- several arrays in one -----------------------------------------------------------------------


def _two_by_two(module: Any) -> Callable[..., Any]:
    return lambda a, b, c, d: module.block([[a, b], [c, d]])


def _in_a_row(module: Any) -> Callable[..., Any]:
    return lambda *xs: module.block([*xs])


def _insert(arr: Any, values: Any, obj: Any, axis: int | None = None) -> Any:
    return ops.insert(arr, obj, values, axis)


_ROWS = draw((2, 2), seed=9)

_JOINED = (
    *(
        _parts(name, Case("each rank", (POINT, V, M, EIGHT)), differentiable=(0, 1, 2, 3))
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
    ),
    _composite("vstack", Case("row and matrix", (M[0], N)), variadic=True),
    _composite(
        "hstack",
        Case("vectors and 0-d", (V, POINT)),
        Case("matrices", (M, N[:, :1])),
        variadic=True,
    ),
    _composite(
        "dstack",
        Case("vectors", (V, V)),
        Case("matrix and stack", (M, T)),
        variadic=True,
    ),
    _composite("column_stack", Case("vectors and matrix", (M[:, 0], N, M[:, 1])), variadic=True),
    OpSpec(
        "block",
        _two_by_two(ops),
        _two_by_two(np),
        (
            Case("matrices", (M, N[:, :1], draw((3,)), POINT)),
            Case("of 3 dimensions", (T, T[:, :, :1], T[:, :1], T[:, :1, :1])),
        ),
        differentiable=(0, 1, 2, 3),
        primitive=False,
    ),
    OpSpec(
        "block, a row",
        _in_a_row(ops),
        _in_a_row(np),
        (Case("vector and 0-d", (V, POINT)), Case("matrices", (M, N))),
        differentiable=(0, 1),
        primitive=False,
    ),
    _composite(
        "append",
        Case("raveled", (M, V)),
        Case("columns", (M, N), {"axis": 1}),
        differentiable=(0, 1),
    ),
    _composite(
        "delete",
        Case("raveled", (M,), {"obj": 2}),
        Case("negative", (T,), {"obj": -1, "axis": 1}),
        Case("several", (M,), {"obj": [0, 2], "axis": -1}),
        Case("slice", (V,), {"obj": slice(None, None, 2)}),
        Case("mask", (V,), {"obj": np.array([True, False, False, True])}),
    ),
    OpSpec(
        "insert",
        _insert,
        lambda arr, values, obj, axis=None: np.insert(arr, obj, values, axis),
        (
            Case("raveled", (M, POINT), {"obj": 2}),
            Case("two values in one place", (V, _ROWS[0]), {"obj": -1}),
            Case("a number for a column", (M, 1.5), {"obj": 1, "axis": 1}),
            Case("a column", (M, _ROWS[0]), {"obj": 1, "axis": 1}),
            Case("a list of one place", (M, _ROWS), {"obj": [1], "axis": 1}),
            Case("places", (V, _ROWS[0]), {"obj": [3, 1]}),
            Case("slice", (M, draw((2, 1))), {"obj": slice(0, 2), "axis": 1}),
            Case("mask", (V, POINT), {"obj": np.array([True, False, True, False])}),
            Case("cut to integers", (np.arange(3), V[:1]), {"obj": 1}, False),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
)

# --- one array in several ------------------------------------------------------------------------

_SPLIT = (
    _parts(
        "array_split",
        Case("unequal parts", (draw((5,)),), {"indices_or_sections": 3}),
        Case("more parts than elements", (M,), {"indices_or_sections": 3}),
    ),
    _parts(
        "split",
        Case("equal parts", (V,), {"indices_or_sections": 2}),
        Case("at indices", (T,), {"indices_or_sections": [1, -1], "axis": -1}),
        Case("behind the end", (V,), {"indices_or_sections": (2, 7)}),
    ),
    _parts(
        "hsplit",
        Case("matrix", (T,), {"indices_or_sections": 3}),
        Case("vector", (V,), {"indices_or_sections": 2}),
    ),
    _parts("vsplit", Case("matrix", (M,), {"indices_or_sections": 2})),
    _parts("dsplit", Case("stack", (T,), {"indices_or_sections": [1]})),
    OpSpec(
        "unstack, all results",
        _all_of(ops.unstack),
        _all_of(lambda x, axis=0: [np.take(x, i, axis) for i in range(np.shape(x)[axis])]),
        (Case("first axis", (M,)), Case("last axis", (T,), {"axis": -1})),
        primitive=False,
    ),
)

# --- diagonals and triangles ---------------------------------------------------------------------

_TRIANGLES = (
    _composite(
        "diag",
        Case("of a matrix", (M,), {"k": 1}),
        Case("of a vector", (V,)),
        Case("of a vector, above", (V,), {"k": 1}),
        Case("of a vector, below", (C[0],), {"k": -2}),
        Case("of no elements", (V[:0],), {"k": 1}),
    ),
    _composite("diagflat", Case("of a matrix", (M,), {"k": -1}), Case("0-d", (POINT,))),
    _composite(
        "trace",
        Case("matrix", (M,)),
        Case("stack", (T,), {"offset": 1, "axis1": 2, "axis2": 1}),
        Case("of nothing", (EMPTY,)),
    ),
    *(
        _composite(
            name,
            Case("stack", (T,)),
            Case("other diagonal", (M,), {"k": -1 if name == "triu" else 1}),
            Case("vector", (V,)),
            Case("complex", (C,)),
            Case("empty", (EMPTY,)),
        )
        for name in ("tril", "triu")
    ),
)

# --- padding -------------------------------------------------------------------------------------

_DISTINCT = distinct(2, 3)


def _padded(what: str, x: np.ndarray, pad_width: Any, mode: str, **how: Any) -> Case:
    return Case(f"{mode}, {what}", (x,), {"pad_width": pad_width, "mode": mode, **how})


_PADDED = (
    _composite(
        "pad",
        Case("constant, the default", (M,), {"pad_width": 1}),
        _padded("a value for each side", M, (1, 2), "constant", constant_values=(-1.0, 2.0)),
        _padded(
            "values of each axis", C, [(0, 1), (2, 0)], "constant", constant_values=[[1, 2], [3, 4]]
        ),
        _padded("a dict", T, {-1: 1, 0: (0, 2)}, "constant"),
        _padded("0-d", POINT, 1, "constant"),
        _padded("empty", EMPTY, 1, "constant"),
        _padded("nothing", M, 0, "edge"),
        _padded("both axes", M, ((1, 0), (0, 2)), "edge"),
        _padded("both axes", SQUARE, 2, "reflect"),
        _padded("over and over", V, (5, 9), "reflect"),
        _padded("odd", SQUARE, ((1, 2), (2, 0)), "reflect", reflect_type="odd"),
        _padded("odd, over and over", V, (8, 10), "reflect", reflect_type="odd"),
        _padded("odd, one element", V[:1], 2, "reflect", reflect_type="odd"),
        _padded("over and over", V, (5, 9), "symmetric"),
        _padded("odd, over and over", V, (9, 11), "symmetric", reflect_type="odd"),
        _padded("odd, one element", V[:1], 2, "symmetric", reflect_type="odd"),
        _padded("both axes", M, ((3, 1), (1, 4)), "wrap"),
        _padded("both axes", M, ((3, 1), (0, 2)), "linear_ramp", end_values=((1, 2), (3, 4))),
        _padded("of integers", np.array([5, 9]), 4, "linear_ramp"),
        _padded("of all", _DISTINCT, ((1, 0), (1, 2)), "maximum"),
        _padded("of some", _DISTINCT, 1, "minimum", stat_length=2),
        _padded("of some", M, ((0, 1), (2, 1)), "mean", stat_length=((1, 2), (2, 9))),
        _padded("of integers", np.array([1, 2, 6]), 1, "mean", stat_length=2),
        _padded("of an odd number", distinct(5), 1, "median"),
        _padded("of an even number", _DISTINCT, ((0, 0), (1, 2)), "median", stat_length=2),
    ),
    OpSpec(
        "pad, the frame alone",
        lambda x: ops.pad(x, 1, "empty")[1:-1],
        lambda x: np.pad(x, 1, "empty")[1:-1],
        (Case("vector", (V,)),),
        primitive=False,
    ),
)

SPECS: tuple[OpSpec, ...] = (
    *_REORDERED,
    *_REPEATED,
    *_JOINED,
    *_SPLIT,
    *_TRIANGLES,
    *_PADDED,
)
