"""A pass that died: the picture of what led there, what raised in red. Read next: ``graph``."""

from __future__ import annotations

from dataclasses import replace
from types import FrameType
from typing import Any

from tensorgraph.errors import ArgumentError, TensorGraphError
from tensorgraph.failure import NO_VALUE, Failure, failure_of
from tensorgraph.source import is_ours, line
from tensorgraph.tape import Node as Recorded
from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.picture import FAILED, Edge, Picture
from tensorgraph.viz.graphs.refused import refusal, steps


def failure_in(error: BaseException) -> tuple[BaseException, Failure]:
    """Return the error that an operation raised, ``error`` or one behind it, and which it was."""
    found = failure_of(error)
    if found is None:
        found = refusal(error)
    if found is None:
        raise ArgumentError(
            f"graph() draws what led to an error of an operation, a layer or a loss, and this "
            f"{type(error).__name__} comes from none that had a tensor: draw one computed before"
        )
    return found


def frames(source: Any) -> list[FrameType]:
    """Return the frames of the program that an error passed, the innermost first; else none."""
    if not isinstance(source, BaseException):
        return []
    error, _ = failure_in(source)
    passed = [step.tb_frame for step in steps(error)]
    return [frame for frame in reversed(passed) if not is_ours(frame)]


def marked(picture: Picture, failure: Failure, error: BaseException) -> Picture:
    """Return ``picture`` with what failed marked, and with it what ``error`` says.

    What died in the forward pass gives no result. Where it has no value, it is told by the shapes
    of its operands, where they enter.
    """
    operations = [node for node in failure.tape() if not node.is_leaf]
    boxes = [node for node in picture.nodes if node.kind == "op"]
    old = boxes[operations.index(failure.node)]
    new = old._replace(status=FAILED, change=_message(failure, error))
    nodes, edges = picture.nodes, picture.edges
    if failure.node.value is NO_VALUE:
        ports = _shapes(failure.node, with_dtypes=isinstance(error, TypeError))
        known = tuple(fact for fact in old.facts if fact[0] not in ("value", "bytes", "used by"))
        new = new._replace(shape="no result", dtype="", ports=ports, facts=known)
        edges = _entering(edges, old.key, ports)
    if failure.swept is None:
        nodes = [node for node in nodes if node.kind != "output"]
        edges = [edge for edge in edges if edge.tail != old.key]
    nodes = [new if node is old else node for node in nodes]
    return replace(picture, nodes=nodes, edges=edges)


def _entering(edges: list[Edge], key: str, ports: tuple[str, ...]) -> list[Edge]:
    """Return ``edges``, those into node ``key``, which are in order, at ``ports`` and marked."""
    rest = iter(ports)
    return [
        edge._replace(port=next(rest, ""), status=FAILED) if edge.head == key else edge
        for edge in edges
    ]


def _shapes(node: Recorded, with_dtypes: bool) -> tuple[str, ...]:
    """Return the role and the shape of each operand, unless there are too many to be told."""
    count = len(node.operands)
    if count > words.MOST_PORTS:
        return ()
    roles = words.roles(node.primitive, count)
    if not all(roles):
        roles = ("left", "right", *(str(i + 1) for i in range(2, count)))[:count]
    sizes = [words.size(value, with_dtype=with_dtypes) for value in node.values]
    if count == 1:
        return tuple(sizes)
    return tuple(f"{role}: {size}" for role, size in zip(roles, sizes, strict=True))


def _message(failure: Failure, error: BaseException) -> str:
    """Return what ``error`` says, but for the line, which is a fact of its own."""
    node = failure.node
    place = () if node.recorded_at is None else (f"at {line(node.recorded_at)}",)
    known = (*place, f"recorded{node.origin()}")
    text = "\n".join(part for part in str(error).splitlines() if part not in known)
    if not isinstance(error, TensorGraphError):
        text = f"{type(error).__name__}: {text}"
    return text if failure.swept is None else f"in its derivative: {text}"
