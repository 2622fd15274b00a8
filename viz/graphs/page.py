"""A picture as a page, where layers fold and unfold. Read next: ``render``."""

from __future__ import annotations

from typing import Any

from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.fold import folded, is_large
from tensorgraph.viz.graphs.legend import FILLS
from tensorgraph.viz.graphs.picture import FAILED, Node, Picture
from tensorgraph.viz.pages.page import graph_page

MOST_NODES = 25_000
"""What a page can hold, in layers that are folded at first."""


def to_page(
    picture: Picture, rankdir: str = "TB", theme: str | None = None, *, with_legend: bool = False
) -> str:
    """Return ``picture`` as one HTML file; without a theme, light or dark as readers like it."""
    data = {**to_data(picture), "rankdir": rankdir, "legend": with_legend}
    return graph_page("Compute graph", data, theme)


def unfolds(picture: Picture) -> bool:
    """Whether a page can hold a large picture whole: its layers, folded, are few enough."""
    if not picture.clusters or len(picture.nodes) > MOST_NODES:
        return False
    return not is_large(folded(picture))


def to_data(picture: Picture) -> dict[str, Any]:
    """Return ``picture`` as JSON can hold it, each text once: nodes have the places of theirs."""
    said: dict[str, int] = {}

    def place(word: str) -> int:
        return said.setdefault(word, len(said))

    nodes = {node.key: i for i, node in enumerate(picture.nodes)}
    clusters = {cluster.key: i for i, cluster in enumerate(picture.clusters)}

    heaviest = picture.heaviest

    def row(node: Node) -> list[Any]:
        texts = (node.kind, node.label, node.shape, node.dtype, node.name, node.detail)
        home = clusters.get(node.cluster or "", -1)
        lines = [node.size] if node.lines is None else list(node.lines)
        failed = node.status == FAILED
        lines += words.in_lines(f"{FAILED}: {node.change}") if failed else []
        known = [("error" if failed else "change", node.change)] if node.change else []
        known += node.facts
        facts = [word for fact in known for word in fact]
        share = round(node.share(heaviest), 3) if heaviest else 0
        lists = [[place(word) for word in some] for some in (node.ports, lines, facts)]
        status, *heat = map(place, (node.status, *_heat(node)))
        return [*map(place, texts), home, *lists, int(node.lit), share, status, *heat]

    return {
        "note": picture.note,
        "fill": FILLS.get(picture.overlay, ""),
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
            [cluster.label, cluster.kind, clusters.get(cluster.parent or "", -1), cluster.sums]
            for cluster in picture.clusters
        ],
        "words": list(said),
    }


def _heat(node: Node) -> tuple[str, ...]:
    """Return the heat map of a larger value, and what it says."""
    return () if node.heat is None else (node.heat.encoded(), node.heat.in_words())
