"""What a row of the table of operations under test is made of. Read next: ``op_specs``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.tensor import Tensor

Interval = tuple[float, float]


@dataclass(frozen=True)
class Case:
    """One call: arrays (and numbers) by position, metadata by name.

    ``smooth`` is False where differences mean nothing: at a tie, a jump, in single precision.
    """

    name: str
    operands: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True


@dataclass(frozen=True)
class OpSpec:
    """One operation: our function, NumPy's, and the cases that reach every branch of its rules.

    ``differentiable`` names the operands that have a derivative; those of a row without any are
    differentiated all the same, to see the zeros. ``variadic`` functions take their operands as one
    sequence. ``primitive`` is False for what is composed of other rows; ``dispatches`` where
    ``reference``, called on tensors, must record as well.
    """

    name: str
    function: Callable[..., Any]
    reference: Callable[..., Any]
    cases: tuple[Case, ...]
    differentiable: tuple[int, ...] = (0,)
    variadic: bool = False
    primitive: bool = True
    dispatches: bool = True

    def ours(self, operands: Sequence[Any], params: dict[str, Any]) -> Any:
        return self._call(self.function, operands, params)

    def numpys(self, operands: Sequence[Any], params: dict[str, Any]) -> Any:
        return self._call(self.reference, operands, params)

    def _call(self, function: Callable[..., Any], xs: Sequence[Any], params: dict[str, Any]) -> Any:
        return function(list(xs), **params) if self.variadic else function(*xs, **params)

    def variables(self, case: Case) -> list[int]:
        """The positions of the operands of ``case`` to differentiate by."""
        everything = not self.differentiable or self.variadic
        return [
            i
            for i, x in enumerate(case.operands)
            if is_float(x) and (everything or i in self.differentiable)
        ]

    def of_variables(self, case: Case) -> Callable[..., Any]:
        """The call of ``case`` as a function of its ``variables`` alone."""
        positions = self.variables(case)

        def f(*xs: Any) -> Any:
            operands = list(case.operands)
            for i, x in zip(positions, xs, strict=True):
                operands[i] = x
            return self.ours(operands, case.params)

        f.__name__ = f"{self.name} ({case.name})"
        return f


def is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def as_tensors(operands: Sequence[Any], positions: Sequence[int] | None = None) -> list[Any]:
    """The operands, with the arrays among them (at ``positions``, or all) turned into tensors."""
    return [
        Tensor(x) if isinstance(x, np.ndarray) and (positions is None or i in positions) else x
        for i, x in enumerate(operands)
    ]


def draw(shape: tuple[int, ...], *intervals: Interval, seed: int = 0) -> np.ndarray:
    """Numbers that take turns among the intervals, so that a small array reaches each of them."""
    turns = np.resize(np.array(intervals or [(-2.0, 2.0)]), (math.prod(shape), 2))
    return np.random.default_rng(seed).uniform(*turns.T).reshape(shape)


def distinct(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers no two of which are closer than 0.25, in random order."""
    order = np.random.default_rng(seed).permutation(math.prod(shape))
    return (order.reshape(shape) - math.prod(shape) / 2 + 0.3) / 4


# --- cases of operations on each element ---------------------------------------------------------

_UNARY = {"matrix": (2, 3), "0-d": (), "empty": (0, 3)}

_BINARY: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "matrices": ((2, 3), (2, 3)),
    "matrix and row": ((2, 3), (3,)),
    "column and row": ((2, 1), (1, 3)),
    "vector and 3-d": ((4,), (2, 1, 4)),
    "0-d and vector": ((), (3,)),
    "matrix and 0-d": ((2, 3), ()),
    "0-d": ((), ()),
    "empty": ((0, 3), (3,)),
}


def unary(
    name: str,
    function: Callable[..., Any],
    reference: Callable[..., Any],
    *domain: Interval,
    more: Sequence[Case] = (),
    **options: Any,
) -> OpSpec:
    """A row of one operand, drawn from the intervals of ``domain``."""
    cases = [Case(what, (draw(shape, *domain),)) for what, shape in _UNARY.items()]
    return OpSpec(name, function, reference, (*cases, *more), **options)


def binary(
    name: str,
    function: Callable[..., Any],
    reference: Callable[..., Any],
    left: Sequence[Interval],
    right: Sequence[Interval],
    more: Sequence[Case] = (),
    **options: Any,
) -> OpSpec:
    """A row of two operands that broadcast, and either of which may be a number."""
    cases = [
        Case(what, (draw(a, *left, seed=1), draw(b, *right, seed=2)))
        for what, (a, b) in _BINARY.items()
    ]
    number_right = Case("number on the right", (draw((2, 3), *left), float(draw((), *right))))
    number_left = Case("number on the left", (float(draw((), *left)), draw((2, 3), *right)))
    options = {"differentiable": (0, 1), **options}
    return OpSpec(name, function, reference, (*cases, number_right, number_left, *more), **options)
