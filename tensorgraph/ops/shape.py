"""Operations that move elements: each is linear, and each has its reverse here.

Read next: ``reduce``.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tensorgraph.errors import ShapeError
from tensorgraph.primitive import linear, nondifferentiable
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Axis, Shape


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


# --- the same elements in another arrangement ----------------------------------------------------


@linear.rules(lambda g, y, x, shape: reshape(g, np.shape(x)))
def reshape(x: Any, shape: Any) -> Array:
    """The elements of ``x``, in C order, in another ``shape``; one -1 is worked out."""
    return np.reshape(x, shape)


@linear.rules(
    lambda g, y, x, axes: transpose(g, None if axes is None else _inverse(axes, np.ndim(x)))
)
def transpose(x: Any, axes: Any = None) -> Array:
    """Permute the axes; None reverses them."""
    return np.transpose(x, axes)


def _inverse(axes: Any, ndim: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argsort(normalize_axes(tuple(axes), ndim, "transpose")))


@linear.rules(lambda g, y, x, axis1, axis2: swapaxes(g, axis1, axis2))
def swapaxes(x: Any, axis1: int, axis2: int) -> Array:
    """Exchange two axes."""
    return np.swapaxes(x, axis1, axis2)


@linear.rules(lambda g, y, x, source, destination: moveaxis(g, destination, source))
def moveaxis(x: Any, source: Any, destination: Any) -> Array:
    """Move axes to other positions; the rest keep their order."""
    return np.moveaxis(x, source, destination)


@linear.rules(lambda g, y, x, axis: reshape(g, np.shape(x)))
def squeeze(x: Any, axis: Axis = None) -> Array:
    """Drop axes of length 1: all of them, or those named."""
    return np.squeeze(x, axis)


@linear.rules(lambda g, y, x, axis: reshape(g, np.shape(x)))
def expand_dims(x: Any, axis: Any) -> Array:
    """Insert axes of length 1."""
    return np.expand_dims(x, axis)


def ravel(x: Any) -> Any:
    """The elements in C order, as one axis."""
    return reshape(x, (-1,))


@linear.rules(lambda g, y, x: g)
def alias(x: Any) -> Any:
    """``x`` as a value of its own on the tape, in the same memory."""
    return x


@linear.rules(lambda g, y, x: g)
def copy(x: Any) -> Array:
    """``x`` in memory of its own."""
    return np.array(x)


@linear.rules(lambda g, y, x, dtype: g, name="astype")
def _convert(x: Any, dtype: Any) -> Array:
    return np.asarray(x).astype(dtype)


@nondifferentiable.rules(None, name="truncate")
def _truncate(x: Any, dtype: Any) -> Array:
    return np.asarray(x).astype(dtype)


def astype(x: Any, dtype: Any) -> Any:
    """``x`` in another dtype; its cotangent comes back in the dtype of ``x``.

    Whole numbers and truths are steps of ``x``: no gradient passes them.
    """
    return _convert(x, dtype) if np.dtype(dtype).kind in "fc" else _truncate(x, dtype)


# --- repeated elements ---------------------------------------------------------------------------


@linear.rules(lambda g, y, x, shape: g)  # the sweep sums over what was broadcast
def broadcast_to(x: Any, shape: Shape) -> Array:
    """``x`` repeated to ``shape`` by NumPy's rules."""
    return np.broadcast_to(x, shape)


# --- several arrays in one -----------------------------------------------------------------------


def _part(position: int, g: Any, y: Any, *xs: Any, axis: int) -> Any:
    """The slice of ``g`` that came from operand ``position``."""
    start = sum(np.shape(x)[axis] for x in xs[:position])
    where = [slice(None)] * np.ndim(y)
    where[axis] = slice(start, start + np.shape(xs[position])[axis])
    return g[tuple(where)]


@linear.rules(_part, name="concatenate", variadic=True)
def _concatenate(*xs: Any, axis: int) -> Array:
    return np.concatenate(xs, axis=axis)


def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """Join ``arrays`` along an axis that they have; None joins them raveled."""
    if axis is None:
        return _concatenate(*(ravel(x) for x in arrays), axis=0)
    arrays = tuple(arrays)
    if not arrays:
        raise ShapeError("concatenate() needs at least one array")
    (axis,) = normalize_axes(axis, np.ndim(arrays[0]), "concatenate")
    return _concatenate(*arrays, axis=axis)


def stack(arrays: Any, axis: int = 0) -> Any:
    """Join ``arrays`` of one shape along a new axis."""
    arrays = tuple(arrays)
    if len({np.shape(x) for x in arrays}) != 1:
        raise ShapeError(
            f"stack() needs arrays of one shape, and got {[np.shape(x) for x in arrays]}"
        )
    (axis,) = normalize_axes(axis, np.ndim(arrays[0]) + 1, "stack")
    return _concatenate(*(expand_dims(x, axis) for x in arrays), axis=axis)


# --- elements chosen by an index -----------------------------------------------------------------

_ARRAY = object()  # stands in a template where an index array, which is an operand, goes


def _fill(template: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index that ``template`` and its ``arrays`` stand for."""
    rest = iter(arrays)
    return tuple(next(rest) if part is _ARRAY else part for part in template)


@linear.rules(
    lambda i, g, y, x, *arrays, template: _scatter(
        g, *arrays, template=template, shape=np.shape(x)
    ),
    None,
    name="index",
    variadic=True,
)
def _index(x: Any, *arrays: Any, template: tuple[Any, ...]) -> Any:
    return x[_fill(template, arrays)]


@linear.rules(
    lambda i, g, y, x, *arrays, template, shape: _index(g, *arrays, template=template),
    None,
    name="scatter",
    variadic=True,
)
def _scatter(x: Any, *arrays: Any, template: tuple[Any, ...], shape: Shape) -> Array:
    """Zeros of ``shape`` with ``x`` added at the index: the reverse of indexing."""
    out = np.zeros(shape, np.asarray(x).dtype)
    if arrays:  # an index may name an element twice
        np.add.at(out, _fill(template, arrays), x)
    else:
        out[template] = x
    return out


def index(x: Any, key: Any) -> Any:
    """``x[key]`` for every kind of NumPy index: slices, integers, None, ``...``, arrays, masks."""
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [p for p in parts if isinstance(p, (np.ndarray, list, Traced))]
    if not arrays:
        return _index(x, template=parts)
    template = tuple(_ARRAY if isinstance(p, (np.ndarray, list, Traced)) else p for p in parts)
    return _index(x, *(_listed(p) if isinstance(p, list) else p for p in arrays), template=template)


def _listed(indices: list[Any]) -> Array:
    """An index given as a list, as an array: also the empty one, which NumPy takes for floats."""
    return np.asarray(indices) if indices else np.empty(0, np.intp)
