"""Rows of ``ops.fft``: the transforms of one axis, then those of several, then the shifts.

Read next: ``op_specs_nn``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw
from tensorgraph import ops

X = draw((2, 4), seed=1)
Z = draw((2, 4), seed=1) + 1j * draw((2, 4), seed=2)
ODD = draw((3, 2), seed=3) + 1j * draw((3, 2), seed=4)
REAL_ODD = draw((5,), seed=5)
CUBE = draw((2, 3, 2), seed=6)
COMPLEX_CUBE = CUBE + 1j * draw((2, 3, 2), seed=7)


def _row(name: str, *cases: Case, primitive: bool = False) -> OpSpec:
    return OpSpec(name, getattr(ops.fft, name), getattr(np.fft, name), cases, primitive=primitive)


# --- one axis ------------------------------------------------------------------------------------

_COMPLEX = (
    Case("real", (X,)),
    Case("complex, first axis", (ODD,), {"axis": 0}),
    Case("cut", (Z,), {"n": 3}),
    Case("filled up", (ODD,), {"n": 4, "axis": -2}),
    Case("ortho", (Z[0],), {"norm": "ortho"}),
    Case("forward", (Z[0],), {"norm": "forward"}),
    Case("one point", (Z[0],), {"n": 1}),
    Case("empty along the other axis", (np.zeros((0, 3)),)),
)

# Of a real signal: the last frequency is single for even n, and one of a pair for odd n.
_REAL = (
    Case("even", (X,)),
    Case("odd", (REAL_ODD,)),
    Case("first axis of two points", (X,), {"axis": 0}),
    Case("cut", (X,), {"n": 3, "axis": 1}),
    Case("filled up", (X,), {"n": 3, "axis": -2}),
    Case("ortho", (REAL_ODD,), {"norm": "ortho"}),
    Case("forward", (X[0],), {"norm": "forward"}),
    Case("one point", (X[0],), {"n": 1}),
)

_TO_REAL = (
    Case("even", (Z,)),
    Case("odd", (Z[0],), {"n": 7}),
    Case("first axis", (ODD,), {"axis": 0}),
    Case("cut", (Z,), {"n": 4, "axis": 1}),
    Case("filled up", (ODD,), {"n": 7, "axis": -2}),
    Case("ortho", (Z[0],), {"n": 7, "norm": "ortho"}),
    Case("forward", (Z[0],), {"norm": "forward"}),
    Case("of reals", (X[0],)),
    Case("one point", (Z[0],), {"n": 1}),
)

_BY_BOTH_ENDS = (
    _row("hfft", Case("plain", (Z,)), Case("all", (ODD,), {"n": 3, "axis": 0, "norm": "ortho"})),
    _row("ihfft", Case("plain", (X,)), Case("all", (X,), {"n": 3, "axis": 0, "norm": "forward"})),
)

# --- several axes --------------------------------------------------------------------------------

_WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "lengths": {"s": (3, 2), "axes": (0, 1), "norm": "ortho"},
    "two axes": {"axes": (0, -2)},
    "a whole axis": {"s": (3, -1), "axes": (0, 1), "norm": "forward"},
}


def _of(x: np.ndarray, *ways: str) -> tuple[Case, ...]:
    return tuple(Case(way, (x,), _WAYS[way]) for way in ways)


_TWICE = Case("the same axis twice", (Z,), {"axes": (0, 0)})

_SEVERAL = (
    _row("fftn", *_of(COMPLEX_CUBE, *_WAYS), Case("real", (CUBE,)), _TWICE),
    _row("ifftn", *_of(COMPLEX_CUBE, *_WAYS)),
    _row("rfftn", *_of(CUBE, *_WAYS)),
    _row("irfftn", *_of(COMPLEX_CUBE, *_WAYS)),
    _row("fft2", *_of(COMPLEX_CUBE, "plain", "lengths")),
    _row("ifft2", *_of(COMPLEX_CUBE, "plain", "lengths")),
    _row("rfft2", *_of(CUBE, "plain", "lengths")),
    _row("irfft2", *_of(COMPLEX_CUBE, "plain", "lengths")),
)

# --- the zero frequency in the middle ------------------------------------------------------------

_SHIFTS = tuple(
    _row(
        name,
        Case("all axes", (CUBE,)),
        Case("odd axis", (ODD,), {"axes": 0}),
        Case("two axes", (CUBE,), {"axes": (-2, 0)}),
    )
    for name in ("fftshift", "ifftshift")
)

SPECS: tuple[OpSpec, ...] = (
    _row("fft", *_COMPLEX, primitive=True),
    _row("ifft", *_COMPLEX, primitive=True),
    _row("rfft", *_REAL, primitive=True),
    _row("irfft", *_TO_REAL, primitive=True),
    *_BY_BOTH_ENDS,
    *_SEVERAL,
    *_SHIFTS,
)
