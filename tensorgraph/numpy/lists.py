"""Lists with tensors in them, as arrays."""

from __future__ import annotations

from typing import Any

from tensorgraph import ops
from tensorgraph.tape import Traced


def holds_tensors(x: Any) -> bool:
    """Whether ``x`` is a tensor, or a list or tuple with one somewhere in it."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_tensors, x))
    return isinstance(x, Traced)


def stacked(x: Any) -> Any:
    """``x`` with lists that hold tensors as one tensor."""
    if isinstance(x, (list, tuple)) and holds_tensors(x):
        return ops.stack([stacked(item) for item in x])
    return x
