"""A network as columns of neurons: what is drawn, apart from how. Read next: ``neurons``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DataError
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array


@dataclass
class Column:
    """The inputs, or the neurons of a Dense layer, with the activation and dropout that follow.

    ``shown`` holds the numbers of the neurons that are drawn. ``weights`` (shown one column before,
    shown here) and ``biases`` (shown here,) are empty for the inputs; ``dropout`` is a rate.
    """

    name: str
    size: int
    shown: Array
    weights: Array
    biases: Array
    activations: list[str] = field(default_factory=list)
    dropout: float = 0.0


def columns_of(layers: Sequence[Any], max_neurons: int) -> list[Column]:
    """Return the inputs and the Dense layers, with at most ``max_neurons`` shown of each.

    Raises ``ArgumentError`` where they make no chain, ``DataError`` where weights are not finite.
    """
    first = next((layer for layer in layers if _is_dense(layer)), None)
    if first is None:
        raise ArgumentError("network() draws the neurons of Dense layers, and the model has none")
    n_inputs = first.weights.shape[0]
    nothing = np.empty((0, 0))
    found = [Column("input", n_inputs, _shown(n_inputs, max_neurons), nothing, nothing)]
    for layer in layers:
        if _is_dense(layer):
            found.append(_dense(layer, found[-1], max_neurons))
        elif hasattr(layer, "rate"):
            found[-1].dropout = float(layer.rate)
        else:
            kind = getattr(layer, "saved_as", None) or type(layer)
            found[-1].activations.append(kind.__name__)
    return found


def _is_dense(layer: Any) -> bool:
    weights = getattr(layer, "weights", None)
    return isinstance(weights, Tensor) and weights.ndim == 2 and hasattr(layer, "biases")


def _dense(layer: Any, before: Column, max_neurons: int) -> Column:
    """Return the column of a Dense layer, with copies of the numbers that are drawn."""
    name = layer.name or type(layer).__name__
    n_inputs, n_neurons = layer.weights.shape
    if n_inputs != before.size:
        raise ArgumentError(
            f"network(): layer {name!r} takes {n_inputs} inputs and follows {before.size} neurons: "
            "only Dense layers in a chain can be drawn"
        )
    shown = _shown(n_neurons, max_neurons)
    weights = layer.weights.data[np.ix_(before.shown, shown)]
    biases = layer.biases.data.reshape(-1)[shown]
    if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
        raise DataError(f"network(): layer {name!r} has weights that are infinite or not a number")
    return Column(name, n_neurons, shown, weights, biases)


def _shown(size: int, max_neurons: int) -> Array:
    """Return the numbers of the neurons to draw: all, or the first and the last of them."""
    if size <= max_neurons:
        return np.arange(size)
    last = max_neurons // 2
    return np.concatenate([np.arange(max_neurons - last), np.arange(size - last, size)])
