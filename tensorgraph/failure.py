"""Which operation an error came from, kept on the error, so that what led there can be drawn.

What failed is a node like any other, without a value: its tape is that of the pass that died.
Read next: ``ops``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.primitive import Primitive
from tensorgraph.recording import recording
from tensorgraph.source import Place, place
from tensorgraph.tape import Node, Tape, Traced, tape

NO_VALUE = np.empty(0)
"""What stands in a node for the value that it has not."""


class Failure:
    """The ``node`` that failed: as it was computed, or, on a tape that was ``swept``, its rule.

    It lives as long as its error. Errors are sent from process to process, and tapes are not: a
    copy of the error is without it.
    """

    __slots__ = ("node", "swept")

    def __init__(self, node: Node, swept: Tape | None) -> None:
        self.node = node
        self.swept = swept

    def tape(self) -> Tape:
        """The nodes up to the one that failed; in a sweep, all of the tape that was swept."""
        return tape(self.node) if self.swept is None else self.swept

    def __reduce__(self) -> Any:
        return type(None), ()


def blamed(error: Exception, node: Node, swept: Tape | None = None) -> Exception:
    """``error``, which keeps that ``node`` failed, unless it comes from further inside."""
    if _failure(error) is None:
        error._failure = Failure(node, swept)  # type: ignore[attr-defined]
    return error


def blame_call(error: Exception, function: Callable[..., Any], name: str, *xs: Any) -> None:
    """The same of a call, of a layer or a loss, that raised by itself and in no operation."""
    if _failure(error) is not None or not all(isinstance(x, (Traced, np.ndarray)) for x in xs):
        return
    state = recording()
    blamed(error, node_of_call(function, name, xs, state.layer, state.at or place(2)))


def node_of_call(
    function: Callable[..., Any], name: str, xs: Sequence[Any], layer: str | None, at: Place | None
) -> Node:
    """The call of a function on tensors and arrays as the node of an operation that raised."""
    operands = [x._node if isinstance(x, Traced) else x for x in xs]
    values = [x._node.value if isinstance(x, Traced) else x for x in xs]
    row = Primitive("custom", function, (None,) * len(xs), name=name)
    return Node(row, operands, values, {}, NO_VALUE, layer, at)


def failed(
    primitive: Primitive, operands: Sequence[Any], values: Sequence[Any], params: dict[str, Any]
) -> Node:
    """The node of an operation that raised, as it would have been recorded here."""
    state = recording()
    where = state.at or place(2)
    return Node(primitive, operands, values, params, NO_VALUE, state.layer, where)


def failure_of(error: BaseException) -> tuple[BaseException, Failure] | None:
    """The error, of this one and those that it came from, that an operation raised, and which."""
    for cause in _causes(error):
        failure = _failure(cause)
        if failure is not None:
            return cause, failure
    return None


def _failure(error: BaseException) -> Failure | None:
    return getattr(error, "_failure", None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and not any(cause is other for other in seen):
        yield cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
