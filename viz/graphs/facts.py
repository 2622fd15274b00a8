"""What there is to know of each node of a tape: value, gradient, formula, line, bytes, users.

Of a large tape few nodes are drawn, so facts are found when somebody asks. But a picture shows what
was there when it was made: of what can be written to afterwards, the facts are found at once.
Read next: ``backward``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.failure import NO_VALUE
from tensorgraph.source import Place
from tensorgraph.tape import Leaf, Tape
from tensorgraph.tape import Node as Recorded
from tensorgraph.viz.graphs import flops, values, words
from tensorgraph.viz.graphs.gradients import Gradients, gradients_of
from tensorgraph.viz.graphs.overlays import Weights, weights_of
from tensorgraph.viz.graphs.picture import Edge, Fact, Later, Node
from tensorgraph.viz.graphs.reading import Reading, path_between

NOT_YET = "not yet"


@dataclass
class Facts:
    """What the facts of a tape's nodes are read from.

    ``gradients`` is None unless those of values in between are wanted; those of variables are there
    already.
    """

    tape: Tape
    reading: Reading
    gradients: Gradients | None = field(init=False)
    lines: dict[Place, str] = field(default_factory=dict)  # as they were looked up
    weights: Weights = field(init=False)
    parts: dict[Recorded, list[Any]] = field(init=False)
    has_run: bool = field(init=False)
    path: set[Recorded] = field(init=False)
    users: Counter[str] = field(default_factory=Counter)
    written: list[Later] = field(default_factory=list)  # facts of what can be written to

    def __post_init__(self) -> None:
        self.path = path_between(self.tape, self.reading.highlight)
        self.gradients = gradients_of(self.tape) if self.reading.sweeps else None
        self.weights = weights_of(self.tape, self.reading.overlay, self.gradients)
        self.parts = self.gradients.by_operand() if self.gradients else {}
        self.has_run = any(leaf.grad is not None for leaf in self.tape.leaves)

    def of(
        self, key: str, kind: str, origin: Any, detail: str = "", operands: Sequence[Node] = ()
    ) -> Later:
        """Return the facts of a node; ``origin`` is what recorded it, or a constant."""
        facts = Later(Facts._known, self, key, kind, origin, detail, operands)
        if _can_be_written(origin):
            self.written.append(facts)
        return facts

    def complete(self, edges: Sequence[Edge]) -> None:
        """Find at once what would not be the same later; ``edges`` are all uses of values."""
        self.users.update(edge.tail for edge in edges)
        for facts in self.written:
            facts.found()

    def _known(
        self, key: str, kind: str, origin: Any, detail: str, operands: Sequence[Node]
    ) -> list[Fact]:
        recorded = origin if isinstance(origin, Recorded) else None
        value = np.asarray(origin if recorded is None else recorded.value)
        known = [("value", values.in_words(value)), ("bytes", values.size(value.nbytes))]
        if recorded is not None:
            known += self._recorded(recorded, kind, detail, operands)
        if kind == "parameter":
            known.append(("parameters", f"{value.size:,}"))
        if self.users[key]:
            known.append(("used by", words.count(self.users[key], "operation")))
        return known

    def _recorded(
        self, node: Recorded, kind: str, detail: str, operands: Sequence[Node]
    ) -> list[Fact]:
        """Return what is known of a value because it was recorded."""
        facts = (
            ("gradient", self.gradient(node)),
            ("formula", _formula(node, detail, operands) if kind == "op" else None),
            ("FLOPs", _flops(node) if kind == "op" else None),
            ("layer", node.layer),
            ("", None) if kind == "output" else self.weights.facts.get(node, ("", None)),
            ("line", self._line(node)),
        )
        return [(label, text) for label, text in facts if text is not None]

    def name(self, node: Recorded) -> str:
        """Return what the program calls a value, or the frame that asks for the picture."""
        return node.name or self.reading.names.get(node, "")

    def weight(self, kind: str, origin: Any) -> float | None:
        """Return the number that the fill of a node shows."""
        if not isinstance(origin, Recorded):
            return self.weights.arrays.get(id(origin))
        return None if kind == "output" else self.weights.nodes.get(origin)

    def gradient(self, node: Recorded) -> str | None:
        """Return the gradient of a value in words, with its parts where it has several.

        None where it has no gradient, or nobody asked.
        """
        if node.value.dtype.kind not in "fc":
            return None
        total = None if self.gradients is None else self.gradients.totals.get(node)
        if isinstance(node, Leaf):
            return _of_leaf(node.grad, total, self._sum(node))
        if total is None:
            return None
        return values.in_words(total) + self._sum(node) if self.has_run else NOT_YET

    def share(self, node: Recorded, position: int) -> str:
        """Return what comes back along a use of a value that has several, else nothing."""
        if not self.reading.gradients or not self.has_run:
            return ""
        operand = node.operands[position]
        parts = self.parts.get(operand, []) if isinstance(operand, Recorded) else []
        if len(parts) < 2:
            return ""
        share = None if self.gradients is None else self.gradients.shares.get((node, position))
        return "" if share is None else values.in_words(share)

    def _sum(self, node: Recorded) -> str:
        """Return " = 3 + 2" for a number that is a sum of parts."""
        parts = self.parts.get(node, [])
        if len(parts) < 2 or len(parts) > values.MOST_IN_FULL or parts[0].ndim:
            return ""
        first, *others = (values.number(part) for part in parts)
        signed = [f"− {x[1:]}" if x.startswith("−") else f"+ {x}" for x in others]
        return " ".join([" =", first, *signed])

    def _line(self, node: Recorded) -> str | None:
        """Return where a node was recorded."""
        place = node.recorded_at
        if place is None:
            return None
        if place not in self.lines:
            self.lines[place] = values.source_line(place)
        return self.lines[place]


def _of_leaf(grad: Any, total: Any, parts: str) -> str:
    """Return a variable's gradient, and that of this tape where the two differ.

    They do where ``backward()`` has run more than once, or on something else.
    """
    if grad is None:
        return NOT_YET
    text = values.in_words(grad)
    if total is None:
        return text
    here = values.in_words(total)
    return text + parts if here == text else f"{text}; from this graph {here}{parts}"


def _flops(node: Recorded) -> str | None:
    if node.value is NO_VALUE:  # it failed
        return None
    shapes = [np.shape(value) for value in node.values]
    return flops.in_words(node.primitive, shapes, node.value.shape, node.params)


def _can_be_written(origin: Any) -> bool:
    """Whether a value can be another one later: a variable, an array, or a part of either.

    What an operation made lies in memory of its own, and nobody writes to it.
    """
    value = origin.value if isinstance(origin, Recorded) else origin
    if not isinstance(value, np.ndarray):
        return False
    return value is origin or value.base is not None


def _formula(node: Recorded, detail: str, operands: Sequence[Node]) -> str:
    """Return an operation as a call on what its operands are called."""
    names = [operand.name or operand.label for operand in operands]
    if len(names) > words.MOST_PORTS:
        names = [*names[: words.MOST_PORTS], "…"]
    return f"{node.primitive.name}({', '.join([*names, *([detail] if detail else [])])})"
