"""What an operation is: one row with its NumPy forward and a derivative rule for each operand.

A row is made by the constructor of its kind::

    exp = elementwise(np.exp, lambda g, y, x: g * y)

    @linear.rules(lambda g, y, x, *, axes: transpose(g, np.argsort(axes)))
    def transpose(x, axes): ...

A rule takes the cotangent ``g`` of the result, the result ``y``, the operands and the metadata,
and gives the cotangent of one operand. It is written in our own operations, so it runs on arrays
and is recorded on tensors alike: second derivatives need nothing more. ``None`` stands for a rule
of an operand that is not differentiated, such as the condition of ``where``.

The kind says what else is known, so that no rule is ever written twice:

===================  =======================================================================
elementwise          the Jacobian is diagonal: the same rules push tangents forward
linear               the tangent of the result is the operation on the tangents
bilinear             the same in each of two operands
custom               nothing more: the vjp is transposed to get the jvp
nondifferentiable    zero derivative, recorded all the same (comparisons, sign, argmax...)
fused                hand-written kernels for an expression, with that expression beside them;
                     a kernel's result is an array of its own, never ``g`` or an operand
===================  =======================================================================

Read next: ``ops.elementwise``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensorgraph.errors import ArgumentError
from tensorgraph.tape import Traced

Rule = Callable[..., Any]

REGISTRY: dict[str, Primitive] = {}


class Primitive:
    """One operation. Call it: on plain arrays it runs NumPy, on traced operands it is recorded."""

    def __init__(
        self,
        kind: str,
        forward: Callable[..., Any],
        rules: tuple[Rule | None, ...],
        *,
        name: str | None = None,
        variadic: bool = False,
        definition: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name or forward.__name__
        self.kind = kind
        self.forward = forward
        self.rules = rules
        self.variadic = variadic
        self.definition = definition
        self.__doc__ = forward.__doc__
        self.__name__ = self.name
        self.arity, self.metadata, self.defaults = _signature(forward, len(rules), variadic)
        self._told: list[
            Rule | None
        ] = []  # the rules of a variadic row, as far as they were needed
        self.metadata_names = frozenset(self.metadata)

    def __call__(self, *args: Any, **params: Any) -> Any:
        if params or len(args) != self.arity:
            args, params = self._bind(args, params)
        else:
            params = self.defaults
        for x in args:
            if isinstance(x, Traced):
                return x._record(self, args, params)
        return self.forward(*args, **params)

    def rules_for(self, operands: Sequence[Any]) -> Sequence[Rule | None]:
        """The rule for each of ``operands``.

        The rules of a variadic row are told the position first; its last one serves all further
        operands.
        """
        if not self.variadic:
            return self.rules
        while len(self._told) < len(operands):
            position = len(self._told)
            rule = self.rules[min(position, len(self.rules) - 1)]
            self._told.append(rule and partial(rule, position))
        return self._told[: len(operands)]

    def _bind(
        self, args: tuple[Any, ...], params: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Split what was given, by position or by name, into operands and complete metadata."""
        if params.keys() == self.metadata_names and (self.variadic or len(args) == self.arity):
            return args, params
        if self.variadic:
            operands: tuple[Any, ...] = args
            bound = {}
        else:
            operands = args[: self.arity]
            bound = dict(zip(self.metadata, args[self.arity :], strict=False))
        unknown = [key for key in params if key not in self.metadata]
        if unknown or len(operands) + len(bound) < len(args):
            what = f"{unknown[0]}=" if unknown else f"{len(args)} positional arguments"
            takes = ", ".join(self.metadata) or "no keywords"
            raise ArgumentError(f"{self.name}() on a tensor does not take {what}: it takes {takes}")
        return operands, {**self.defaults, **bound, **params}

    def __repr__(self) -> str:
        return f"<{self.kind} primitive {self.name}>"


def _signature(
    forward: Callable[..., Any], operands: int, variadic: bool
) -> tuple[int, tuple[str, ...], dict[str, Any]]:
    """The number of operands, and the metadata's names and defaults, read off ``forward``."""
    if variadic or not inspect.isfunction(forward):  # a ufunc's keywords are not ours
        names = [
            p.name
            for p in _parameters(forward)
            if inspect.isfunction(forward) and p.kind == p.KEYWORD_ONLY
        ]
        return operands, tuple(names), _defaults(forward, names)
    names = [p.name for p in _parameters(forward)][operands:]
    return operands, tuple(names), _defaults(forward, names)


def _parameters(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    return (
        list(inspect.signature(forward).parameters.values()) if inspect.isfunction(forward) else []
    )


def _defaults(forward: Callable[..., Any], names: list[str]) -> dict[str, Any]:
    return {
        p.name: p.default
        for p in _parameters(forward)
        if p.name in names and p.default is not p.empty
    }


class Kind:
    """A constructor of rows: ``kind(forward, *rules)`` or the decorator ``@kind.rules(*rules)``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self, forward: Callable[..., Any], *rules: Rule | None, **options: Any
    ) -> Primitive:
        primitive = Primitive(self.name, forward, rules, **options)
        if primitive.name in REGISTRY:
            raise ArgumentError(f"there is already a primitive called {primitive.name!r}")
        REGISTRY[primitive.name] = primitive
        return primitive

    def rules(
        self, *rules: Rule | None, **options: Any
    ) -> Callable[[Callable[..., Any]], Primitive]:
        """Make the decorated NumPy function the forward of a row with these rules."""
        return lambda forward: self(forward, *rules, **options)


elementwise = Kind("elementwise")
linear = Kind("linear")
bilinear = Kind("bilinear")
custom = Kind("custom")
nondifferentiable = Kind("nondifferentiable")
fused = Kind("fused")
