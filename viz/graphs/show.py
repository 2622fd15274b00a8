"""What is written into the boxes: some of the facts, by choice. Read next: ``labels``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import NoneType

from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs import values, words
from tensorgraph.viz.graphs.flops import NOT_COUNTED
from tensorgraph.viz.graphs.picture import REPEATED, Cluster, Node, Picture

CHOICES = ("shapes", "dtypes", "values", "gradients", "parameters", "flops", "bytes", "line")

Shown = str | Iterable[str]


def checked(show: Shown) -> frozenset[str]:
    """Return what is to be shown as a set; raise for what cannot be."""
    wanted = frozenset([show] if isinstance(show, str) else show)
    unknown = sorted(wanted.difference(CHOICES))
    if unknown:
        raise ArgumentError(
            f"graph(): show has {', '.join(map(repr, unknown))}; what can be shown is "
            f"{', '.join(map(repr, CHOICES))}"
        )
    return wanted


def shown(picture: Picture, wanted: frozenset[str]) -> Picture:
    """Return ``picture`` with the small print that is wanted."""
    nodes = [
        node._replace(lines=(*_lines(node, wanted), *_weighed(node, picture.overlay)))
        for node in picture.nodes
    ]
    clusters = picture.clusters
    if "parameters" in wanted:
        clusters = _summed(clusters, "parameters", picture.nodes)
    if "flops" in wanted:
        clusters = _summed(clusters, "FLOPs", picture.nodes)
    return replace(picture, nodes=nodes, clusters=clusters)


def _lines(node: Node, wanted: frozenset[str]) -> list[str]:
    if node.kind == "output":  # the node before it says the rest
        wanted = wanted & {"shapes", "dtypes"}
    always = f"{node.shape} {node.dtype}".strip() if node.dtype != "number" else node.dtype
    without_shape = node.dtype if "dtypes" in wanted else ""
    lines = [
        (always if "dtypes" in wanted else node.size) if "shapes" in wanted else without_shape,
        node.fact("value") if "values" in wanted else "",
        _gradient(node) if "gradients" in wanted else "",
        _after("parameters", node) if "parameters" in wanted else "",
        _after("FLOPs", node) if "flops" in wanted else "",
        node.fact("bytes") if "bytes" in wanted else "",
        node.fact("line").partition("  ")[0] if "line" in wanted else "",
    ]
    return [line for line in lines if line]


def _weighed(node: Node, overlay: str) -> list[str]:
    """Return the number that the fill of a node shows, in words."""
    if not overlay or node.weight is None or (overlay == "kept" and not node.weight):
        return []
    return [_WEIGHTS[overlay](node.weight)]


_WEIGHTS: dict[str, Callable[[float], str]] = {
    "bytes": lambda weight: values.size(int(weight)),
    "kept": lambda weight: f"kept: {values.size(int(weight))}",
    "gradient": lambda weight: f"gradient norm {values.number(weight)}",
    "time": values.duration,
    "dead": lambda weight: f"{weight:.0%} of units dead",
}


def relabelled(picture: Picture, label: Callable[[Node], str | None]) -> Picture:
    """Return ``picture`` with what ``label`` says of each node; None leaves it as it is."""
    nodes = []
    for node in picture.nodes:
        text = label(node)
        if not isinstance(text, (str, NoneType)):
            raise ArgumentError(f"graph(): label(node) is a text or None, not {text!r}")
        nodes.append(node if text is None else node._replace(label=text))
    return replace(picture, nodes=nodes)


def without_constants(picture: Picture) -> Picture:
    """Return ``picture`` without the numbers and arrays that the program wrote down."""
    nodes = [node for node in picture.nodes if node.kind != "constant"]
    left = {node.key for node in nodes}
    edges = [edge for edge in picture.edges if edge.tail in left]
    return replace(picture, nodes=nodes, edges=edges)


def _gradient(node: Node) -> str:
    """Return "gradient 5"; what is a gradient itself need not say so."""
    text = node.fact("gradient")
    return f"gradient {text}" if text and node.kind != "gradient" else text


def _after(label: str, node: Node) -> str:
    """Return a fact with its name, such as "12 parameters"."""
    text = node.fact(label)
    return text and _named(label, text)


def _named(label: str, count: str) -> str:
    """Return "12 parameters", "1 parameter", "12 FLOPs and more" or "FLOPs not counted"."""
    if count == NOT_COUNTED:
        return f"{label} {count}"
    number, space, more = count.partition(" ")
    return f"{number} {label if count != '1' else label[:-1]}{space}{more}"


def _summed(clusters: list[Cluster], label: str, nodes: list[Node]) -> list[Cluster]:
    """Return ``clusters`` with the sum of a fact over their nodes, inner ones included."""
    parents = {cluster.key: cluster.parent for cluster in clusters}
    found: dict[str, list[str]] = {}
    for node in nodes:
        text = node.fact(label)
        home = node.cluster
        while home is not None and text:
            found.setdefault(home, []).append(text)
            home = parents[home]
    return [_told(cluster, label, words.total(found.get(cluster.key, []))) for cluster in clusters]


def _told(cluster: Cluster, label: str, total: str) -> Cluster:
    """Return ``cluster`` with "12 parameters" among its sums; what repeats has them "each" time."""
    if total in ("", "0"):
        return cluster
    each = " each" if cluster.kind == REPEATED else ""
    parts = filter(None, (cluster.sums, _named(label, total) + each))
    return cluster._replace(sums=" · ".join(parts))
