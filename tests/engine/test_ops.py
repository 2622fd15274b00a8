"""Values of every operation in the table: on arrays, on tensors, through NumPy, as methods.

Read next: ``test_ops_derivatives``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from op_cases import Case, OpSpec, as_tensors, is_float
from op_specs import ROWS, SMOOTH, SPECS, params_of
from tensorgraph import ops
from tensorgraph.primitive import REGISTRY
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import vjp

PUBLIC = {
    prefix + name: getattr(module, name)
    for prefix, module in (("", ops), ("linalg.", ops.linalg), ("fft.", ops.fft))
    for name in module.__all__
    if callable(getattr(module, name))
}
IN_PLACE = {"partition", "resize", "sort"}  # what NumPy's methods change, its functions do not
METHODS = [
    (spec, case)
    for spec, case in ROWS
    if hasattr(Tensor, spec.name)
    and not spec.variadic
    and not (spec.name == "clip" and case.params)
    and spec.name not in {"real", "imag"}  # properties
    and spec.name not in IN_PLACE
]
WITH_METADATA = [
    (spec, case)
    for spec, case in ROWS
    if spec.primitive and spec.function is REGISTRY[spec.name] and REGISTRY[spec.name].metadata
    if not REGISTRY[spec.name].variadic
]
FLOAT_DERIVATIVES = [(spec, case) for spec, case in SMOOTH if spec.differentiable]


def agree(ours: Any, numpys: Any) -> None:
    """Fail unless both have the same shape, dtype and values."""
    ours, numpys = np.asarray(ours), np.asarray(numpys)
    assert ours.dtype == numpys.dtype
    np.testing.assert_allclose(ours, numpys, rtol=1e-12, atol=1e-14, strict=True)


# --- the table is complete -----------------------------------------------------------------------


def test_every_primitive_has_a_row_and_every_row_a_primitive() -> None:
    assert {spec.name for spec in SPECS if spec.primitive} == set(REGISTRY)


def test_every_row_stands_in_the_table_once() -> None:
    names = [spec.name for spec in SPECS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_operation_is_in_the_table(name: str) -> None:
    """As the function of a row, or by name: "linalg.qr, the first result" is a row of linalg.qr."""
    assert any(spec.function is PUBLIC[name] or spec.name.split(",")[0] == name for spec in SPECS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_only_what_is_called_nondifferentiable_has_no_rule(spec: OpSpec) -> None:
    row = REGISTRY.get(spec.name)
    rules = [rule for rule in row.rules if rule is not None] if row else [ops]
    assert bool(rules) == bool(spec.differentiable)
    assert (row is not None and row.kind == "nondifferentiable") == (not spec.differentiable)


@pytest.mark.parametrize(
    "name", [name for name in PUBLIC if hasattr(np.ndarray, name) and name != "resize"]
)
def test_what_arrays_have_as_a_method_tensors_have_too(name: str) -> None:
    assert hasattr(Tensor, name)


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "case"), params_of(*ROWS))
def test_on_arrays_it_is_numpys(spec: OpSpec, case: Case) -> None:
    ours = spec.ours(case.operands, case.params)
    assert not isinstance(ours, Tensor)
    agree(ours, spec.numpys(case.operands, case.params))


@pytest.mark.parametrize(("spec", "case"), params_of(*ROWS))
def test_on_tensors_it_is_recorded_with_numpys_value(spec: OpSpec, case: Case) -> None:
    ours = spec.ours(as_tensors(case.operands), case.params)
    assert isinstance(ours, Tensor)
    assert not ours._node.is_leaf
    assert not spec.primitive or ours._node.primitive is REGISTRY[spec.name]
    agree(ours.data, spec.numpys(case.operands, case.params))


@pytest.mark.parametrize(
    ("spec", "case"), params_of(*((spec, case) for spec, case in ROWS if spec.dispatches))
)
def test_numpys_function_on_tensors_is_ours(spec: OpSpec, case: Case) -> None:
    ours = spec.numpys(as_tensors(case.operands), case.params)
    assert isinstance(ours, Tensor)
    agree(ours.data, spec.numpys(case.operands, case.params))


@pytest.mark.parametrize(("spec", "case"), params_of(*METHODS))
def test_the_method_is_the_function(spec: OpSpec, case: Case) -> None:
    first, *others = as_tensors(case.operands)
    method = getattr(first, spec.name)
    # t.reshape(2, 3) and t.transpose(1, 0) take numbers one by one, and no names.
    unnamed = spec.name in {"reshape", "transpose"}
    ours = method(*others, *case.params.values()) if unnamed else method(*others, **case.params)
    agree(ours.data, spec.numpys(case.operands, case.params))


@pytest.mark.parametrize(("spec", "case"), params_of(*WITH_METADATA))
def test_metadata_by_position(spec: OpSpec, case: Case) -> None:
    row = REGISTRY[spec.name]
    # What NumPy takes in between and we do not, such as out, is None.
    metadata = [{**row.defaults, **case.params}.get(name) for name in row.positions]
    while row.positions[len(metadata) - 1] not in row.metadata:
        metadata.pop()
    named = {k: v for k, v in case.params.items() if k not in row.positions}
    expected = spec.numpys(case.operands, case.params)
    agree(spec.function(*as_tensors(case.operands), *metadata, **named).data, expected)


# --- tensors among arrays ------------------------------------------------------------------------

SIDES = [
    pytest.param(spec, case, i, id=f"{spec.name}-{case.name}-{i}")
    for spec, case in FLOAT_DERIVATIVES
    for i in spec.variables(case)
    if len(spec.variables(case)) > 1
]


@pytest.mark.parametrize(("spec", "case", "position"), SIDES)
def test_one_tensor_among_arrays(spec: OpSpec, case: Case, position: int) -> None:
    alone = as_tensors(case.operands, [position])
    together = as_tensors(case.operands)
    ones = []
    for operands in (alone, together):
        y = spec.ours(operands, case.params)
        agree(y.data, spec.numpys(case.operands, case.params))
        y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
        ones.append(operands[position].grad)
    agree(*ones)


@pytest.mark.parametrize(("spec", "case"), params_of(*FLOAT_DERIVATIVES))
def test_single_precision_stays_single(spec: OpSpec, case: Case) -> None:
    narrow = {"f": np.float32, "c": np.complex64}
    operands = [x.astype(narrow[x.dtype.kind]) if is_float(x) else x for x in case.operands]
    single = Case(case.name, tuple(operands), case.params)
    points = [operands[i] for i in spec.variables(single)]
    y, pullback = vjp(spec.of_variables(single), *points)
    assert np.asarray(y).dtype == np.asarray(spec.numpys(operands, case.params)).dtype
    assert [g.dtype for g in pullback(np.ones_like(y))] == [x.dtype for x in points]


@pytest.mark.parametrize(
    ("spec", "case"),
    params_of(*(row for row in FLOAT_DERIVATIVES if any(np.ndim(x) for x in row[1].operands))),
)
def test_operands_that_are_not_contiguous(spec: OpSpec, case: Case) -> None:
    f = spec.of_variables(case)
    points = [case.operands[i] for i in spec.variables(case)]

    def of_transposed(*xs: Any) -> Any:
        return f(*(x.T for x in xs))

    y, pullback = vjp(f, *points)
    strided_y, strided_pullback = vjp(of_transposed, *(np.array(x.T, order="C") for x in points))
    agree(strided_y, y)
    u = np.cos(np.arange(np.size(y))).reshape(np.shape(y))
    for strided, plain in zip(strided_pullback(u), pullback(u), strict=True):
        agree(strided, plain.T)
