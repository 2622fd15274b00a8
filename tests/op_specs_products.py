"""Rows of ``ops.products``. Read next: ``op_specs_arrange``."""

from __future__ import annotations

import numpy as np

from op_cases import Case, OpSpec, draw
from tensorgraph import ops


def _pairs(*pairs: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[Case, ...]:
    return tuple(Case(f"{a} {b}", (draw(a, seed=6), draw(b, seed=7))) for a, b in pairs)


_PRODUCTS = (
    OpSpec(
        "matmul",
        ops.matmul,
        np.matmul,
        _pairs(
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3, 4)),
            ((4, 2, 3), (3,)),
            ((3,), (4, 3, 2)),
            ((4, 2, 3), (3, 2)),
            ((2, 3), (4, 3, 2)),
            ((4, 2, 3), (4, 3, 2)),
            ((1, 2, 3), (4, 3, 2)),
            ((2, 1, 2, 3), (4, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
        ),
        differentiable=(0, 1),
    ),
    OpSpec(
        "dot",
        ops.dot,
        np.dot,
        _pairs(
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((2, 3), (3, 4)),
            ((), (2, 3)),
            ((2, 3), ()),
            ((3,), (4, 3, 2)),
            ((2, 3), (4, 3, 2)),
            ((2, 2, 3), (3, 2)),
            ((2, 2, 3), (4, 3, 2)),
        ),
        differentiable=(0, 1),
        primitive=False,
    ),
)

SPECS: tuple[OpSpec, ...] = _PRODUCTS
