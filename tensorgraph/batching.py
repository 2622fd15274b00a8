"""``vmap``: a function of one example, as a function of many at once.

The function is recorded once, on the first example. Then its tape is walked forward, and each row
acts on all examples together: a row carries a rule for that, or its kind says how. Since rules are
made of operations, ``vmap`` and ``grad`` go through each other in either order.

Read next: ``checkpointing``.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from tensorgraph import ops, tree
from tensorgraph.errors import ArgumentError, GraphError, PerformanceWarning, ShapeError
from tensorgraph.ops.elementwise import stop_gradient
from tensorgraph.ops.shape import moveaxis, reshape
from tensorgraph.primitive import ELEMENTWISE, LEADING
from tensorgraph.recording import batch_recorded, recording, recording_set
from tensorgraph.reverse_mode import Lift, on_arrays
from tensorgraph.storage import next_number
from tensorgraph.tape import Node, Tape, Traced, new_leaf, tape
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import looks_outside, settle
from tensorgraph.typing import Shape

# --- the example that stands for all -------------------------------------------------------------


class Example(Tensor):
    """One example inside ``vmap``. Its own values must not decide anything for the others."""

    __slots__ = ()
    _rank = 1

    def _record(self, primitive: Any, xs: Sequence[Any], params: dict[str, Any]) -> Tensor:
        if recording().enabled:
            return super()._record(primitive, xs, params)
        with recording_set(True):  # also inside no_grad: the others need the tape
            result = super()._record(primitive, xs, params)
            return super()._record(stop_gradient, [result], {})

    def _free_variable(self) -> None:
        return None  # what is written to one example has to reach the others

    def _refuse(self, how: str) -> NoReturn:
        raise GraphError(
            f"{how} inside vmap would take the first example's value for all of them: choose with "
            "tg.where, or call the function on one example at a time"
        )

    @property
    def data(self) -> Any:
        self._refuse(".data")

    @data.setter
    def data(self, value: Any) -> None:
        self._refuse("assigning .data")

    def numpy(self) -> Any:
        self._refuse(".numpy()")

    def item(self) -> Any:
        self._refuse(".item()")

    def backward(self, gradient: Any = None) -> None:
        self._refuse("backward(): take tg.grad of the function; that")

    def __bool__(self) -> bool:
        self._refuse("the truth of a tensor, as in `if x > 0`,")

    def _leaves_the_tape(self, how: str) -> Any:
        self._refuse(how)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._refuse("a copy by the module copy (x.copy() is fine)")

    def __reduce__(self) -> Any:
        self._refuse("a copy by the module copy (x.copy() is fine)")

    def __repr__(self) -> str:
        return f"<one example of a batch, shape {self.shape}, dtype {self.dtype}>"

    def __format__(self, spec: str) -> str:
        return repr(self)


def _example(xs: Any) -> Example:
    """A variable with the value of the first of ``xs``, or any value where there is none."""
    values = xs._node.value if isinstance(xs, Traced) else xs
    first = values[0] if len(values) else _stand_in(values.shape[1:], values.dtype)
    example: Example = Example._of(new_leaf(np.array(first)))
    return example


def _stand_in(shape: Shape, dtype: np.dtype[Any]) -> Any:
    """A value that most functions take: indices of 0, ones, matrices that have an inverse."""
    if dtype.kind not in "fc":
        return np.zeros(shape, dtype)
    one = np.eye(*shape[-2:], dtype=dtype) if len(shape) > 1 else dtype.type(1)
    return np.broadcast_to(one, shape)


# --- the transform -------------------------------------------------------------------------------


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """``f`` for each example along an axis of its arguments, in one go; results are stacked.

    ``in_axes`` says which axis of each argument counts the examples: an int, None for an argument
    that all examples share, a tuple with one entry an argument, or entries that are trees of the
    form of the argument. ``out_axes`` says the same of the results.

        per_example = tg.vmap(tg.grad(loss), in_axes=(None, 0, 0))(weights, X, y)

    Random numbers that ``f`` draws are the same for all examples. Raises ``GraphError`` where ``f``
    looks at a value (``if x > 0``), ``ShapeError`` where the numbers of examples differ. A row
    without a rule for batches is called once an example, with a ``PerformanceWarning``.
    """

    @functools.wraps(f)
    def over_examples(*args: Any, **kwargs: Any) -> Any:
        start = next_number()
        kind = Example if recording().in_vmap else Tensor
        leaves, axes = _with_axes(args, in_axes)
        batches = [_examples_first(x, axis) for x, axis in zip(leaves, axes, strict=True)]
        size = _number_of_examples(f, batches, axes)
        given: dict[Node, Any] = {}
        fresh = list(batches)
        for i, axis in enumerate(axes):
            if axis is not None:
                fresh[i] = _example(batches[i])
                given[fresh[i]._node] = batches[i]
        with np.errstate(all=None if size else "ignore"), batch_recorded():
            out = f(*tree.unflatten(args, fresh), **kwargs)
        results = [_of_all(x, given, size, start, kind) for x in tree.flatten(out)]
        ends = _prefix(out_axes, out)
        moved = [_examples_at(x, axis) for x, axis in zip(results, ends, strict=True)]
        return tree.unflatten(out, [settle(x, start) for x in moved])

    return over_examples


def _with_axes(args: tuple[Any, ...], in_axes: Any) -> tuple[list[Any], list[int | None]]:
    """The arrays in the arguments, and the axis of each."""
    if isinstance(in_axes, (list, tuple)) and len(in_axes) != len(args):
        raise ArgumentError(
            f"vmap: in_axes has {len(in_axes)} entries, and the call {len(args)} arguments"
        )
    return tree.flatten(args), _prefix(in_axes, args)


def _prefix(axes: Any, form: Any) -> list[Any]:
    """``axes``, a tree that may end earlier than ``form``, with one entry for each leaf of it."""
    if not isinstance(axes, (dict, list, tuple)):
        if not (axes is None or isinstance(axes, (int, np.integer))):
            raise ArgumentError(f"vmap: an axis is a whole number or None, not {axes!r}")
        return [axes] * len(tree.flatten(form))
    if not _matches(axes, form):
        raise ArgumentError(f"vmap: the axes {axes!r} do not have the form of what they are for")
    pairs = (
        [(axes[key], form[key]) for key in form]
        if isinstance(form, dict)
        else zip(axes, form, strict=True)
    )
    return [axis for part, child in pairs for axis in _prefix(part, child)]


def _matches(axes: Any, form: Any) -> bool:
    """Whether a branch of a tree of axes has the form of the arguments or results there."""
    if isinstance(form, dict):
        return isinstance(axes, dict) and axes.keys() == form.keys()
    return isinstance(form, (list, tuple)) and not isinstance(axes, dict) and len(axes) == len(form)


def _examples_at(x: Any, axis: int | None) -> Any:
    """``x``, whose first axis counts the examples, with that axis at ``axis``."""
    if axis is None or not -x.ndim <= axis < x.ndim:
        raise ArgumentError(
            f"vmap: a result of shape {x.shape[1:]} has no place {axis} for the axis that counts "
            f"the examples: out_axes goes from {-x.ndim} to {x.ndim - 1}"
        )
    return moveaxis(x, 0, axis)


def _examples_first(x: Any, axis: int | None) -> Any:
    """``x`` with the axis that counts the examples in front."""
    if axis is None:
        return x
    x = x if isinstance(x, Traced) else np.asarray(x)
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(
            f"vmap: an argument of shape {np.shape(x)} has no axis {axis} to count examples "
            "along: give in_axes None for arguments that all examples share"
        )
    return x if axis == 0 else moveaxis(x, axis, 0)


def _number_of_examples(
    f: Callable[..., Any], batches: Sequence[Any], axes: Sequence[int | None]
) -> int:
    sizes = {len(x) for x, axis in zip(batches, axes, strict=True) if axis is not None}
    if len(sizes) != 1:
        name = getattr(f, "__name__", "the function")
        problem = (
            f"the arguments have {' and '.join(map(str, sorted(sizes)))} examples"
            if sizes
            else "no argument has an axis of examples"
        )
        raise ShapeError(f"vmap of {name}: {problem}; in_axes says which axis counts them")
    return sizes.pop()


def _of_all(out: Any, given: dict[Node, Any], size: int, start: int, kind: type[Tensor]) -> Any:
    """The values that all examples have where the first one has ``out``; tensors are ``kind``."""
    if isinstance(out, Traced):
        recording = tape(out, oldest=start)
        traced = any(isinstance(x, Traced) for x in given.values())
        lift = kind._of if traced or looks_outside(out, start) else on_arrays
        batched = _replay(recording, dict(given), lift)
        if out._node in batched:
            return batched[out._node]
        out = lift(out._node)
    return _repeated(out, size)


def _repeated(x: Any, size: int) -> Any:
    """What does not depend on the examples, for each of them."""
    return ops.copy(ops.broadcast_to(x, (size, *np.shape(x))))


# --- the tape, walked for all examples -----------------------------------------------------------


def _replay(recording: Tape, batched: dict[Node, Any], lift: Lift) -> dict[Node, Any]:
    """Extend ``batched``, given for some nodes, to all nodes of the recording that need them."""
    for node in recording:
        if node not in batched and any(x in batched for x in node.parents):
            mapped = [isinstance(x, Node) and x in batched for x in node.operands]
            xs = [
                batched[x] if is_mapped else lift(x) if isinstance(x, Node) else x
                for x, is_mapped in zip(node.operands, mapped, strict=True)
            ]
            batched[node] = _apply(node, mapped, xs, lift)
    return batched


def _apply(node: Node, mapped: list[bool], xs: list[Any], lift: Lift) -> Any:
    """What the operation of ``node`` makes of all examples."""
    primitive = node.primitive
    if primitive.definition is not None:
        f = functools.partial(primitive.definition, **node.params)
        return of_all_examples(f, mapped, xs, {}, lift)
    if primitive.batch == ELEMENTWISE:
        return primitive(*_aligned(mapped, xs), **node.params)
    if primitive.batch == LEADING:
        return primitive(*xs, **node.params)
    if primitive.batch is not None:
        return primitive.batch(mapped, *xs, **node.params)
    return _one_by_one(node, mapped, xs)


def _aligned(mapped: list[bool], xs: list[Any]) -> list[Any]:
    """Operands that broadcast with each other behind the axis of the examples."""
    ranks = [np.ndim(x) - is_mapped for x, is_mapped in zip(xs, mapped, strict=True)]
    most = max(ranks)
    return [
        reshape(x, (len(x), *(1,) * (most - rank), *x.shape[1:]))
        if is_mapped and rank < most
        else x
        for x, rank, is_mapped in zip(xs, ranks, mapped, strict=True)
    ]


def of_all_examples(
    f: Callable[..., Any],
    mapped: Sequence[bool],
    xs: Sequence[Any],
    closed_over: dict[Node, Any],
    lift: Lift,
) -> Any:
    """``f`` on operands of which some are batches, recorded on their first examples and replayed.

    ``closed_over`` maps nodes that ``f`` uses besides its operands to their batches.
    """
    inputs = list(xs)
    given = dict(closed_over)
    for i, (x, is_mapped) in enumerate(zip(xs, mapped, strict=True)):
        if is_mapped:
            inputs[i] = _example(x)
            given[inputs[i]._node] = x
    with batch_recorded():
        out = f(*inputs)
    if isinstance(out, Traced):
        batched = _replay(tape(out, oldest=min(x.number for x in given)), given, lift)
        if out._node in batched:
            return batched[out._node]
        out = lift(out._node)
    size = next(len(x) for x in given.values())
    return _repeated(out, size)


def _one_by_one(node: Node, mapped: list[bool], xs: list[Any]) -> Any:
    """A row that knows nothing of batches, called once for each example."""
    warnings.warn(
        f"vmap calls {node.primitive.name}() once for each example: its row has no batch= rule",
        PerformanceWarning,
        stacklevel=2,
    )
    size = next(len(x) for x, is_mapped in zip(xs, mapped, strict=True) if is_mapped)
    results = [
        node.primitive(
            *(x[i] if is_mapped else x for x, is_mapped in zip(xs, mapped, strict=True)),
            **node.params,
        )
        for i in range(size)
    ]
    shape = (0, *np.shape(node.value))
    return ops.stack(results) if results else np.zeros(shape, node.value.dtype)
