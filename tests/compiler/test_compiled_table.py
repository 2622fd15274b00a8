"""Every operation of the table, compiled: what it gives eagerly, for the values of each call.

Read next: ``test_compiled_steps``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from op_cases import Case, OpSpec, is_float
from op_specs import ROWS, SMOOTH, params_of
from tensorgraph.errors import GraphError

SORTED = {"searchsorted", "digitize", "interp"}
"""What takes sorted arrays: other values of these are shifted, not turned round."""


def others(spec: OpSpec, x: np.ndarray) -> np.ndarray:
    """Other values of the same kind: in another order, and a little larger."""
    if x.dtype.kind not in "fc":
        return np.flip(x)
    if spec.name.split(",")[0] in SORTED:
        return x + x.dtype.type(0.25)
    return np.flip(x) * x.dtype.type(1.001)


def of_arrays(spec: OpSpec, case: Case, positions: Sequence[int]) -> Callable[..., Any]:
    """The call of ``case`` as a function of the operands at ``positions``."""

    def f(*xs: Any) -> Any:
        operands = list(case.operands)
        for i, x in zip(positions, xs, strict=True):
            operands[i] = x
        return spec.ours(operands, case.params)

    f.__name__ = "f"
    return f


def agree(compiled: Any, eager: Any) -> None:
    if isinstance(eager, tuple):
        for ours, theirs in zip(compiled, eager, strict=True):
            agree(ours, theirs)
        return
    np.testing.assert_allclose(compiled, eager, rtol=1e-13, atol=1e-15, strict=True)


LOOKS_AT_VALUES = {"linalg.lstsq"}
"""Composites that decide by the values of their operands: compiled, they refuse."""


def check(spec: OpSpec, f: Callable[..., Any], arrays: Sequence[np.ndarray]) -> None:
    """Call ``f`` compiled: it is recorded, run on other values, and on the first ones again."""
    compiled = tg.compile(f)
    with np.errstate(all="ignore"):
        if spec.name.split(",")[0] in LOOKS_AT_VALUES:
            with pytest.raises(GraphError, match="looks at"):
                compiled(*arrays)
            return
        for xs in (arrays, [others(spec, x) for x in arrays], arrays):
            agree(compiled(*xs), f(*xs))


WITH_FLOATS = [(spec, case) for spec, case in ROWS if any(map(is_float, case.operands))]


@pytest.mark.parametrize(("spec", "case"), params_of(*WITH_FLOATS))
def test_values(spec: OpSpec, case: Case) -> None:
    positions = [i for i, x in enumerate(case.operands) if is_float(x)]
    arrays = [case.operands[i] for i in positions]
    f = of_arrays(spec, case, positions)
    check(spec, f, arrays)


WITH_OTHERS = [
    (spec, case)
    for spec, case in ROWS
    if any(isinstance(x, np.ndarray) and not is_float(x) for x in case.operands)
]


@pytest.mark.parametrize(("spec", "case"), params_of(*WITH_OTHERS))
def test_values_of_whole_numbers_and_truths(spec: OpSpec, case: Case) -> None:
    positions = [i for i, x in enumerate(case.operands) if isinstance(x, np.ndarray)]
    arrays = [case.operands[i] for i in positions]
    f = of_arrays(spec, case, positions)
    check(spec, f, arrays)


@pytest.mark.parametrize(("spec", "case"), params_of(*SMOOTH))
def test_gradients(spec: OpSpec, case: Case) -> None:
    f = spec.of_variables(case)
    positions = spec.variables(case)
    arrays = [case.operands[i] for i in positions]

    def weighed(*xs: Any) -> Any:
        y = f(*xs)
        return tg.sum(tg.real(y) * np.cos(np.arange(y.size)).reshape(y.shape))

    check(spec, tg.grad(weighed, tuple(range(len(positions)))), arrays)
