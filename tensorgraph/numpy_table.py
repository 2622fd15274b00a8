"""Which of our functions answers for which of NumPy's, by function object.

The table is built once, by name, from NumPy's own namespaces. Functions that ask about shapes or
values and have no derivative to speak of are listed apart: they simply answer, on plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

ANSWERS: frozenset[Callable[..., Any]] = frozenset(
    {
        np.shape,
        np.ndim,
        np.size,
        np.isnan,
        np.isfinite,
        np.isinf,
        np.isscalar,
        np.iscomplexobj,
        np.isrealobj,
        np.allclose,
        np.isclose,
        np.array_equal,
        np.array_equiv,
        np.array2string,
        np.array_repr,
        np.array_str,
        np.result_type,
        np.can_cast,
        np.zeros_like,
        np.ones_like,
        np.empty_like,
        np.full_like,
        np.count_nonzero,
        np.nonzero,
        np.flatnonzero,
        np.unique,
        np.may_share_memory,
        np.shares_memory,
        np.min_scalar_type,
        np.histogram,
    }
)


def table(ours: ModuleType, numpys: ModuleType) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Map each function of ``numpys`` to the public function of the same name in ``ours``."""
    return {
        getattr(numpys, name): getattr(ours, name) for name in ours.__all__ if hasattr(numpys, name)
    }
