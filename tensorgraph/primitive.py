"""What an operation is: one row with its NumPy forward and a derivative rule for each operand.

A row is made by the constructor of its kind::

    exp = elementwise(np.exp, lambda g, y, x: g * y)

    @linear.rules(lambda g, y, x, *, axes: transpose(g, np.argsort(axes)))
    def transpose(x, axes): ...

A rule takes the cotangent ``g`` of the result, the result ``y``, the operands and the metadata,
and gives the cotangent of one operand. It is written in our own operations, so it runs on arrays
and is recorded on tensors alike: second derivatives need nothing more. ``None`` stands for the rule
of an operand by which the derivative is zero, such as the condition of ``where``; ``NO_RULE`` for
one that nobody has written: to record with a tensor there is an error.

Of complex numbers a rule gives the transpose, not the adjoint: for a holomorphic y = f(x) it is
g * f'(x), as for real numbers; the cotangent of a real y by x = a + ib is dy/da - i dy/db.

The kind says what else is known, so that no rule is ever written twice:

===================  =======================================================================
elementwise          the Jacobian is diagonal: the same rules push tangents forward
linear               the tangent of the result is the operation on the tangents
bilinear             the same in each operand: two of them, or any number (einsum)
custom               nothing more: the vjp is transposed to get the jvp
nondifferentiable    zero derivative, recorded all the same (comparisons, sign, argmax...)
fused                hand-written kernels for an expression, with that expression beside them;
                     a kernel's result is an array of its own, never ``g`` or an operand
===================  =======================================================================

``batch`` says how the row acts on many examples at once, which is what ``vmap`` needs: a function
``batch(mapped, *xs, **params)``, where ``mapped`` tells which operands have a first axis that
counts the examples; the result must have one. Elementwise and fused rows need none. ``LEADING``
stands for functions of the last axes that take any axes before them along (``np.linalg.inv``).

``recordable`` says of a fused row that its kernels are written in our own operations: then a
compiled program is made of them, and not of the derivative of its expression.

``into`` may have, beside the rules of a fused row, kernels that compute the same into the array
``out`` of that shape and dtype: gradients of parameters are computed where they are to lie.

``positions`` names the arguments that NumPy takes by position after the operands, in its order,
where these are not just the metadata: ``"axis dtype out keepdims"``.

Read next: ``failure``.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, RuleError
from tensorgraph.recording import recording
from tensorgraph.tape import Traced

Rule = Callable[..., Any]
Batch = Callable[..., Any] | str | None

REGISTRY: dict[str, Primitive] = {}

ELEMENTWISE = "elementwise"
LEADING = "leading"


def NO_RULE(*args: Any, **params: Any) -> Any:
    """Stand for a rule that nobody has written."""
    raise RuleError("this operand has no derivative rule")


_MENDS = {
    "where": "choose afterwards: tg.where(condition, result, other)",
    "out": "take what the function returns instead",
    "dtype": "convert before or after: .astype(dtype)",
    "initial": "add, multiply or compare with it afterwards",
    "casting": "convert before: .astype(dtype)",
}


_SEQUENCES = (list, tuple)


def first_traced(x: Any) -> Traced | None:
    """``x``, or the first traced value in a list, which records once it is stacked."""
    if isinstance(x, Traced):
        return x
    found = (first_traced(item) for item in x) if isinstance(x, _SEQUENCES) else ()
    return next((traced for traced in found if traced is not None), None)


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
        batch: Batch = None,
        positions: str = "",
        recordable: bool = False,
        into: tuple[Rule | None, ...] = (),
    ) -> None:
        self.name = name or forward.__name__
        self.kind = kind
        self.fresh = kind == "fused"  # whether each rule's result is an array of its own
        self.forward = forward
        self.rules = rules
        self.variadic = variadic
        self.definition = definition
        self.recordable = recordable
        self.into: Any = into or itertools.repeat(None)
        by_element = kind == "elementwise" or (
            isinstance(forward, np.ufunc) and forward.signature is None
        )
        self.batch = ELEMENTWISE if batch is None and by_element else batch
        self.__doc__ = forward.__doc__
        self.__name__ = self.name
        self.arity, self.metadata, self.defaults = _signature(forward, len(rules), variadic)
        self.operand_names = [p.name for p in _parameters(forward)][: self.arity]
        self.positions = tuple(positions.split()) or self.metadata
        # The rules of a variadic row, and its kernels, as far as they were needed.
        self._told: list[Rule | None] = []
        self._told_into: list[Rule | None] = []
        self.metadata_names = frozenset(self.metadata)
        # How many of the arguments by position are metadata, one after the other.
        pairs = zip(self.positions, self.metadata, strict=False)
        self.plain_positions = len(
            list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        )

    def __call__(self, *args: Any, **params: Any) -> Any:
        if not params and len(args) == self.arity:
            params = self.defaults
        elif params.keys() != self.metadata_names or len(args) != self.arity:
            args, params = self._bind(args, params)
        for x in args:
            if isinstance(x, Traced):
                return x._record(self, args, params)
        for x in args:
            if isinstance(x, _SEQUENCES):
                traced = first_traced(x)
                if traced is not None:
                    return traced._record(self, args, params)
        return self.forward(*args, **params)

    def rules_for(self, operands: Sequence[Any]) -> Sequence[Rule | None]:
        """The rule for each of ``operands``.

        The rules of a variadic row are told the position first; its last one serves all further
        operands.
        """
        if not self.variadic:
            return self.rules
        told = self._told
        if len(told) < len(operands):  # all at once: another thread may be at it too
            told = self._told = _told(self.rules, len(operands))
        return told[: len(operands)]

    def kernels_for(self, operands: Sequence[Any]) -> Sequence[Rule | None]:
        """The same of ``into``."""
        if not (self.variadic and isinstance(self.into, tuple)):
            return self.into
        told = self._told_into
        if len(told) < len(operands):
            told = self._told_into = _told(self.into, len(operands))
        return told[: len(operands)]

    def _bind(
        self, args: tuple[Any, ...], params: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Split what was given, by position or by name, into operands and complete metadata."""
        if (self.variadic or len(args) == self.arity) and params.keys() <= self.metadata_names:
            return args, {**self.defaults, **params}
        rest = args[self.arity :]
        plain = not any(isinstance(x, Traced) for x in rest)
        if not params and plain and self.arity < len(args) <= self.arity + self.plain_positions:
            return args[: self.arity], {
                **self.defaults,
                **dict(zip(self.metadata, args[self.arity :], strict=False)),
            }
        if self.variadic:
            operands, bound = args, {}
        else:
            operands, params = self._by_name(args[: self.arity], params)
            rest = args[self.arity :]
            if len(rest) > len(self.positions):
                raise ArgumentError(f"{self.name}() was given {len(args)} arguments by position")
            bound = dict(zip(self.positions, rest, strict=False))
        twice = bound.keys() & params.keys()
        if twice:
            raise ArgumentError(f"{self.name}() was given {min(twice)} twice")
        bound |= params
        if bound.keys() - self.metadata_names:
            bound = self._without_defaults(bound)
        for name, value in bound.items():
            if isinstance(value, Traced):
                raise ArgumentError(
                    f"{self.name}() was given a tensor as {name}, for which it has no rule: give "
                    "the row one (None or NO_RULE will do), or pass the values, t.data"
                )
        return operands, {**self.defaults, **bound}

    def _by_name(
        self, operands: tuple[Any, ...], params: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The operands, with those that were given by name taken out of ``params``."""
        missing = self.operand_names[len(operands) : self.arity]
        absent = [name for name in missing if name not in params]
        if absent or len(operands) + len(missing) < self.arity:
            raise ArgumentError(f"{self.name}() needs its operand {' and '.join(absent)}")
        others = {name: value for name, value in params.items() if name not in missing}
        return (*operands, *(params[name] for name in missing)), others

    def _without_defaults(self, bound: dict[str, Any]) -> dict[str, Any]:
        """Leave out what NumPy has and we have not, or raise if it asks for anything."""
        for name, value in bound.items():
            if name not in self.metadata_names and not _asks_nothing(name, value):
                raise _refusal(self.name, name, self.metadata)
        return {name: value for name, value in bound.items() if name in self.metadata_names}

    def __repr__(self) -> str:
        return f"<{self.kind} primitive {self.name}>"


def _told(rules: Sequence[Rule | None], count: int) -> list[Rule | None]:
    """The rules of a variadic row for so many operands, each of which knows its position."""
    padded = [*rules, *[rules[-1]] * (count - len(rules))][:count]
    return [
        rule if rule is None or rule is NO_RULE else partial(rule, position)
        for position, rule in enumerate(padded)
    ]


def _asks_nothing(name: str, value: Any) -> bool:
    """Whether this argument only says what is so anyway."""
    return value is None or value is np._NoValue or (name == "where" and value is True)


def _refusal(function: str, name: str, takes: Sequence[str] = ()) -> ArgumentError:
    mend = _MENDS.get(name, f"it takes {', '.join(takes) or 'no such keyword'}")
    return ArgumentError(f"{function}() on a tensor does not take {name}=: {mend}")


def refuse(function: str, **arguments: Any) -> None:
    """Raise where an argument that NumPy has and a composite has not asks for anything."""
    for name, value in arguments.items():
        if not _asks_nothing(name, value):
            raise _refusal(function, name)


class _PartlyRuled(Primitive):
    """A row in which some operand has no rule: recording with a tensor there says so."""

    def __call__(self, *args: Any, **params: Any) -> Any:
        if params or len(args) != self.arity:
            args, params = self._bind(args, params)
        for position, (x, rule) in enumerate(zip(args, self.rules_for(args), strict=False)):
            if rule is NO_RULE and isinstance(x, Traced) and x._node.value.dtype.kind in "fc":
                if not recording().enabled:
                    continue
                names = dict(enumerate(self.operand_names))
                which = repr(names.get(position, position))
                raise RuleError(
                    f"{self.name}() has no derivative rule for its argument {which}: "
                    "add one to the row, or give the values alone, t.data, as a constant"
                )
        return super().__call__(*args, **params)


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


def _giving_one_array(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    """``forward`` of somebody else's row, with a look at what it gives."""

    @functools.wraps(forward)
    def checked(*args: Any, **params: Any) -> Any:
        value = forward(*args, **params)
        if isinstance(value, (np.ndarray, np.generic)):
            return value
        if isinstance(value, (int, float, complex)):
            return np.asarray(value)
        raise RuleError(
            f"{name}() gives a {type(value).__name__}, and a node has one array as its value: "
            "pack several results into one array, and give every tensor a rule"
        )

    return checked


def _is_foreign(forward: Callable[..., Any]) -> bool:
    module = getattr(forward, "__module__", None) or ""
    return inspect.isfunction(forward) and module.split(".")[0] not in {"numpy", "tensorgraph"}


def _required(forward: Callable[..., Any]) -> int:
    """The number of parameters that have no default: the operands, where no rule counts them."""
    if isinstance(forward, np.ufunc):
        return forward.nin
    return sum(p.default is p.empty and p.kind != p.KEYWORD_ONLY for p in _parameters(forward))


class Kind:
    """A constructor of rows: ``kind(forward, *rules)`` or the decorator ``@kind.rules(*rules)``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self, forward: Callable[..., Any], *rules: Rule | None, **options: Any
    ) -> Primitive:
        if not rules:
            missing = None if self.name == "nondifferentiable" else NO_RULE
            rules = (missing,) * _required(forward)
        if _is_foreign(forward):
            name = options.get("name") or forward.__name__
            forward = _giving_one_array(name, forward)
        make = _PartlyRuled if NO_RULE in rules else Primitive
        primitive = make(self.name, forward, rules, **options)
        _check_row(primitive)
        REGISTRY[primitive.name] = primitive
        return primitive

    def rules(
        self, *rules: Rule | None, **options: Any
    ) -> Callable[[Callable[..., Any]], Primitive]:
        """Make the decorated NumPy function the forward of a row with these rules."""
        return lambda forward: self(forward, *rules, **options)


def _check_row(row: Primitive) -> None:
    """Raise where a row cannot be right, whatever it computes."""
    before = REGISTRY.get(row.name)
    if row.name == "<lambda>":
        raise ArgumentError('a row made of a lambda needs a name: name="..."')
    if before is not None and not (_is_at_the_prompt(before) and _is_at_the_prompt(row)):
        raise ArgumentError(f"there is already a primitive called {row.name!r}: give another name=")
    if row.kind == "fused" and row.definition is None:
        raise ArgumentError(f"{row.name}(): a fused row needs its expression too, definition=")
    if not row.variadic and inspect.isfunction(row.forward):
        takes = len(_parameters(row.forward))
        if takes < row.arity:
            raise ArgumentError(f"{row.name}() takes {takes} arguments, and has {row.arity} rules")


def _is_at_the_prompt(row: Primitive) -> bool:
    """Whether a row was made in a notebook or a script, where a cell may be run again."""
    return getattr(row.forward, "__module__", None) == "__main__"


elementwise = Kind("elementwise")
linear = Kind("linear")
bilinear = Kind("bilinear")
custom = Kind("custom")
nondifferentiable = Kind("nondifferentiable")
fused = Kind("fused")
