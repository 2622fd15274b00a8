"""The table of operations under test: a row for each primitive, and one for each composite.

A row says how to call our function and NumPy's, and on what; ``test_ops`` compares values, and
``test_ops_derivatives`` derivatives with differences, for every case. Whoever adds an operation
adds its row and is done. Read next: ``op_cases``, what a row is made of.
"""

from __future__ import annotations

import pytest

import op_specs_arrange
import op_specs_assignment
import op_specs_calculus
import op_specs_elementwise
import op_specs_fft
import op_specs_indexing
import op_specs_linalg
import op_specs_nn
import op_specs_products
import op_specs_reduce
import op_specs_shape
import op_specs_sorting
import op_specs_special
from op_cases import Case, OpSpec

SPECS: tuple[OpSpec, ...] = (
    *op_specs_elementwise.SPECS,
    *op_specs_shape.SPECS,
    *op_specs_indexing.SPECS,
    *op_specs_assignment.SPECS,
    *op_specs_reduce.SPECS,
    *op_specs_products.SPECS,
    *op_specs_arrange.SPECS,
    *op_specs_sorting.SPECS,
    *op_specs_calculus.SPECS,
    *op_specs_special.SPECS,
    *op_specs_linalg.SPECS,
    *op_specs_fft.SPECS,
    *op_specs_nn.SPECS,
)


def params_of(*pairs: tuple[OpSpec, Case]) -> list[object]:
    """Pairs for ``pytest.mark.parametrize("spec, case", ...)``, named after row and case."""
    return [pytest.param(spec, case, id=f"{spec.name}-{case.name}") for spec, case in pairs]


ROWS = [(spec, case) for spec in SPECS for case in spec.cases]
"""Every case of every row."""

SMOOTH = [(spec, case) for spec, case in ROWS if case.smooth and spec.variables(case)]
"""The cases that central differences can judge."""
