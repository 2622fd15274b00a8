"""A long tape in few boxes: "2,500 operations" each, with what they are. Read next: ``chosen``."""

from __future__ import annotations

from collections import Counter

from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.merge import SOURCES, arranged, merged_edges, weight_of
from tensorgraph.viz.graphs.picture import FAILED, Edge, Node, Picture

MOST_BOXES = 12
MOST_KINDS = 3


def folded(picture: Picture) -> Picture:
    """Return ``picture`` with the tape in stretches, one box each.

    Those of which each hands on one value, to the next, are one. Variables, and constants but
    numbers, stay outside as long as they are few.
    """
    order = arranged(picture)
    apart = [node for node in order if node.kind in SOURCES and not node.is_number]
    kept = {node.key for node in apart} if len(apart) <= MOST_BOXES else set()
    kept |= {node.key for node in order if node.status == FAILED}
    inside = [node for node in order if node.key not in kept]
    groups = _stretches(inside, picture.edges)
    homes = {node.key: f"s{i}" for i, group in enumerate(groups) for node in group}
    boxes = [box(f"s{i}", group, picture.overlay) for i, group in enumerate(groups)]
    left = [node for node in picture.nodes if node.key not in homes]
    sources = [node for node in left if node.kind in SOURCES]
    results = [node for node in left if node.kind not in SOURCES]
    edges = merged_edges(picture.edges, homes, {box.key for box in boxes})
    note = f"operations are drawn together, in {words.count(len(boxes), 'box', 'boxes')}"
    notes = "; ".join(filter(None, (picture.note, note)))
    return Picture([*sources, *boxes, *results], edges, [], notes, picture.overlay)


def _stretches(nodes: list[Node], edges: list[Edge]) -> list[list[Node]]:
    """Cut the tape into equal lengths, and join those that hand on one value in a line."""
    length = -(-len(nodes) // MOST_BOXES)
    groups = [nodes[i : i + length] for i in range(0, len(nodes), length)]
    places = {node.key: place for place, group in enumerate(groups) for node in group}
    passed: set[tuple[int, int, str]] = set()  # from a group, to another, and which value
    for edge in edges:
        tail, head = places.get(edge.tail), places.get(edge.head)
        if tail is not None and head is not None and tail != head:
            passed.add((tail, head, edge.tail))
    leaving = Counter(tail for tail, _, _ in passed)
    coming = Counter(head for _, head, _ in passed)
    lines = {head for tail, head, _ in passed if leaving[tail] == coming[head] == 1}
    joined = [groups[0]]
    for place, group in enumerate(groups[1:], start=1):
        if place in lines:
            joined[-1] = joined[-1] + group
        else:
            joined.append(group)
    return joined


def box(key: str, members: list[Node], overlay: str) -> Node:
    """Return the one node that stands for a stretch; its value is that of its last node."""
    layers = sum(node.kind == "layer" for node in members)
    operations = Counter(node.label for node in members if node.kind == "op")
    counts = ((layers, "layer"), (operations.total(), "operation"))
    label = " and ".join(words.count(number, noun) for number, noun in counts if number)
    common = [f"{label} {number:,}" for label, number in operations.most_common(MOST_KINDS)]
    more = ["…"] if len(operations) > MOST_KINDS else []
    last = members[-1]
    return Node(
        key,
        "operations",
        label or words.count(len(members), "value"),
        last.shape,
        last.dtype,
        detail=", ".join([*common, *more]),
        lit=any(node.lit for node in members),
        weight=weight_of(members, last, overlay),
    )
