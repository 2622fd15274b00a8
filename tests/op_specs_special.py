"""Rows of ``ops.special``. Read next: ``op_specs_linalg``."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from op_cases import Case, OpSpec, draw, unary
from tensorgraph import ops


def of_each(f: Callable[[float], float], x: Any) -> np.ndarray:
    """``f`` of each element, in the dtype of ``x``."""
    values = [f(float(element)) for element in np.ravel(x)]
    return np.array(values, np.asarray(x).dtype).reshape(np.shape(x))


def _inverse_of_erf(y: float) -> float:
    return statistics.NormalDist().inv_cdf((1 + y) / 2) / math.sqrt(2)


def polygamma_of(n: int, x: float) -> float:
    """Its series, term by term: Abramowitz and Stegun, 6.4.10, and the integral of the rest."""
    terms = [math.factorial(n) / (x + i) ** (n + 1) for i in range(2000)]
    far = x + 2000
    rest = math.factorial(n - 1) / far**n if n else -math.log(far)
    rest += math.factorial(n) / (2 * far ** (n + 1)) + math.factorial(n + 1) / (12 * far ** (n + 2))
    return (-1) ** (n + 1) * (math.fsum(terms) + rest)


# Below 0 by reflection, beside 1 and 2 by a series of their own, and far up.
_GAMMA = np.array([-2.3, -0.6, 0.2, 0.9, 1.1, 1.9, 2.4, 4.5, 12.5])

SPECS: tuple[OpSpec, ...] = (
    unary("erf", ops.erf, partial(of_each, math.erf), dispatches=False),
    OpSpec(
        "erfc",
        ops.erfc,
        partial(of_each, math.erfc),
        (Case("row", (draw((4,), (-2.0, -0.5), (0.5, 2.0)),)), Case("tail", (np.array(8.3),))),
        dispatches=False,
    ),
    OpSpec(
        "erfinv",
        ops.erfinv,
        partial(of_each, _inverse_of_erf),
        (Case("row", (np.array([-0.95, -0.3, 0.2, 0.7]),)),),
        dispatches=False,
    ),
    OpSpec(
        "gammaln",
        ops.gammaln,
        partial(of_each, math.lgamma),
        (Case("row", (_GAMMA,)),),
        dispatches=False,
    ),
    OpSpec(
        "polygamma",
        lambda x, n: ops.polygamma(n, x),
        lambda x, n: of_each(partial(polygamma_of, n), x),
        (
            Case("first", (_GAMMA,), {"n": 1}),
            Case("second", (_GAMMA,), {"n": 2}),
            Case("fifth", (_GAMMA[-3:],), {"n": 5}),
        ),
        dispatches=False,
    ),
    OpSpec(
        "digamma",
        ops.digamma,
        partial(of_each, partial(polygamma_of, 0)),
        (Case("row", (_GAMMA,)),),
        primitive=False,
        dispatches=False,
    ),
)
