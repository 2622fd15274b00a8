"""The forward sweep: from tangents of the inputs to tangents of everything computed from them.

No row carries a rule for this. The kind of a row says how its tangent follows from what is known:
a diagonal Jacobian is its own transpose, a linear operation is its own derivative, and any other is
got by transposing its vjp, which is linear in the cotangent.

Read next: ``tensor``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.shape import alias, broadcast_to
from tensorgraph.reverse_mode import Lift, fit, sweep
from tensorgraph.tape import Node, Tape, Traced, new_leaf, tape


def push(
    recording: Tape, tangents: dict[Node, Any], lift: Lift, variable: type[Traced]
) -> dict[Node, Any]:
    """Extend ``tangents``, given for some nodes of the recording, to all that depend on them.

    ``variable`` is the class of traced values to work with where a rule has to be transposed.
    """
    for node in recording:
        ts = [tangents.get(x) if isinstance(x, Node) else None for x in node.operands]
        if node in tangents or all(t is None for t in ts):
            continue
        if node.value.dtype.kind not in "fc":
            continue  # whole numbers move in steps: no derivative passes them
        xs = [lift(x) if isinstance(x, Node) else x for x in node.operands]
        tangent = _KINDS[node.primitive.kind](node, xs, ts, lift, variable)
        if tangent is not None:
            tangents[node] = _fit_tangent(tangent, node.value)
    return tangents


def _fit_tangent(t: Any, y: Any) -> Any:
    return fit(broadcast_to(t, y.shape) if t.shape != y.shape else t, y)


def _both(rule: Any, t: Any) -> bool:
    return rule is not None and t is not None


def _total(terms: list[Any]) -> Any:
    total = None
    for term in terms:
        total = term if total is None else total + term
    return total


def _elementwise(
    node: Node, xs: list[Any], ts: list[Any], lift: Lift, variable: type[Traced]
) -> Any:
    """J is diagonal, so J t is what the reverse rule makes of t."""
    y = lift(node)
    rules = node.primitive.rules_for(xs)
    return _total(
        [
            rule(t, y, *xs, **node.params)
            for rule, t in zip(rules, ts, strict=True)
            if _both(rule, t)
        ]
    )


def _linear(node: Node, xs: list[Any], ts: list[Any], lift: Lift, variable: type[Traced]) -> Any:
    """f(x + t) = f(x) + f(t); an operand without a rule, such as an index array, stays."""
    args = []
    for x, t, rule in zip(xs, ts, node.primitive.rules_for(xs), strict=True):
        if rule is None:
            args.append(x)
        else:
            args.append(np.zeros(np.shape(x), node.value.dtype) if t is None else t)
    return node.primitive(*args, **node.params)


def _bilinear(node: Node, xs: list[Any], ts: list[Any], lift: Lift, variable: type[Traced]) -> Any:
    """f(x + t, y + s) = f(x, y) + f(t, y) + f(x, s) + smaller terms."""
    terms = []
    for position, t in enumerate(ts):
        if t is not None:
            terms.append(node.primitive(*xs[:position], t, *xs[position + 1 :], **node.params))
    return _total(terms)


def _transposed(
    node: Node, xs: list[Any], ts: list[Any], lift: Lift, variable: type[Traced]
) -> Any:
    """The vjp u -> u J is linear in u; its own vjp, taken at t, is J t, whatever u."""
    terms = []
    u = variable._of(new_leaf(np.zeros(node.value.shape, node.value.dtype)))
    for operand, t, rule in zip(node.operands, ts, node.primitive.rules_for(xs), strict=True):
        if not _both(rule, t):
            continue
        pulled = fit(rule(u, lift(node), *xs, **node.params), operand.value)
        reached = sweep({pulled._node: t}, lift, {u._node}, oldest=u._node.number)
        if u._node in reached:
            terms.append(reached[u._node])
    return _total(terms)


def _defined(node: Node, xs: list[Any], ts: list[Any], lift: Lift, variable: type[Traced]) -> Any:
    """A fused row is pushed through its definition."""
    inputs: list[Any] = []
    tangents: dict[Node, Any] = {}
    for x, t in zip(xs, ts, strict=True):
        if t is not None:
            x = alias(x) if isinstance(x, Traced) else variable._of(new_leaf(x))
            tangents[x._node] = t
        inputs.append(x)
    out = node.primitive.definition(*inputs, **node.params)
    if not isinstance(out, Traced):
        return None
    recording = tape(out, oldest=min(x.number for x in tangents))
    return push(recording, tangents, lift, variable).get(out._node)


def _zero(node: Node, xs: list[Any], ts: list[Any], lift: Lift, variable: type[Traced]) -> None:
    return None


_KINDS = {
    "elementwise": _elementwise,
    "linear": _linear,
    "bilinear": _bilinear,
    "custom": _transposed,
    "nondifferentiable": _zero,
    "fused": _defined,
}
