"""All derivatives at once, and second ones: ``jacobian``, ``hessian``, ``hvp``.

Read next: ``batching``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph import ops, tree
from tensorgraph.errors import DTypeError
from tensorgraph.transforms import (
    grad,
    jvp,
    positions,
    pullback_of,
    pushed_forward,
    recorded_call,
)


def jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """All derivatives of the output by the argument: shape of the output, then of the argument.

    Swept in the cheaper direction: one vjp for each output element or one jvp for each input
    element. Where output or argument is a tree, the result has the form of the output, with a tree
    of the form of the argument in the place of each of its arrays; several ``argnums`` are a tuple
    of arguments. With ``has_aux`` it is a pair (derivatives, aux).
    """

    @functools.wraps(f)
    def all_derivatives(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, f, args)
        wanted = tuple(args[n] for n in numbers)

        @functools.wraps(f)
        def of_wanted(*xs: Any) -> Any:
            full = list(args)
            for n, x in zip(numbers, xs, strict=True):
                full[n] = x
            return f(*full, **kwargs)

        call = recorded_call(of_wanted, wanted, has_aux)
        out = call.settled()
        if _backward_is_better(out, wanted):
            blocks = _by_rows(out, wanted, pullback_of(call, of_wanted, wanted))
        else:
            blocks = _by_columns(lambda v: pushed_forward(call, v), out, wanted)
        form = wanted if isinstance(argnums, Sequence) else wanted[0]
        derivatives = tree.unflatten(out, [tree.unflatten(form, block) for block in blocks])
        return (derivatives, call.aux) if has_aux else derivatives

    return all_derivatives


def _backward_is_better(out: Any, wanted: Any) -> bool:
    """Whether to sweep backward; where only one direction sees complex numbers, that one.

    Backward, a real input keeps the real part of its cotangent alone; forward, a complex input is
    moved along the real axis alone.
    """
    outputs, inputs = ({np.iscomplexobj(leaf) for leaf in tree.flatten(x)} for x in (out, wanted))
    to_complex = True in outputs and False in inputs
    of_complex = False in outputs and True in inputs
    if to_complex and of_complex:
        raise DTypeError(
            "jacobian() of real and complex numbers together: differentiate by the real and by the "
            "complex arguments one after the other (argnums), or take tg.vjp and tg.jvp"
        )
    return of_complex or (not to_complex and _total_size(out) <= _total_size(wanted))


def _total_size(x: Any) -> int:
    return sum(int(np.size(leaf)) for leaf in tree.flatten(x))


def _by_rows(out: Any, wanted: Any, pullback: Callable[..., Any]) -> list[list[Any]]:
    """For each output array, its derivatives by each input array: a vjp for each element."""
    blocks = []
    for y, unit in _units(out):
        rows = [tree.flatten(pullback(e)) for e in unit]
        columns = zip(*rows, strict=True) if rows else [[]] * len(tree.flatten(wanted))
        blocks.append(
            [
                _stacked(list(column), np.shape(y) + np.shape(x), 0)
                for column, x in zip(columns, tree.flatten(wanted), strict=True)
            ]
        )
    return blocks


def _by_columns(pushed: Callable[..., Any], out: Any, wanted: Any) -> list[list[Any]]:
    """The same by a jvp for each input element."""
    blocks: list[list[Any]] = [[] for _ in tree.flatten(out)]
    for x, unit in _units(wanted):
        tangents = [tree.flatten(pushed(e)) for e in unit]
        for i, y in enumerate(tree.flatten(out)):
            column = [tangent[i] for tangent in tangents]
            blocks[i].append(_stacked(column, np.shape(y) + np.shape(x), -1))
    return blocks


def _stacked(parts: list[Any], shape: tuple[int, ...], axis: int) -> Any:
    return ops.reshape(ops.stack(parts, axis), shape) if parts else np.zeros(shape)


def _units(form: Any) -> Iterator[tuple[Any, Iterator[Any]]]:
    """For each array in a tree, the trees with a 1 at one of its elements and 0 elsewhere."""
    leaves = tree.flatten(form)
    for i, leaf in enumerate(leaves):
        yield leaf, _units_of(form, leaves, i)


def _units_of(form: Any, leaves: list[Any], i: int) -> Iterator[Any]:
    for j in range(int(np.size(leaves[i]))):
        units = [np.zeros(np.shape(x), getattr(x, "dtype", np.float64)) for x in leaves]
        units[i].reshape(-1)[j] = 1
        yield tree.unflatten(form, units)


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The second derivatives of a scalar function: shape of the argument, twice.

    Arguments that are trees, and several ``argnums``, give trees of trees, as ``jacobian`` does.
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """``hvp(f)(x, v)``: the Hessian of a scalar function at ``x`` times ``v``, never built."""

    def product(x: Any, v: Any) -> Any:
        return jvp(grad(f), (x,), (v,))[1]

    return product


def elementwise_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The derivative of each output by the input at its place, for functions of each element.

    It is the gradient of the sum of the outputs: what ``grad`` is for functions of one number.
    """

    def total(*args: Any, **kwargs: Any) -> Any:
        return ops.sum(f(*args, **kwargs))

    return functools.wraps(f)(grad(total, argnums))
