"""Which of our functions answers for which of NumPy's, by function object.

The table is built once, by name, from NumPy's own namespaces. Functions that ask about shapes or
values and have no derivative to speak of are listed apart: they simply answer, on plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

Functions = frozenset[Callable[..., Any]]

OF_FORM: Functions = frozenset(
    {
        np.shape,
        np.ndim,
        np.size,
        np.isscalar,
        np.iscomplexobj,
        np.isrealobj,
        np.result_type,
        np.can_cast,
        np.common_type,
        np.zeros_like,
        np.ones_like,
        np.empty_like,
        np.full_like,
        np.einsum_path,
        np.may_share_memory,
        np.shares_memory,
    }
)
"""Questions about shape and dtype."""

OF_VALUES: Functions = frozenset(
    {
        np.allclose,
        np.isclose,
        np.array_equal,
        np.array_equiv,
        np.array2string,
        np.array_repr,
        np.array_str,
        np.min_scalar_type,
        np.nonzero,
        np.argwhere,
        np.flatnonzero,
        np.unique,
        np.lexsort,
        np.bincount,
        np.histogram,
        np.isin,
        np.linalg.matrix_rank,
        np.save,
        np.savetxt,
        np.savez,
    }
)
"""Questions about values: where these decide what is recorded, the recording is for them alone."""


def table(ours: ModuleType, numpys: ModuleType) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Map each function of ``numpys`` to the public function of the same name in ``ours``."""
    return {
        getattr(numpys, name): getattr(ours, name) for name in ours.__all__ if hasattr(numpys, name)
    }
