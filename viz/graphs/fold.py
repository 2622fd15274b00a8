"""Large pictures made small, in steps as far as needed. Read next: ``labels``.

First each layer becomes one box; then what repeats is drawn once; then stretches of the tape become
boxes, as many as fit on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs import repeats, stretches, words
from tensorgraph.viz.graphs.chosen import folded as of_chosen
from tensorgraph.viz.graphs.merge import SOURCES, merged_edges, weight_of
from tensorgraph.viz.graphs.picture import FAILED, PHASE, Cluster, Fact, Later, Node, Picture

MOST_NODES = 1500
MOST_ROWS = 2500
"""What Graphviz lays out while a person waits: it slows down with the rows that edges lead past."""


def drawable(picture: Picture) -> Picture:
    """Return ``picture``, folded where it is too large to be drawn, with a note of what was."""
    if not is_large(picture):
        return picture
    layers = folded(picture) if picture.clusters else picture
    small = layers
    if is_large(layers):
        small = repeats.folded(layers)
        if is_large(small):
            small = stretches.folded(layers)
    return replace(small, note=f"{small.note}; unfolded, there are {len(picture.nodes):,} nodes")


def is_large(picture: Picture) -> bool:
    """Whether a layout would take long."""
    return len(picture.nodes) > MOST_NODES or rows_passed(picture) > MOST_ROWS


def rows_passed(picture: Picture) -> int:
    """Return over how many rows the edges lead, all together.

    A node stands below its operands, a variable or a constant right above its first use.
    """
    places = {node.key: place for place, node in enumerate(picture.nodes)}
    edges = sorted((edge for edge in picture.edges if not edge.again), key=lambda e: places[e.head])
    rows = dict.fromkeys(places, 0)
    for edge in edges:
        rows[edge.head] = max(rows[edge.head], rows[edge.tail] + 1)
    first_use: dict[str, int] = {}
    for edge in edges:
        first_use[edge.tail] = min(rows[edge.head], first_use.get(edge.tail, rows[edge.head]))
    for node in picture.nodes:
        if node.kind in SOURCES and node.key in first_use:
            rows[node.key] = first_use[node.key] - 1
    return sum(rows[edge.head] - rows[edge.tail] for edge in edges)


def folded(picture: Picture, chosen: Collection[Cluster] | None = None) -> Picture:
    """Return ``picture`` with each of the ``chosen`` clusters as one node; None: the layers."""
    if chosen is None:
        chosen = _layers(picture)
    keys = {cluster.key for cluster in chosen}
    boxes: dict[str | None, Cluster] = {}  # by cluster, the one that it is folded into
    for cluster in picture.clusters:  # parents come first
        if cluster.parent in boxes:
            boxes[cluster.key] = boxes[cluster.parent]
        elif cluster.key in keys:
            boxes[cluster.key] = cluster
    layers = {box.key: box for box in boxes.values()}
    home = {
        node.key: boxes[node.cluster].key if node.cluster in boxes else node.key
        for node in picture.nodes
    }
    last = {home[node.key]: place for place, node in enumerate(picture.nodes)}
    members: dict[str, list[Node]] = {key: [] for key in sorted(last, key=last.__getitem__)}
    for node in picture.nodes:
        members[home[node.key]].append(node)
    nodes = [
        _box(layers[key], inside, picture.overlay) if key in layers else inside[0]
        for key, inside in members.items()
    ]
    count = words.count(len(layers), "layer is", "layers are")
    note = f"{count} drawn as one box each" if layers else ""
    return replace(
        picture,
        nodes=nodes,
        edges=merged_edges(picture.edges, home, layers),
        clusters=[cluster for cluster in picture.clusters if cluster.key not in boxes],
        note="; ".join(filter(None, (picture.note, note))),
    )


Collapse = str | Callable[[Any], bool] | None
"""``None``, "layers", "repeats", or a function of a cluster or a node."""


def collapsed(picture: Picture, depth: int | None, collapse: Collapse) -> Picture:
    """Return ``picture`` folded as asked for: below a depth, or what ``collapse`` names.

    Where a function chooses no cluster, it is asked of each node.
    """
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ArgumentError(f"graph(): depth is {depth!r}, and must be None or 0, 1, 2, ...")
    if not (collapse in (None, "layers", "repeats") or callable(collapse)):
        raise ArgumentError(
            f"graph(): collapse is {collapse!r}, and must be None, 'layers', 'repeats', or a "
            "function of a cluster or a node"
        )
    chosen = [c for c in picture.clusters if callable(collapse) and collapse(c)]
    of_nodes = collapse if callable(collapse) and not chosen else None
    if collapse == "layers":
        chosen += _layers(picture)
    if depth is not None:
        levels = _levels(picture)
        chosen += [c for c in picture.clusters if levels[c.key] >= depth]
    if chosen:
        picture = folded(picture, chosen)
    if of_nodes is not None:
        picture = of_chosen(picture, of_nodes)
    return repeats.folded(picture) if collapse == "repeats" else picture


def _layers(picture: Picture) -> list[Cluster]:
    """Return the outermost clusters, or those in phases and in layers around what has failed."""
    parents = {cluster.key: cluster.parent for cluster in picture.clusters}
    opened = {None, *(cluster.key for cluster in picture.clusters if cluster.kind == PHASE)}
    for node in picture.nodes:
        home = node.cluster if node.status == FAILED else None
        while home is not None:
            opened.add(home)
            home = parents[home]
    return [c for c in picture.clusters if c.parent in opened and c.key not in opened]


def _levels(picture: Picture) -> dict[str | None, int]:
    """Return how many clusters there are around each."""
    levels: dict[str | None, int] = {None: -1}
    for cluster in picture.clusters:
        levels[cluster.key] = levels[cluster.parent] + 1
    return levels


def _box(layer: Cluster, members: list[Node], overlay: str) -> Node:
    """Return the one node that stands for a layer; its value is that of its last operation."""
    operations = [node for node in members if node.kind in ("op", "backward")]
    last = (operations or members)[-1]
    failed = [node for node in members if node.status == FAILED]
    return Node(
        layer.key,
        "layer",
        layer.label,
        last.shape,
        last.dtype,
        name=layer.kind,
        detail=words.count(len(operations), "operation"),
        cluster=layer.parent,
        facts=Later(_facts, last, members),
        lit=any(node.lit for node in members),
        weight=weight_of(members, last, overlay),
        heat=last.heat,
        status=FAILED if failed else "",
        change=failed[0].change if failed else "",
    )


def _facts(last: Node, members: list[Node]) -> tuple[Fact, ...]:
    """Return what is known of a layer: the value it returns, its parameters, its operations."""
    facts = [(label, text) for label, text in last.facts if label in ("value", "gradient", "layer")]
    for label in ("parameters", "FLOPs"):
        total = words.total([text for node in members if (text := node.fact(label))])
        if total:
            facts.append((label, total))
    return tuple(facts)
