"""Assignment to elements, as an operation: a new value, the old one stays as it was.

Read next: ``reduce``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import DTypeError, ShapeError
from tensorgraph.ops.elementwise import where
from tensorgraph.ops.indexing import _each, _fill, _index, as_template
from tensorgraph.ops.shape import as_operand, moveaxis, reshape, spread
from tensorgraph.primitive import linear, nondifferentiable
from tensorgraph.tape import Traced
from tensorgraph.typing import Array, Shape

__all__: list[str] = []

# --- the row -------------------------------------------------------------------------------------


def _of_value(i: int, g: Any, y: Any, x: Any, v: Any, *arrays: Any, template: Any) -> Any:
    """The cotangent of the value: what ``g`` has at the places where it was the last to be written.

    An index array may name an element twice; the last value written stays.
    """
    g = _index(g, *arrays, template=template)
    if not arrays:
        return g
    return where(_last_written(*arrays, template=template, shape=np.shape(x)), g, 0.0)


def _assign_each(mapped: Any, x: Any, v: Any, *arrays: Any, template: Any) -> Any:
    """Assign to elements of each example of a batch."""
    x, v = spread(mapped, (x, v, *arrays))[:2]
    mapped = (True, *mapped[2:])
    template, arrays, (source, destination) = _each(mapped, x, arrays, template, x.ndim - 1)
    chosen = _pattern(x.shape)[_fill(template, tuple(_value(a) for a in arrays))]
    v = reshape(v, (len(v), *(1,) * (chosen.ndim - v.ndim), *v.shape[1:]))
    v = moveaxis(v, destination, source) if source != destination else v
    return _assign(x, v, *arrays, template=template)


@linear.rules(
    lambda i, g, y, x, v, *arrays, template: _assign(g, 0.0, *arrays, template=template),
    _of_value,
    None,
    name="assign",
    variadic=True,
    batch=_assign_each,
)
def _assign(x: Any, v: Any, *arrays: Any, template: tuple[Any, ...]) -> Array:
    """A copy of ``x`` with ``v`` at the index."""
    y = np.array(x)
    y[_fill(template, arrays)] = v
    return y


def _last_written_each(mapped: Any, *arrays: Any, template: Any, shape: Shape) -> Any:
    """The same for each example of a batch: examples write to different places."""
    size = next(len(a) for a, is_mapped in zip(arrays, mapped, strict=True) if is_mapped)
    x = _pattern((size, *shape))
    template, arrays, (source, destination) = _each(
        (True, *mapped), x, arrays, template, len(shape)
    )
    last = _last_written(*arrays, template=template, shape=x.shape)
    return moveaxis(last, source, destination) if source != destination else last


@nondifferentiable.rules(None, name="last_written", variadic=True, batch=_last_written_each)
def _last_written(*arrays: Any, template: tuple[Any, ...], shape: Shape) -> Array:
    """For each element that an index names, whether it is not named again later."""
    key = _fill(template, arrays)
    writer = np.full(shape, -1)
    turns = np.arange(writer[key].size).reshape(writer[key].shape)
    writer[key] = turns
    return writer[key] == turns


# --- what tensors call ---------------------------------------------------------------------------


def assigned(x: Any, key: Any, value: Any) -> Any:
    """``x`` with ``value`` at ``x[key]``, for every kind of NumPy index; broadcast as NumPy does.

    Raises ``ShapeError`` where the value does not fit, and ``DTypeError`` where it would be cut
    to the dtype of ``x``.
    """
    template, arrays = as_template(key)
    try:
        chosen = _pattern(np.shape(x))[_fill(template, tuple(_value(a) for a in arrays))].shape
    except IndexError as error:
        raise ShapeError(f"assignment to a tensor of shape {np.shape(x)}: {error}") from error
    value = value if isinstance(value, (Traced, int, float, complex)) else as_operand(value)
    _check_dtype(x, value)
    shape = np.shape(value)
    while len(shape) > len(chosen) and shape[0] == 1:
        shape = shape[1:]
    if shape != np.shape(value):
        value = reshape(value, shape)
    try:
        fits = np.broadcast_shapes(shape, chosen) == chosen
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"cannot assign a value of shape {np.shape(value)} to an index that chooses shape "
            f"{chosen} of a tensor of shape {np.shape(x)}"
        )
    return _assign(x, value, *arrays, template=template)


def _check_dtype(x: Any, value: Any) -> None:
    plain = _value(value)
    dtype = np.result_type(plain, x.dtype) if np.isscalar(plain) else plain.dtype
    if dtype.kind not in "biufc":
        raise DTypeError(f"the elements of a tensor are numbers, not {dtype}")
    if not np.can_cast(dtype, x.dtype, "same_kind"):
        raise DTypeError(
            f"assigning {dtype} to elements of a tensor of dtype {x.dtype} would cut the values: "
            f"make the tensor {dtype} first, .astype({str(dtype)!r})"
        )


def _value(x: Any) -> Any:
    return x._node.value if isinstance(x, Traced) else x


def _pattern(shape: Shape) -> Array:
    """An array of ``shape`` that takes no memory, to see what an index chooses."""
    return np.broadcast_to(np.zeros(()), shape)
