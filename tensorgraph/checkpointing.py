"""``checkpoint``: compute again instead of remembering.

A function's call becomes one node on the tape; what it computed inside is forgotten. The sweep
calls the function once more, with the same random draws, and goes through that recording: memory
for time (Griewank and Walther, 2000). Read next: ``testing``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import numpy as np

from tensorgraph import ops, tree
from tensorgraph.batching import of_all_examples
from tensorgraph.ops.indexing import index
from tensorgraph.ops.shape import alias
from tensorgraph.primitive import Primitive
from tensorgraph.random import generator
from tensorgraph.recording import Draws, draws_noted, recording, recording_set
from tensorgraph.reverse_mode import on_arrays, sweep, zeros_of
from tensorgraph.storage import next_number
from tensorgraph.tape import Node, Traced, new_leaf, tape
from tensorgraph.tensor import Tensor
from tensorgraph.transforms import handle


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, remembering its arguments and results alone: the sweep calls it again for the rest.

    Arguments and results are arrays or trees of them; tensors that ``f`` uses without being given
    them (the parameters of layers) get their gradients too. Draws of layers and of the default
    generator, and of generators among the arguments, are repeated; ``f`` must do the same each
    time otherwise.
    """

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        leaves = tree.flatten(args)
        places = [i for i, x in enumerate(leaves) if isinstance(x, Traced)]
        state = recording()
        if not state.enabled or state.capture is not None:  # a program plans its memory itself
            return f(*args, **kwargs)

        def of_traced(*xs: Any) -> Any:
            full = list(leaves)
            for place, x in zip(places, xs, strict=True):
                full[place] = x
            return f(*tree.unflatten(args, full), **kwargs)

        given = _generators([*leaves, *tree.flatten(kwargs)])
        draws: Draws = {rng: rng.bit_generator.state for rng in (generator(), *given)}
        return _recorded(of_traced, [leaves[i] for i in places], draws)

    return call


def _generators(leaves: Sequence[Any]) -> list[np.random.Generator]:
    return [x for x in leaves if isinstance(x, np.random.Generator)]


def _recorded(f: Callable[..., Any], xs: list[Any], draws: Draws) -> Any:
    """The results of ``f(*xs)``, as parts of one node."""
    start = next_number()
    fresh = [type(x)._of(new_leaf(x._node.value)) for x in xs]
    with draws_noted(draws):
        out = f(*fresh)
    results = tree.flatten(out)
    closed_over = _outside(results, start)
    kind = _highest([*xs, *results])
    operands = [*xs, *(kind._of(node) for node in closed_over)]
    if not operands or not any(isinstance(y, Traced) for y in results):
        return out
    row = _Checkpoint(f, len(xs), closed_over, _alone(_packed(results)._node.value), draws)
    packed = row(*operands)
    return tree.unflatten(out, _unpacked(packed, results))


def _alone(x: Any) -> Any:
    """``x``, without a larger array that it is a part of."""
    base = x.base
    return x.copy() if base is not None and base.nbytes > x.nbytes else x


def _highest(xs: Iterable[Any]) -> Any:
    """The class of tensors that records where all of ``xs`` meet."""
    kinds = [Tensor, *(type(x) for x in xs if isinstance(x, Traced))]
    return max(kinds, key=attrgetter("_rank"))


def _outside(results: Sequence[Any], start: int) -> list[Node]:
    """The nodes recorded before ``start`` that the results depend on."""
    traced = [y for y in results if isinstance(y, Traced)]
    if not traced:
        return []
    recording = tape(*traced, oldest=start)
    found = (node for node in (*recording, *(p for n in recording for p in n.parents)))
    return list(dict.fromkeys(node for node in found if node.number < start))


def _packed(results: Sequence[Any]) -> Any:
    """The tensors among the results as one vector: a node has one value."""
    tensors = [y for y in results if isinstance(y, Traced)]
    if len(tensors) == 1:
        return tensors[0]
    return ops.concatenate([ops.ravel(y) for y in tensors])


def _unpacked(packed: Any, results: Sequence[Any]) -> list[Any]:
    """The results again, out of that vector; those that are no tensors as they were."""
    tensors: list[Any] = [y for y in results if isinstance(y, Traced)]
    if len(tensors) == 1:
        return [packed if isinstance(y, Traced) else y for y in results]
    ends = np.cumsum([0, *(y.size for y in tensors)])
    parts = iter(
        _part(packed, slice(int(first), int(last)), y)
        for y, first, last in zip(tensors, ends, ends[1:], strict=False)
    )
    return [next(parts) if isinstance(y, Traced) else y for y in results]


def _part(packed: Any, place: slice, y: Any) -> Any:
    """What of the vector is the result ``y``, in its shape and dtype."""
    part = ops.reshape(index(packed, place), y.shape)
    is_wider = part.dtype.kind == "c" and y.dtype.kind != "c"
    return ops.astype(ops.real(part) if is_wider else part, y.dtype)


class _Checkpoint(Primitive):
    """The row of one call: its operands are the arguments, then what the function closes over."""

    def __init__(
        self,
        f: Callable[..., Any],
        n_arguments: int,
        closed_over: Sequence[Node],
        value: Any,
        draws: Draws,
    ) -> None:
        super().__init__(
            "custom",
            lambda *values: value,
            (None,),
            name="checkpoint",
            variadic=True,
            # No method of its own, which would hold the row as the row holds it.
            batch=functools.partial(_of_all, f, n_arguments, closed_over, draws),
        )
        self.function = f
        self.n_arguments = n_arguments
        self.closed_over = closed_over
        self.draws = draws

    def rules_for(self, operands: Sequence[Any]) -> Sequence[Any]:
        """Rules that share one more call of the function for each cotangent that they are given."""
        last: dict[str, Any] = {}

        def rule(position: int, g: Any, y: Any, *xs: Any) -> Any:
            if last.get("g") is not g:
                last.update(g=g, cotangents=self._pulled(g, xs))
            return last["cotangents"][position]

        return [functools.partial(rule, i) for i in range(len(operands))]

    def _pulled(self, g: Any, xs: Sequence[Any]) -> list[Any]:
        """The cotangents of all operands: the function once more, swept."""
        with draws_noted({}), _repeated(self.draws):
            variables = [
                alias(x) if isinstance(x, Traced) else Tensor(x) for x in xs[: self.n_arguments]
            ]
            out = _packed(tree.flatten(self.function(*map(handle, variables))))
            wanted = [*(x._node for x in variables), *self.closed_over]
            traced = any(isinstance(x, Traced) for x in (g, *xs))
            lift = type(out)._of if traced else on_arrays
            oldest = min(node.number for node in wanted)
            reached = sweep({out._node: g}, lift, set(wanted), oldest)
        return [reached[x] if x in reached else zeros_of(x.value) for x in wanted]


def _of_all(
    f: Callable[..., Any],
    n_arguments: int,
    closed_over: Sequence[Node],
    draws: Draws,
    mapped: Sequence[bool],
    *xs: Any,
) -> Any:
    """The same for all examples of a batch."""
    n = n_arguments
    batches = {
        node: x
        for node, x, is_mapped in zip(closed_over, xs[n:], mapped[n:], strict=True)
        if is_mapped
    }
    traced = any(isinstance(x, Traced) for x in xs)
    lift = _highest(xs)._of if traced else on_arrays

    def packed(*xs: Any) -> Any:
        return _packed(tree.flatten(f(*xs)))

    with recording_set(True), _repeated(draws):
        return of_all_examples(packed, mapped[:n], xs[:n], batches, lift)


@contextmanager
def _repeated(draws: Draws) -> Iterator[None]:
    """Inside, the generators draw again what they drew from these states; afterwards they go on."""
    now = {rng: rng.bit_generator.state for rng in draws}
    try:
        for rng, state in draws.items():
            rng.bit_generator.state = state
        yield
    finally:
        for rng, state in now.items():
            rng.bit_generator.state = state
