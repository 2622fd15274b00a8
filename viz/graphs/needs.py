"""Which values the backward sweep needs: found by running each rule, and looking what it used.

A rule is written in our own operations. Run on tensors it records, so its result depends on just
those of the operation's result and operands that it computed with; of one that it asked for its
shape alone, nothing has to be kept. Read next: ``timing``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensorgraph.errors import TensorGraphError
from tensorgraph.recording import own_loop, recording_set
from tensorgraph.tape import Node, Tape, tape
from tensorgraph.tensor import Tensor

RESULT = -1
"""Stands for the result of an operation among the positions of its operands."""

Needs = dict[Node, frozenset[int]]
"""By operation that the sweep comes to: the positions of what its rules use."""


def needs_of(recording: Tape) -> Needs:
    """Return what the rules use that a sweep from the results of a tape runs.

    It takes about as long as such a sweep. A rule that runs on arrays alone is taken to use all.
    """
    with recording_set(True), own_loop(), np.errstate(all="ignore"):
        return {node: _used(node) for node in swept(recording)}


def swept(recording: Tape) -> list[Node]:
    """Return the operations that a sweep from the results of a tape comes to, last first."""
    reached = {node for node in recording.outputs if node.value.dtype.kind in "fc"}
    found = []
    for node in reversed(recording.nodes):
        if node in reached and not node.is_leaf:
            found.append(node)
            reached.update(node.operands[i] for i, _ in rules_run(node))
    return found


def rules_run(node: Node) -> Iterator[tuple[int, Callable[..., Any]]]:
    """Yield the rules that a sweep runs for ``node``, with the positions of their operands."""
    for position, rule in node.rules():
        if node.operands[position].value.dtype.kind in "fc":
            yield position, rule


def _used(node: Node) -> frozenset[int]:
    values = {RESULT: node.value, **dict(enumerate(node.values))}
    fresh = {
        position: Tensor(value) if isinstance(value, (np.ndarray, np.generic)) else value
        for position, value in values.items()
    }
    handles = {x._node: position for position, x in fresh.items() if isinstance(x, Tensor)}
    y, *xs = fresh.values()
    g = np.ones_like(node.value)
    used: set[int] = set()
    for _, rule in rules_run(node):
        try:
            result = rule(g, y, *xs, **node.params)
        except (TensorGraphError, TypeError, ValueError):
            return frozenset(handles.values())
        if isinstance(result, Tensor):
            used.update(handles[leaf] for leaf in tape(result).leaves if leaf in handles)
    return frozenset(used)


def kept(needs: Needs) -> tuple[set[Node], set[int]]:
    """Return the recorded values that are needed, and the ids of constant arrays that are."""
    nodes: set[Node] = set()
    arrays: set[int] = set()
    for node, positions in needs.items():
        for position in positions:
            x = node if position == RESULT else node.operands[position]
            if isinstance(x, Node):
                nodes.add(x)
            else:
                arrays.add(id(x))
    return nodes, arrays
