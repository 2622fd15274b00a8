"""Parts of a picture: the forward pass, the backward pass, or both. Read next: ``graph``.

A picture in phases, as that of a program is, has everything that is computed in one of them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs.merge import SOURCES
from tensorgraph.viz.graphs.picture import PHASE, Node, Picture

PHASES = {
    "forward": ("forward",),
    "backward": ("backward",),
    "both": ("forward", "backward"),
    "update": ("update",),
}
"""The phases that each view shows."""


def checked(view: str | None) -> str | None:
    """Return ``view``, or raise if there is none of this name."""
    if view not in (None, *PHASES):
        raise ArgumentError(
            f"graph(): view is {view!r}, and must be None or one of {', '.join(map(repr, PHASES))}"
        )
    return view


def selected(picture: Picture, view: str) -> Picture:
    """Return what ``view`` shows of a picture in phases.

    What it uses of other phases is there as a value that was saved.
    """
    phases = _phases(picture)
    there = list(dict.fromkeys(phases.values()))
    missing = [phase for phase in PHASES[view] if phase not in there]
    if missing:
        raise ArgumentError(
            f"graph(): view={view!r} shows the {missing[0]} phase, and this has only "
            f"{' and '.join(there)}: draw the .program of a compiled step that has it"
        )
    clusters = [c for c in picture.clusters if phases[c.key] in PHASES[view]]
    inside = _inside(picture, {cluster.key for cluster in clusters})
    edges = [edge for edge in picture.edges if edge.head in inside]
    homes = {node.key: node.cluster for node in picture.nodes}
    users: dict[str, str] = {}
    for edge in edges:
        users.setdefault(edge.tail, edge.head)
    nodes = [
        node if node.key in inside else _saved(node, homes[users[node.key]])
        for node in picture.nodes
        if node.key in inside or node.key in users
    ]
    return replace(picture, nodes=nodes, edges=edges, clusters=clusters)


def _phases(picture: Picture) -> dict[str, str]:
    """Return the phase that each cluster lies in."""
    phases: dict[str, str] = {}
    for cluster in picture.clusters:  # parents come first
        is_phase = cluster.kind == PHASE
        phases[cluster.key] = cluster.label if is_phase else phases[cluster.parent or ""]
    return phases


def _inside(picture: Picture, clusters: Collection[str]) -> set[str]:
    """Return the nodes in these clusters, and the results that come from them."""
    inside = {node.key for node in picture.nodes if node.cluster in clusters}
    outputs = {node.key for node in picture.nodes if node.kind == "output"}
    ends = {edge.head for edge in picture.edges if edge.head in outputs and edge.tail in inside}
    return inside | ends


def _saved(node: Node, home: str | None) -> Node:
    """Return a value of another phase; it goes to the cluster that uses it, unless it is data."""
    if node.kind in SOURCES:
        return node if node.cluster is None else node._replace(cluster=home)
    return node._replace(kind="saved", ports=(), detail="", cluster=home)
