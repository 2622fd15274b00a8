"""``tg.detect_anomaly()``: stop where the first NaN or infinity is born, and say why.

    with tg.detect_anomaly():
        loss = f(x)
        loss.backward()

A value is *born* bad where the operands of its operation are fine: an infinity that was put in (the
mask of an attention) is no fault. Read next: ``tree``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.errors import AnomalyError
from tensorgraph.failure import blamed
from tensorgraph.recording import watched
from tensorgraph.tape import Node, Traced


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Inside, the first NaN or infinity, forward or backward, raises ``AnomalyError``.

    The message has the operation, the line, the layer, the operands at the first bad element, the
    reason in words and the safe form to write. NumPy's own warnings are silent meanwhile. For
    finding a fault: every value is looked at, which takes time.
    """
    with watched(_Watch()), np.errstate(all="ignore"):
        yield


class _Watch:
    """What the recording point and the sweep show their values to."""

    def recorded(self, node: Node) -> None:
        """Keep what its operands are, and look at the value of a node that was just recorded."""
        node.keep_copies()
        bad = _first_bad(node.value)
        if bad is None:
            return
        at = [_at(x, node.value, bad) for x in node.values]
        if _were_fine(node.values, at, node.value[bad] if node.value.ndim else node.value):
            raise blamed(AnomalyError(_forward(node, bad, at)), node)

    def swept(self, node: Node, operand: Node, g: Any, contribution: Any) -> None:
        """Look at what the rule of ``node`` for ``operand`` made of the cotangent ``g``."""
        values = _plain(contribution)
        bad = _first_bad(values)
        if bad is None or _first_bad(_plain(g)) is not None or _first_bad(node.value) is not None:
            return
        at = [_at(x, values, bad) for x in node.values]
        raise AnomalyError(_backward(node, operand, bad, _at(_plain(g), values, bad), at, values))


def _plain(x: Any) -> Any:
    return x._node.value if isinstance(x, Traced) else np.asarray(x)


def _first_bad(x: Any) -> tuple[int, ...] | None:
    """The index of the first element that is no finite number."""
    if x.dtype.kind not in "fc" or np.isfinite(np.vdot(x, x)):
        return None  # one bad element would have made the sum of squares bad
    found = np.argwhere(~np.isfinite(x))
    return tuple(int(i) for i in found[0]) if len(found) else None


def _at(x: Any, y: Any, index: tuple[int, ...]) -> Any:
    """The element of ``x`` that goes with ``y[index]`` where the two broadcast, else None."""
    try:
        return np.broadcast_to(x, np.shape(y))[index]
    except ValueError:
        return None


def _were_fine(operands: Any, at: list[Any], result: Any) -> bool:
    """Whether the operands give no reason for a bad ``result``: at its place, or anywhere."""
    looked = [x if element is None else element for x, element in zip(operands, at, strict=True)]
    numbers = [np.asarray(x) for x in looked if np.asarray(x).dtype.kind in "fc"]
    if np.isnan(result):  # of infinities alone, inf - inf, it is born too
        return not any(np.isnan(x).any() for x in numbers)
    return all(np.isfinite(x).all() for x in numbers)


# --- in words ------------------------------------------------------------------------------------


class _Reason(NamedTuple):
    """Why an operation gives a bad value, and what to write."""

    why: str
    mend: str


def _shown(node: Node, at: list[Any]) -> str:
    """The operands, with their values at the bad element."""
    lines = []
    for i, (x, value) in enumerate(zip(node.operands, at, strict=True)):
        name = x.name if isinstance(x, Node) and x.name else f"operand {i}"
        shape = np.shape(node.values[i])
        what = f"{value.item()!r}" if value is not None else "several elements take part"
        lines.append(f"  {name}: {what}, of shape {shape}")
    return "\n".join(lines)


def _where(index: tuple[int, ...]) -> str:
    return f" at index {index}" if index else ""


def _forward(node: Node, bad: tuple[int, ...], at: list[Any]) -> str:
    value = node.value[bad] if node.value.ndim else node.value
    reason = _reason(node, at, value)
    return (
        f"{node.primitive.name}() gave {value}{_where(bad)}: {reason.why}\n"
        f"recorded{node.origin()}\n{_shown(node, at)}\nsafe: {reason.mend}"
    )


def _reason(node: Node, at: list[Any], value: Any) -> _Reason:
    explain = _FORWARD.get(node.primitive.name)
    if explain is not None and at[0] is not None:
        return explain(at)
    if np.isnan(value) and node.primitive.name in {"add", "subtract", "sum", "mean"}:
        return _Reason("infinity minus infinity", "find where the infinities are made")
    if np.isinf(value):
        return _Reason(
            f"the result is too large for {node.value.dtype}",
            "scale the operands down, compute with logarithms, or take float64",
        )
    return _Reason("the operation is not defined there", "keep the operands in its domain")


def _of_log(at: list[Any]) -> _Reason:
    x = at[0]
    why = "the logarithm of 0 is -inf" if x == 0 else f"the logarithm of {x}, which is negative"
    return _Reason(why, "tg.log(tg.clip(x, 1e-12, None)); of a softmax, tg.log_softmax(logits)")


def _of_divide(at: list[Any]) -> _Reason:
    x, y = at[:2]
    if y != 0:
        return _Reason("the quotient is too large for the dtype", "scale the operands")
    why = "0 / 0 is not a number" if x == 0 else f"{x} / 0 is infinite"
    return _Reason(why, "x / tg.where(y == 0, 1, y), and choose with tg.where afterwards")


def _of_exp(at: list[Any]) -> _Reason:
    return _Reason(
        f"exp({at[0]}) is too large for the dtype",
        "subtract the maximum first, as tg.softmax and tg.logsumexp do",
    )


def _of_sqrt(at: list[Any]) -> _Reason:
    return _Reason(f"the square root of {at[0]}, which is negative", "tg.sqrt(tg.maximum(x, 0))")


def _of_power(at: list[Any]) -> _Reason:
    x, y = at[0], at[1] if len(at) > 1 else None
    if x == 0:
        return _Reason(f"0 to the negative power {y} is infinite", "keep the base away from 0")
    if x < 0:
        return _Reason(f"the negative number {x} to the power {y}, which is not whole", "abs(x)")
    return _Reason(f"{x} to the power {y} is too large for the dtype", "use logarithms")


_FORWARD: dict[str, Callable[[list[Any]], _Reason]] = {
    **dict.fromkeys(("log", "log2", "log10"), _of_log),
    **dict.fromkeys(("exp", "exp2", "expm1", "cosh", "sinh"), _of_exp),
    "divide": _of_divide,
    "sqrt": _of_sqrt,
    "power": _of_power,
}


def _backward(
    node: Node, operand: Node, bad: tuple[int, ...], g: Any, at: list[Any], values: Any
) -> str:
    name = node.primitive.name
    which = f"{operand.name!r}" if operand.name else "its operand"
    value = values[bad] if values.ndim else values
    lines = [
        f"the derivative of {name}() by {which} is {value}{_where(bad)}: "
        f"{_SLOPES.get(name, 'it is not finite there')}",
        f"recorded{node.origin()}",
        _shown(node, at),
    ]
    if g is not None and g == 0:
        lines.append(
            "the result is not used there (its own gradient is 0, as behind the other branch of a "
            "where, and 0 times infinity is not a number): guard the operand, not the result"
        )
    lines.append(f"safe: {_GUARDS.get(name, _GUARD).format(name=name)}")
    return "\n".join(lines)


_SLOPES = {
    "sqrt": "the slope of the square root at 0 is infinite",
    "log": "the slope of the logarithm at 0 is infinite",
    "power": "the slope of this power at 0 is infinite",
    "divide": "the slope of a quotient at 0 is infinite",
    "arccos": "its slope at 1 and -1 is infinite",
    "arcsin": "its slope at 1 and -1 is infinite",
}
_GUARD = "tg.where(ok, tg.{name}(tg.where(ok, x, 1)), 0), with ok where the derivative is finite"
_GUARDS = {
    "sqrt": "tg.where(x > 0, tg.sqrt(tg.where(x > 0, x, 1)), 0)",
    "log": "tg.where(x > 0, tg.log(tg.where(x > 0, x, 1)), 0)",
    "divide": "tg.where(y != 0, x / tg.where(y != 0, y, 1), 0)",
}
