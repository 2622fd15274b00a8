"""Single nodes that somebody chose, drawn together: those that hang together are one box.

No box has a way out of it and back in: what lies in between was not chosen, and would have to be
drawn both before the box and after it. Read next: ``fold``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.merge import merged_edges
from tensorgraph.viz.graphs.picture import Node, Picture
from tensorgraph.viz.graphs.stretches import box

Choice = Callable[[Node], bool]


def folded(picture: Picture, choose: Choice) -> Picture:
    """Return ``picture`` with one box for two or more chosen nodes that hang together.

    They do where one uses the value of another in the same cluster. A number that only they use
    goes with them; results stay.
    """
    chosen = {n.key for n in picture.nodes if n.kind != "output" and not n.is_number and choose(n)}
    groups = _groups(picture, chosen)
    groups |= _numbers(picture, groups)
    members: dict[str, list[Node]] = {}
    for node in picture.nodes:
        if node.key in groups:
            members.setdefault(groups[node.key], []).append(node)
    if not members:
        return picture
    boxes = {key: _box(key, inside, picture.overlay) for key, inside in members.items()}
    last = {inside[-1].key: key for key, inside in members.items()}
    nodes = [
        boxes[last[node.key]] if node.key in last else node
        for node in picture.nodes
        if node.key not in groups or node.key in last
    ]
    note = f"chosen nodes are drawn together, in {words.count(len(boxes), 'box', 'boxes')}"
    return replace(
        picture,
        nodes=nodes,
        edges=merged_edges(picture.edges, groups, boxes),
        note="; ".join(filter(None, (picture.note, note))),
    )


def _groups(picture: Picture, chosen: set[str]) -> dict[str, str]:
    """Return, by chosen node, the box that it goes into; those that stand alone have none."""
    sides = {n.key: (n.key in chosen and (n.cluster or "", True)) for n in picture.nodes}
    levels = _levels(picture, sides)
    leaders: dict[str, str] = {}  # union-find, by the first node in the order of the tape

    def leader(key: str) -> str:
        while leaders.setdefault(key, key) != key:
            leaders[key] = leaders[leaders[key]]
            key = leaders[key]
        return key

    for edge in picture.edges:
        one, other = edge.tail, edge.head
        alike = sides[one] == sides[other] and levels[one] == levels[other]
        if one in chosen and alike and not edge.again:
            leaders[leader(other)] = leader(one)
    sizes = Counter(map(leader, chosen))
    return {key: f"g_{leader(key)}" for key in chosen if sizes[leader(key)] > 1}


def _levels(picture: Picture, sides: Mapping[str, object]) -> dict[str, int]:
    """Return how often, at most, a way to each node goes from chosen nodes to others or back.

    A way from a node out of its side and back to it adds at least two. So nodes of one side and one
    level have nothing between them that is on another side. What has no operands goes as near to
    its users as that allows.
    """
    ways = [
        (edge.tail, edge.head, int(sides[edge.tail] != sides[edge.head]))
        for edge in picture.edges
        if not edge.again
    ]
    places = {node.key: place for place, node in enumerate(picture.nodes)}
    levels = dict.fromkeys(places, 0)
    for tail, head, step in sorted(ways, key=lambda way: places[way[0]]):
        levels[head] = max(levels[head], levels[tail] + step)
    computed = {head for _, head, _ in ways}
    nearest: dict[str, int] = {}
    for tail, head, step in ways:
        if tail not in computed:
            nearest[tail] = min(nearest.get(tail, levels[head]), levels[head] - step)
    return levels | nearest


def _numbers(picture: Picture, groups: dict[str, str]) -> dict[str, str]:
    """Return, by number that one box alone uses, that box."""
    users: dict[str, set[str | None]] = {n.key: set() for n in picture.nodes if n.is_number}
    for edge in picture.edges:
        if edge.tail in users:
            users[edge.tail].add(groups.get(edge.head))
    return {key: home for key, (home, *others) in users.items() if home and not others}


def _box(key: str, members: list[Node], overlay: str) -> Node:
    last = members[-1]
    whole = box(key, members, overlay)
    return whole._replace(cluster=last.cluster, facts=last.facts, heat=last.heat)
