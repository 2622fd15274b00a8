"""How tensors, tapes, programs and models show themselves in Jupyter: by their graphs.

A notebook asks each value for its picture, so nothing here needs IPython.
"""

from __future__ import annotations

from typing import Any

from tensorgraph.compiler.program import Program
from tensorgraph.errors import TensorGraphError
from tensorgraph.tape import Tape, tape
from tensorgraph.tensor import Tensor
from tensorgraph.viz.graphs.render import graph

MOST_VALUES = 10_000
"""Of larger tapes and programs a notebook shows no picture unasked: that takes seconds."""


def svg_of(shown: Any) -> str | None:
    """Return the graph of ``shown`` as SVG, or None where a picture says no more than the text.

    What cannot be drawn, as a model before ``finalize``, is shown as text alone; ``graph`` tells
    the reason.
    """
    if isinstance(shown, Tape) and len(shown.outputs) == 1:
        shown = Tensor._of(shown.outputs[0])
    try:
        if isinstance(shown, Tensor) and not 1 < len(tape(shown)) <= MOST_VALUES:
            return None
        if isinstance(shown, Program) and len(shown) > MOST_VALUES:
            return None
        return graph(shown).svg()
    except TensorGraphError:
        return None
