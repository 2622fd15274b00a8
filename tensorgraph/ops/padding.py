"""Arrays made larger: ``pad`` puts more elements around them, ``resize`` repeats what they have.

Read next: ``sorting``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.ops import reduce
from tensorgraph.ops.arrange import _with_length, flip, tile
from tensorgraph.ops.elementwise import floor, rint
from tensorgraph.ops.indexing import _scatter, index, take, take_along_axis
from tensorgraph.ops.reduce import along
from tensorgraph.ops.shape import (
    as_operand,
    astype,
    broadcast_to,
    concatenate,
    normalize_axes,
    ravel,
    reshape,
)
from tensorgraph.ops.shape import copy as copied
from tensorgraph.tape import Traced
from tensorgraph.typing import Array

__all__ = ["pad", "resize"]


Pair = tuple[Any, Any]


def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """``array`` with ``pad_width`` more elements before and after, along each axis.

    ``pad_width`` is a number, a pair (before, after), a pair for each axis, or a dict of axes.
    Modes, with their keyword and its default: "constant" (constant_values=0), "edge", "empty"
    (zeros here), "linear_ramp" (end_values=0), "maximum", "mean", "median" and "minimum"
    (stat_length=None, of the elements next to that side), "reflect" and "symmetric"
    (reflect_type="even"), "wrap". Values and lengths take the forms of ``pad_width``.
    """
    x = as_operand(array)
    widths = _widths(pad_width, x.ndim)
    option = _option(mode, kwargs)
    if mode in {"constant", "empty"}:
        return _framed(x, widths, _pairs(option, x.ndim))
    y = x
    for axis, width in enumerate(widths):
        if width != (0, 0):
            if x.shape[axis] == 0:
                raise ShapeError(f"pad(): mode {mode!r} cannot extend the empty axis {axis}")
            y = _PADDINGS[mode](y, axis, width, mode, option)
    return copied(x) if y is x else y


def _option(mode: Any, given: dict[str, Any]) -> Any:
    """The value of the one keyword that ``mode`` takes, if it takes any."""
    if not isinstance(mode, str) or mode not in _OPTIONS:
        modes = ", ".join(sorted(_OPTIONS))
        raise ArgumentError(f"pad(): mode is one of {modes}, not {mode!r}")
    name, default = _OPTIONS[mode]
    unknown = [key for key in given if key != name]
    if unknown:
        raise ArgumentError(f"pad(): mode {mode!r} does not take {unknown[0]}=")
    return given.get(name, default)


_OPTIONS: dict[str, tuple[str, Any]] = {
    "constant": ("constant_values", 0),
    "edge": ("", None),
    "empty": ("", 0),
    "linear_ramp": ("end_values", 0),
    "maximum": ("stat_length", None),
    "mean": ("stat_length", None),
    "median": ("stat_length", None),
    "minimum": ("stat_length", None),
    "reflect": ("reflect_type", "even"),
    "symmetric": ("reflect_type", "even"),
    "wrap": ("", None),
}


def _pairs(value: Any, ndim: int) -> list[Pair]:
    """``value``, in any of the forms that NumPy takes, as (before, after) for each axis."""
    plain = as_operand(value)
    if isinstance(plain, Traced):
        raise ArgumentError("pad() takes numbers for what it pads with, not tensors")
    try:
        return [(before, after) for before, after in np.broadcast_to(plain, (ndim, 2)).tolist()]
    except ValueError as error:
        raise ShapeError(
            f"pad(): {value!r} does not give a pair for each of {ndim} axes"
        ) from error


def _widths(pad_width: Any, ndim: int) -> list[Pair]:
    if isinstance(pad_width, dict):
        widths = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            widths[normalize_axes(axis, ndim, "pad")[0]] = _widths(width, 1)[0]
        return widths
    dtype = as_operand(pad_width).dtype
    if dtype.kind not in "iu":
        raise DTypeError(f"pad(): pad_width must be whole numbers, not {dtype}")
    pairs = _pairs(pad_width, ndim)
    if any(n < 0 for pair in pairs for n in pair):
        raise ArgumentError(f"pad(): pad_width {pad_width!r} has a negative number")
    return pairs


# --- constants -----------------------------------------------------------------------------------


def _framed(x: Any, widths: list[Pair], values: list[Pair]) -> Any:
    """``x`` in a frame of constants."""
    sides = list(zip(widths, x.shape, strict=True))
    inside = tuple(slice(before, before + n) for (before, _), n in sides)
    shape = tuple(before + n + after for (before, after), n in sides)
    y = _scatter(x, template=inside, shape=shape)
    if not np.any(values):
        return y
    return y + np.pad(np.zeros(x.shape, x.dtype), widths, constant_values=values)


# --- elements of the array itself ----------------------------------------------------------------


def _by_index(x: Any, axis: int, width: Pair, mode: str, reflect_type: str | None) -> Any:
    """``x`` with elements of itself before and after, as ``mode`` finds them."""
    if reflect_type not in {None, "even", "odd"}:
        raise ArgumentError(f"pad(): reflect_type is 'even' or 'odd', not {reflect_type!r}")
    n = x.shape[axis]
    positions: Array = np.pad(np.arange(n), width, mode=mode)  # type: ignore[call-overload]
    if reflect_type == "odd" and n > 1:
        return _oddly_reflected(x, axis, width, mode == "symmetric", positions)
    return take(x, positions, axis)


def _oddly_reflected(x: Any, axis: int, width: Pair, edge_twice: bool, even: Array) -> Any:
    """``x`` with its mirror images about the points at its ends.

    Such an image is f(-i) = 2 f(0) - f(i), and 2 f(e) - f(e - i) behind the last element e. Both
    together give a period P in which f rises by 2 f(e) - 2 f(0).
    """
    before, after = width
    n = x.shape[axis]
    outside = np.r_[-before:0, n : n + after]
    periods, rest = np.divmod(outside, 2 * (n if edge_twice else n - 1))
    mirrored = rest >= n

    def weighted(weights: Array, positions: Any) -> Any:
        column = weights.astype(x.dtype).reshape(-1, *(1,) * (x.ndim - axis - 1))
        return column * index(x, along(axis, positions))

    images = weighted(1 - 2 * mirrored, even[before + outside])
    rises = weighted(2 * (periods + mirrored), slice(-1, None)) - weighted(2 * periods, slice(0, 1))
    return _enclosed(images + rises, x, axis, before)


def _enclosed(sides: Any, x: Any, axis: int, before: int) -> Any:
    """``x`` between the first ``before`` of ``sides`` and the rest of them."""
    first = index(sides, along(axis, slice(before)))
    return concatenate((first, x, index(sides, along(axis, slice(before, None)))), axis)


# --- straight lines ------------------------------------------------------------------------------


def _ramped(x: Any, axis: int, width: Pair, mode: str, end_values: Any) -> Any:
    """``x`` between straight lines to its edges from the end values."""
    ends = _pairs(end_values, x.ndim)[axis]
    left = _ramp(ends[0], index(x, along(axis, slice(0, 1))), axis, width[0])
    right = _ramp(ends[1], index(x, along(axis, slice(-1, None))), axis, width[1])
    return concatenate((left, x, flip(right, axis)), axis)


def _ramp(end: Any, edge: Any, axis: int, width: int) -> Any:
    """``width`` steps from ``end`` towards ``edge``, which is not reached."""
    dtype = edge.dtype if edge.dtype.kind in "fc" else np.float64
    steps = np.arange(width, dtype=dtype).reshape(-1, *(1,) * (edge.ndim - axis - 1))
    line = end + (edge - end) / max(width, 1) * steps
    return line if edge.dtype.kind in "fc" else astype(floor(line), edge.dtype)


# --- statistics of a side ------------------------------------------------------------------------


def _by_statistic(x: Any, axis: int, width: Pair, mode: str, stat_length: Any) -> Any:
    """``x`` between statistics of its first and of its last elements."""
    n = x.shape[axis]
    given = (n, n) if stat_length is None else _widths(stat_length, x.ndim)[axis]
    lengths = [min(length, n) for length in given]
    if mode in {"maximum", "minimum"} and 0 in lengths:
        raise ArgumentError(f"pad(): stat_length 0 leaves nothing to take the {mode} of")
    first = _statistic(mode, index(x, along(axis, slice(lengths[0]))), axis)
    last = first
    if lengths != [n, n]:
        last = _statistic(mode, index(x, along(axis, slice(n - lengths[1], None))), axis)
    left = broadcast_to(first, _with_length(x.shape, axis, width[0]))
    right = broadcast_to(last, _with_length(x.shape, axis, width[1]))
    return concatenate((left, x, right), axis)


def _statistic(mode: str, x: Any, axis: int) -> Any:
    """The maximum, minimum, mean or median along ``axis``, in the dtype of ``x``."""
    if mode in {"maximum", "minimum"}:
        extreme = reduce.max if mode == "maximum" else reduce.min
        return extreme(x, axis=axis, keepdims=True)
    if mode == "median":
        n = x.shape[axis]
        ordered = take_along_axis(x, reduce.argsort(x, axis), axis)
        x = index(ordered, along(axis, slice((n - 1) // 2, n // 2 + 1)))
    y = reduce.mean(x, axis=axis, keepdims=True)
    return y if x.dtype.kind in "fc" else astype(rint(y), x.dtype)


_PADDINGS: dict[str, Callable[[Any, int, Pair, str, Any], Any]] = {
    "edge": _by_index,
    "linear_ramp": _ramped,
    "maximum": _by_statistic,
    "mean": _by_statistic,
    "median": _by_statistic,
    "minimum": _by_statistic,
    "reflect": _by_index,
    "symmetric": _by_index,
    "wrap": _by_index,
}


# --- another size --------------------------------------------------------------------------------


def resize(a: Any, new_shape: Any) -> Any:
    """The elements of ``a`` in a ``new_shape``, from the start again when they run out."""
    a = ravel(as_operand(a))
    new_shape = tuple(new_shape) if np.iterable(new_shape) else (new_shape,)
    if any(n < 0 for n in new_shape):
        raise ShapeError(f"resize(): the new shape {new_shape} has a negative length")
    size = math.prod(new_shape)
    many = tile(a, -(-size // a.size)) if a.size else pad(a, (0, size))
    return reshape(index(many, slice(size)), new_shape)
