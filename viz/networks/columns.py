"""A network as columns of neurons: what is drawn, apart from how. Read next: ``activity``.

A layer of another kind than Dense, as a convolution, would be a column with other shown parts; what
follows asks a column for its size, what is shown of it, and what comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DataError
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array

COMMON = 0.1
"""The share of a column that has the same value where this is the value at rest."""

PROBABILITIES = (["Softmax"], ["Sigmoid"])


def nothing() -> Array:
    """Return what stands where a column has no numbers of some kind."""
    return np.empty((0, 0))


@dataclass
class Column:
    """The inputs, or the neurons of a Dense layer, with the activation and dropout that follow.

    ``shown`` holds the numbers of the neurons that are drawn, ``by_activity`` tells whether those
    are the most active. ``weights`` (shown one column before, shown here) and ``biases`` (shown
    here,) are empty for the inputs; ``dropout`` is a rate, and ``dropped`` (shown,) tells which are
    left out in a picture of training. ``values`` (shown,) are the activations of an example, and
    ``maps`` (shown, side, side) those over the plane of two inputs; ``reach`` is how far from 0
    they go in the whole column. ``labels`` stand beside the neurons, ``classes`` (names by number)
    say what the colours of maps mean, ``answer`` stands below them, and ``largest`` is the place of
    the largest among the shown.
    """

    name: str
    size: int
    shown: Array
    by_activity: bool = False
    weights: Array = field(default_factory=nothing)
    biases: Array = field(default_factory=nothing)
    activations: list[str] = field(default_factory=list)
    dropout: float = 0.0
    dropped: Array = field(default_factory=nothing)
    values: Array = field(default_factory=nothing)
    maps: Array = field(default_factory=nothing)
    reach: float = 1.0
    is_output: bool = False
    labels: list[str] = field(default_factory=list)
    classes: dict[int, str] = field(default_factory=dict)
    answer: str = ""
    largest: int | None = None

    @property
    def has_probabilities(self) -> bool:
        """Whether what the column gives are probabilities of classes."""
        return self.is_output and self.activations[-1:] in PROBABILITIES

    @property
    def gap(self) -> int | None:
        """The row of the dots for neurons that are left out, None where there are none."""
        n = len(self.shown)
        if n == self.size:
            return None
        return n if self.by_activity else (n + 1) // 2

    @property
    def off(self) -> Array:
        """Tell which ReLUs (shown,) give 0: for the example, or everywhere on the plane."""
        if "ReLU" not in self.activations:
            return np.zeros(len(self.shown), bool)
        if self.maps.size:
            return np.asarray((self.maps == 0).all(axis=(1, 2)))
        return self.values == 0 if self.values.size else np.zeros(len(self.shown), bool)


def columns_of(
    layers: Sequence[Any], max_neurons: int, answers: Sequence[Array] | None = None
) -> list[Column]:
    """Return the inputs and the Dense layers, with at most ``max_neurons`` shown of each.

    Of a wider one they are the first and the last; with the ``answers`` (size,) of each to an
    example, those that are most active.
    Raises ``ArgumentError`` where they make no chain, ``DataError`` where weights are not finite.
    """
    first = next((layer for layer in layers if is_dense(layer)), None)
    if first is None:
        raise ArgumentError("network() draws the neurons of Dense layers, and the model has none")
    n_inputs = first.weights.shape[0]
    found: list[Column] = []

    def shown(size: int) -> tuple[Array, bool]:
        if size <= max_neurons:
            return np.arange(size), False
        if answers is None:
            return _ends(size, max_neurons), False
        return _most_active(answers[len(found)], max_neurons), True

    found.append(Column("input", n_inputs, *shown(n_inputs)))
    for layer in layers:
        if is_dense(layer):
            found.append(_dense(layer, found[-1], *shown(layer.weights.shape[1])))
        elif hasattr(layer, "rate"):
            found[-1].dropout = float(layer.rate)
        else:
            kind = getattr(layer, "saved_as", None) or type(layer)
            found[-1].activations.append(kind.__name__)
    found[-1].is_output = True
    return found


def is_dense(layer: Any) -> bool:
    """Tell whether a layer is drawn as a column of neurons."""
    weights = getattr(layer, "weights", None)
    return isinstance(weights, Tensor) and weights.ndim == 2 and hasattr(layer, "biases")


def drop(columns: Sequence[Column]) -> None:
    """Drop neurons as a step of training would: of those shown, the share that the rate says.

    Which ones is drawn from a generator of this call's own, the same each time: no model's changes.
    """
    if not any(column.dropout for column in columns):
        raise ArgumentError(
            "network(training=True) draws what dropout leaves out, and the model has no Dropout "
            "layer with a rate above 0: leave training out"
        )
    rng = np.random.default_rng(0)
    for column in columns:
        if column.dropout:
            n = len(column.shown)
            # One at least where there are two, so that it is seen, and never all.
            count = min(max(1, round(column.dropout * n)), n - 1)
            column.dropped = np.isin(np.arange(n), rng.permutation(n)[:count])


def carried(before: Column, column: Column) -> Array:
    """Return what the lines into a column stand for: weights, or what they carry of an example.

    Nothing comes from or to a neuron that is dropped.
    """
    kept = column.weights
    if before.dropped.size:
        kept = np.where(before.dropped[:, np.newaxis], 0, kept)
    if column.dropped.size:
        kept = np.where(column.dropped, 0, kept)
    return kept * before.values[:, np.newaxis] if before.values.size else kept


def _dense(layer: Any, before: Column, shown: Array, by_activity: bool) -> Column:
    """Return the column of a Dense layer, with copies of the numbers that are drawn."""
    name = layer.name or type(layer).__name__
    n_inputs, n_neurons = layer.weights.shape
    if n_inputs != before.size:
        raise ArgumentError(
            f"network(): layer {name!r} takes {n_inputs} inputs and follows {before.size} neurons: "
            "only Dense layers in a chain can be drawn"
        )
    weights = layer.weights.data[np.ix_(before.shown, shown)]
    biases = layer.biases.data.reshape(-1)[shown]
    if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
        raise DataError(f"network(): layer {name!r} has weights that are infinite or not a number")
    return Column(name, n_neurons, shown, by_activity, weights, biases)


def _ends(size: int, count: int) -> Array:
    """Return the numbers of the first and the last of ``size`` neurons, ``count`` in all."""
    last = count // 2
    return np.concatenate([np.arange(count - last), np.arange(size - last, size)])


def _most_active(values: Array, count: int) -> Array:
    """Return the numbers of the ``count`` neurons whose values are furthest from rest, in order.

    Rest is the value that many have: that of a picture's background, or of ReLUs that are off; 0
    where none is common. Of equal ones the first are taken.
    """
    found, times = np.unique(values, return_counts=True)
    rest = found[times.argmax()] if times.max() > max(1, COMMON * len(values)) else 0.0
    order = np.argsort(-np.abs(values - rest), kind="stable")
    return np.sort(order[:count])
