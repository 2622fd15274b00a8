"""The gradient of each value of a tape, and what each of its uses contributes to it.

Found in a sweep of its own: neither ``.grad`` nor anything else changes. Read next: ``needs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.recording import watched
from tensorgraph.reverse_mode import fit, on_arrays, sweep
from tensorgraph.tape import Node, Tape
from tensorgraph.typing import Array

Use = tuple[Node, int]
"""An operation, and the position of an operand of it."""


@dataclass
class Gradients:
    """``totals`` by node, and by use what comes back along it: a node's are its total's parts.

    Empty where the tape has no single scalar result to be differentiated.
    """

    totals: dict[Node, Array] = field(default_factory=dict)
    shares: dict[Use, Array] = field(default_factory=dict)

    def by_operand(self) -> dict[Node, list[Array]]:
        """Return what the uses of each value contribute, in the order of the tape."""
        parts: dict[Node, list[Array]] = {}
        for (node, position), share in sorted(
            self.shares.items(), key=lambda item: (item[0][0].number, item[0][1])
        ):
            parts.setdefault(node.operands[position], []).append(share)
        return parts


def gradients_of(tape: Tape) -> Gradients:
    """Return the gradients of the result of ``tape`` by each of its values."""
    found = Gradients()
    results = set(tape.outputs)
    if len(results) != 1:
        return found
    (result,) = results
    if np.shape(result.value) != () or result.value.dtype.kind not in "fc":
        return found
    seed = np.ones_like(result.value)
    with watched(_Watch(tape, found)):
        reached = sweep({result: seed}, on_arrays)
    found.totals |= {node: np.array(g) for node, g in reached.items()}
    found.totals[result] = seed
    return found


class _Watch:
    """What the sweep shows its steps to. It copies them, as sums are made in place.

    A rule may sweep a tape of its own, as that of a checkpoint does: what it shows is none of ours.
    """

    def __init__(self, tape: Tape, found: Gradients) -> None:
        self._nodes = set(tape)
        self._found = found
        self._positions: dict[Node, Iterator[int]] = {}

    def recorded(self, node: Node) -> None:
        """See a value that was recorded; a sweep on arrays records none."""

    def swept(self, node: Node, operand: Node, g: Any, contribution: Any) -> None:
        """Keep the gradient of ``node``, and what it hands on to ``operand``."""
        if node not in self._nodes:
            return
        if node not in self._positions:
            self._found.totals[node] = np.array(g)
            self._positions[node] = iter([position for position, _ in node.rules()])
        position = next(self._positions[node])
        if operand.value.dtype.kind in "fc":
            self._found.shares[node, position] = np.array(fit(contribution, operand.value))
