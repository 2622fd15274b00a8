"""What is allowed and hardly ever meant, as warnings: each with a class of its own.

Looked for where a recording is swept by ``backward()``. docs/warnings.md says more of each, and how
to silence it. Read next: ``tensor``.
"""

from __future__ import annotations

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import BroadcastWarning, IntegerVariableWarning
from tensorgraph.source import warn
from tensorgraph.tape import Node, Tape


def look(recording: Tape) -> None:
    """Warn of what in the recording of a loss is hardly meant."""
    integers = set()
    for node in recording.nodes:
        if node.primitive is None:
            if node.value.dtype.kind in "iu":
                integers.add(node)
        elif node.primitive is ops.subtract:
            _look_at_difference(node)
    if integers:
        _look_at_integers(recording, integers)


def _look_at_integers(recording: Tape, integers: set[Node]) -> None:
    """Whole numbers that a derivative is asked by, beside others that have one."""
    if len(integers) == len(recording.leaves):
        return  # backward() raises
    for node in recording.nodes:
        if not integers.isdisjoint(node.parents):
            rules = node.primitive.rules_for(node.values)
            for operand, rule in zip(node.operands, rules, strict=True):
                if rule is not None and operand in integers:
                    integers.remove(operand)
                    name = f"{operand.name!r}" if operand.name else "a variable"
                    warn(
                        f"{name} of shape {operand.value.shape} holds whole numbers "
                        f"({operand.value.dtype}) and gets no gradient: make it float "
                        "(1.0 instead of 1, or dtype=float), or give the array itself",
                        IntegerVariableWarning,
                    )


def _look_at_difference(node: Node) -> None:
    """A column minus a vector of the same length, which is a matrix of all differences."""
    x, y = (np.shape(value) for value in node.values)
    column, vector = (x, y) if len(x) > len(y) else (y, x)
    if len(vector) == 1 and column == (*vector, 1) and vector[0] > 1 and not _is_meant(node):
        warn(
            f"a difference of shapes {x} and {y} is a matrix of shape {node.value.shape}: every "
            f"element minus every other{node.origin()}. For one difference a row give both the "
            f"same shape, as y.reshape(-1, 1) does",
            BroadcastWarning,
        )


def _is_meant(node: Node) -> bool:
    """Whether the column was made on purpose just before, as in ``x[:, None] - y``."""
    makers = {parent.primitive.name for parent in node.parents if parent.primitive}
    return not makers.isdisjoint({"index", "expand_dims", "reshape"})
