"""What all ways of folding a picture share. Read next: ``views``.

A node that goes has a home, the node that stands for it: a box, or one that looks the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from tensorgraph.viz.graphs.picture import Edge, Node, Picture

SOURCES = ("variable", "parameter", "input", "read", "constant", "saved")
NEAR = 250
"""The places between the first and the last use of a value that is used in one part alone."""

FEWEST_TIMES = 4
"""What comes again less often is drawn in full."""

Turn = tuple[str, int]
"""A part that repeats, and which of its repetitions."""


def arranged(picture: Picture) -> list[Node]:
    """Return all nodes but results in an order of computation that shows what repeats.

    Variables and constants come just before their first use. Those that are used all over come
    first, and those that few others look like: they belong to no repetition.
    """
    alike = Counter(look(node) for node in picture.nodes if node.kind in SOURCES)
    places = {node.key: place for place, node in enumerate(picture.nodes)}
    uses: dict[str, list[int]] = {}
    for edge in picture.edges:
        uses.setdefault(edge.tail, []).append(places[edge.head])
    early: list[Node] = []
    beside: dict[int, list[Node]] = {}
    for node in picture.nodes:
        if node.kind in SOURCES:
            used = uses.get(node.key, [0])
            near = max(used) - min(used) <= NEAR and alike[look(node)] >= FEWEST_TIMES
            (beside.setdefault(min(used), []) if near else early).append(node)
    order = early
    for place, node in enumerate(picture.nodes):
        if node.kind not in (*SOURCES, "output"):
            order += [*beside.get(place, ()), node]
    return order


def look(node: Node) -> tuple[object, ...]:
    """Return what nodes that stand for each other have in common; values and names may differ."""
    if node.kind in SOURCES:
        return node.kind, node.shape, node.dtype
    if node.kind == "layer":
        return node.kind, node.name or node.label, node.detail, node.shape, node.dtype
    return node.kind, node.label, node.shape, node.dtype, node.ports, node.status


def merged_edges(
    edges: Iterable[Edge],
    homes: Mapping[str, str],
    boxes: Container[str] = (),
    turns: Mapping[str, Turn] | None = None,
) -> list[Edge]:
    """Return the edges between what is left.

    What joins two nodes that are left stays; of edges that move, equal ones count once, and their
    labels go. Those within a box go. Those from one repetition to another, by ``turns``, lead
    ``again`` to the one that is drawn.
    """
    turns = turns or {}
    left: list[Edge] = []
    seen: dict[Edge, int] = {}
    for edge in edges:
        tail, head = homes.get(edge.tail, edge.tail), homes.get(edge.head, edge.head)
        again = edge.again or _are_turns(turns.get(edge.tail), turns.get(edge.head))
        port = "" if head in boxes else edge.port
        moved = Edge(tail, head, port, again, status=edge.status, saved=edge.saved)
        if moved == edge._replace(label="", lit=False):
            seen.setdefault(moved, len(left))
            left.append(edge)
        elif (again or tail != head) and moved not in seen:
            seen[moved] = len(left)
            left.append(moved._replace(lit=edge.lit))
        elif moved in seen and edge.lit:
            left[seen[moved]] = left[seen[moved]]._replace(lit=True)
    return left


def weight_of(members: Sequence[Node], last: Node, overlay: str) -> float | None:
    """Return the weight of a box: of time and memory the sum, of shares the greatest.

    Of others it is that of the ``last`` member, whose value is the box's.
    """
    weights = [node.weight for node in members if node.weight is not None]
    if overlay in ("time", "kept") and weights:
        return sum(weights)
    return max(weights, default=None) if overlay == "dead" else last.weight


def _are_turns(one: Turn | None, other: Turn | None) -> bool:
    """Whether these are two repetitions of one part."""
    return one is not None and other is not None and one[0] == other[0] and one != other
