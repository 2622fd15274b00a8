"""Large pictures made small: each layer becomes one box. Read next: ``labels``."""

from __future__ import annotations

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs.picture import Cluster, Edge, Node, Picture

MOST_NODES = 1500
"""What Graphviz lays out while a person waits, and a person can still find their way in."""


def drawable(picture: Picture) -> Picture:
    """Return ``picture``, with its layers folded if it has more than ``MOST_NODES`` nodes.

    Raises ``ArgumentError`` where that does not help.
    """
    count = len(picture.nodes)
    if count <= MOST_NODES:
        return picture
    small = folded(picture)
    if len(small.nodes) > MOST_NODES:
        raise ArgumentError(
            f"graph(): the tape has {count} nodes, {len(small.nodes)} with its layers folded, and "
            f"at most {MOST_NODES} are drawn: draw a value on the way, or a shorter computation"
        )
    return small


def folded(picture: Picture) -> Picture:
    """Return ``picture`` with each outermost cluster as one node."""
    layers = {cluster.key: cluster for cluster in picture.clusters if cluster.parent is None}
    outermost: dict[str | None, str] = {}
    for cluster in picture.clusters:  # parents come first
        outermost[cluster.key] = outermost.get(cluster.parent, cluster.key)
    home = {node.key: outermost.get(node.cluster, node.key) for node in picture.nodes}
    last = {home[node.key]: place for place, node in enumerate(picture.nodes)}
    members: dict[str, list[Node]] = {key: [] for key in sorted(last, key=last.__getitem__)}
    for node in picture.nodes:
        members[home[node.key]].append(node)
    nodes = [
        _box(layers[key], inside) if key in layers else inside[0] for key, inside in members.items()
    ]
    count = len(picture.nodes)
    note = f"{len(layers)} layers are drawn as one box each; unfolded, there are {count} nodes"
    return Picture(nodes, _edges(picture.edges, home, set(layers)), [], note)


def _box(layer: Cluster, members: list[Node]) -> Node:
    """Return the one node that stands for a layer; its value is that of its last operation."""
    operations = [node for node in members if node.kind == "op"]
    plural = "" if len(operations) == 1 else "s"
    detail = f"{len(operations)} operation{plural}"
    last = operations[-1]
    return Node(
        layer.key, "layer", layer.label, last.shape, last.dtype, name=layer.kind, detail=detail
    )


def _edges(edges: list[Edge], home: dict[str, str], layers: set[str]) -> list[Edge]:
    """Return the edges between what is left; those to or from a layer count once for each pair."""
    left: list[Edge] = []
    seen: set[Edge] = set()
    for edge in edges:
        tail, head = home[edge.tail], home[edge.head]
        moved = Edge(tail, head, "" if head in layers else edge.port)
        merges = tail in layers or head in layers
        if tail != head and not (merges and moved in seen):
            left.append(moved)
            seen.add(moved)
    return left
