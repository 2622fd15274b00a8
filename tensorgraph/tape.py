"""The tape: what was computed, as data.

A recorded value is a ``Node``: a number, the primitive that made it, its operands and its value.
Nodes know their operands and nothing knows its users, so a branch that nobody holds frees itself,
and two threads never meet. ``tape(out)`` lists the nodes that ``out`` needs, in the order they
were computed. Everything else in this package reads that list: the sweeps run along it, the
pictures draw it.

Read next: ``primitive`` (what a node's operation is), then ``ops``.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, ClassVar, overload

import numpy as np

from tensorgraph.display import Shown
from tensorgraph.errors import GraphError, StaleGradientWarning
from tensorgraph.fingerprint import Print, is_same
from tensorgraph.source import Place, line, place, warn
from tensorgraph.storage import Storage, next_number
from tensorgraph.typing import Array

# --- nodes ---------------------------------------------------------------------------------------


class Node:
    """One recorded operation and its value.

    ``operands`` holds a ``Node`` for each traced operand and the array or number itself for a
    constant, ``values`` the arrays and numbers of all. ``layer`` is the name of the layer in whose
    call it was recorded ("outer/inner" where they nest), ``recorded_at`` where in the program that
    was. ``kept`` has the positions of constants and variables among the operands, and what they
    were.
    """

    __slots__ = (
        "__weakref__",
        "kept",
        "layer",
        "name",
        "number",
        "operands",
        "params",
        "primitive",
        "recorded_at",
        "value",
        "values",
    )

    storage: Storage  # of a leaf, as is the gradient
    grad: Any = None

    def __init__(
        self,
        primitive: Any,
        operands: Sequence[Any],
        values: Sequence[Any],
        params: dict[str, Any],
        value: Any,
        layer: str | None,
        recorded_at: Place | None = None,
    ) -> None:
        self.number = next_number()
        self.primitive = primitive
        self.operands = operands
        self.values = values
        self.params = params
        self.value = value
        self.layer = layer
        self.recorded_at = recorded_at
        self.kept: Sequence[tuple[int, Print]] = ()
        self.name: str | None = None

    def origin(self) -> str:
        """Its layer and its line, as far as they are known, for messages."""
        where = f" in layer {self.layer!r}" if self.layer else ""
        return where + (f" at {line(self.recorded_at)}" if self.recorded_at else "")

    def keep_copies(self) -> None:
        """Remember exactly what the constants and variables among the operands are."""
        self.kept = [
            (i, value.copy())
            for i, (operand, value) in enumerate(zip(self.operands, self.values, strict=True))
            if isinstance(value, np.ndarray) and (operand is value or operand.is_leaf)
        ]

    def check_kept(self) -> None:
        """Raise ``GraphError`` where one of them has changed."""
        for i, before in self.kept:
            if not is_same(self.values[i], before):
                raise GraphError(_changed(self, i))

    def check_variables(self) -> None:
        """Raise ``GraphError`` where a variable among the operands has been written to since."""
        for operand in self.operands:
            if isinstance(operand, Leaf) and operand.storage.version > self.number:
                raise GraphError(_stale(self, operand))

    def free_home(self) -> Array | None:
        """Where the gradient of a variable is to lie, if there is none now, and has lain before."""
        return None

    def rules(self) -> Iterator[tuple[int, Any]]:
        """The rules that hand its cotangent on, with the positions of their operands."""
        told = self.primitive.rules_for(self.values)
        for position, (operand, rule) in enumerate(zip(self.operands, told, strict=True)):
            if rule is not None and isinstance(operand, Node):
                yield position, rule

    @property
    def parents(self) -> list[Node]:
        """The nodes among the operands, one for each use."""
        return [operand for operand in self.operands if isinstance(operand, Node)]

    @property
    def is_leaf(self) -> bool:
        """True for a variable that no operation made."""
        return self.primitive is None

    def __repr__(self) -> str:
        what = "leaf" if self.is_leaf else self.primitive.name
        label = f" {self.name!r}" if self.name else ""
        return f"<{what}{label} #{self.number}, shape {np.shape(self.value)}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Node:
        raise GraphError(
            "a recorded tensor cannot be copied with its history: copy its values, "
            "tg.Tensor(t.data)"
        )

    def __reduce__(self) -> Any:
        raise GraphError("a recorded tensor cannot be pickled: save its values, t.data")


class Leaf(Node):
    """A variable: no operation made it, its value is a view of a ``Storage``, it has a gradient."""

    __slots__ = ("_home", "grad", "offset", "storage")

    def __init__(
        self, storage: Storage, offset: int, shape: tuple[int, ...], name: str | None
    ) -> None:
        super().__init__(None, (), (), {}, None, None)
        self.name = name
        self.grad: Array | None = None
        self.place(storage, offset, shape)

    def place(self, storage: Storage, offset: int, shape: tuple[int, ...]) -> None:
        """Become the view of ``storage`` that starts at ``offset``."""
        self.storage = storage
        self.offset = offset
        self.value = self._view(storage.data, shape)
        self._home: Array | None = None  # the view of the storage's twin, once there is a gradient

    def _view(self, flat: Array, shape: tuple[int, ...]) -> Array:
        size = math.prod(shape)
        return flat[self.offset : self.offset + size].reshape(shape)

    def home(self) -> Array:
        """The view of the storage's twin where the gradient lies, when there is one."""
        if self._home is None:
            self._home = self._view(self.storage.gradients(), self.value.shape)
        return self._home

    def free_home(self) -> Array | None:
        return self._home if self.grad is None else None

    def assign(self, value: Any) -> None:
        """Copy ``value``, of the same shape, into the storage."""
        value = np.asarray(value)
        if value.shape != self.value.shape:
            raise GraphError(
                f"cannot assign shape {value.shape} to a tensor of shape {self.value.shape}"
                f"{f' ({self.name})' if self.name else ''}: make a new tensor instead"
            )
        np.copyto(self.value, value, casting="same_kind")
        self.storage.touch()
        self.storage.used = self.grad is not None

    def gradient_with(self, g: Array) -> Array:
        """What ``grad`` becomes with the cotangent ``g`` added to it; what can raise does so here.

        Of a complex variable the conjugate is added, so that p -= rate * p.grad descends.
        """
        home = self._home
        if home is None:
            home = self.home()
        elif g is home:  # it was computed there
            self.storage.used = False
            return g.conj() if g.dtype.kind == "c" else g
        dtype = g.dtype
        if dtype.kind == "c":
            g = g.conj()
        if self.grad is not None:
            if self.storage.used:
                warn(_not_cleared(self), StaleGradientWarning)
            g = self.grad + g
        self.storage.used = False
        return g if dtype is home.dtype else np.asarray(g).astype(home.dtype)

    def set_gradient(self, g: Array) -> None:
        """Let ``grad`` be ``g``, of its shape and dtype, in the storage's twin."""
        home = self._home
        if home is None:
            home = self.home()
        if g is not home:
            home[...] = g
        self.grad = home

    def __deepcopy__(self, memo: dict[int, Any]) -> Leaf:
        return _leaf(copy.deepcopy(self.storage, memo), *self._place())

    def __reduce__(self) -> Any:
        return _leaf, (self.storage, *self._place())

    def _place(self) -> tuple[int, tuple[int, ...], str | None, bool]:
        return self.offset, self.value.shape, self.name, self.grad is not None


def _leaf(
    storage: Storage, offset: int, shape: tuple[int, ...], name: str | None, has_gradient: bool
) -> Leaf:
    """A copy of a leaf, as a view of a copy of its storage."""
    leaf = Leaf(storage, offset, shape, name)
    if has_gradient:
        leaf.grad = leaf.home()
    return leaf


def new_leaf(data: Array, name: str | None = None) -> Leaf:
    """A leaf in a storage of its own, which takes over ``data``."""
    return Leaf(Storage(np.asarray(data).reshape(-1)), 0, np.shape(data), name)


def gather(leaves: Iterable[Leaf]) -> None:
    """Move leaves into one flat buffer a dtype; one that shares a buffer already stays there.

    Arrays that were read from ``.data`` before become read-only, so that a write to one that is no
    longer the tensor's is an error and not a loss.
    """
    by_dtype: dict[np.dtype[Any], list[Leaf]] = {}
    for leaf in dict.fromkeys(leaves):
        if not leaf.storage.shared:
            by_dtype.setdefault(leaf.value.dtype, []).append(leaf)
    for dtype, members in by_dtype.items():
        storage = Storage(np.empty(sum(leaf.value.size for leaf in members), dtype), shared=True)
        storage.version = max(leaf.storage.version for leaf in members)
        offset = 0
        for leaf in members:
            _move(leaf, storage, offset)
            offset += leaf.value.size


def _move(leaf: Leaf, storage: Storage, offset: int) -> None:
    old, gradient = leaf.value, leaf.grad
    leaf.place(storage, offset, old.shape)
    np.copyto(leaf.value, old)
    old.flags.writeable = False
    leaf.grad = None
    if gradient is not None:
        leaf.set_gradient(gradient)


# --- traced values --------------------------------------------------------------------------------


class Traced:
    """What the recording point knows of a traced operand: it has a node, and it records."""

    __slots__ = ("_node",)
    _node: Node
    _rank: ClassVar[int] = 0  # among operands of several classes, that of the highest rank records

    def _record(self, primitive: Any, xs: Sequence[Any], params: dict[str, Any]) -> Any:
        """Run ``primitive``, among whose operands this is the first traced one, and record it."""
        raise NotImplementedError

    @classmethod
    def _of(cls, node: Node) -> Any:
        """Another handle on ``node``."""
        handle = cls.__new__(cls)
        handle._node = node
        return handle


class Changing:
    """A number among the operands that is another one in the next call of a compiled function."""

    __slots__ = ("value",)
    value: Any


# --- reading -------------------------------------------------------------------------------------


class Tape(Sequence[Node], Shown):
    """The nodes that some outputs need, operands before users. It prints as a table."""

    def __init__(self, nodes: list[Node], outputs: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.outputs = outputs

    @overload
    def __getitem__(self, index: int) -> Node: ...
    @overload
    def __getitem__(self, index: slice) -> list[Node]: ...
    def __getitem__(self, index: int | slice) -> Node | list[Node]:
        return self.nodes[index]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __reversed__(self) -> Iterator[Node]:
        return reversed(self.nodes)

    @property
    def leaves(self) -> list[Leaf]:
        """The variables among the nodes."""
        return [node for node in self.nodes if isinstance(node, Leaf)]

    def __repr__(self) -> str:
        return "\n".join(_listed(self.nodes))


def tape(*outputs: Traced | Node, oldest: int = -1) -> Tape:
    """List the nodes that ``outputs`` depend on, none older than the number ``oldest``.

    Raises ``GraphError`` where a variable has been written to since an operation read it.
    """
    starts = tuple(out if isinstance(out, Node) else _node_of(out) for out in outputs)
    nodes = list(dict.fromkeys(starts))
    seen = set(nodes)
    for node in nodes:  # which grows: what a node is computed from comes after it
        for operand in node.operands:
            if not isinstance(operand, Node):
                continue
            if operand.primitive is None and operand.storage.version > node.number:
                node.check_variables()
            if operand not in seen and operand.number >= oldest:
                seen.add(operand)
                nodes.append(operand)
    nodes.sort(key=_by_number)
    return Tape(nodes, starts)


_by_number = attrgetter("number")


def _node_of(out: Any) -> Node:
    if not isinstance(out, Traced):
        raise GraphError(
            f"tape() reads tensors, and this is a {type(out).__name__}: "
            "it was not recorded, or was computed from plain arrays alone"
        )
    return out._node


# --- printing ------------------------------------------------------------------------------------

MOST_LINES = 60
"""Of a longer tape, the middle is not printed."""

MOST_OPERANDS = 6
_HEADS = ("", "operation", "shape", "dtype", "value", "name", "layer")


def _listed(nodes: list[Node]) -> list[str]:
    """A table with a line for each node, less columns that would be empty."""
    hidden = len(nodes) - MOST_LINES if len(nodes) > MOST_LINES + 1 else 0
    half = MOST_LINES // 2
    rows = [_row(node) for node in (nodes[:half] + nodes[-half:] if hidden else nodes)]
    columns = [(head, *cells) for head, *cells in zip(_HEADS, *rows, strict=True) if any(cells)]
    widths = [max(map(len, cells)) for cells in columns]
    lines = [
        "  ".join(map(str.ljust, cells, widths)).rstrip() for cells in zip(*columns, strict=True)
    ]
    if hidden:
        lines.insert(half + 1, f"... {hidden:,} more: a slice of the tape lists them ...")
    return lines


def _row(node: Node) -> tuple[str, ...]:
    value = np.asarray(node.value)
    number = _number(value.item()) if value.ndim == 0 else ""
    names = (_word(node.name), _word(node.layer))
    return (f"%{node.number}", _call(node), f"{value.shape}", f"{value.dtype}", number, *names)


def _call(node: Node) -> str:
    if node.is_leaf:
        return "leaf"
    arguments = [_operand(x) for x in node.operands[:MOST_OPERANDS]]
    more = len(node.operands) - len(arguments)
    if more:
        arguments.append(f"... {more:,} more")
    usual = node.primitive.defaults
    arguments += [
        f"{key}={value}"
        for key, value in node.params.items()
        if isinstance(value, _PLAIN) and value != usual.get(key)
    ]
    return f"{node.primitive.name}({', '.join(arguments)})"


_PLAIN = (bool, int, float, str)  # metadata that are short


def _operand(x: Any) -> str:
    if isinstance(x, Node):
        return f"%{x.number}"
    return f"array{np.shape(x)}" if np.ndim(x) else f"{x}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (float, complex)) else f"{value}"


def _word(text: str | None) -> str:
    """A name in one line."""
    return "" if text is None else text if text.isprintable() else repr(text)


# --- messages ------------------------------------------------------------------------------------


def _not_cleared(leaf: Leaf) -> str:
    return (
        f"the gradient of {leaf.name or 'a variable'} is added to the one that has been used for "
        "an update already: clear it after each step, optimizer.zero_grad(parameters) or "
        "t.grad = None"
    )


def _changed(node: Node, i: int) -> str:
    operand = node.operands[i]
    shape = np.shape(node.values[i])
    name = f"{operand.name!r}" if isinstance(operand, Node) and operand.name else "an array"
    here = place(2)
    noticed = f"; noticed at {line(here)}" if here else ""
    return (
        f"{name} of shape {shape}, operand {i} of {node.primitive.name}(), was changed in place "
        f"after it was recorded{node.origin()}: the gradient would be of other values{noticed}. "
        "Give the operation a copy, or change the array after backward()"
    )


def _stale(node: Node, leaf: Node) -> str:
    name = f"{leaf.name!r}" if leaf.name else f"a tensor of shape {np.shape(leaf.value)}"
    return (
        f"{name} has changed since {node.primitive.name!r} was recorded with it{node.origin()}: "
        "draw or differentiate before step(), or record the expression again"
    )
