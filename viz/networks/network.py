"""Pictures of networks as neurons and weights, saved or shown in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import matplotlib.style

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.drawing import PNG_DPI, Drawing
from tensorgraph.viz.networks.activity import Plane, answers_to, show_example, show_responses
from tensorgraph.viz.networks.columns import Column, columns_of, drop
from tensorgraph.viz.networks.labels import checked_names, write_answer, write_classes, write_labels
from tensorgraph.viz.networks.neurons import figure_of

# Text stays text, and the same network gives the same file.
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "tensorgraph"}
_DATES = {"svg": "Date", "pdf": "CreationDate"}


@runtime_checkable
class Layered(Protocol):
    """A model as the pictures see it."""

    layers: Sequence[Any]


class Network(Drawing):
    """A drawn network, as it was then: ``save`` it, or let a notebook show it."""

    def __init__(self, columns: Sequence[Column], plane: Plane | None = None) -> None:
        self.columns = columns
        self.plane = plane

    def drawn(self, format: str, dpi: float = PNG_DPI) -> bytes:
        """Return the picture as ``format``: "svg", "pdf", or "png" with ``dpi`` dots an inch."""
        file = io.BytesIO()
        undated = {_DATES[format]: None} if format in _DATES else {}
        with matplotlib.style.context(["default", _SETTINGS]):
            figure = figure_of(self.columns, self.plane)
            figure.savefig(file, format=format, dpi=dpi, metadata=undated)
        return file.getvalue()


def network(
    model: Layered,
    max_neurons: int = 12,
    *,
    x: Any = None,
    responses: bool = False,
    size: float = 1.2,
    X: Any = None,
    y: Any = None,
    training: bool = False,
    names: Sequence[str] | None = None,
) -> Network:
    """Draw the Dense layers of a model as neurons, and their weights as lines between them.

    Of a layer with more than ``max_neurons`` the first and the last are shown; ``names`` are those
    of the outputs. One of these says what else is seen:

    - ``x``, an example: what it makes of each neuron, and what each line carries of it; of a wide
      layer, or of a picture's pixels, those that are most active are shown, in their order
    - ``responses=True``, for two inputs: in each neuron the map of what it answers over the square
      [-size, size]^2; with the points ``X`` (n, 2) of classes ``y`` on the maps of the outputs
    - ``training=True``: neurons that dropout leaves out, as in one step of training

    The model stays as it is, and so do its generators. Raises ``ArgumentError`` where the Dense
    layers make no chain, ``DataError`` where their numbers are not finite.
    """
    if not isinstance(model, Layered):
        raise ArgumentError(f"network() draws a Model, not a {type(model).__name__}")
    if not isinstance(max_neurons, int) or max_neurons < 2:
        raise ArgumentError(
            f"network(): max_neurons is {max_neurons!r}, and must be an integer > 1"
        )
    if (x is not None) + bool(responses) + bool(training) > 1:
        raise ArgumentError(
            "network() draws one of x=, responses=True and training=True: make a picture of each"
        )
    if not responses and (X is not None or y is not None):
        raise ArgumentError(
            "network() draws the points X and y on maps: give responses=True with them, or one "
            "example as x="
        )
    columns = columns_of(model.layers, max_neurons)
    chosen = checked_names(names, columns[-1])
    plane = None
    if x is not None:
        answers = answers_to(model.layers, columns, x)
        columns = columns_of(model.layers, max_neurons, answers)
        show_example(columns, answers)
        write_answer(columns[-1], chosen, answers[-1])
    write_labels(columns, chosen)
    if responses:
        plane = show_responses(model.layers, columns, size, X, y)
        if columns[-1].has_probabilities or len(plane.points):
            write_classes(columns[-1], chosen)
    if training:
        drop(columns)
    return Network(columns, plane)
