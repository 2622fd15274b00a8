"""Weighted averages, variances, and covariances of several variables. Read next: ``missing``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops.elementwise import (
    clip,
    conjugate,
    equal,
    imag,
    maximum,
    real,
    sqrt,
    square,
    where,
)
from tensorgraph.ops.indexing import index
from tensorgraph.ops.products import matmul
from tensorgraph.ops.reduce import count, mean, sum
from tensorgraph.ops.shape import (
    _in_dtype,
    as_operand,
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    normalize_axes,
    reshape,
    squeeze,
    transpose,
)
from tensorgraph.primitive import refuse
from tensorgraph.typing import Axis, DType

__all__ = [
    "average",
    "corrcoef",
    "cov",
    "std",
    "var",
]


# --- averages ------------------------------------------------------------------------------------


def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """The mean over ``axis``, with ``weights`` of the shape of ``a`` or of these axes.

    ``returned`` gives the sum of the weights as well. Weights that sum to 0 give nan or infinity.
    """
    a = as_operand(a)
    if weights is None:
        y = mean(a, axis, keepdims=keepdims)
        total = np.full(y.shape, count(a, axis), y.dtype)
    else:
        w = _weights(a, as_operand(weights), axis)
        a = a if a.dtype.kind in "fc" else astype(a, np.float64)
        total = sum(w, axis, keepdims=keepdims)
        y = sum(a * w, axis, keepdims=keepdims) / total
    return (y, broadcast_to(astype(total, y.dtype), y.shape)) if returned else y


def _weights(a: Any, weights: Any, axis: Axis) -> Any:
    """``weights``, which may have only the axes named by ``axis``, ready to multiply ``a``."""
    if weights.shape == a.shape:
        return weights
    axes = normalize_axes(axis, a.ndim, "average")
    if axis is None or weights.shape != tuple(a.shape[i] for i in axes):
        raise ShapeError(
            f"average(): weights of shape {weights.shape} for an operand of shape {a.shape}: "
            "they need the same shape, or that of the axes named by axis="
        )
    in_order = transpose(weights, tuple(int(i) for i in np.argsort(axes)))
    return reshape(in_order, tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


# --- variances -----------------------------------------------------------------------------------


def _squares(distances: Any) -> Any:
    """|d|² for each distance."""
    is_complex = distances.dtype.kind == "c"
    return real(distances * conjugate(distances)) if is_complex else square(distances)


def _distances(a: Any, axis: Axis, dtype: DType, centre: Any) -> Any:
    """``a`` minus its mean over ``axis``, or minus ``centre``, where that is known already."""
    a = a if dtype is None else astype(a, dtype)
    return a - (mean(a, axis, keepdims=True) if centre is None else centre)


def _freedom(function: str, ddof: float, correction: float | None) -> float:
    """What to subtract from the count: NumPy has two names for it."""
    if correction is not None and ddof != 0:
        raise ArgumentError(f"{function}() was given both ddof= and correction=, which are one")
    return ddof if correction is None else correction


def root(x: Any) -> Any:
    """The square root of what is not negative, with derivative 0 at 0."""
    is_zero = equal(x, 0)
    return where(is_zero, 0.0, sqrt(where(is_zero, 1.0, x)))


def var(
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
    """The variance over ``axis``: squared distances from the mean, over their count - ``ddof``.

    ``correction`` is another name for ``ddof``; ``mean``, with the reduced axes kept, saves the
    time to compute it.
    """
    refuse("var", out=out, where=where)
    total = sum(_squares(_distances(a, axis, dtype, mean)), axis, keepdims=keepdims)
    return total / max(count(a, axis) - _freedom("var", ddof, correction), 0)


def std(
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
    """The standard deviation over ``axis``: the root of ``var``; at 0 its derivative is 0."""
    refuse("std", out=out, where=where)
    return root(
        var(a, axis, dtype, None, ddof, keepdims, where=None, mean=mean, correction=correction)
    )


# --- several variables ---------------------------------------------------------------------------


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: DType = None,
) -> Any:
    """The covariances of the variables in the rows of ``m`` (``rowvar``) or in its columns.

    ``y`` holds more variables. The sums of products are divided by the number of observations -
    ``ddof``, which is 1, or 0 with ``bias``. ``fweights`` count repetitions of observations,
    ``aweights`` weigh them.
    """
    given = [as_operand(v) for v in (m, y) if v is not None]
    if any(v.ndim > 2 for v in given):
        raise ShapeError("cov() needs operands of at most 2 dimensions")
    kind = np.result_type(*(v.dtype for v in given), np.float64) if dtype is None else dtype
    rows = [
        _variables(v, rowvar, is_first) for v, is_first in zip(given, (True, False), strict=False)
    ]
    x = _in_dtype(concatenate(rows, 0) if len(rows) > 1 else rows[0], np.dtype(kind))
    ddof = int(not bias) if ddof is None else ddof
    w, count = _observation_weights(x, ddof, fweights, aweights)
    x = x - expand_dims(average(x, 1, w), 1)
    other = transpose(x if w is None else x * w)
    other = conjugate(other) if other.dtype.kind == "c" else other
    return squeeze(matmul(x, other) / maximum(count, 0.0))


def _variables(v: Any, rowvar: bool, is_first: bool) -> Any:
    """One variable in each row."""
    rows = v if v.ndim == 2 else reshape(v, (1, -1))
    stays = v.ndim == 1 if is_first else rows.shape[0] == 1
    return rows if rowvar or stays else transpose(rows)


def _observation_weights(x: Any, ddof: int, fweights: Any, aweights: Any) -> tuple[Any, Any]:
    """The weights of the observations, if any, and the number to divide by."""
    given = [as_operand(w) for w in (fweights, aweights) if w is not None]
    if any(w.shape != x.shape[1:] for w in given):
        raise ShapeError(f"cov(): there are {x.shape[1]} observations to weigh")
    if not given:
        return None, float(x.shape[1] - ddof)
    w = given[0] if len(given) == 1 else given[0] * given[1]
    w = w if w.dtype.kind == "f" else astype(w, np.float64)
    if aweights is None or ddof == 0:
        return w, sum(w) - ddof
    return w, sum(w) - ddof * sum(w * given[-1]) / sum(w)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: DType = None) -> Any:
    """The correlations of the variables: their covariances over their standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    place = np.arange(len(c))
    deviations = sqrt(real(index(c, (place, place))))
    c = c / expand_dims(deviations, 1) / deviations
    if c.dtype.kind == "c":
        return clip(real(c), -1, 1) + 1j * clip(imag(c), -1, 1)
    return clip(c, -1, 1)
