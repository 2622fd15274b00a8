"""Every operation that has derivatives, to second order, against JAX: a second opinion.

Differences judge the rules in ``test_ops_derivatives``; here somebody else's rules do, at a hundred
times their precision. Read next: ``jax_opinion``, how a row finds its counterpart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np
import pytest

from jax_opinion import (
    ADAPTERS,
    WITHOUT_COUNTERPART,
    Opinion,
    cotangents,
    counterpart,
    jax_on,
)
from op_cases import Case, OpSpec
from op_specs import SMOOTH, SPECS, params_of
from tensorgraph import ops
from tensorgraph.transforms import grad, vjp

RTOL, ATOL = 1e-7, 1e-9

DIFFERENTIABLE = [spec for spec in SPECS if spec.differentiable]
COMPARED = [
    (spec, case)
    for spec, case in SMOOTH
    if spec.differentiable and spec.name not in WITHOUT_COUNTERPART
]


@pytest.fixture(autouse=True, scope="module")
def double_precision() -> Iterator[None]:
    """JAX in float64 while the tests of this module run."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def ours_on(spec: OpSpec, case: Case, u: np.ndarray, ws: Sequence[np.ndarray]) -> Opinion:
    """Our own answers, got as ``jax_on`` gets JAX's."""
    f = spec.of_variables(case)
    points = [case.operands[i] for i in spec.variables(case)]

    def weighed(*xs: Any) -> Any:
        gs = vjp(f, *xs)[1](u)
        return sum(ops.real(ops.sum(w * g)) for w, g in zip(ws, gs, strict=True))

    y, pullback = vjp(f, *points)
    return Opinion(y, pullback(u), grad(weighed, range(len(points)))(*points))


def agree(what: str, ours: Any, theirs: Any) -> None:
    """Fail unless the two are equal to seven places of the largest element.

    Not in dtype: JAX's eigenvalues are complex numbers, whatever they are.
    """
    scale = np.max(np.abs(theirs), initial=0.0)
    np.testing.assert_array_equal(np.shape(ours), np.shape(theirs), err_msg=f"shape of {what}")
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=ATOL + RTOL * scale, err_msg=what)


@pytest.mark.parametrize(("spec", "case"), params_of(*COMPARED))
def test_jax_has_the_same_value_and_derivatives(spec: OpSpec, case: Case) -> None:
    (u,) = cotangents(spec.numpys(case.operands, case.params))
    ws = cotangents(*(case.operands[i] for i in spec.variables(case)))
    ours, theirs = ours_on(spec, case, u, ws), jax_on(spec, case, u, ws)
    agree("the value", ours.value, theirs.value)
    for i, (our, their) in enumerate(zip(ours.first, theirs.first, strict=True)):
        agree(f"the first derivative by variable {i}", our, their)
    for i, (our, their) in enumerate(zip(ours.second, theirs.second, strict=True)):
        agree(f"the second derivative by variable {i}", our, their)


# --- nothing is left out by mistake --------------------------------------------------------------


@pytest.mark.parametrize("spec", DIFFERENTIABLE, ids=lambda spec: spec.name)
def test_every_row_with_derivatives_has_a_counterpart_or_a_reason(spec: OpSpec) -> None:
    assert (counterpart(spec) is None) == (spec.name in WITHOUT_COUNTERPART)


@pytest.mark.parametrize("name", [*ADAPTERS, *WITHOUT_COUNTERPART])
def test_no_entry_has_outlived_its_row(name: str) -> None:
    assert name in {spec.name for spec in DIFFERENTIABLE}
