"""The reverse sweep: from the cotangent of a result to those of what it was computed from.

Walk the tape backward, always on from the newest node that a cotangent has come to. Each node hands
its cotangent to its rules, and each rule's answer is added to the cotangent of one operand. That is
all of backpropagation; the rest of this page keeps the books.

Read next: ``forward_mode``, the same tape walked forward.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np

from tensorgraph.errors import ShapeError
from tensorgraph.failure import blamed
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import alias, astype, reshape
from tensorgraph.recording import recording as recorder
from tensorgraph.tape import Node, Tape, Traced, tape

Lift = Callable[[Node], Any]

on_arrays: Lift = attrgetter("value")
"""The lift that runs rules on plain arrays. The other one, ``Tensor._of``, has them recorded."""


def sweep(
    cotangents: dict[Node, Any],
    lift: Lift,
    wanted: Collection[Node] | None = None,
    oldest: int = -1,
    *,
    in_place: bool = False,
) -> dict[Node, Any]:
    """The cotangents of the ``wanted`` nodes (None: of all leaves) that the given ones lead to.

    ``cotangents`` maps nodes to arrays or tensors of their shapes; it is used up: an entry goes as
    soon as the sweep has passed it. A wanted node that nothing leads to is absent; to wanted ones
    only what is not older than the number ``oldest`` leads. With ``in_place``, the cotangent of a
    variable that has no gradient may lie where its gradient is to be. Raises ``GraphError`` where a
    variable or an array has been written to since an operation read it.
    """
    needed = None if wanted is None else dependents(tape(*cotangents, oldest=oldest), wanted)
    ends = () if wanted is None else wanted
    starts = tuple(cotangents)
    owned: set[Node] = set()
    state = recorder()
    watch, capture = state.watch, state.capture
    # The newest first: when its turn comes, all that used it has handed on its part.
    pending = [(-x.number, x) for x in cotangents if x.primitive is not None and x not in ends]
    heapify(pending)
    while pending:
        node = heappop(pending)[1]
        g = cotangents.pop(node)
        primitive = node.primitive
        if node.kept:
            node.check_kept()
        if capture is not None:
            capture.sweeping(node)
        if lift is on_arrays:
            y, xs = node.value, node.values
        elif primitive.definition is None or (capture is not None and primitive.recordable):
            y, xs = lift(node), [lift(x) if isinstance(x, Node) else x for x in node.operands]
        else:
            node.check_variables()
            for operand, contribution in _through_definition(node, g, lift):
                _add(cotangents, owned, pending, ends, operand, contribution, False)
            continue
        number, params, fresh = node.number, node.params, primitive.fresh
        if primitive.variadic:
            rules, kernels = primitive.rules_for(xs), primitive.kernels_for(xs)
        else:
            rules, kernels = primitive.rules, primitive.into
        # Strict takes longer.
        for operand, rule, kernel in zip(node.operands, rules, kernels):  # noqa: B905
            if not isinstance(operand, Node):
                continue
            if operand.primitive is None and operand.storage.version > number:
                node.check_variables()
            if rule is None or (needed is not None and operand not in needed):
                continue
            home = None
            try:
                if kernel is not None and in_place and operand not in cotangents:
                    home = operand.free_home()
                if home is not None:
                    contribution = kernel(g, y, *xs, **params, out=home)
                else:
                    contribution = rule(g, y, *xs, **params) if params else rule(g, y, *xs)
                if watch is not None:
                    watch.swept(node, operand, g, contribution)
                if contribution is home:
                    cotangents[operand] = home
                    owned.add(operand)
                    continue
                value = operand.value
                if (
                    operand in cotangents
                    or contribution.shape != value.shape
                    or contribution.dtype is not value.dtype
                ):
                    _add(cotangents, owned, pending, ends, operand, contribution, fresh)
                    continue
            except Exception as error:
                error.add_note(f"in the derivative of {primitive.name}(), recorded{node.origin()}")
                blamed(error, node, tape(*starts))
                raise
            cotangents[operand] = contribution  # as most come: the only one, and as it has to be
            if fresh:
                owned.add(operand)
            if operand.primitive is not None and operand not in ends:
                heappush(pending, (-operand.number, operand))
    if wanted is None:
        return cotangents
    return {node: g for node, g in cotangents.items() if node in wanted}


def _add(
    cotangents: dict[Node, Any],
    owned: set[Node],
    pending: list[tuple[int, Node]],
    ends: Collection[Node],
    operand: Node,
    contribution: Any,
    fresh: bool,
) -> None:
    """Add to the cotangent of ``operand`` what one of its uses contributes.

    A rule may hand on its ``g`` as it is, to several operands. Only an array that is known to be
    nobody else's is added into in place: a kernel's ``fresh`` result, or a sum that was made here.
    """
    value = operand.value
    if contribution.shape != value.shape or contribution.dtype is not value.dtype:
        if value.dtype.kind not in "fc":
            return  # whole numbers move in steps: no derivative passes them
        contribution = fit(contribution, value)
    before = cotangents.get(operand)
    if before is None:
        cotangents[operand] = contribution
        if fresh:
            owned.add(operand)
        if operand.primitive is not None and operand not in ends:
            heappush(pending, (-operand.number, operand))
    elif not (isinstance(before, np.ndarray) and isinstance(contribution, np.ndarray)):
        cotangents[operand] = before + contribution
    elif operand in owned:
        np.add(before, contribution, out=before)
    else:
        cotangents[operand] = np.add(before, contribution, out=contribution if fresh else None)
        owned.add(operand)


def _through_definition(node: Node, g: Any, lift: Lift) -> list[tuple[Node, Any]]:
    """The same for a fused row where derivatives of derivatives are wanted."""
    xs = [alias(lift(x)) if isinstance(x, Node) else x for x in node.operands]
    out = node.primitive.definition(*xs, **node.params)
    if not isinstance(out, Traced):
        return []
    inputs = {
        x._node: operand
        for x, operand in zip(xs, node.operands, strict=True)
        if isinstance(x, Traced)
    }
    reached = sweep({out._node: g}, lift, inputs, oldest=min(x.number for x in inputs))
    return [(inputs[x], cotangent) for x, cotangent in reached.items()]


def dependents(recording: Tape, sources: Collection[Node]) -> set[Node]:
    """The ``sources`` and the nodes of the recording that are computed from them."""
    found = set(sources)
    for node in recording:
        if any(operand in found for operand in node.parents):
            found.add(node)
    return found


def fit(g: Any, x: Any) -> Any:
    """``g``, in the shape, the dtype and the field (real or complex) of the value ``x``.

    This is the one place where broadcasting is undone and where precision comes back down.
    """
    if g.shape != x.shape:
        g = unbroadcast(g, x.shape)
    if g.dtype != x.dtype and x.dtype.kind in "fc":
        g = astype(g.real if g.dtype.kind == "c" and x.dtype.kind == "f" else g, x.dtype)
    return g


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``g`` over the axes along which an operand of ``shape`` was repeated.

    Repeating is linear, y = R x; its transpose R' adds up the copies of each element.
    """
    extra = g.ndim - len(shape)
    repeated = tuple(
        axis
        for axis in range(g.ndim)
        if axis < extra or (shape[axis - extra] == 1 and g.shape[axis] != 1)
    )
    try:
        return reshape(sum(g, axis=repeated, dtype=None, keepdims=False), shape, order="C")
    except ValueError as error:
        raise ShapeError(
            f"a rule gave a cotangent of shape {g.shape} for an operand of shape {shape}"
        ) from error


def zeros_of(x: Any) -> Any:
    """The cotangent of a value that nothing depends on: zeros of its shape, in a float dtype."""
    dtype = x.dtype if x.dtype.kind in "fc" else np.float64
    return np.zeros(x.shape, dtype)
