"""Penalties on parameters, as expressions on the tape. Read next: ``metrics``.

They are added to the loss and differentiated with it. (Weight *decay*, which changes the update
and not the loss, is an optimizer's affair.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorgraph import ops
from tensorgraph.nn import Layer
from tensorgraph.ops.fused import sum_of_squares
from tensorgraph.recording import recording
from tensorgraph.tensor import Tensor


def l1(parameter: Any, factor: float) -> Any:
    """factor * sum |p|; the derivative at 0 is 0."""
    return ops.absolute(parameter).sum() * factor


def l2(parameter: Any, factor: float) -> Any:
    """factor * sum p², without a half: the derivative is 2 * factor * p."""
    return sum_of_squares(parameter, factors=(factor,))


def penalty(layers: Iterable[Layer]) -> Tensor | None:
    """The sum of all penalties that ``layers`` ask for, a scalar; None where they ask for none."""
    squared, factors, absolute = [], [], []
    for layer in layers:
        for parameter, l1_factor, l2_factor in layer.regularizers():
            if l1_factor:
                absolute.append((parameter, l1_factor))
            if l2_factor:
                squared.append(parameter)
                factors.append(l2_factor)
    if not (squared or absolute):
        return None
    state = recording()
    outer = state.enter("penalty")
    try:
        total = sum_of_squares(*squared, factors=tuple(factors)) if squared else None
        for parameter, factor in absolute:
            term = l1(parameter, factor)
            total = term if total is None else total + term
        return total
    finally:
        state.layer, state.at = outer
