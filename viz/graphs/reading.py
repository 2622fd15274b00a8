"""What is read from a tape besides its structure: gradients, names, a path through it.

Read next: ``programs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.reverse_mode import dependents
from tensorgraph.tape import Node, Tape, Traced

OVERLAYS = ("bytes", "gradient", "kept", "time", "dead")


@dataclass(frozen=True)
class Reading:
    """With ``gradients``, those of values in between are computed; with ``maps``, heat maps.

    ``names`` has names for nodes without one, ``arrays`` for constant arrays, by id. The path
    between two tensors, ``highlight``, is lit. ``overlay`` says which number is each node's weight,
    and ``view`` which phases are drawn.
    """

    gradients: bool = False
    maps: bool = False
    names: Mapping[Node, str] = field(default_factory=dict)
    arrays: Mapping[int, str] = field(default_factory=dict)
    highlight: Sequence[Any] = ()
    overlay: str | None = None
    view: str | None = None

    def __post_init__(self) -> None:
        if self.overlay not in (None, *OVERLAYS):
            raise ArgumentError(
                f"graph(): overlay is {self.overlay!r}, and must be None or one of "
                f"{', '.join(map(repr, OVERLAYS))}"
            )
        pair = [x for x in self.highlight if isinstance(x, Traced)]
        if len(self.highlight) and (len(self.highlight) != 2 or len(pair) != 2):
            raise ArgumentError(
                "graph(): highlight is two tensors, and the path between them is lit"
            )

    @property
    def sweeps(self) -> bool:
        """Whether a sweep of its own is needed."""
        return self.gradients or self.overlay in ("gradient", "time")


def with_names_of(variables: Mapping[str, Any], reading: Reading) -> Reading:
    """Return ``reading`` with the names that ``variables``, those of a frame, have for values.

    Of several names for one value the first counts, and those of ``reading`` before all. Those that
    begin with an underscore, as a notebook's last results do, say nothing.
    """
    names, arrays = dict(reading.names), dict(reading.arrays)
    for name, value in variables.items():
        if name.startswith("_"):
            continue
        if isinstance(value, Traced):
            names.setdefault(value._node, name)
        elif isinstance(value, np.ndarray):
            arrays.setdefault(id(value), name)
    return replace(reading, names=names, arrays=arrays)


def path_between(tape: Tape, ends: Sequence[Any]) -> set[Node]:
    """Return the nodes on the paths between two tensors, in whichever order they come."""
    if not len(ends):
        return set()
    one, other = (x._node for x in ends)
    nodes = set(tape)
    missing = [node for node in (one, other) if node not in nodes]
    if missing:
        raise ArgumentError(f"graph(): highlight names {missing[0]!r}, which this graph has not")
    first, last = sorted((one, other), key=lambda node: node.number)
    after = dependents(tape, [first])
    path = {last}
    for node in reversed(tape.nodes):
        if node in path:
            path.update(parent for parent in node.parents if parent in after)
    if first not in path:
        raise ArgumentError(f"graph(): highlight: nothing leads from {first!r} to {last!r}")
    return path
