"""Functions of functions: ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian``, ``hvp``.

Each calls the function once on fresh variables and sweeps the tape of that call. A variable made
of a tensor is recorded as computed from it, so transforms nest: the outer one differentiates the
inner's sweep. A result that depends on no tensor outside the call is an array, otherwise a tensor;
hence ``x = x - lr * tg.grad(f)(x)`` on arrays keeps no history.

Arguments may be trees of dicts, lists and tuples; gradients come back in the same form.

Read next: ``testing``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import forward_mode, ops, tree
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.ops import elementwise
from tensorgraph.ops.shape import alias
from tensorgraph.recording import recording_set
from tensorgraph.reverse_mode import Lift, on_arrays, sweep, zeros_of
from tensorgraph.storage import next_number
from tensorgraph.tape import Node, Traced, tape
from tensorgraph.tensor import Tensor

# --- one recorded call ---------------------------------------------------------------------------


class _Call(NamedTuple):
    """A function's call on fresh variables: its output, the variables, and where the call began."""

    out: Any
    variables: list[Tensor]
    start: int
    aux: Any = None


def _call(
    f: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int], has_aux: bool = False
) -> _Call:
    """Call ``f`` with the leaves of the arguments at ``argnums`` replaced by fresh variables."""
    start = next_number()
    variables: list[Tensor] = []
    fresh = list(args)
    for n in argnums:
        if not -len(args) <= n < len(args):
            raise ArgumentError(f"argnums names argument {n}, and {_name(f)} was given {len(args)}")
        fresh[n] = tree.map(_variable, args[n])
        variables.extend(tree.flatten(fresh[n]))
    out = f(*fresh)
    if has_aux:
        if not (isinstance(out, tuple) and len(out) == 2):
            raise ArgumentError(f"has_aux=True, so {_name(f)} must return a pair (output, aux)")
        return _Call(out[0], variables, start, tree.map(lambda x: _settle(x, start), out[1]))
    return _Call(out, variables, start)


def _variable(x: Any) -> Tensor:
    """A variable with the value of ``x``; if that is a tensor, one computed from it."""
    if isinstance(x, Traced):
        fresh: Tensor = alias(x)
    else:
        fresh = Tensor(x)
    if fresh.dtype.kind not in "fc":
        raise DTypeError(
            f"the derivative by an argument of dtype {fresh.dtype} is not defined: "
            "pass floats (1.0 instead of 1, or .astype(float))"
        )
    return fresh


def _looks_outside(out: Any, start: int) -> bool:
    """Whether ``out`` depends on a tensor that was there before the number ``start``."""
    return isinstance(out, Traced) and any(
        operand.number < start
        for node in tape(out, oldest=start)
        for operand in (node, *node.parents)
    )


def _settle(x: Any, start: int) -> Any:
    """``x`` as an array where it depends on no tensor older than ``start``."""
    if isinstance(x, Traced) and not _looks_outside(x, start):
        return x._node.value
    return x


def _lift(call: _Call, *more: Any) -> Lift:
    """Plain arrays where nothing outside the call is involved, recorded tensors otherwise."""
    outside = any(isinstance(x, Traced) for x in more) or _looks_outside(call.out, call.start)
    return type(call.out)._of if outside else on_arrays


def _pulled(call: _Call, cotangent: Any) -> list[Any]:
    """The cotangents of the call's variables, given that of its output."""
    nodes = [x._node for x in call.variables]
    if not isinstance(call.out, Traced):
        return [zeros_of(node.value) for node in nodes]
    out = call.out._node
    oldest = min((node.number for node in nodes), default=0)
    with recording_set(True):  # also inside no_grad: only a tape can answer
        reached = sweep(
            tape(out, oldest=oldest), {out: cotangent}, _lift(call, cotangent), set(nodes)
        )
    return [
        _own(reached[node], call.start) if node in reached else zeros_of(node.value)
        for node in nodes
    ]


def _own(g: Any, start: int) -> Any:
    """``g`` settled, and as an array of its own: a sweep's result may be a view that repeats."""
    g = _settle(g, start)
    return g if isinstance(g, Traced) else np.array(g)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", repr(f))


# --- gradients of scalars ------------------------------------------------------------------------

Argnums = int | Sequence[int]


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns ``(f(...), gradient)``.

    ``f`` returns a scalar (with ``has_aux``, a pair of a scalar and anything else; the value is
    then that pair). The gradient has the form of the argument at ``argnums``; for several, a
    tuple. Raises ``ShapeError`` where the value is no scalar, ``DTypeError`` for integer
    arguments.
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        with recording_set(True):  # also inside no_grad: only a tape can answer
            call = _call(functools.partial(f, **kwargs) if kwargs else f, args, numbers, has_aux)
        if np.size(call.out) != 1:
            raise ShapeError(
                f"grad() is for functions that return a scalar, and {_name(f)} returned shape "
                f"{np.shape(call.out)}: use tg.jacobian, or reduce the output"
            )
        one = np.ones(np.shape(call.out), getattr(call.out, "dtype", np.float64))
        pulled = iter(_pulled(call, one))
        gradients = tuple(tree.map(lambda _: next(pulled), args[n]) for n in numbers)
        value = _settle(call.out, call.start)
        return (
            (value, call.aux) if has_aux else value,
            gradients[0] if isinstance(argnums, int) else gradients,
        )

    return value_and_gradient


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


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``(f(*primals), pullback)``; ``pullback(g)`` is g' J, a tuple with an entry a primal.

    ``g`` has the shape of the output.
    """
    with recording_set(True):  # also inside no_grad: only a tape can answer
        call = _call(f, primals, range(len(primals)))

    def pullback(g: Any) -> tuple[Any, ...]:
        g = g if isinstance(g, Traced) else np.asarray(g, getattr(call.out, "dtype", None))
        if np.shape(g) != np.shape(call.out):
            raise ShapeError(
                f"pullback() takes shape {np.shape(call.out)}, and was given {np.shape(g)}"
            )
        pulled = iter(_pulled(call, g))
        return tuple(tree.map(lambda _: next(pulled), primal) for primal in primals)

    return _settle(call.out, call.start), pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(f(*primals), J v)`` for the direction ``tangents``, of the form of ``primals``."""
    if len(primals) != len(tangents):
        raise ArgumentError(f"jvp() got {len(primals)} primals and {len(tangents)} tangents")
    directions = [v for tangent in tangents for v in tree.flatten(tangent)]
    with recording_set(True):  # also inside no_grad: only a tape can answer
        call = _call(f, primals, range(len(primals)))
        given: dict[Node, Any] = {}
        for x, v in zip(call.variables, directions, strict=True):
            if np.shape(v) != x.shape:
                raise ShapeError(
                    f"jvp() got a tangent of shape {np.shape(v)} for a primal of {x.shape}"
                )
            given[x._node] = v if isinstance(v, Traced) else np.asarray(v, x.dtype)
        if not isinstance(call.out, Traced):
            return call.out, np.zeros(np.shape(call.out))
        recording = tape(call.out, oldest=min(node.number for node in given))
        pushed = forward_mode.push(recording, given, _lift(call, *directions), type(call.out))
    tangent = pushed.get(call.out._node, zeros_of(call.out._node.value))
    return _settle(call.out, call.start), _own(tangent, call.start)


# --- whole Jacobians and second derivatives ------------------------------------------------------


def jacobian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """All derivatives of an array by an array: shape of the output, then that of the argument.

    Swept in the cheaper direction: one vjp for each output element or one jvp for each input
    element.
    """

    @functools.wraps(f)
    def all_derivatives(*args: Any) -> Any:
        x = args[argnums]
        if isinstance(x, (dict, list, tuple)):
            raise ArgumentError(
                f"jacobian() is by one array, and argument {argnums} is a {type(x).__name__}: "
                "make it an array, or take tg.grad or tg.vjp, which go through trees"
            )

        def g(x: Any) -> Any:
            return f(*args[:argnums], x, *args[argnums:][1:])

        out, pullback = vjp(g, x)
        shape = np.shape(out) + np.shape(x)
        if np.size(out) <= np.size(x):
            rows = [pullback(e)[0] for e in _basis(out)]
            return ops.reshape(ops.stack(rows), shape) if rows else np.zeros(shape)
        columns = [jvp(g, (x,), (e,))[1] for e in _basis(x)]
        return ops.reshape(ops.stack(columns, axis=-1), shape) if columns else np.zeros(shape)

    return all_derivatives


def _basis(x: Any) -> Iterator[Any]:
    """The unit arrays of the shape of ``x``, in C order."""
    for i in range(int(np.prod(np.shape(x)))):
        e = np.zeros(np.shape(x), getattr(x, "dtype", np.float64))
        e.reshape(-1)[i] = 1
        yield e


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The second derivatives of a scalar function: shape of the argument, twice."""
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """``hvp(f)(x, v)``: the Hessian of a scalar function at ``x`` times ``v``, never built."""

    def product(x: Any, v: Any) -> Any:
        return jvp(grad(f), (x,), (v,))[1]

    return product


def stop_gradient(x: Any) -> Any:
    """``x`` as a constant: no derivative passes it."""
    return tree.map(elementwise.stop_gradient, x)
