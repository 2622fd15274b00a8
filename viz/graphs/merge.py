"""What all ways of folding a picture share. Read next: ``views``.

A node that goes has a home, the node that stands for it: a box, or one that looks the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from tensorgraph.viz.graphs.picture import Edge, Node, Picture

SOURCES = frozenset(("variable", "parameter", "input", "read", "constant", "saved"))
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
    looks = {node.key: look(node) for node in picture.nodes if node.kind in SOURCES}
    alike = Counter(looks.values())
    places = {node.key: place for place, node in enumerate(picture.nodes)}
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for edge in picture.edges:
        if edge.tail in looks:
            place = places[edge.head]
            first[edge.tail] = min(place, first.get(edge.tail, place))
            last[edge.tail] = max(place, last.get(edge.tail, place))
    early: list[Node] = []
    beside: dict[int, list[Node]] = {}
    for node in picture.nodes:
        if node.key in looks:
            begin, end = first.get(node.key, 0), last.get(node.key, 0)
            near = end - begin <= NEAR and alike[looks[node.key]] >= FEWEST_TIMES
            (beside.setdefault(begin, []) if near else early).append(node)
    order = early
    for place, node in enumerate(picture.nodes):
        if node.key not in looks and node.kind != "output":
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
    seen: dict[tuple[object, ...], int] = {}
    for edge in edges:
        tail, head = homes.get(edge.tail, edge.tail), homes.get(edge.head, edge.head)
        again = edge.again or _are_turns(turns.get(edge.tail), turns.get(edge.head))
        if tail == head and not again:
            continue
        port = "" if head in boxes else edge.port
        use = tail, head, port, again, edge.status, edge.saved
        stays = use == (edge.tail, edge.head, edge.port, edge.again, edge.status, edge.saved)
        if stays or use not in seen:
            seen.setdefault(use, len(left))
            moved = Edge(tail, head, port, again, "", edge.lit, edge.status, edge.saved)
            left.append(edge if stays else moved)
        elif edge.lit:
            left[seen[use]] = left[seen[use]]._replace(lit=True)
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
