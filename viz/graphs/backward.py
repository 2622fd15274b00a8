"""The backward sweep of a tape as a part of its picture, beside the forward pass.

Each operation that hands gradients on has a backward node, whose key has a "b" for the "n": the
gradient of its value comes in, and its rules give one to each operand. To it lead the values that
they use, saved from the forward pass. The sweep begins at the gradients of the results and ends at
those of the variables. Read next: ``merge``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tensorgraph.errors import ArgumentError
from tensorgraph.tape import Node as Recorded
from tensorgraph.viz.graphs import values
from tensorgraph.viz.graphs.facts import Facts
from tensorgraph.viz.graphs.needs import RESULT, needs_of, rules_run
from tensorgraph.viz.graphs.picture import PHASE, Cluster, Edge, Fact, Later, Node, Picture

FORWARD = Cluster("p0", "forward", PHASE)
BACKWARD = Cluster("p1", "backward", PHASE)

_FACTS = ("gradient", "layer", "time", "line")


def with_backward(picture: Picture, drawn: Mapping[Recorded, Node], facts: Facts) -> Picture:
    """Return the ``picture`` of a tape as one phase, and its backward sweep as another.

    ``drawn`` has the node of each recorded value.
    """
    needs = needs_of(facts.tape)
    if not needs:
        raise ArgumentError(
            "graph(): a view of the backward pass shows operations that hand gradients on, and "
            "here is none"
        )
    sketch = _Sketch(picture, facts, {x: node.key for x, node in drawn.items()})
    begun = {sketch.keys[recorded] for recorded in needs}
    for edge in picture.edges:
        if sketch.known[edge.head].kind == "output" and edge.tail in begun:
            sketch.begin(edge)
    for recorded, used in needs.items():
        sketch.operation(recorded, used)
    for leaf in facts.tape.leaves:
        sketch.end(leaf)
    return sketch.whole()


@dataclass
class _Sketch:
    """A backward sweep in the making; ``keys`` has those of the forward nodes."""

    forward: Picture
    facts: Facts
    keys: Mapping[Recorded, str]
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = {node.key: node for node in self.forward.nodes}
        self.operands: dict[str, list[str]] = {}
        for edge in self.forward.edges:
            self.operands.setdefault(edge.head, []).append(edge.tail)
        self.reached: set[str] = set()
        self.weights: dict[str, float] = {}

    def begin(self, end: Edge) -> None:
        """Draw the gradient of the result to which an edge leads: from it the sweep starts."""
        self._gradient(self.known[end.head], BACKWARD.key, None)
        self.reached.add(_back(end.head))
        self._join(_back(end.head), _back(end.tail))

    def operation(self, recorded: Recorded, used: frozenset[int]) -> None:
        """Draw the backward node of an operation, and an edge for all that comes in or out."""
        node = self.known[self.keys[recorded]]
        back = Node(
            _back(node.key),
            "backward",
            node.label,
            node.shape,
            node.dtype,
            name=node.name,
            detail="backward",
            cluster=BACKWARD.key if node.cluster is None else _back(node.cluster),
            facts=Later(_of_backward, node.facts),
            weight=self._weight(recorded, node.key),
        )
        self.nodes.append(back)
        taken = self.operands[node.key]
        for position in sorted(used):
            tail = node.key if position == RESULT else taken[position]
            self.edges.append(Edge(tail, back.key, saved=True))
        for position, _ in rules_run(recorded):
            self._join(back.key, _back(taken[position]), self._share(recorded, position))

    def end(self, leaf: Recorded) -> None:
        """Draw the gradient of a variable, if the sweep has come to it."""
        node = self.known[self.keys[leaf]]
        if _back(node.key) in self.reached:
            home = BACKWARD.key if node.cluster is None else _back(node.cluster)
            self._gradient(node, home, self._weight(leaf, node.key))

    def whole(self) -> Picture:
        """Return both phases."""
        clusters = [FORWARD, *(_within(FORWARD, c) for c in self.forward.clusters), BACKWARD]
        used = {node.cluster for node in self.nodes}
        mirrored = []
        for cluster in reversed(self.forward.clusters):  # inner ones first
            if _back(cluster.key) in used:
                parent = BACKWARD.key if cluster.parent is None else _back(cluster.parent)
                used.add(parent)
                mirrored.append(cluster._replace(key=_back(cluster.key), parent=parent))
        return replace(
            self.forward,
            nodes=[*map(self._in_phase, self.forward.nodes), *self.nodes],
            edges=[*(edge._replace(label="") for edge in self.forward.edges), *self.edges],
            clusters=[*clusters, *reversed(mirrored)],
        )

    def _in_phase(self, node: Node) -> Node:
        """Return a node of the forward pass; variables, arrays, results stand outside the phases.

        Its gradient, and its weight in the backward pass, stand in the other phase.
        """
        if node.weight is not None:
            rest = node.weight - self.weights.get(node.key, 0.0)
            node = node._replace(weight=rest if rest > 0 else None)
        if _back(node.key) in self.reached:
            node = node._replace(facts=Later(_of_forward, node.facts))
        loose = node.cluster is None and (node.kind == "op" or node.is_number)
        return node._replace(cluster=FORWARD.key) if loose else node

    def _weight(self, recorded: Recorded, key: str) -> float | None:
        """Return the weight of what is backward, and note it as that of no forward node."""
        weight = self.facts.weights.backward.get(recorded)
        self.weights[key] = weight or 0.0
        return weight

    def _gradient(self, of: Node, cluster: str, weight: float | None) -> None:
        node = Node(_back(of.key), "gradient", of.label, of.shape, of.dtype)
        facts = Later(_of_backward, of.facts)
        self.nodes.append(node._replace(cluster=cluster, facts=facts, weight=weight))

    def _join(self, tail: str, head: str, label: str = "") -> None:
        self.reached.add(head)
        self.edges.append(Edge(tail, head, label=label))

    def _share(self, recorded: Recorded, position: int) -> str:
        """Return what comes back along a use, where gradients are asked for and have been found."""
        gradients = self.facts.gradients
        if gradients is None or not self.facts.reading.gradients or not self.facts.has_run:
            return ""
        share = gradients.shares.get((recorded, position))
        return "" if share is None else values.in_words(share)


def _of_backward(facts: Sequence[Fact]) -> list[Fact]:
    """Return what is known of a value that is worth knowing in the backward phase."""
    return [fact for fact in facts if fact[0] in _FACTS]


def _of_forward(facts: Sequence[Fact]) -> list[Fact]:
    """Return what is known of a value but its gradient."""
    return [fact for fact in facts if fact[0] != "gradient"]


def _back(key: str) -> str:
    """Return the key in the backward phase: "b5" for "n5", "bc0" for the cluster "c0"."""
    return f"b{key.removeprefix('n')}"


def forward_of(key: str) -> str | None:
    """Return the key of what a node of the sweep is of, "n5" for "b5"; None for other nodes."""
    if not key.startswith("b"):
        return None
    return f"n{key[1:]}" if key[1:].isdecimal() else key[1:]


def _within(phase: Cluster, cluster: Cluster) -> Cluster:
    return cluster if cluster.parent is not None else cluster._replace(parent=phase.key)
