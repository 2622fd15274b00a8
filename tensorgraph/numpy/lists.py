"""Lists with tensors in them, as arrays."""

from __future__ import annotations

from typing import Any

from tensorgraph import ops
from tensorgraph.primitive import first_traced


def holds_tensors(x: Any) -> bool:
    """Whether ``x`` is a tensor, or a list or tuple with one somewhere in it."""
    return first_traced(x) is not None


def stacked(x: Any) -> Any:
    """``x`` with lists that hold tensors as one tensor."""
    if isinstance(x, (list, tuple)) and holds_tensors(x):
        return ops.stack([stacked(item) for item in x])
    return x
