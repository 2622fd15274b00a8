"""Two pictures as one: what both have, and what was added, removed or changed on the way.

Nodes are matched by structure, in near linear time. First those that are computed alike all the way
from the variables; then, along the order of both, those that look alike; then those that do the
same with operands that are matched. Read next: ``labels``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Hashable, Iterator

from tensorgraph.viz.graphs.picture import Cluster, Edge, Node, Picture

STATUSES = ("added", "removed", "changed")

Pairs = dict[str, str]
"""By the key of a node after, that of the same node before."""


def difference(before: Picture, after: Picture) -> Picture:
    """Return both pictures as one: that of ``after``, and in it what ``before`` alone has."""
    a, b = _Side(before), _Side(after)
    pairs = _matched(a, b)
    homes = {old: new for new, old in pairs.items()}
    clusters, moved = _clusters(a, b)
    nodes = [_compared(b.nodes[key], a, b, pairs) for key in b.nodes]
    for node in before.nodes:
        if node.key not in homes:
            homes[node.key] = f"old_{node.key}"
            cluster = None if node.cluster is None else moved[node.cluster]
            nodes.append(node._replace(key=homes[node.key], status="removed", cluster=cluster))
    counts = Counter(node.status or "kept" for node in nodes if not node.is_number)
    note = ", ".join(f"{counts[status]:,} {status}" for status in ("kept", *STATUSES))
    used = {node.cluster for node in nodes}
    return Picture(nodes, _edges(a, b, homes), _with_parents(clusters, used), note)


class _Side:
    """A picture, with what each node takes and where it lies."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.nodes = {node.key: node for node in picture.nodes}
        self.operands: dict[str, list[str]] = defaultdict(list)
        for edge in picture.edges:
            self.operands[edge.head].append(edge.tail)
        self.paths: dict[str | None, tuple[str, ...]] = {None: ()}
        for cluster in picture.clusters:  # parents come first
            self.paths[cluster.key] = (*self.paths[cluster.parent], cluster.label)

    def left(self, taken: Container[str]) -> Iterator[str]:
        """Yield the keys that are not taken, from the last to the first, but those of numbers."""
        for key in reversed(self.nodes):
            if key not in taken and not self.nodes[key].is_number:
                yield key

    def taken_by(self, key: str, pairs: Pairs | None = None) -> list[str]:
        """Return what a node takes: keys before, as ``pairs`` has them, and numbers as such."""
        return [
            f"number {self.nodes[operand].label}"
            if self.nodes[operand].is_number
            else operand
            if pairs is None
            else pairs.get(operand, "")
            for operand in self.operands[key]
        ]

    def action(self, node: Node) -> Hashable:
        """Return what a node does."""
        if node.kind == "output":
            return node.kind
        return node.kind, node.label, self.paths[node.cluster]

    def look(self, node: Node) -> Hashable:
        """Return all that is to be seen of a node but the name of its value."""
        return self.action(node), node.shape, node.dtype, node.detail


# --- which node is which -------------------------------------------------------------------------


def _matched(a: _Side, b: _Side) -> Pairs:
    """Return which node before is which after; every node is in one pair at most."""
    pairs: Pairs = {}
    known: dict[Hashable, int] = {}
    _pair_in_turn(pairs, a, b, _structures(a, known), _structures(b, known))
    _pair_along(pairs, a, b, _Side.look)
    _pair_by_operands(pairs, a, b)
    _pair_along(pairs, a, b, _Side.action)
    _pair_numbers(pairs, a, b)
    return pairs


def _structures(side: _Side, known: dict[Hashable, int]) -> dict[str, int]:
    """Return a number for each node, the same for all that are computed in the same way.

    ``known`` has the numbers that were given so far.
    """
    numbers: dict[str, int] = {}
    for key, node in side.nodes.items():
        operands = tuple(numbers.get(operand, -1) for operand in side.operands[key])
        numbers[key] = known.setdefault((side.look(node), operands), len(known))
    return numbers


def _pair_in_turn(
    pairs: Pairs, a: _Side, b: _Side, of_a: dict[str, int], of_b: dict[str, int]
) -> None:
    """Pair the first node of each look before with the first after, and so on."""
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for key in a.left(()):
        waiting[of_a[key]].append(key)
    for key in b.nodes:
        if not b.nodes[key].is_number and waiting[of_b[key]]:
            pairs[key] = waiting[of_b[key]].pop()


def _pair_along(pairs: Pairs, a: _Side, b: _Side, look: Callable[[_Side, Node], Hashable]) -> None:
    """Pair those that are left and look alike, as many as come in the same order."""
    taken = set(pairs.values())
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for key in a.left(taken):
        waiting[look(a, a.nodes[key])].append(key)
    candidates = []
    for key, node in b.nodes.items():
        same = waiting[look(b, node)]
        if same and key not in pairs and not node.is_number:
            candidates.append((key, same.pop()))
    places = {key: place for place, key in enumerate(a.nodes)}
    for i in _longest_rise([places[old] for _, old in candidates]):
        new, old = candidates[i]
        pairs[new] = old


def _longest_rise(numbers: list[int]) -> list[int]:
    """Return the places of a longest increasing subsequence (patience sorting, O(n log n))."""
    tops: list[int] = []
    places: list[int] = []  # of the top of each pile
    before: list[int] = []  # for each number, the place of the one below it in the sequence
    for place, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        before.append(places[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [number]
        places[pile : pile + 1] = [place]
    rise = []
    place = places[-1] if places else -1
    while place >= 0:
        rise.append(place)
        place = before[place]
    return rise[::-1]


def _pair_by_operands(pairs: Pairs, a: _Side, b: _Side) -> None:
    """Pair those that are left and do the same with operands that are paired."""
    taken = set(pairs.values())
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for key in a.left(taken):
        if a.operands[key]:
            waiting[a.nodes[key].label, tuple(a.taken_by(key))].append(key)
    for key, node in b.nodes.items():
        operands = tuple(b.taken_by(key, pairs))
        if key not in pairs and waiting[node.label, operands]:
            pairs[key] = waiting[node.label, operands].pop()


def _pair_numbers(pairs: Pairs, a: _Side, b: _Side) -> None:
    """Pair the numbers that paired operations take: a number belongs to the one that uses it."""
    for new, old in list(pairs.items()):
        for after, before in zip(b.operands[new], a.operands[old], strict=False):
            one, other = a.nodes[before], b.nodes[after]
            if one.is_number and other.is_number and a.look(one) == b.look(other):
                pairs[after] = before


# --- what became of it ---------------------------------------------------------------------------


def _compared(node: Node, a: _Side, b: _Side, pairs: Pairs) -> Node:
    """Return ``node`` with its status: "added", "changed" with what it was before, or none."""
    if node.key not in pairs:
        return node._replace(status="added")
    old = a.nodes[pairs[node.key]]
    changes = [
        f"was {before}" if before else f"{now} is new"
        for before, now in (
            (old.label, node.label),
            (old.detail, node.detail),
            (old.size, node.size),
            ("/".join(a.paths[old.cluster]), "/".join(b.paths[node.cluster])),
        )
        if before != now
    ]
    if b.taken_by(node.key, pairs) != a.taken_by(old.key):
        changes.append("of other operands")
    if not changes:
        return node
    return node._replace(status="changed", change=", ".join(changes))


def _edges(a: _Side, b: _Side, homes: dict[str, str]) -> list[Edge]:
    """Return the uses after, added ones said so, and those before that are no more."""
    before = Counter((homes[edge.tail], homes[edge.head]) for edge in a.picture.edges)
    edges = []
    for edge in b.picture.edges:
        ends = edge.tail, edge.head
        status = "" if before[ends] else "added"
        before[ends] -= not status
        edges.append(edge._replace(status=status))
    for edge in a.picture.edges:
        tail, head = homes[edge.tail], homes[edge.head]
        if before[tail, head] > 0:
            before[tail, head] -= 1
            port = edge.port if head.startswith("old_") else ""
            edges.append(edge._replace(tail=tail, head=head, port=port, status="removed"))
    return edges


def _clusters(a: _Side, b: _Side) -> tuple[list[Cluster], dict[str, str]]:
    """Return the clusters of both, and where those before have gone: to one of the same path."""
    clusters = list(b.picture.clusters)
    by_path: dict[tuple[str, ...], str] = {}
    for cluster in clusters:
        by_path.setdefault(b.paths[cluster.key], cluster.key)
    moved: dict[str, str] = {}
    for cluster in a.picture.clusters:
        path = a.paths[cluster.key]
        if path not in by_path:
            parent = None if cluster.parent is None else moved[cluster.parent]
            by_path[path] = f"old_{cluster.key}"
            clusters.append(cluster._replace(key=by_path[path], parent=parent))
        moved[cluster.key] = by_path[path]
    return clusters, moved


def _with_parents(clusters: list[Cluster], used: set[str | None]) -> list[Cluster]:
    """Return the clusters that have nodes, and those around them."""
    left = []
    needed = set(used)
    for cluster in reversed(clusters):
        if cluster.key in needed:
            needed.add(cluster.parent)
            left.append(cluster)
    return left[::-1]
