"""How tensors, tapes, programs and models show themselves in Jupyter: by their graphs.

A notebook asks each value for its picture, so nothing here needs IPython.
"""

from __future__ import annotations

from typing import Any

from tensorgraph.errors import TensorGraphError
from tensorgraph.tape import Tape
from tensorgraph.tensor import Tensor
from tensorgraph.viz.graphs.render import graph


def svg_of(shown: Any) -> str | None:
    """Return the graph of ``shown`` as SVG, or None where a picture says no more than the text.

    What cannot be drawn, as a model before ``finalize``, is shown as text alone; ``graph`` tells
    the reason.
    """
    if isinstance(shown, Tape) and len(shown.outputs) == 1:
        shown = Tensor._of(shown.outputs[0])
    if isinstance(shown, Tensor) and shown._node.is_leaf:
        return None
    try:
        return graph(shown).svg()
    except TensorGraphError:
        return None
