"""The number that the fill of each node shows, by the name of the overlay. Read next: ``facts``.

Each of the functions in ``OF_TAPES`` weighs a tape; of programs, ``programs`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import ArgumentError
from tensorgraph.lints import dead_units
from tensorgraph.tape import Node, Tape
from tensorgraph.typing import Array
from tensorgraph.viz.graphs import needs
from tensorgraph.viz.graphs.gradients import Gradients
from tensorgraph.viz.graphs.picture import Fact
from tensorgraph.viz.graphs.timing import times_of


@dataclass
class Weights:
    """The weights of recorded values, and of constant arrays by id; what else is found out.

    ``backward`` has the part of each weight that is of the backward pass.
    """

    nodes: Mapping[Node, float] = field(default_factory=dict)
    arrays: Mapping[int, float] = field(default_factory=dict)
    facts: Mapping[Node, Fact] = field(default_factory=dict)
    backward: Mapping[Node, float] = field(default_factory=dict)


def weights_of(tape: Tape, overlay: str | None, gradients: Gradients | None) -> Weights:
    """Return what an overlay shows of a tape; nothing where none is asked for."""
    if overlay is None:
        return Weights()
    return OF_TAPES[overlay](tape, gradients or Gradients())


def _bytes(tape: Tape, gradients: Gradients) -> Weights:
    return Weights({node: float(node.value.nbytes) for node in tape})


def _gradient(tape: Tape, gradients: Gradients) -> Weights:
    """The norm of each value's gradient."""
    norms = {x: float(np.linalg.norm(np.ravel(g))) for x, g in gradients.totals.items()}
    return Weights(norms, backward=norms)


def _kept(tape: Tape, gradients: Gradients) -> Weights:
    """The bytes of what the backward sweep needs, and none of the rest."""
    used = needs.needs_of(tape)
    nodes, arrays = needs.kept(used)
    constants = {id(x): x for node in used for x in node.operands if id(x) in arrays}
    return Weights(
        {node: float(node.value.nbytes) if node in nodes else 0.0 for node in tape},
        {key: float(np.asarray(x).nbytes) for key, x in constants.items()},
        dict.fromkeys(nodes, ("kept", "for the backward pass")),
    )


def _time(tape: Tape, gradients: Gradients) -> Weights:
    times = times_of(tape, gradients)
    return Weights(
        {node: both.total for node, both in times.items()},
        facts={node: ("time", both.in_words()) for node, both in times.items()},
        backward={node: both.backward for node, both in times.items() if both.backward is not None},
    )


def _dead(tape: Tape, gradients: Gradients) -> Weights:
    """The share of the units of each ReLU that are 0 for every example."""
    units = {node: dead_units(node.value) for node in tape if _has_units(node)}
    if not units:
        raise ArgumentError(
            "graph(): overlay='dead' shows the units of ReLUs that are 0 for every example, and "
            "here no ReLU has a row for each example"
        )
    return Weights(
        {node: float(dead.mean()) for node, dead in units.items()},
        facts={node: ("dead units", _in_words(node, dead)) for node, dead in units.items()},
    )


def _has_units(node: Node) -> bool:
    """Whether this is max(x, 0), with a row for each example."""
    row = node.primitive
    with_zero = row is ops.maximum and any(
        np.ndim(x) == 0 and x == 0 for x in node.operands if not isinstance(x, Node)
    )
    return (row is ops.relu or with_zero) and node.value.ndim >= 2 and bool(node.value.size)


def _in_words(node: Node, dead: Array) -> str:
    examples = node.value.size // len(dead)
    return f"{np.count_nonzero(dead):,} of {len(dead):,}: 0 for all of {examples:,} examples"


OF_TAPES: dict[str, Callable[[Tape, Gradients], Weights]] = {
    "bytes": _bytes,
    "gradient": _gradient,
    "kept": _kept,
    "time": _time,
    "dead": _dead,
}
