"""Does a function do the same twice? Then it can be compiled.

Read next: ``lowering``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.compiler.capture import Capture, Event
from tensorgraph.compiler.program import Region
from tensorgraph.errors import GraphError
from tensorgraph.source import line
from tensorgraph.tape import Changing, Node


def check_repeats(first: Capture, second: Capture) -> None:
    """Raise ``GraphError``, with the line, where two calls on the same arguments differ."""
    places = _places(first), _places(second)
    for a, b in zip(first.events, second.events, strict=False):
        if a.row is not b.row and a.row.name != b.row.name:
            raise _differs(first, b, f"{a.row.name}() the first time, {b.row.name}() the second")
        if len(a.operands) != len(b.operands):
            raise _differs(first, b, "it had other operands")
        for i, (x, y) in enumerate(zip(a.operands, b.operands, strict=True)):
            if not _is_same_operand(x, y, *places, first.start):
                raise _differs(first, b, f"its operand {i} differed: {_words(x)}, then {_words(y)}")
        if not _is_same(a.params, b.params):
            raise _differs(first, b, "its arguments differed")
    if len(first.events) != len(second.events):
        longer = max(first, second, key=lambda capture: len(capture.events))
        extra = longer.events[min(len(first.events), len(second.events))]
        raise _differs(first, extra, "it was called in one of two runs alone")


def _places(capture: Capture) -> dict[Node, int]:
    """Where each value of a call was made: inputs count down from -1."""
    places = {node: -1 - i for i, node in enumerate(capture.inputs)}
    made = ((event.node, i) for i, event in enumerate(capture.events))
    return places | {node: i for node, i in made if node is not None}


def _differs(capture: Capture, event: Event, what: str) -> GraphError:
    where = f" at {line(event.mark.place)}" if event.mark.place else ""
    return GraphError(
        f"{capture.name}() was run twice on the same arguments, and did not do the same in "
        f"{event.row.name}(){where}: {what}. A compiled function repeats what it recorded: draw "
        "random numbers with a layer (nn.Dropout) or hand them in, and count outside"
    )


def _words(x: Any) -> str:
    if isinstance(x, Node):
        return repr(x)
    return f"an array of shape {x.shape}" if np.ndim(x) else f"{x}"


def _is_same_operand(
    x: Any, y: Any, first: dict[Node, int], second: dict[Node, int], start: int
) -> bool:
    if isinstance(x, Node) and isinstance(y, Node):
        if x in first or y in second:
            return first.get(x) == second.get(y)
        return x is y or (x.number > start and y.number > start and _is_same(x.value, y.value))
    return not isinstance(x, Node) and not isinstance(y, Node) and _is_same(x, y)


def _is_same(x: Any, y: Any) -> bool:
    if x is y:
        return True
    if isinstance(x, Changing) and isinstance(y, Changing):
        return _is_same_number(x, y)
    if type(x) is not type(y):
        return False
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(_is_same(x[key], y[key]) for key in x)
    if isinstance(x, (list, tuple)):
        return len(x) == len(y) and all(map(_is_same, x, y))
    if isinstance(x, (np.ndarray, np.generic)):
        return x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()
    if isinstance(x, Region):  # the first run may have moved it
        return x.shape == y.shape
    if callable(x):
        return True  # made anew at each call, as the functions inside checkpoint are
    return bool(x == y) or (x != x and y != y)


def _is_same_number(x: Any, y: Any) -> bool:
    return bool(
        x.text == y.text and x.owner is y.owner and all(map(_is_same, x.operands, y.operands))
    )
