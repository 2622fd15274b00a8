"""What repeats, drawn once with "× 1,250": a part of the tape that comes again and again.

A part is a stretch of the tape of which every operation looks like the one a period before, and
takes its operands from places that move on evenly: always the same place, the place before, or
(where a backward pass follows a forward pass) the one before on the other side. Read next:
``stretches``, for what does not repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tensorgraph.typing import Array
from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.merge import FEWEST_TIMES, Turn, arranged, look, merged_edges
from tensorgraph.viz.graphs.picture import REPEATED, Cluster, Edge, Node, Picture

LONGEST_PERIOD = 128
MOST_OPERANDS = 8
"""Operands that are looked at; there are seldom more."""


class Part(NamedTuple):
    """Repetitions of ``period`` nodes each, from place ``start`` on; the last ends by ``end``."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> int:
        return (self.end - self.start) // self.period

    @property
    def saved(self) -> int:
        return self.period * (self.times - 1)

    def alike(self, order: list[Node]) -> list[list[Node]]:
        """For each node of a repetition, those that it stands for."""
        firsts = range(self.start, self.start + self.period)
        return [order[first : self.end : self.period][: self.times] for first in firsts]


def folded(picture: Picture) -> Picture:
    """Return ``picture`` with each part that repeats drawn once, as a cluster."""
    order = arranged(picture)
    homes: dict[str, str] = {}
    turns: dict[str, Turn] = {}
    drawn: dict[str, Node] = {}
    clusters = []
    for i, part in enumerate(parts(order, picture.edges)):
        key = f"r{i}"
        clusters.append(Cluster(key, f"× {part.times:,}", REPEATED))
        for alike in part.alike(order):
            drawn[alike[0].key] = _one_for_all(alike, key)
            homes |= {node.key: alike[0].key for node in alike}
            turns |= {node.key: (key, time) for time, node in enumerate(alike)}
    nodes = [
        drawn.get(node.key, node)
        for node in picture.nodes
        if homes.get(node.key, node.key) == node.key
    ]
    edges = merged_edges(picture.edges, homes, turns=turns)
    if not clusters:
        return picture
    once = words.count(len(clusters), "part repeats and is", "parts repeat and are")
    note = f"{once} drawn once (dashed: on to the next time)"
    return replace(
        picture,
        nodes=nodes,
        edges=edges,
        clusters=[*picture.clusters, *clusters],
        note="; ".join(filter(None, (picture.note, note))),
    )


def _one_for_all(alike: list[Node], cluster: str) -> Node:
    """Return the node that stands for all of these; what differs is given as "first … last"."""
    labels, names, details = (
        words.span([getattr(node, field) for node in alike])
        for field in ("label", "name", "detail")
    )
    facts = tuple(
        (label, words.span([text, dict(alike[-1].facts).get(label, text)]))
        for label, text in alike[0].facts
    )
    return alike[0]._replace(
        label=labels, name=names, detail=details, cluster=cluster, facts=facts, heat=None
    )


def parts(order: list[Node], edges: list[Edge]) -> list[Part]:
    """Return the parts that repeat, none over another, in order; those that save most are taken."""
    tape = _Tape(order, edges)
    found = [part for period in range(1, LONGEST_PERIOD + 1) for part in tape.repeating(period)]
    taken = []
    free = np.ones(len(order), bool)
    for candidate in sorted(found, key=lambda part: -part.saved):
        part = _free(candidate, free)
        if part.times >= FEWEST_TIMES:
            part = tape.cut_well(tape.begun_earlier(part, free))
        if part.times >= FEWEST_TIMES:
            free[part.start : part.start + part.times * part.period] = False
            taken.append(part)
    return sorted(taken)


def _free(part: Part, free: Array) -> Part:
    """Return the longest stretch of a part that no other has taken."""
    runs = _runs(free[part.start : part.end])
    start, end = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
    return Part(part.start + start, part.start + end, part.period)


def _runs(flags: Array) -> list[tuple[int, int]]:
    """Return where each run of True starts and ends."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


class _Tape:
    """The nodes in order as arrays: how each looks, and the places of its operands (-1: none)."""

    def __init__(self, order: list[Node], edges: list[Edge]) -> None:
        places = {node.key: place for place, node in enumerate(order)}
        inside = [edge for edge in edges if edge.head in places]
        heads = np.array([places[edge.head] for edge in inside], np.int32)
        tails = np.array([places[edge.tail] for edge in inside], np.int32)
        counts = np.bincount(heads, minlength=len(order))
        by_head = np.argsort(heads, kind="stable")
        position = np.arange(len(inside)) - np.repeat(np.cumsum(counts) - counts, counts)
        looked_at = by_head[position < MOST_OPERANDS]
        width = min(MOST_OPERANDS, counts.max(initial=0))
        self.operands = np.full((len(order), width), -1, np.int32)
        self.operands[heads[looked_at], position[position < MOST_OPERANDS]] = tails[looked_at]
        known: dict[object, int] = {}
        self.looks = np.array(
            [
                known.setdefault((look(node), count), len(known))
                for node, count in zip(order, counts.tolist(), strict=True)
            ],
            np.int32,
        )

    def repeating(self, period: int) -> Iterator[Part]:
        """Yield where every node continues what stands one period, and two, before it."""
        same = self.looks[period:] == self.looks[:-period]
        flags = same[period:] & same[:-period]
        if not flags.any():
            return
        step = self.operands[period:] - self.operands[:-period]
        flags &= (step[period:] == step[:-period]).all(axis=1)
        for start, end in _runs(flags):
            part = Part(start, end + 2 * period, period)
            if part.times >= FEWEST_TIMES:
                yield part

    def begun_earlier(self, part: Part, free: Array) -> Part:
        """Return ``part`` with the nodes before it whose operands alone come from elsewhere.

        The first repetition takes from outside what the others take from the one before.
        """
        start, _, period = part
        for earlier in range(max(0, start - period), start):
            here = np.arange(earlier, start)
            a, b, c = (self.operands[here + shift] for shift in (0, period, 2 * period))
            goes_on = (c - b == b - a) | ((b >= earlier) & (a < earlier))
            alike = self.looks[here] == self.looks[here + period]
            if alike.all() and goes_on.all() and free[here].all():
                return part._replace(start=earlier)
        return part

    def cut_well(self, part: Part) -> Part:
        """Return ``part`` begun where the fewest values go from one repetition to the next."""
        starts = range(part.start, part.start + part.period)
        return part._replace(start=min(starts, key=lambda start: self._passed(start, part.period)))

    def _passed(self, start: int, period: int) -> int:
        """How many values of the repetition that begins at ``start`` the next one uses."""
        middle = start + period
        used = self.operands[middle : middle + period]
        return len(np.unique(used[(used >= start) & (used < middle)]))
