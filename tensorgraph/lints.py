"""What is allowed and hardly ever meant, as warnings: each with a class of its own.

Looked for where a recording is swept by ``backward()``. docs/warnings.md says more of each, and how
to silence it. Read next: ``tensor``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import (
    BroadcastWarning,
    ConstantLossWarning,
    DoubleSoftmaxWarning,
    IntegerVariableWarning,
)
from tensorgraph.ops import elementwise
from tensorgraph.ops.fused import sigmoid_cross_entropy, softmax_cross_entropy
from tensorgraph.ops.shape import normalize_axes
from tensorgraph.source import warn
from tensorgraph.tape import Node, Tape, tape
from tensorgraph.typing import Array


class Finding(NamedTuple):
    """What was found, in words, the class of its warning, and the layer, if it is of one."""

    message: str
    category: type[Warning]
    layer: str | None = None


def look(loss: Node, looked: dict[Any, int]) -> None:
    """Warn of what in the recording of a loss is hardly meant.

    ``looked`` counts the sweeps of losses by their lines: of those that were looked at a few times,
    each time with the same result, the 8th, 16th, 32nd... is looked at again.
    """
    if loss.recorded_at is not None:
        code, position = loss.recorded_at
        line = code.co_filename, code.co_firstlineno, position  # quicker to find than the code
        count = looked[line] = looked.get(line, 0) + 1
        if count > _EACH and count & (count - 1):
            return
    for finding in findings(tape(loss)):
        warn(finding.message, finding.category)


_EACH = 4


def findings(recording: Tape) -> Iterator[Finding]:
    """What in the recording of a loss is hardly meant."""
    integers = set()
    twice = set()  # what has been found to go through a second softmax
    stops = len(recording) == 1  # whether the derivative may reach nothing
    for node in recording.nodes:
        primitive = node.primitive
        if primitive is None:
            if node.value.dtype.kind in "iu":
                integers.add(node)
        elif primitive is ops.subtract:
            yield from _difference(node)
        elif primitive in _TWICE:
            first = _first_of_two(node)
            if first and first not in twice:
                twice.add(first)
                yield _twice(first, node)
        elif primitive.kind == "nondifferentiable":
            stops = True
    if integers:
        yield from _integers(recording, integers)
    if stops and not integers:
        yield from _constant(recording)


# --- derivatives that go nowhere -----------------------------------------------------------------


def _integers(recording: Tape, integers: set[Node]) -> Iterator[Finding]:
    """Whole numbers that a derivative is asked by, beside others that have one."""
    if len(integers) == len(recording.leaves):
        return  # backward() raises
    for node in recording.nodes:
        if not integers.isdisjoint(node.parents):
            for position, _ in node.rules():
                operand = node.operands[position]
                if operand in integers:
                    integers.remove(operand)
                    name = f"{operand.name!r}" if operand.name else "a variable"
                    yield Finding(
                        f"{name} of shape {operand.value.shape} holds whole numbers "
                        f"({operand.value.dtype}) and gets no gradient: make it float "
                        "(1.0 instead of 1, or dtype=float), or give the array itself",
                        IntegerVariableWarning,
                    )


def _constant(recording: Tape) -> Iterator[Finding]:
    """A result that no operation made, or from which no derivative reaches a variable."""
    (out,) = recording.outputs
    if out.is_leaf:
        yield Finding(
            "backward() of a value that no operation has recorded: it depends on no parameter. If "
            "it was computed, that was under tg.no_grad() or from plain arrays (t.data, "
            "t.numpy()): compute the loss from the tensors themselves",
            ConstantLossWarning,
        )
        return
    reached = [out]
    seen = {out}
    for node in reached:  # which grows
        if node.is_leaf:
            return
        for position, _ in node.rules():
            operand = node.operands[position]
            if operand not in seen:
                seen.add(operand)
                reached.append(operand)
    step = next(
        node
        for node in reversed(recording.nodes)
        if node.primitive and node.primitive.kind == "nondifferentiable"
    )
    why = (
        "stops it"
        if step.primitive is elementwise.stop_gradient
        else "moves in steps, with derivative 0"
    )
    yield Finding(
        f"no gradient reaches a parameter from here: {step.primitive.name}() in the loss {why}. "
        "Train on a loss that is smooth in the predictions, one of tg.losses; a share of right "
        f"answers is for measuring alone.\n  {step.primitive.name}(){step.origin()}",
        ConstantLossWarning,
    )


# --- shapes --------------------------------------------------------------------------------------


def _difference(node: Node) -> Iterator[Finding]:
    """A column minus a vector of the same length, which is a matrix of all differences."""
    x, y = (np.shape(value) for value in node.values)
    column, vector = (x, y) if len(x) > len(y) else (y, x)
    if len(vector) == 1 and column == (*vector, 1) and vector[0] > 1 and not _is_meant(node):
        yield Finding(
            f"a difference of shapes {x} and {y} is a matrix of shape {node.value.shape}: every "
            f"element minus every other{node.origin()}. For one difference a row give both the "
            f"same shape, as y.reshape(-1, 1) does",
            BroadcastWarning,
        )


def _is_meant(node: Node) -> bool:
    """Whether the column was made on purpose just before, as in ``x[:, None] - y``."""
    makers = {parent.primitive.name for parent in node.parents if parent.primitive}
    return not makers.isdisjoint({"index", "expand_dims", "reshape"})


# --- units --------------------------------------------------------------------------------------


def dead_units(y: Array) -> Array:
    """Whether each unit of a ReLU, along the last axis of its output ``y``, is 0 throughout."""
    return np.asarray((y.reshape(-1, y.shape[-1]) <= 0).all(axis=0))


# --- activations ---------------------------------------------------------------------------------

# What applies softmax or sigmoid to its first operand, by what must not have been applied before.
# Softmax of log_softmax is softmax again, and log_softmax along two axes in turn is Sinkhorn's
# method: neither is warned of.
_TWICE = {
    ops.softmax: ops.softmax,
    ops.log_softmax: ops.softmax,
    softmax_cross_entropy: ops.softmax,
    sigmoid_cross_entropy: ops.sigmoid,
}
_SAME_VALUES = {"alias", "astype", "reshape"}


def _first_of_two(node: Node) -> Node | None:
    """What is the result of the same activation already, among the operands of this one."""
    first = node.operands[0]
    while isinstance(first, Node) and first.primitive and first.primitive.name in _SAME_VALUES:
        first = first.operands[0]
    if not isinstance(first, Node) or first.primitive is not _TWICE[node.primitive]:
        return None
    return first if _axes(first) == _axes(node) else None


def _axes(node: Node) -> tuple[int, ...]:
    """The axes along which it acts, counted from the last."""
    ndim = np.ndim(node.values[0])
    axes = normalize_axes(node.params.get("axis", -1), ndim, node.primitive.name)
    return tuple(sorted(axis - ndim for axis in axes))


def _twice(first: Node, node: Node) -> Finding:
    """A softmax, or the sigmoid in a loss, of what one gave before."""
    name = first.primitive.name
    return Finding(
        f"{name} is applied twice. The second one sees numbers between 0 and 1 alone, so that the "
        "network can never be sure, and learns slowly. Remove one of the two; a loss with "
        f"from_logits=True applies {name} itself.\n  first{first.origin()}\n  then{node.origin()}",
        DoubleSoftmaxWarning,
    )
