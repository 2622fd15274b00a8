"""What can be wrong with a model or with data, found before the first step and said in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DataError, DTypeError, ShapeError
from tensorgraph.losses import Loss
from tensorgraph.nn import Activation, Dropout, Layer
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array


def keeps_width(layer: Layer) -> bool:
    """Whether ``layer`` gives as many outputs as it takes inputs, as far as that is known."""
    return isinstance(layer, (Activation, Dropout))


def check_chain(layers: Sequence[Layer]) -> None:
    """Each layer must take as many inputs as the layers before it give."""
    width, giver = None, None
    for layer in layers:
        if layer.n_inputs is not None and width is not None and layer.n_inputs != width:
            raise ShapeError(
                f"layer {layer.name!r} takes {layer.n_inputs} inputs, and {giver!r} "
                f"before it gives {width}: make {layer.name!r} take {width}"
            )
        if not keeps_width(layer):
            width, giver = getattr(layer, "n_neurons", None), layer.name


def check_loss(loss: Loss, layers: Sequence[Layer]) -> None:
    """The loss must suit the last layer; dropout gives what the layer before it gives."""
    last = next((layer for layer in reversed(layers) if not isinstance(layer, Dropout)), layers[-1])
    loss.check_last_layer(last)


def first_width(layers: Sequence[Layer]) -> Layer | None:
    """The layer that says how many inputs the first one takes; None where none can know."""
    for layer in layers:
        if layer.n_inputs is not None:
            return layer
        if not keeps_width(layer):
            return None
    return None


def checked_inputs(X: Any, layers: Sequence[Layer], dtype: np.dtype[Any], what: str) -> Array:
    """``X`` as a float array that the first layer takes, or an error that says what is wrong."""
    X = np.asarray(X.data if isinstance(X, Tensor) else X)
    if X.dtype.kind not in "biuf":
        raise DTypeError(f"{what} must hold real numbers, and has dtype {X.dtype}")
    if X.size == 0:
        raise DataError(f"{what} is empty: shape {X.shape}, and one example at least is needed")
    first = first_width(layers)
    if X.ndim < 2:
        rows = "(1, -1) for one example" if X.size == first else "(-1, 1)"
        raise ShapeError(f"{what} has shape {X.shape}: a row is an example, X.reshape{rows}")
    if first is not None and X.shape[-1] != first.n_inputs:
        flat = int(np.prod(X.shape[1:]))
        remedy = (
            "X.reshape(len(X), -1)" if flat == first.n_inputs else f"make it take {X.shape[-1]}"
        )
        raise ShapeError(
            f"layer {first.name!r} takes {first.n_inputs} inputs, and {what} has shape "
            f"{X.shape}: {remedy}"
        )
    X = np.ascontiguousarray(X, dtype)
    if not _is_finite(X):
        row = np.argwhere(~np.isfinite(X))[0]
        raise DataError(
            f"{what} holds {X[tuple(row)]} at index {tuple(int(i) for i in row)}"
            f" ({np.count_nonzero(~np.isfinite(X))} such values): drop or fill them first"
        )
    return X


def _is_finite(X: Array) -> bool:
    """Whether all are numbers. In parts: the answers for all of a data set take a lot of memory."""
    flat = X.reshape(-1)
    return all(np.isfinite(flat[i : i + _PART]).all() for i in range(0, flat.size, _PART))


_PART = 1 << 18


def checked_targets(
    y: Any, X: Array, loss: Loss | None, outputs: tuple[int, ...], what: str
) -> Array:
    """``y`` as the loss takes it for as many rows as ``X`` and outputs of that shape."""
    y = np.asarray(y.data if isinstance(y, Tensor) else y)
    if y.ndim == 0 or len(y) != len(X):
        raise ShapeError(
            f"{what} has shape {y.shape}, and there are {len(X)} examples: one target each"
        )
    if y.dtype.kind not in "biuf":
        raise DTypeError(
            f"{what} must hold numbers, and has dtype {y.dtype}: "
            "np.unique(y, return_inverse=True)[1] numbers the classes"
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError(f"{what} holds NaN or infinite values: drop those examples first")
    return y if loss is None else loss.checked((len(X), *outputs[1:]), y)


def checked_count(name: str, n: Any, least: int) -> int:
    """An integer argument that must be at least ``least``."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < least:
        raise ArgumentError(f"{name} is {n!r}, and must be an integer of at least {least}")
    return int(n)


def checked_size(batch_size: int | None, X: Array) -> int:
    """The number of rows in a batch; None takes all of ``X``."""
    return len(X) if batch_size is None else checked_count("batch_size", batch_size, 1)
