"""Elements chosen by an index, and their way back. Read next: ``reduce``."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from tensorgraph.errors import ShapeError
from tensorgraph.ops.shape import moveaxis, reshape, spread
from tensorgraph.primitive import linear
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Shape

_ARRAY = object()  # stands in a template where an index array, which is an operand, goes


def _fill(template: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index that ``template`` and its ``arrays`` stand for."""
    rest = iter(arrays)
    return tuple(next(rest) if part is _ARRAY else part for part in template)


__all__: list[str] = []


def _each(mapped: Any, x: Any, arrays: Any, template: Any, ndim: int) -> tuple[Any, Any, Any]:
    """An index of one example of ``ndim`` dimensions, as an index of a batch of them.

    Gives the template, the arrays, and two tuples of axes: with arrays, the axes that they index
    come first in the indexed batch, and are to be moved to where they are in an indexed example.
    """
    if not arrays:
        return (slice(None), *template), (), ((), ())
    size = next(len(v) for v, is_mapped in zip((x, *arrays), mapped, strict=True) if is_mapped)
    template, arrays, mapped = _without_masks(template, arrays, mapped[1:])
    template = _without_ellipsis(template, ndim)
    dims = builtins.max(np.ndim(a) - is_mapped for a, is_mapped in zip(arrays, mapped, strict=True))
    arrays = [
        reshape(a, (len(a), *(1,) * (dims - np.ndim(a) + 1), *np.shape(a)[1:]))
        if is_mapped
        else reshape(a, (1,) * (dims + 1 - np.ndim(a)) + np.shape(a))
        for a, is_mapped in zip(arrays, mapped, strict=True)
    ]
    rows = np.arange(size).reshape(-1, *(1,) * dims)
    advanced = [i for i, part in enumerate(template) if part is _ARRAY or _is_integer(part)]
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    place = advanced[0] if together else 0  # each part before it is a slice or None: one axis
    axes = (tuple(range(1, 1 + dims)), tuple(range(1 + place, 1 + place + dims)))
    return (_ARRAY, *template), (rows, *arrays), axes


def _is_integer(part: Any) -> bool:
    return isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_))


def _without_masks(template: Any, arrays: Any, mapped: Any) -> tuple[Any, list[Any], list[bool]]:
    """The same index with the integer arrays that masks stand for."""
    plain: list[Any] = []
    flags: list[bool] = []
    parts: list[Any] = []
    rest = iter(zip(arrays, mapped, strict=True))
    for part in template:
        if part is not _ARRAY:
            parts.append(part)
            continue
        array, is_mapped = next(rest)
        if array.dtype != bool:
            found = [array]
        elif is_mapped:
            raise ShapeError(
                "vmap: a mask that differs between the examples chooses different numbers of "
                "elements: multiply by it, or use tg.where"
            )
        else:
            found = list(np.nonzero(array._node.value if isinstance(array, Traced) else array))
        parts += [_ARRAY] * len(found)
        plain += found
        flags += [is_mapped] * len(found)
    return tuple(parts), plain, flags


def _without_ellipsis(template: Any, ndim: int) -> tuple[Any, ...]:
    """The same index with the slices that ``...`` stands for."""
    where = [i for i, part in enumerate(template) if part is Ellipsis]
    if not where:
        return tuple(template)
    used = builtins.sum(part is not None and part is not Ellipsis for part in template)
    return (*template[: where[0]], *(slice(None),) * (ndim - used), *template[where[0] + 1 :])


def _index_each(mapped: Any, x: Any, *arrays: Any, template: Any) -> Any:
    """Index each example of a batch."""
    (x,) = spread(mapped, (x, *arrays))[:1]
    template, arrays, (source, destination) = _each(mapped, x, arrays, template, x.ndim - 1)
    y = _index(x, *arrays, template=template)
    return moveaxis(y, source, destination) if source != destination else y


def _scatter_each(mapped: Any, x: Any, *arrays: Any, template: Any, shape: Any) -> Any:
    """Scatter each example of a batch."""
    (x,) = spread(mapped, (x, *arrays))[:1]
    template, arrays, (source, destination) = _each(mapped, x, arrays, template, len(shape))
    x = moveaxis(x, destination, source) if source != destination else x
    return _scatter(x, *arrays, template=template, shape=(len(x), *shape))


@linear.rules(
    lambda i, g, y, x, *arrays, template: _scatter(
        g, *arrays, template=template, shape=np.shape(x)
    ),
    None,
    name="index",
    variadic=True,
    batch=_index_each,
)
def _index(x: Any, *arrays: Any, template: tuple[Any, ...]) -> Any:
    return x[_fill(template, arrays)]


@linear.rules(
    lambda i, g, y, x, *arrays, template, shape: _index(g, *arrays, template=template),
    None,
    name="scatter",
    variadic=True,
    batch=_scatter_each,
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
