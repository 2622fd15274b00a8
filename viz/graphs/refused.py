"""A function of ours that refused its tensors by itself, in no operation: found by the traceback.

So ``stack`` of tensors of several shapes is drawn as an operation that failed. Read next:
``failed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from tensorgraph.failure import Failure, node_of_call
from tensorgraph.source import is_ours
from tensorgraph.tape import Node, Traced

_FROM_NUMPY = ("__array_function__", "__array_ufunc__", "through_table")
"""What leads from NumPy's function to ours."""


def steps(error: BaseException) -> Iterator[TracebackType]:
    """Yield the calls that ``error`` passed, the outermost first."""
    step = error.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


def refusal(error: BaseException) -> tuple[BaseException, Failure] | None:
    """Return ``error`` and the call that raised it, None where that took no tensor, or is not ours.

    It is the one that the program made: what it called in turn says less.
    """
    passed = list(steps(error))
    ours = [is_ours(step.tb_frame) for step in passed]
    if all(ours) or not ours[-1]:
        return None
    start = len(ours) - ours[::-1].index(False)
    frames = [step.tb_frame for step in passed[start:]]
    frame = next((f for f in frames if f.f_code.co_name not in _FROM_NUMPY), frames[-1])
    xs = _arguments(frame)
    if not any(isinstance(x, Traced) for x in xs):
        return None
    return error, Failure(_call(frame, passed[start - 1], xs), None)


def _arguments(frame: FrameType) -> list[Any]:
    """Return the tensors and arrays that a function was given, those in lists too."""
    code = frame.f_code
    given = [frame.f_locals[name] for name in code.co_varnames[: code.co_argcount]]
    parts = [part for x in given for part in (x if isinstance(x, (list, tuple)) else [x])]
    found = {id(part): part for part in parts if isinstance(part, (Traced, np.ndarray))}
    return list(found.values())


def _call(frame: FrameType, caller: TracebackType, xs: list[Any]) -> Node:
    """Return a call as the node of an operation without a value."""
    name = frame.f_code.co_name.strip("_")
    if frame.f_code.co_name in _FROM_NUMPY and "function" in frame.f_locals:
        name = frame.f_locals["function"].__name__  # which we have not
    at = (caller.tb_frame.f_code, caller.tb_lasti)
    return node_of_call(lambda *xs: None, name, xs, None, at)
