"""Derivatives of every operation in the table, against central differences, to second order.

Read next: ``test_ops_kinks``, the points where central differences mean nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from op_cases import Case, OpSpec, as_tensors
from op_specs import ROWS, SMOOTH, params_of
from tensorgraph import ops
from tensorgraph.primitive import REGISTRY
from tensorgraph.reverse_mode import on_arrays, sweep
from tensorgraph.tape import tape
from tensorgraph.tensor import Tensor
from tensorgraph.testing import check_grads
from tensorgraph.transforms import grad, jvp, vjp

# The differences themselves err by about 1e-10: their step is 1e-5.
RTOL, ATOL = 1e-6, 1e-8

DIFFERENTIABLE = [(spec, case) for spec, case in SMOOTH if spec.differentiable]
FUSED = [(spec, case) for spec, case in ROWS if spec.primitive and REGISTRY[spec.name].definition]
CONSTANT = [(spec, case) for spec, case in ROWS if not spec.differentiable and spec.variables(case)]


def values(x: Any) -> np.ndarray:
    return x.data if isinstance(x, Tensor) else x


def points(spec: OpSpec, case: Case) -> list[Any]:
    return [case.operands[i] for i in spec.variables(case)]


@pytest.mark.parametrize(("spec", "case"), params_of(*SMOOTH))
def test_derivatives_agree_with_central_differences(spec: OpSpec, case: Case) -> None:
    check_grads(spec.of_variables(case), points(spec, case), order=2, rtol=RTOL, atol=ATOL)


# Order 3 for one row of each kind; third derivatives need nothing that second ones do not.
THIRD = {"multiply", "tanh", "power", "matmul", "softmax", "logsumexp", "dense", "var"}


@pytest.mark.parametrize(
    ("spec", "case"),
    params_of(
        *{spec.name: (spec, case) for spec, case in reversed(SMOOTH) if spec.name in THIRD}.values()
    ),
)
def test_third_derivatives_agree_with_central_differences(spec: OpSpec, case: Case) -> None:
    small = Case(case.name, tuple(x[:1] if np.ndim(x) else x for x in case.operands), case.params)
    chosen = small if spec.name in {"softmax", "logsumexp", "var"} else case
    check_grads(spec.of_variables(chosen), points(spec, chosen), order=3, rtol=RTOL, atol=ATOL)


# --- recorded derivatives ------------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "case"), params_of(*DIFFERENTIABLE))
def test_recorded_derivatives_are_those_of_the_arrays(spec: OpSpec, case: Case) -> None:
    f, xs = spec.of_variables(case), points(spec, case)
    y, pullback = vjp(f, *xs)
    recorded_y, recorded_pullback = vjp(f, *map(Tensor, xs))
    u = np.cos(np.arange(np.size(y))).reshape(np.shape(y))
    np.testing.assert_array_equal(values(recorded_y), y)
    for recorded, plain in zip(recorded_pullback(u), pullback(u), strict=True):
        np.testing.assert_allclose(values(recorded), plain, rtol=1e-12, atol=1e-14, strict=True)


@pytest.mark.parametrize(("spec", "case"), params_of(*DIFFERENTIABLE))
def test_recorded_tangents_are_those_of_the_arrays(spec: OpSpec, case: Case) -> None:
    f, xs = spec.of_variables(case), points(spec, case)
    vs = [np.sin(np.arange(np.size(x)) + 1.0).reshape(np.shape(x)) for x in xs]
    _, tangent = jvp(f, xs, vs)
    _, recorded = jvp(f, [Tensor(x) for x in xs], vs)
    np.testing.assert_allclose(values(recorded), tangent, rtol=1e-12, atol=1e-14, strict=True)


# --- fused rows ----------------------------------------------------------------------------------


def _kernel_and_definition(spec: OpSpec, case: Case) -> tuple[Any, Any, Any]:
    """The node of a fused row, and its definition's result on variables of the same values."""
    node = spec.ours(as_tensors(case.operands), case.params)._node
    assert node.primitive is REGISTRY[spec.name]
    values = [getattr(x, "value", x) for x in node.operands]
    inputs = [Tensor(x) if np.asarray(x).dtype.kind == "f" else x for x in values]
    return node, inputs, node.primitive.definition(*inputs, **node.params)


@pytest.mark.parametrize(("spec", "case"), params_of(*FUSED))
def test_a_fused_row_has_the_value_of_its_definition(spec: OpSpec, case: Case) -> None:
    node, _, out = _kernel_and_definition(spec, case)
    np.testing.assert_allclose(node.value, out.data, rtol=1e-12, atol=1e-14, strict=True)


@pytest.mark.parametrize(("spec", "case"), params_of(*FUSED))
def test_a_fused_row_has_the_gradients_of_its_definition(spec: OpSpec, case: Case) -> None:
    node, inputs, out = _kernel_and_definition(spec, case)
    g = np.cos(np.arange(np.size(node.value))).reshape(np.shape(node.value)) + 2.0
    reached = sweep({out._node: g}, on_arrays)
    operands = [getattr(x, "value", x) for x in node.operands]
    for x, rule in zip(inputs, node.primitive.rules_for(operands), strict=True):
        if rule is not None:
            kernel = rule(g, node.value, *operands, **node.params)
            np.testing.assert_allclose(
                kernel, reached[x._node], rtol=1e-12, atol=1e-12, err_msg=repr(x)
            )


# --- rows without derivative ---------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "case"), params_of(*CONSTANT))
def test_what_has_no_derivative_gives_zeros(spec: OpSpec, case: Case) -> None:
    f, xs = spec.of_variables(case), points(spec, case)

    def weighed(*xs: Any) -> Any:
        return (f(*xs) * 3.0).sum()

    for x, g in zip(xs, grad(weighed, range(len(xs)))(*xs), strict=True):
        np.testing.assert_array_equal(g, np.zeros_like(x), strict=True)


@pytest.mark.parametrize(("spec", "case"), params_of(*CONSTANT))
def test_what_has_no_derivative_has_zero_tangents(spec: OpSpec, case: Case) -> None:
    f, xs = spec.of_variables(case), points(spec, case)
    y, tangent = jvp(f, xs, [np.ones_like(x) for x in xs])
    np.testing.assert_array_equal(tangent, np.zeros(np.shape(y)))


@pytest.mark.parametrize(("spec", "case"), params_of(*CONSTANT))
def test_what_has_no_derivative_is_on_the_tape(spec: OpSpec, case: Case) -> None:
    operands = as_tensors(case.operands)
    y = spec.ours(operands, case.params) * 1.0
    nodes = tape(y).nodes
    assert REGISTRY[spec.name] in [node.primitive for node in nodes]
    assert all(x._node in nodes for x in operands if isinstance(x, Tensor))


def test_a_product_with_a_mask_passes_gradient_to_the_other_factor() -> None:
    x = Tensor([-1.0, 2.0, 3.0])
    ops.sum(ops.greater(x, 0) * x).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0, 1.0])
