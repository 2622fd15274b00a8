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
from tensorgraph.recording import enter_layer, leave_layer
from tensorgraph.tensor import Tensor


def l1(parameter: Any, factor: float) -> Any:
    """factor * sum |p|; the derivative at 0 is 0."""
    return ops.absolute(parameter).sum() * factor


def l2(parameter: Any, factor: float) -> Any:
    """factor * sum p², without a half: the derivative is 2 * factor * p."""
    return sum_of_squares(parameter, factors=(factor,))


def penalty(layers: Iterable[Layer]) -> Tensor | None:
    """The sum of all penalties that ``layers`` ask for, a scalar; None where they ask for none."""
    squared: dict[Tensor, float] = {}
    absolute: dict[Tensor, float] = {}
    for layer in layers:
        for parameter, l1_factor, l2_factor in layer.regularizers():
            if l1_factor:
                absolute[parameter] = l1_factor
            if l2_factor:
                squared[parameter] = l2_factor
    if not (squared or absolute):
        return None
    total: Tensor | None = None
    outer = enter_layer("penalty")
    try:
        if squared:
            total = sum_of_squares(*squared, factors=tuple(squared.values()))
        for parameter, factor in absolute.items():
            total = l1(parameter, factor) if total is None else total + l1(parameter, factor)
    finally:
        leave_layer(outer)
    return total
