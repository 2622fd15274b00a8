"""Which of our functions answers for which of NumPy's, by function object.

The table is built once, by name, from NumPy's own namespaces. Functions that ask about shapes or
values and have no derivative to speak of are listed apart: they simply answer, on plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import RuleError
from tensorgraph.tape import Traced

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


def _table(ours: ModuleType, numpys: ModuleType) -> dict[Callable[..., Any], Callable[..., Any]]:
    """Map each function of ``numpys`` to the public function of the same name in ``ours``."""
    return {
        getattr(numpys, name): getattr(ours, name) for name in ours.__all__ if hasattr(numpys, name)
    }


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    **_table(ops, np),
    **_table(ops.linalg, np.linalg),
    **_table(ops.fft, np.fft),
}
REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: ops.sum,
    np.multiply: ops.prod,
    np.maximum: ops.max,
    np.minimum: ops.min,
    np.logaddexp: ops.logsumexp,
}
RUNNING = {np.add: ops.cumsum, np.multiply: ops.cumprod}


def through_table(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call our function for NumPy's, found by the function object itself."""
    ours = FUNCTIONS.get(function)
    if ours is not None:
        return ours(*args, **kwargs)
    if function in OF_FORM:
        return function(*_plain(args, _value), **_plain(kwargs, _value))
    if function in OF_VALUES:
        return function(*_plain(args, _data), **_plain(kwargs, _data))
    module = getattr(function, "__module__", "numpy").replace("numpy", "np", 1)
    raise RuleError(
        f"{module}.{function.__name__} has no derivative here: compose it of tg's functions, "
        "or call it on t.data if no gradient is to pass"
    )


_value = attrgetter("_node.value")


def _data(x: Traced) -> Any:
    """The values; it is refused where they must not be looked at."""
    data = x.data  # type: ignore[attr-defined]
    return np.asarray(data) if isinstance(data, Traced) else data


def _plain(x: Any, read: Callable[[Any], Any]) -> Any:
    """``x`` with every tensor in it replaced by the array that ``read`` finds in it."""
    if isinstance(x, Traced):
        return read(x)
    if isinstance(x, dict):
        return {key: _plain(value, read) for key, value in x.items()}
    return type(x)(_plain(item, read) for item in x) if isinstance(x, (tuple, list)) else x
