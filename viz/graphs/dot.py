"""A picture as DOT, the language of Graphviz. Read next: ``render``, which has it laid out."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from itertools import pairwise

import graphviz

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs import labels
from tensorgraph.viz.graphs.backward import forward_of
from tensorgraph.viz.graphs.labels import Look
from tensorgraph.viz.graphs.legend import legend
from tensorgraph.viz.graphs.picture import Cluster, Edge, Node, Picture
from tensorgraph.viz.palette import THEMES, Theme

FONT = "Helvetica,Arial,sans-serif"

MOST_MAPS = 200
"""Of more larger values no heat maps are drawn: each takes the space of several nodes."""

# The sides of a box, by the direction of the edges: where they enter, and where they leave.
_SIDES = {"TB": ("n", "s"), "LR": ("w", "e")}

# The way back to the start of what repeats.
_AGAIN = {"style": "dashed", "constraint": "false", "tooltip": "to the next repetition"}


def to_dot(
    picture: Picture,
    rankdir: str = "TB",
    theme: Theme = THEMES["light"],
    *,
    with_legend: bool = False,
) -> str:
    """Return ``picture`` as DOT text, from the top down ("TB") or from left to right ("LR").

    With a legend, below it stands what its colours mean.
    """
    if rankdir not in _SIDES:
        raise ArgumentError(f"graph(): rankdir is {rankdir!r}, and must be 'TB' or 'LR'")
    down = rankdir == "TB"
    beside = _beside(picture) if down else {}
    titles = _titles(picture) if down else {}
    maps = sum(node.heat is not None for node in picture.nodes) <= MOST_MAPS
    look = Look(theme, not down, picture.heaviest if picture.overlay else 0.0, maps)
    below = _below(picture, theme) if with_legend else graphviz.escape(picture.note)
    graphs: dict[str | None, graphviz.Digraph] = {None: _root(below, rankdir, theme)}
    children: dict[str | None, list[Cluster]] = defaultdict(list)
    for cluster in picture.clusters:
        children[cluster.parent].append(cluster)
        graphs[cluster.key] = _cluster(cluster, look, labelled=cluster not in titles.values())
    for node in picture.nodes:
        graph = graphs[node.cluster]
        graph.node(node.key, **labels.attributes(node, look))
        if node.key in titles or node.key in beside:
            _row(graph, node, titles.get(node.key), beside.get(node.key, []), look)
    # A graph is copied into another as it is then, so inner ones go first.
    for parent in [*reversed([cluster.key for cluster in picture.clusters]), None]:
        for cluster in children[parent]:
            graphs[parent].subgraph(graphs[cluster.key])
    drawn = {edge for edges in beside.values() for edge in edges}
    nodes = {node.key: node for node in picture.nodes}
    up = _both_ways(graphs[None], nodes)
    for edge in picture.edges:
        if edge not in drawn:
            _join(graphs[None], edge, nodes[edge.tail], nodes[edge.head], rankdir, theme, up)
    source: str = graphs[None].source
    return source


def _root(below: str, rankdir: str, theme: Theme) -> graphviz.Digraph:
    return graphviz.Digraph(
        "tape",
        graph_attr={
            "rankdir": rankdir,
            "bgcolor": theme.paper,
            "fontname": FONT,
            "fontcolor": theme.ink,
            "fontsize": "12",
            "pad": "0.2",
            "nodesep": "0.25",
            "ranksep": "0.35",
            # Ordering nodes once more without regard to clusters would break up the rows.
            "remincross": "false",
            "label": below,
        },
        node_attr={"fontname": FONT, "fontsize": "12", "fontcolor": theme.ink},
        edge_attr={"color": theme.faint_ink, "arrowsize": "0.6"},
    )


def _below(picture: Picture, theme: Theme) -> str:
    """Return the note and the legend, as HTML."""
    note = f"<tr><td>{escape(picture.note)}</td></tr>" if picture.note else ""
    rows = f"<tr><td>{legend(picture, theme)}</td></tr>{note}"
    return f'<<table border="0" cellspacing="0">{rows}</table>>'


def _cluster(cluster: Cluster, look: Look, *, labelled: bool) -> graphviz.Digraph:
    return graphviz.Digraph(
        f"cluster_{cluster.key}",
        graph_attr={
            "label": labels.title(cluster, look) if labelled else "",
            "labeljust": "l",
            "tooltip": graphviz.escape(cluster.label),
            "style": "rounded,filled",
            "color": look.theme.rule,
            "fillcolor": look.theme.panel,
            "margin": "10",
        },
    )


def _beside(picture: Picture) -> dict[str, list[Edge]]:
    """Return, by operation, the uses of parameters that stand beside it: it is their first user.

    Above it, they would push what comes before it aside, further with every layer.
    """
    nodes = {node.key: node for node in picture.nodes}
    users: dict[str, str] = {}
    beside: dict[str, list[Edge]] = defaultdict(list)
    for edge in picture.edges:
        tail, head = nodes[edge.tail], nodes[edge.head]
        first = tail.kind == "parameter" and users.setdefault(tail.key, head.key) == head.key
        if first and tail.cluster == head.cluster:
            beside[head.key].append(edge)
    return beside


def _titles(picture: Picture) -> dict[str, Cluster]:
    """Return each cluster without clusters in it, by its first operation: there goes its name.

    Graphviz's own labels would lie in the way of edges from above.
    """
    innermost = {cluster.key: cluster for cluster in picture.clusters}
    for cluster in picture.clusters:
        innermost.pop(cluster.parent or "", None)
    titles = {}
    for node in picture.nodes:
        if node.kind in ("op", "backward") and node.cluster in innermost:
            titles[node.key] = innermost.pop(node.cluster)
    return titles


def _row(
    graph: graphviz.Digraph, node: Node, title: Cluster | None, uses: list[Edge], look: Look
) -> None:
    """Have Graphviz place side by side the name of a layer, an operation, and its parameters.

    Edges within a row set its order.
    """
    parameters = list(dict.fromkeys(edge.tail for edge in uses))
    keys = [*([title.key] if title else []), *parameters, node.key]
    with graph.subgraph(graph_attr={"rank": "same"}) as row:
        if title is not None:
            row.node(title.key, labels.title(title, look), shape="plaintext", margin="0", width="0")
        for left, right in pairwise(keys):
            row.edge(left, right, style="invis")
        for edge in uses:
            side = "w" if edge.tail == parameters[-1] else "nw"
            row.edge(edge.tail, _entry(edge, node, side, "n"), **_ink(edge, look.theme))


def _both_ways(root: graphviz.Digraph, nodes: dict[str, Node]) -> bool:
    """Have Graphviz place each backward node beside what it is of; say whether there are both.

    Then the backward pass goes up where the forward pass goes down.
    """
    pairs = [(one, key) for key in nodes if (one := forward_of(key)) in nodes]
    if not any(nodes[one].kind in labels.BOXES for one, _ in pairs):
        return False
    root.attr(newrank="true")  # or what is in two clusters could not stand side by side
    for one, other in pairs:
        root.edge(one, other, style="invis", minlen="0", weight="4")
    return True


def _join(
    root: graphviz.Digraph,
    edge: Edge,
    tail: Node,
    head: Node,
    rankdir: str,
    theme: Theme,
    up: bool,
) -> None:
    """Draw an edge from side to side; those of a backward pass go ``up`` beside a forward pass."""
    enter, leave = _SIDES[rankdir]
    if up and edge.saved:
        root.edge(edge.tail, edge.head, constraint="false", **_ink(edge, theme))
        return
    if up and forward_of(tail.key) is not None:
        again = {"constraint": "false", "style": "dashed"} if edge.again else {}
        root.edge(
            f"{edge.head}:{leave}", f"{edge.tail}:{enter}", dir="back", **again, **_ink(edge, theme)
        )
        return
    start = f"{tail.key}:{leave}" if tail.kind in labels.BOXES else tail.key
    elsewhere = tail.kind == "parameter" and tail.cluster != head.cluster
    weight = "0" if elsewhere else None  # a penalty belongs beside the loss
    look = _AGAIN if edge.again else {"weight": weight}
    root.edge(start, _entry(edge, head, enter, enter), **look, **_ink(edge, theme))


def _ink(edge: Edge, theme: Theme) -> dict[str, str]:
    """Return the attributes of an edge that stands out, and of what is written beside it."""
    ink = {"color": theme.highlight, "penwidth": labels.LIT_WIDTH} if edge.lit else {}
    if edge.saved and not edge.lit:
        ink |= {"color": theme.operation, "style": "dotted", "penwidth": "1.5"}
    if edge.status:
        ink |= labels.STATUS_LINES[edge.status] | {"color": theme.status(edge.status)}
    if edge.label:
        ink |= {"label": graphviz.escape(f" {edge.label} "), "fontcolor": theme.gradient}
        ink |= {"fontname": FONT, "fontsize": "10"}
    return ink


def _entry(edge: Edge, head: Node, side: str, side_of_port: str) -> str:
    """Return where an edge enters its head: at the cell of its port, or at a side of the box."""
    if head.kind not in labels.BOXES:
        return head.key
    if edge.port:
        return f"{head.key}:p{head.ports.index(edge.port)}:{side_of_port}"
    return f"{head.key}:{side}"
