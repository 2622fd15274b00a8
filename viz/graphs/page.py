"""A picture as a page, where layers fold and unfold. Read next: ``render``."""

from __future__ import annotations

from typing import Any

from tensorgraph.viz.graphs.fold import drawable, folded, is_large
from tensorgraph.viz.graphs.picture import Node, Picture
from tensorgraph.viz.pages.page import graph_page

MOST_NODES = 25_000
"""What a page can hold, in layers that are folded at first."""


def to_page(picture: Picture) -> str:
    """Return ``picture`` as one HTML file.

    It holds every node where the layers, folded, are few enough to be looked at; else what
    ``drawable`` makes of it.
    """
    unfolds = picture.clusters and not is_large(folded(picture))
    if not unfolds or len(picture.nodes) > MOST_NODES:
        picture = drawable(picture)
    return graph_page("Compute graph", to_data(picture))


def to_data(picture: Picture) -> dict[str, Any]:
    """Return ``picture`` as JSON can hold it, each text once: nodes have the places of theirs."""
    words: dict[str, int] = {}

    def place(word: str) -> int:
        return words.setdefault(word, len(words))

    nodes = {node.key: i for i, node in enumerate(picture.nodes)}
    clusters = {cluster.key: i for i, cluster in enumerate(picture.clusters)}

    heaviest = picture.heaviest

    def row(node: Node) -> list[Any]:
        texts = (node.kind, node.label, node.shape, node.dtype, node.name, node.detail)
        home = clusters.get(node.cluster or "", -1)
        lines = (node.size,) if node.lines is None else node.lines
        known = (("change", node.change), *node.facts) if node.change else node.facts
        facts = [word for fact in known for word in fact]
        share = round((node.weight or 0.0) / heaviest, 3) if heaviest else 0
        lists = [[place(word) for word in words] for words in (node.ports, lines, facts)]
        status, *heat = map(place, (node.status, *_heat(node)))
        return [*map(place, texts), home, *lists, int(node.lit), share, status, *heat]

    return {
        "note": picture.note,
        "nodes": [row(node) for node in picture.nodes],
        "edges": [
            [
                nodes[edge.tail],
                nodes[edge.head],
                place(edge.port),
                int(edge.again),
                place(edge.label),
                int(edge.lit),
                place(edge.status),
                int(edge.saved),
            ]
            for edge in picture.edges
        ],
        "clusters": [
            [cluster.label, cluster.kind, clusters.get(cluster.parent or "", -1)]
            for cluster in picture.clusters
        ],
        "words": list(words),
    }


def _heat(node: Node) -> tuple[str, ...]:
    """Return the heat map of a larger value, and what it says."""
    return () if node.heat is None else (node.heat.encoded(), node.heat.in_words())
