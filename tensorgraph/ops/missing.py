"""Sums, products, extremes and variances of all that is not nan. Read next: ``arrange``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.elementwise import greater, logical_not, where
from tensorgraph.ops.numbers import isnan
from tensorgraph.ops.reduce import all, max, mean, min, of_each, sum
from tensorgraph.ops.running import cumprod, cumsum, prod
from tensorgraph.ops.shape import as_operand, astype
from tensorgraph.ops.statistics import _freedom, _squares, root, var
from tensorgraph.primitive import nondifferentiable, refuse
from tensorgraph.typing import Array, Axis, DType

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _filled(a: Any, value: float) -> Any:
    """``a`` with ``value`` in place of nan."""
    a = as_operand(a)
    return where(isnan(a), value, a) if a.dtype.kind in "fc" else a


def _count_present(a: Any, axis: Axis, keepdims: bool, dtype: DType) -> Any:
    """How many elements are not nan."""
    return astype(sum(logical_not(isnan(a)), axis, keepdims=keepdims), dtype)


# --- sums and products ---------------------------------------------------------------------------


def nansum(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    keepdims: bool = False,
    initial: None = None,
    where: None = None,
) -> Any:
    """The sum over ``axis`` of all that is not nan."""
    refuse("nansum", out=out, initial=initial, where=where)
    return sum(_filled(a, 0), axis, dtype, keepdims=keepdims)


def nanprod(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    keepdims: bool = False,
    initial: None = None,
    where: None = None,
) -> Any:
    """The product over ``axis`` of all that is not nan."""
    refuse("nanprod", out=out, initial=initial, where=where)
    return prod(_filled(a, 1), axis, dtype, keepdims=keepdims)


def nancumsum(a: Any, axis: int | None = None, dtype: DType = None, out: None = None) -> Any:
    """``cumsum`` with nan as 0."""
    refuse("nancumsum", out=out)
    return cumsum(_filled(a, 0), axis, dtype)


def nancumprod(a: Any, axis: int | None = None, dtype: DType = None, out: None = None) -> Any:
    """``cumprod`` with nan as 1."""
    refuse("nancumprod", out=out)
    return cumprod(_filled(a, 1), axis, dtype)


# --- extremes ------------------------------------------------------------------------------------


def _unless_all_missing(extreme: Any, a: Any, axis: Axis, keepdims: bool) -> Any:
    """``extreme``, or nan where there is nothing but nan."""
    if a.dtype.kind not in "fc":
        return extreme
    return where(all(isnan(a), axis, keepdims=keepdims), np.nan, extreme)


def nanmax(
    a: Any,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: None = None,
    where: None = None,
) -> Any:
    """The largest element over ``axis`` that is not nan."""
    refuse("nanmax", out=out, initial=initial, where=where)
    a = as_operand(a)
    return _unless_all_missing(max(_filled(a, -np.inf), axis, keepdims=keepdims), a, axis, keepdims)


def nanmin(
    a: Any,
    axis: Axis = None,
    out: None = None,
    keepdims: bool = False,
    initial: None = None,
    where: None = None,
) -> Any:
    """The smallest element over ``axis`` that is not nan."""
    refuse("nanmin", out=out, initial=initial, where=where)
    a = as_operand(a)
    return _unless_all_missing(min(_filled(a, np.inf), axis, keepdims=keepdims), a, axis, keepdims)


@nondifferentiable.rules(None, batch=of_each("nanargmax"), positions="axis out")
def nanargmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first largest element that is not nan."""
    return np.nanargmax(a, axis=axis, keepdims=keepdims)


@nondifferentiable.rules(None, batch=of_each("nanargmin"), positions="axis out")
def nanargmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the first smallest element that is not nan."""
    return np.nanargmin(a, axis=axis, keepdims=keepdims)


# --- means and variances -------------------------------------------------------------------------


def nanmean(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: None = None,
) -> Any:
    """The mean over ``axis`` of all that is not nan."""
    refuse("nanmean", out=out, where=where)
    a = as_operand(a)
    if a.dtype.kind not in "fc":
        return mean(a, axis, dtype, keepdims=keepdims)
    total = nansum(a, axis, dtype, keepdims=keepdims)
    return total / _count_present(a, axis, keepdims, total.dtype)


def _nan_squares(a: Any, axis: Axis, centre: Any) -> Any:
    """|a - mean|², 0 where ``a`` is nan."""
    centre = nanmean(a, axis, keepdims=True) if centre is None else centre
    return _squares(where(isnan(a), 0, a - centre))


def _over_count(total: Any, count: Any) -> Any:
    """``total / count``, nan where the count is not positive."""
    is_positive = greater(count, 0)
    return where(is_positive, total / where(is_positive, count, 1), np.nan)


def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: None = None,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """The variance over ``axis`` of all that is not nan."""
    refuse("nanvar", out=out, where=where)
    ddof = _freedom("nanvar", ddof, correction)
    a = as_operand(a) if dtype is None else astype(as_operand(a), dtype)
    if a.dtype.kind not in "fc":
        return var(a, axis, None, None, ddof, keepdims, mean=mean)
    total = sum(_nan_squares(a, axis, mean), axis, keepdims=keepdims)
    return _over_count(total, _count_present(a, axis, keepdims, total.dtype) - ddof)


def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: DType = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: None = None,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """The square root of ``nanvar``; at 0 its derivative is 0."""
    refuse("nanstd", out=out, where=where)
    return root(nanvar(a, axis, dtype, None, ddof, keepdims, mean=mean, correction=correction))
