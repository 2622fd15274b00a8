"""Functions of functions: ``grad``, ``value_and_grad``, ``vjp``, ``jvp``.

Each calls the function once on fresh variables and sweeps the tape of that call. A variable made
of a tensor is recorded as computed from it, so transforms nest: the outer one differentiates the
inner's sweep. A result that depends on no tensor outside the call is an array, otherwise a tensor;
hence ``x = x - lr * tg.grad(f)(x)`` on arrays keeps no history.

Arguments and outputs may be trees of dicts, lists and tuples; gradients come back in the form of
the argument.

Read next: ``jacobians``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import forward_mode, tree
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.ops import elementwise
from tensorgraph.ops.shape import alias
from tensorgraph.recording import recording, recording_set
from tensorgraph.reverse_mode import Lift, on_arrays, sweep, zeros_of
from tensorgraph.storage import next_number
from tensorgraph.tape import Node, Traced, tape
from tensorgraph.tensor import Tensor

Argnums = int | Sequence[int]

# --- one recorded call ---------------------------------------------------------------------------


class _Call(NamedTuple):
    """A function's call on fresh variables: its output, the variables, and where the call began."""

    out: Any
    variables: list[Tensor]
    start: int
    aux: Any = None

    def settled(self) -> Any:
        """The output, as arrays where it depends on no tensor outside the call."""
        return tree.map(lambda y: settle(y, self.start), self.out)


def _call(
    f: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int], has_aux: bool = False
) -> _Call:
    """Call ``f`` with the leaves of the arguments at ``argnums`` replaced by fresh variables."""
    start = next_number()
    variables: list[Tensor] = []
    fresh = list(args)
    for n in argnums:
        fresh[n] = tree.map(_variable, args[n])
        variables.extend(handle(x) for x in tree.flatten(fresh[n]))
    out = f(*fresh)
    if has_aux:
        if not (isinstance(out, tuple) and len(out) == 2):
            raise ArgumentError(f"has_aux=True, so {_name(f)} must return a pair (output, aux)")
        return _Call(out[0], variables, start, tree.map(lambda x: settle(x, start), out[1]))
    return _Call(out, variables, start)


def positions(argnums: Argnums, f: Callable[..., Any], args: Sequence[Any]) -> tuple[int, ...]:
    """``argnums`` as a tuple; raise where one is not there, or is named twice."""
    numbers = (argnums,) if isinstance(argnums, (int, np.integer)) else tuple(argnums)
    for n in numbers:
        check_argument(f, n, args)
    if len({n % len(args) for n in numbers}) != len(numbers):
        raise ArgumentError(f"argnums names an argument of {_name(f)} twice: {argnums}")
    return numbers


def handle(x: Any) -> Any:
    """Another handle on the value of ``x``, which stays where ``x`` moves, as in ``x += 1``."""
    return type(x)._of(x._node) if isinstance(x, Traced) else x


def check_argument(f: Callable[..., Any], n: int, args: Sequence[Any]) -> None:
    """Raise ``ArgumentError`` where ``f`` was not given an argument number ``n``."""
    if not -len(args) <= n < len(args):
        raise ArgumentError(f"argnums names argument {n}, and {_name(f)} was given {len(args)}")


def _variable(x: Any) -> Tensor:
    """A value computed from ``x``, which so does not leave the tape in silence: ``float(x)``."""
    fresh: Tensor = alias(x if isinstance(x, Traced) else Tensor(x))
    if fresh.dtype.kind not in "fc":
        raise DTypeError(
            f"the derivative by an argument of dtype {fresh.dtype} is not defined: "
            "pass floats (1.0 instead of 1, or .astype(float))"
        )
    return fresh


def looks_outside(out: Any, start: int, others: Collection[Node] = ()) -> bool:
    """Whether ``out`` depends on a tensor older than the number ``start``, or on ``others``."""
    return isinstance(out, Traced) and any(
        operand.number < start or operand in others
        for node in tape(out, oldest=start)
        for operand in (node, *node.parents)
    )


def settle(x: Any, start: int, others: Collection[Node] = ()) -> Any:
    """``x`` as an array where it depends on no tensor older than ``start`` and on no ``others``."""
    if not isinstance(x, Traced):
        return x
    if not looks_outside(x, start, others):
        return x._node.value
    return x if recording().enabled else alias(x)  # inside no_grad it forgets its history


def _lift(start: int, outputs: Sequence[Any], more: Sequence[Any]) -> Lift:
    """Plain arrays where nothing outside the call is involved, recorded tensors otherwise."""
    traced = [y for y in outputs if isinstance(y, Traced)]
    outside = [x for x in more if isinstance(x, Traced)]
    if outside or any(looks_outside(y, start) for y in traced):
        highest: Any = max(map(type, [*traced, *outside]), key=attrgetter("_rank"))
        return highest._of
    return on_arrays


def _pulled(call: _Call, outputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
    """The cotangents of the call's variables, given those of its outputs."""
    nodes = [x._node for x in call.variables]
    given: dict[Node, Any] = {}
    for y, g in zip(outputs, cotangents, strict=True):
        if isinstance(y, Traced):
            given[y._node] = given[y._node] + g if y._node in given else g
    if not given:
        return [zeros_of(node.value) for node in nodes]
    oldest = min((node.number for node in nodes), default=0)
    lift = _lift(call.start, outputs, cotangents)
    with recording_set(True):  # also inside no_grad: only a tape can answer
        reached = sweep(given, lift, set(nodes), oldest)
    outside = {g._node for g in cotangents if isinstance(g, Traced)}  # younger than the call
    return [
        _own(reached[node], call.start, outside) if node in reached else zeros_of(node.value)
        for node in nodes
    ]


def _own(g: Any, start: int, others: Collection[Node]) -> Any:
    """``g`` settled, and as an array of its own: a sweep's result may be a view that repeats."""
    g = settle(g, start, others)
    return g if isinstance(g, Traced) else np.array(g)


def _name(f: Callable[..., Any]) -> str:
    f = f.func if isinstance(f, functools.partial) else f
    return getattr(f, "__name__", repr(f))


# --- gradients of scalars ------------------------------------------------------------------------


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns ``(f(...), gradient)``.

    ``f`` returns a scalar (with ``has_aux``, a pair of a scalar and anything else; the value is
    then that pair). The gradient has the form of the argument at ``argnums``; for several, a
    tuple. Raises ``ShapeError`` where the value is no scalar, ``DTypeError`` for integer
    arguments.
    """

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, f, args)
        with recording_set(True):  # also inside no_grad: only a tape can answer
            call = _call(functools.partial(f, **kwargs) if kwargs else f, args, numbers, has_aux)
        _check_scalar(f, call.out)
        one = np.ones(np.shape(call.out), getattr(call.out, "dtype", np.float64))
        pulled = iter(_pulled(call, [call.out], [one]))
        gradients = tuple(tree.map(lambda _: next(pulled), args[n]) for n in numbers)
        value = settle(call.out, call.start)
        return (
            (value, call.aux) if has_aux else value,
            gradients if isinstance(argnums, Sequence) else gradients[0],
        )

    return value_and_gradient


_NUMERIC: Any = (Traced, np.ndarray, np.generic, int, float, complex)


def _check_scalar(f: Callable[..., Any], out: Any) -> None:
    """Raise where ``out`` is no real scalar."""
    if not isinstance(out, _NUMERIC):
        raise ArgumentError(
            f"grad() is for functions that return a scalar, and {_name(f)} returned "
            f"a {type(out).__name__}: return the scalar alone, or (scalar, anything else) with "
            "has_aux=True; of trees take tg.vjp or tg.jacobian"
        )
    if np.iscomplexobj(out):
        raise DTypeError(
            f"grad() is for real functions, and {_name(f)} returned {out.dtype}: take "
            "tg.real, tg.imag or tg.abs of it, or tg.vjp with a complex cotangent"
        )
    if np.size(out) != 1:
        raise ShapeError(
            f"grad() is for functions that return a scalar, and {_name(f)} returned shape "
            f"{np.shape(out)}: use tg.jacobian, or reduce the output"
        )


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a scalar function: ``grad(f)(x)`` is df/dx, in the form of ``x``.

    With ``has_aux``, ``f`` returns ``(scalar, aux)`` and the result is ``(gradient, aux)``.
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


# --- products with the Jacobian ------------------------------------------------------------------


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """``(f(*primals), pullback)``; ``pullback(g)`` is g' J, a tuple with an entry a primal.

    ``g`` has the form and the shapes of the output. With ``has_aux`` the function returns a pair
    (output, aux), and this ``(output, pullback, aux)``.
    """
    call = recorded_call(f, primals, has_aux)
    out, pullback = call.settled(), pullback_of(call, f, primals)
    return (out, pullback, call.aux) if has_aux else (out, pullback)


def recorded_call(f: Callable[..., Any], primals: Sequence[Any], has_aux: bool = False) -> _Call:
    """The call of ``f`` on fresh variables in the places of all ``primals``."""
    with recording_set(True):  # also inside no_grad: only a tape can answer
        return _call(f, primals, range(len(primals)), has_aux)


def pullback_of(call: _Call, f: Callable[..., Any], primals: Sequence[Any]) -> Callable[..., Any]:
    """g -> g' J of a recorded call: a tuple with an entry a primal."""
    outputs = [handle(y) for y in tree.flatten(call.out)]
    is_tree = isinstance(call.out, (dict, list, tuple))

    def pullback(g: Any) -> tuple[Any, ...]:
        given = tree.flatten(g) if is_tree else [g]  # which may be a list of numbers
        if len(given) != len(outputs):
            raise ArgumentError(
                f"pullback() takes {len(outputs)} cotangents, in the form of the output of "
                f"{_name(f)}, and was given {len(given)}"
            )
        cotangents = [_cotangent(g, y) for g, y in zip(given, outputs, strict=True)]
        pulled = iter(_pulled(call, outputs, cotangents))
        return tuple(tree.map(lambda _: next(pulled), primal) for primal in primals)

    return pullback


def _cotangent(g: Any, y: Any) -> Any:
    """``g`` as a cotangent of ``y``."""
    g = g if isinstance(g, Traced) else np.asarray(g, getattr(y, "dtype", None))
    if np.shape(g) != np.shape(y):
        raise ShapeError(f"pullback() takes shape {np.shape(y)}, and was given {np.shape(g)}")
    return g


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(f(*primals), J v)`` for the direction ``tangents``, of the form of ``primals``."""
    if len(primals) != len(tangents):
        raise ArgumentError(f"jvp() got {len(primals)} primals and {len(tangents)} tangents")
    call = recorded_call(f, primals)
    return call.settled(), pushed_forward(call, tangents)


def pushed_forward(call: _Call, tangents: Sequence[Any]) -> Any:
    """J v of a recorded call, in the form of its output."""
    directions = [v for tangent in tangents for v in tree.flatten(tangent)]
    if len(directions) != len(call.variables):
        raise ArgumentError(
            f"jvp() got tangents of another form than the primals: {len(directions)} arrays "
            f"for {len(call.variables)}"
        )
    given = {x._node: _direction(v, x) for x, v in zip(call.variables, directions, strict=True)}
    traced = [y for y in tree.flatten(call.out) if isinstance(y, Traced)]
    if traced and given:
        lift = _lift(call.start, traced, directions)
        variable = max(map(type, traced), key=attrgetter("_rank"))
        with recording_set(True):  # also inside no_grad: only a tape can answer
            recording = tape(*traced, oldest=min(node.number for node in given))
            forward_mode.push(recording, given, lift, variable)
    return tree.map(lambda y: settle(_tangent(given, y), call.start), call.out)


def _direction(v: Any, x: Tensor) -> Any:
    """``v`` as a tangent of the variable ``x``."""
    if np.shape(v) != x.shape:
        raise ShapeError(f"jvp() got a tangent of shape {np.shape(v)} for a primal of {x.shape}")
    return v if isinstance(v, Traced) else np.asarray(v, x.dtype)


def _tangent(pushed: dict[Node, Any], y: Any) -> Any:
    """The tangent of the output ``y``."""
    if not isinstance(y, Traced):
        return np.zeros(np.shape(y))
    tangent = pushed.get(y._node)
    return zeros_of(y._node.value) if tangent is None else tangent


def stop_gradient(x: Any) -> Any:
    """``x`` as a constant: no derivative passes it."""
    return tree.map(elementwise.stop_gradient, x)
