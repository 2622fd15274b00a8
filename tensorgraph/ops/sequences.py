"""Numbers at equal distances, or in equal proportions, between given ones.

Read next: ``polynomials``.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.ops.elementwise import absolute, floor, log10, power
from tensorgraph.ops.shape import (
    _in_dtype,
    as_operand,
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    moveaxis,
    reshape,
)
from tensorgraph.tape import Traced
from tensorgraph.typing import DType

__all__ = ["geomspace", "linspace", "logspace"]


def _inexact(*xs: Any) -> Any:
    """The floating dtype that these make together; Python's numbers have none of their own."""
    weak = (bool, int, float, complex)
    return np.result_type(*(x if type(x) in weak else as_operand(x).dtype for x in xs), 1.0)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """``num`` numbers at equal distances from ``start`` to ``stop``, along a new ``axis``.

    ``endpoint`` says whether ``stop`` is one of them; ``retstep`` gives the distance as well.
    """
    num = operator.index(num)
    if num < 0:
        raise ArgumentError(f"linspace(): num is {num}, and must be 0 or more")
    kind = _inexact(start, stop)
    start, stop = (_in_dtype(as_operand(x), kind) for x in (start, stop))
    parts = num - 1 if endpoint else num
    step = (stop - start) / parts if parts > 0 else np.nan
    y = _steps(start, stop, num, parts)
    if endpoint and num > 1:
        y = concatenate((y[:-1], expand_dims(broadcast_to(stop, y.shape[1:]), 0)))
    y = y if axis == 0 else moveaxis(y, 0, axis)
    y = floor(y) if dtype is not None and np.issubdtype(dtype, np.integer) else y
    y = y if dtype is None else astype(y, dtype)
    return (y, step) if retstep else y


def _steps(start: Any, stop: Any, num: int, parts: int) -> Any:
    """start + i (stop - start) / parts for i = 0, ..., num - 1."""
    distance = stop - start
    counts = np.arange(num, dtype=distance.dtype).reshape(-1, *(1,) * distance.ndim)
    return start + counts * (distance / max(parts, 1))


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: DType = None,
    axis: int = 0,
) -> Any:
    """``base`` to the power of ``linspace(start, stop)``."""
    if np.ndim(base):
        ndim = max(np.ndim(x) for x in (start, stop, base))
        start, stop, base = (_of_rank(as_operand(x), ndim) for x in (start, stop, base))
        base = expand_dims(base, axis)
    y = power(base, linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else astype(y, dtype)


def _of_rank(x: Any, ndim: int) -> Any:
    return reshape(x, (*(1,) * (ndim - x.ndim), *x.shape)) if x.ndim < ndim else x


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: DType = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers from ``start`` to ``stop``, each the same multiple of the one before.

    Neither may be 0. Complex numbers lie on a spiral.
    """
    kind = np.result_type(_inexact(start, stop), np.float64 if dtype is None else dtype)
    start, stop = (_in_dtype(as_operand(x), kind) for x in (start, stop))
    if any(not isinstance(x, Traced) and np.any(x == 0) for x in (start, stop)):
        raise ArgumentError("geomspace(): 0 is no multiple of anything else")
    sign = start / absolute(start)
    y = sign * logspace(log10(start / sign), log10(stop / sign), num, endpoint)
    ends = [expand_dims(broadcast_to(x, y.shape[1:]), 0) for x in (start, stop)]
    if num > 1:
        y = concatenate((ends[0], y[1:-1], ends[1]) if endpoint else (ends[0], y[1:]))
    y = y if axis == 0 else moveaxis(y, 0, axis)
    return y if dtype is None else astype(y, dtype)
