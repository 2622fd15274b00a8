"""``vmap`` of every operation in the table: all examples at once are each example on its own.

Read next: ``test_checkpoint``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from op_cases import Case, OpSpec, is_float
from op_specs import ROWS, SMOOTH, params_of
from tensorgraph.errors import GraphError, PerformanceWarning, ShapeError
from tensorgraph.primitive import REGISTRY

ONE_BY_ONE: dict[str, str] = {}
"""Rows without a ``batch=`` rule, each with the reason: vmap calls them once an example."""

ORDERED = {"searchsorted", "digitize", "interp"}
"""What takes sorted arrays: an example of these is shifted, not turned round."""

DEPENDS_ON_VALUES = {"index", "assign", "scatter", "compress", "extract"}
"""Where a mask chooses, the shape of the result depends on it: examples cannot have their own."""

DECIDES_BY_VALUES = {"linalg.lstsq": 0}
"""What looks at the values of an operand, here for the rank: vmap refuses to."""


def name_of(spec: OpSpec) -> str:
    """The function's: "linalg.qr, the first result" is a row of linalg.qr."""
    return spec.name.split(",")[0]


# --- three examples ------------------------------------------------------------------------------


def examples(spec: OpSpec, x: np.ndarray) -> np.ndarray:
    """``x``, a near one, and one in another order, which is as symmetric or positive as ``x``."""
    if x.dtype.kind not in "fc":
        return np.stack([x, x, np.flip(x)])
    other = x + x.dtype.type(0.3) if name_of(spec) in ORDERED else np.flip(x)
    return np.stack([x, x * x.dtype.type(1.001), other])


def of_operands(spec: OpSpec, case: Case, positions: Sequence[int]) -> Callable[..., Any]:
    """The call of ``case`` as a function of the operands at ``positions`` alone."""

    def f(*xs: Any) -> Any:
        operands = list(case.operands)
        for i, x in zip(positions, xs, strict=True):
            operands[i] = x
        return spec.ours(operands, case.params)

    f.__name__ = f"{spec.name} ({case.name})"
    return f


def stacked(f: Callable[..., Any], batches: Sequence[np.ndarray]) -> Any:
    """``f`` of one example after the other."""
    return np.stack([f(*(batch[i] for batch in batches)) for i in range(3)])


def agree(ours: Any, expected: Any) -> None:
    np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=1e-13, strict=True)


def check(f: Callable[..., Any], batches: Sequence[np.ndarray]) -> None:
    with warnings.catch_warnings():
        for name in ONE_BY_ONE:
            warnings.filterwarnings("ignore", rf"vmap calls {name}\(\)", PerformanceWarning)
        agree(tg.vmap(f)(*batches), stacked(f, batches))


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "case"), params_of(*ROWS))
def test_all_examples_at_once(spec: OpSpec, case: Case) -> None:
    """Over each array alone, then over all floats, then over all arrays."""
    arrays = [i for i, x in enumerate(case.operands) if isinstance(x, np.ndarray)]
    floats = [i for i in arrays if is_float(case.operands[i])]
    masks = [i for i in arrays if case.operands[i].dtype == bool]
    ways = {(i,) for i in arrays} | {tuple(floats), tuple(arrays)}
    with np.errstate(all="ignore"):
        for positions in sorted(ways - {()}):
            f = of_operands(spec, case, positions)
            batches = [examples(spec, case.operands[i]) for i in positions]
            if spec.name in DEPENDS_ON_VALUES and set(positions) & set(masks):
                with pytest.raises(ShapeError, match=r"mask.*tg\.where"):
                    tg.vmap(f)(*batches)
            elif DECIDES_BY_VALUES.get(name_of(spec)) in positions:
                with pytest.raises(GraphError, match="inside vmap"):
                    tg.vmap(f)(*batches)
            else:
                check(f, batches)


OF_FLOATS = [
    (spec, case)
    for spec, case in ROWS
    if spec.primitive and any(is_float(x) for x in case.operands)
]


@pytest.mark.parametrize(("spec", "case"), params_of(*OF_FLOATS))
def test_no_examples(spec: OpSpec, case: Case) -> None:
    floats = [i for i, x in enumerate(case.operands) if is_float(x)]
    none = [np.zeros((0, *case.operands[i].shape), case.operands[i].dtype) for i in floats]
    expected = np.asarray(spec.ours(case.operands, case.params))
    ours = tg.vmap(of_operands(spec, case, floats))(*none)
    assert ours.shape == (0, *expected.shape)


# --- indices that differ -------------------------------------------------------------------------

# The keys of x[key] are metadata in the table, and operands on the tape.
INDEXED = [
    (spec, case)
    for spec, case in ROWS
    if spec.name == "index"
    and any(
        isinstance(part, (np.ndarray, list)) and np.asarray(part).dtype.kind == "i"
        for part in (
            case.params["key"] if isinstance(case.params["key"], tuple) else [case.params["key"]]
        )
    )
]


@pytest.mark.parametrize(("spec", "case"), params_of(*INDEXED))
@pytest.mark.parametrize("of_examples", ["indices", "both"])
def test_each_example_has_its_own_indices(spec: OpSpec, case: Case, of_examples: str) -> None:
    key = case.params["key"]
    parts = list(key) if isinstance(key, tuple) else [key]
    places = [
        i
        for i, part in enumerate(parts)
        if isinstance(part, (np.ndarray, list)) and np.asarray(part).dtype.kind == "i"
    ]
    (x,) = case.operands

    def f(x: Any, *indices: Any) -> Any:
        full = list(parts)
        for place, index in zip(places, indices, strict=True):
            full[place] = index
        return spec.ours((x,), {"key": tuple(full)})

    indices = [examples(spec, np.asarray(parts[i])) for i in places]
    xs = examples(spec, x) if of_examples == "both" else np.stack([x] * 3)
    axis = 0 if of_examples == "both" else None
    ours = tg.vmap(f, (axis, *(0 for _ in indices)))(x if axis is None else xs, *indices)
    agree(ours, stacked(f, [xs, *indices]))


# --- derivatives ---------------------------------------------------------------------------------

FIRST = list(
    {
        spec.name: (spec, case)
        for spec, case in reversed(SMOOTH)
        if spec.differentiable and name_of(spec) not in DECIDES_BY_VALUES
    }.values()
)
"""The first smooth case of each row."""


@pytest.mark.parametrize(("spec", "case"), params_of(*FIRST))
def test_derivatives_of_all_examples_at_once(spec: OpSpec, case: Case) -> None:
    f = spec.of_variables(case)
    points = [case.operands[i] for i in spec.variables(case)]
    u = np.cos(np.arange(np.size(f(*points)))).reshape(np.shape(f(*points)))

    def derivatives(*xs: Any) -> Any:
        tangents = [np.sin(np.arange(x.size) + 1.0).reshape(x.shape) for x in xs]
        tangent = tg.jvp(f, xs, tangents)[1]
        pulled = tg.vjp(f, *xs)[1](u)
        return tg.concatenate([tg.ravel(part) for part in (tangent, *pulled)])

    derivatives.__name__ = f.__name__
    check(derivatives, [examples(spec, x) for x in points])


# --- the table is complete -----------------------------------------------------------------------


def test_rows_without_a_rule_for_batches_are_those_listed() -> None:
    """Fused rows need none: they have a definition."""
    without = {name for name, row in REGISTRY.items() if not (row.batch or row.definition)}
    assert without == set(ONE_BY_ONE)
