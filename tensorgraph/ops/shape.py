"""Operations that move elements: each is linear, and each has its reverse here.

Read next: ``indexing``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.primitive import ELEMENTWISE, first_traced, linear, nondifferentiable, refuse
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Axis, DType, Shape

__all__ = [
    "astype",
    "broadcast_to",
    "concat",
    "concatenate",
    "copy",
    "expand_dims",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "ravel",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]


def normalize_axes(axis: Axis, ndim: int, name: str) -> tuple[int, ...]:
    """``axis`` (None, an int, or several; negative counts from the end) as a tuple of axes >= 0."""
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(operator.index(a) for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    for a in axes:
        if not -ndim <= a < ndim:
            raise ShapeError(
                f"{name}(): axis {a} is out of range for an operand of {ndim} dimensions"
            )
    normal = tuple(a % ndim for a in axes)
    if len(set(normal)) != len(normal):
        raise ShapeError(f"{name}(): axis {axis} names the same axis twice")
    return normal


def inner_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """``axis`` of an example, as axes of a batch of ``ndim`` dimensions: the first one counts."""
    return tuple(a + 1 for a in normalize_axes(axis, ndim - 1, "vmap"))


def inner_axis(axis: int, ndim: int) -> int:
    """The same for one axis."""
    return inner_axes(axis, ndim)[0]


def as_operand(x: Any) -> Any:
    """``x`` with a shape: a tensor or an array as it is; a list of tensors is stacked."""
    if isinstance(x, (Traced, np.ndarray)):
        return x
    return stack([as_operand(part) for part in x]) if first_traced(x) is not None else np.asarray(x)


# --- the same elements in another arrangement ----------------------------------------------------


def _reshape_each(mapped: Any, x: Any, shape: Any, order: str) -> Any:
    """Reshape each example of a batch."""
    inner = list(shape) if np.iterable(shape) else [shape]
    if -1 in inner:  # of no examples it could be anything
        inner[inner.index(-1)] = math.prod(x.shape[1:]) // -math.prod(inner)
    if order == "C":
        return reshape(x, (len(x), *inner))
    return moveaxis(reshape(moveaxis(x, 0, -1), (*inner, len(x)), order), -1, 0)


@linear.rules(
    lambda g, y, x, shape, order: reshape(g, np.shape(x), order),
    batch=_reshape_each,
    positions="shape order",
)
def reshape(a: Any, shape: Any, order: Any = "C") -> Array:
    """The elements of ``a`` in another ``shape``; one -1 is worked out.

    They are read and laid out with the last index running fastest (``order`` "C") or the first
    ("F").
    """
    if order not in {"C", "F"}:
        raise ArgumentError(f"order is 'C' or 'F' here, not {order!r}")
    return np.reshape(a, shape, order=order)


@linear.rules(
    lambda g, y, x, axes: transpose(g, None if axes is None else _inverse(axes, np.ndim(x))),
    batch=lambda mapped, x, axes: transpose(
        x, (0, *(reversed(range(1, x.ndim)) if axes is None else inner_axes(tuple(axes), x.ndim)))
    ),
)
def transpose(a: Any, axes: Any = None) -> Array:
    """Permute the axes; None reverses them."""
    return np.transpose(a, axes)


permute_dims = transpose


def _inverse(axes: Any, ndim: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argsort(normalize_axes(tuple(axes), ndim, "transpose")))


@linear.rules(
    lambda g, y, x, axis1, axis2: swapaxes(g, axis1, axis2),
    batch=lambda mapped, x, axis1, axis2: swapaxes(
        x, inner_axis(axis1, x.ndim), inner_axis(axis2, x.ndim)
    ),
)
def swapaxes(a: Any, axis1: int, axis2: int) -> Array:
    """Exchange two axes."""
    return np.swapaxes(a, axis1, axis2)


def matrix_transpose(x: Any) -> Any:
    """Exchange the last two axes: each matrix of a stack is transposed."""
    x = as_operand(x)
    if x.ndim < 2:
        raise ShapeError(f"matrix_transpose() needs 2 dimensions or more, and got shape {x.shape}")
    return swapaxes(x, -1, -2)


@linear.rules(
    lambda g, y, x, source, destination: moveaxis(g, destination, source),
    batch=lambda mapped, x, source, destination: moveaxis(
        x, inner_axes(source, x.ndim), inner_axes(destination, x.ndim)
    ),
)
def moveaxis(a: Any, source: Any, destination: Any) -> Array:
    """Move axes to other positions; the rest keep their order."""
    return np.moveaxis(a, source, destination)


def _squeeze_each(mapped: Any, x: Any, axis: Axis) -> Any:
    """Squeeze each example of a batch, which itself may have length 1."""
    ones = tuple(i for i in range(1, x.ndim) if x.shape[i] == 1)
    return squeeze(x, ones if axis is None else inner_axes(axis, x.ndim))


@linear.rules(lambda g, y, x, axis: reshape(g, np.shape(x)), batch=_squeeze_each)
def squeeze(a: Any, axis: Axis = None) -> Array:
    """Drop axes of length 1: all of them, or those named."""
    return np.squeeze(a, axis)


def _expand_each(mapped: Any, x: Any, axis: Any) -> Any:
    """Expand each example of a batch: the axes count in the result."""
    new = len(axis) if isinstance(axis, (tuple, list)) else 1
    return expand_dims(x, inner_axes(axis, x.ndim + new))


@linear.rules(lambda g, y, x, axis: reshape(g, np.shape(x)), batch=_expand_each)
def expand_dims(a: Any, axis: Any) -> Array:
    """Insert axes of length 1."""
    return np.expand_dims(a, axis)


def ravel(a: Any, order: str = "C") -> Any:
    """The elements as one axis, the last index running fastest (``order`` "C") or the first."""
    return reshape(a, (-1,), order)


@linear.rules(lambda g, y, x: g, batch=ELEMENTWISE)
def alias(x: Any) -> Any:
    """``x`` as a value of its own on the tape, in the same memory."""
    return x


@linear.rules(lambda g, y, x: g, batch=ELEMENTWISE, positions="order subok")
def copy(a: Any) -> Array:
    """``a`` in memory of its own."""
    return np.array(a)


@linear.rules(lambda g, y, x, dtype: g, name="astype", batch=ELEMENTWISE)
def _convert(x: Any, dtype: Any) -> Array:
    return np.asarray(x).astype(dtype)


@nondifferentiable.rules(None, name="truncate", batch=ELEMENTWISE)
def _truncate(x: Any, dtype: Any) -> Array:
    return np.asarray(x).astype(dtype)


def astype(x: Any, dtype: Any, *, copy: bool = True, device: str | None = None) -> Any:
    """``x`` in another dtype; its cotangent comes back in the dtype of ``x``.

    Whole numbers and truths are steps of ``x``: no gradient passes them. The result is a copy.
    """
    refuse("astype", device=None if device == "cpu" else device)
    return _convert(x, dtype) if np.dtype(dtype).kind in "fc" else _truncate(x, dtype)


def _in_dtype(x: Any, dtype: Any) -> Any:
    """``x`` in that dtype; itself if it has it already."""
    return x if x.dtype == dtype else astype(x, dtype)


# --- repeated elements ---------------------------------------------------------------------------


def _broadcast_each(mapped: Any, x: Any, shape: Any) -> Any:
    """Broadcast each example of a batch."""
    inner = tuple(shape) if np.iterable(shape) else (shape,)
    aligned = reshape(x, (len(x), *(1,) * (len(inner) + 1 - x.ndim), *x.shape[1:]))
    return broadcast_to(aligned, (len(x), *inner))


@linear.rules(lambda g, y, x, shape: g, batch=_broadcast_each, positions="shape subok")
def broadcast_to(array: Any, shape: Shape) -> Array:  # the sweep sums over what was broadcast
    """``array`` repeated to ``shape`` by NumPy's rules."""
    return np.broadcast_to(array, shape)


def spread(mapped: Sequence[bool], xs: Sequence[Any]) -> list[Any]:
    """Operands of a batch, with those that all examples share repeated along the first axis."""
    size = next(len(x) for x, is_mapped in zip(xs, mapped, strict=True) if is_mapped)
    return [
        x if is_mapped else broadcast_to(x, (size, *np.shape(x)))
        for x, is_mapped in zip(xs, mapped, strict=True)
    ]


# --- several arrays in one -----------------------------------------------------------------------


def _part(position: int, g: Any, y: Any, *xs: Any, axis: int) -> Any:
    """The slice of ``g`` that came from operand ``position``."""
    start = sum(np.shape(x)[axis] for x in xs[:position])
    where = [slice(None)] * np.ndim(y)
    where[axis] = slice(start, start + np.shape(xs[position])[axis])
    return g[tuple(where)]


@linear.rules(
    _part,
    name="concatenate",
    variadic=True,
    batch=lambda mapped, *xs, axis: _concatenate(*spread(mapped, xs), axis=axis + 1),
)
def _concatenate(*xs: Any, axis: int) -> Array:
    return np.concatenate(xs, axis=axis)


def _refuse_conversion(name: str, out: Any, dtype: Any, casting: str) -> None:
    refuse(name, out=out, dtype=dtype, casting=None if casting == "same_kind" else casting)


def concatenate(
    arrays: Any,
    axis: int | None = 0,
    out: None = None,
    *,
    dtype: DType = None,
    casting: str = "same_kind",
) -> Any:
    """Join ``arrays`` along an axis that they have; None joins them raveled."""
    _refuse_conversion("concatenate", out, dtype, casting)
    arrays = tuple(as_operand(x) for x in arrays)
    if not arrays:
        raise ShapeError("concatenate() needs at least one array")
    if axis is None:
        return _concatenate(*(ravel(x) for x in arrays), axis=0)
    (axis,) = normalize_axes(axis, arrays[0].ndim, "concatenate")
    return _concatenate(*arrays, axis=axis)


concat = concatenate


def stack(
    arrays: Any,
    axis: int = 0,
    out: None = None,
    *,
    dtype: DType = None,
    casting: str = "same_kind",
) -> Any:
    """Join ``arrays`` of one shape along a new axis."""
    _refuse_conversion("stack", out, dtype, casting)
    arrays = tuple(as_operand(x) for x in arrays)
    shapes = [x.shape for x in arrays]
    if len(set(shapes)) != 1:
        raise ShapeError(f"stack() needs arrays of one shape, and got {shapes}")
    (axis,) = normalize_axes(axis, arrays[0].ndim + 1, "stack")
    return _concatenate(*(expand_dims(x, axis) for x in arrays), axis=axis)
