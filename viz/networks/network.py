"""Pictures of networks as neurons and weights, saved or shown in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import matplotlib.style

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.drawing import Drawing
from tensorgraph.viz.networks.columns import Column, columns_of
from tensorgraph.viz.networks.neurons import figure_of

PNG_DPI = 150

# Text stays text, and the same network gives the same file.
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "tensorgraph"}
_DATES = {"svg": "Date", "pdf": "CreationDate"}


@runtime_checkable
class Layered(Protocol):
    """A model as the pictures see it."""

    layers: Sequence[Any]


class Network(Drawing):
    """A drawn network, as it was then: ``save`` it, or let a notebook show it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    def drawn(self, format: str) -> bytes:
        """Return the picture as ``format``: "svg", "png" or "pdf"."""
        file = io.BytesIO()
        undated = {_DATES[format]: None} if format in _DATES else {}
        with matplotlib.style.context(["default", _SETTINGS]):
            figure_of(self.columns).savefig(file, format=format, dpi=PNG_DPI, metadata=undated)
        return file.getvalue()


def network(model: Layered, max_neurons: int = 12) -> Network:
    """Draw the Dense layers of a model as neurons, and their weights as lines between them.

    Of a layer with more than ``max_neurons`` the first and the last are shown. Raises
    ``ArgumentError`` where the Dense layers make no chain, ``DataError`` where their numbers are
    not finite.
    """
    if not isinstance(model, Layered):
        raise ArgumentError(f"network() draws a Model, not a {type(model).__name__}")
    if not isinstance(max_neurons, int) or max_neurons < 2:
        raise ArgumentError(
            f"network(): max_neurons is {max_neurons!r}, and must be an integer > 1"
        )
    return Network(columns_of(model.layers, max_neurons))
