"""From a call to a program: what is recorded, read, written and drawn while a function runs.

The function really runs, on the arguments of the first call. Whatever happens is noted in order: a
node of the tape, a write to a parameter or an optimizer's state, a draw from a generator. A second
run must note the same: a constant that differs came from outside the tape, and its line is named.
Both runs are undone. Read next: ``repeats``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.program import Mark, Memory, Region, identifier
from tensorgraph.errors import GraphError
from tensorgraph.ops import elementwise
from tensorgraph.recording import captured, recording
from tensorgraph.reverse_mode import sweep
from tensorgraph.source import line, place
from tensorgraph.storage import next_number
from tensorgraph.tape import Leaf, Node
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array, Shape

# --- what happens --------------------------------------------------------------------------------


class Event(NamedTuple):
    """A row that was run: on the tape as ``node``, or with an effect alone."""

    row: Any
    operands: Sequence[Any]
    params: dict[str, Any]
    node: Node | None
    mark: Mark


class Snapshot(Tensor):
    """What ``.data`` and ``.grad`` are while a program is recorded: the values, as a constant."""

    __slots__ = ()

    def _record(self, primitive: Any, xs: Sequence[Any], params: dict[str, Any]) -> Tensor:
        plain: Tensor = Tensor._of(self._node)
        return plain._record(primitive, xs, params)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise GraphError(
            "writing to a part of .data or .grad inside a compiled function is not recorded: "
            "assign the whole, t.data = tg.where(mask, value, t.data)"
        )


class Capture:
    """Everything that happens during a call, in order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.start = next_number()
        self.events: list[Event] = []
        self.phase = "forward"
        self.inputs: list[Node] = []
        self.leaves: dict[Leaf, None] = {}  # the variables that a program of this call depends on
        self.places: dict[Leaf, Array] = {}  # where those lay whose memory the events name
        self.has_gradient: dict[Leaf, bool] = {}  # before the call, where that matters
        self.gradients: dict[Leaf, Any] = {}
        self.settings: list[tuple[Any, tuple[str, ...]]] = []
        self._stored: dict[Leaf, Any] = {}
        self._titles: dict[Node, str] = {}  # what to call a variable: with its layer
        self._undo: list[Callable[[], None]] = []

    def input(self, array: Array, name: str) -> Tensor:
        """An argument of the call, recorded."""
        node = Node(ir.given, (), (), {}, array, None, place(2))
        node.name = name
        self.inputs.append(node)
        tensor: Tensor = Tensor._of(node)
        return tensor

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """What happens inside is part of the ``phase``."""
        outer, self.phase = self.phase, phase
        state = recording()
        layer = state.layer
        try:
            yield
        finally:
            self.phase, state.layer = outer, layer

    def has_moved(self) -> bool:
        """Whether an optimizer has moved variables to other memory after events named theirs."""
        return any(leaf.value is not value for leaf, value in self.places.items())

    def undo(self) -> None:
        """Put everything back as it was before the call."""
        for step in reversed(self._undo):
            step()

    # --- asked by the engine ---------------------------------------------------------------------

    def recorded(self, node: Node) -> None:
        """Note an operation."""
        mark = Mark(self.phase, node.layer, node.recorded_at)
        for parent in node.parents:
            if parent.primitive is None and parent not in self._titles:
                self._titles[parent] = _title(parent, node.layer)
        self.events.append(Event(node.primitive, node.operands, node.params, node, mark))

    def sweeping(self, node: Node) -> None:
        """What is recorded from here on belongs to the layer of ``node``."""
        recording().layer = node.layer

    def swept(self, *args: Any) -> None:
        """Nothing is looked at."""

    def refuse(self, tensor: Tensor, how: str) -> NoReturn:
        """Say that a value cannot be looked at."""
        here = place(3)
        raise GraphError(
            f"{how} looks at {tensor._what()} while {self.name}() is compiled: the program would "
            "do in every call what these first values decided. Choose with tg.where, or return the "
            f"value and look at it outside{f'; at {line(here)}' if here else ''}"
        )

    def values(self, tensor: Tensor) -> Snapshot:
        """What ``tensor.data`` is."""
        node = elementwise.stop_gradient(tensor)._node
        node.operands = node.values  # these have no tape, which later writes could make out of date
        snapshot: Snapshot = Snapshot._of(node)
        return snapshot

    def backward(self, node: Node, g: Any) -> None:
        """Sweep on the tape, so that the gradients are recorded too."""
        with self.during("backward"):
            for leaf, gradient in sweep({node: g}, Tensor._of).items():
                if isinstance(leaf, Leaf):
                    conjugate = gradient.dtype.kind == "c"
                    self._add_gradient(leaf, gradient.conj() if conjugate else gradient)

    def gradient(self, leaf: Leaf) -> Any:
        """What ``t.grad`` is: None, or values."""
        if leaf not in self.gradients:
            self.has_gradient[leaf] = leaf.grad is not None
            self.leaves[leaf] = None
            self.gradients[leaf] = None
            if leaf.grad is not None:
                self.places.setdefault(leaf, leaf.value)
                self.gradients[leaf] = self._stored[leaf] = self.load(self.gradient_region(leaf))
        g = self.gradients[leaf]
        return self.values(g) if isinstance(g, Tensor) else g

    def set_gradient(self, leaf: Leaf, value: Any) -> None:
        """``t.grad = value``."""
        if value is not None and np.shape(value) != leaf.value.shape:
            raise GraphError(
                f"a gradient of shape {np.shape(value)} for a tensor of shape {leaf.value.shape}"
            )
        self.leaves[leaf] = None
        self.gradients[leaf] = value

    def _add_gradient(self, leaf: Leaf, g: Any) -> None:
        before = self.gradient(leaf)
        self.set_gradient(leaf, g if before is None else before + g)

    def assign(self, leaf: Leaf, value: Any) -> None:
        """``t.data = value``."""
        if leaf.number > self.start:
            raise GraphError("a variable that is made inside a compiled function cannot be written")
        if np.shape(value) != leaf.value.shape:
            raise GraphError(
                f"cannot assign shape {np.shape(value)} to a tensor of shape {leaf.value.shape}"
                f"{f' ({leaf.name})' if leaf.name else ''}: make a new tensor instead"
            )
        self.leaves[leaf] = None
        self._keep(leaf, lambda: leaf.value)
        self.store(self.data_region(leaf), value)
        leaf.storage.touch()

    # --- where variables lie ----------------------------------------------------------------------

    def data_region(self, leaf: Leaf) -> Region:
        """Where the values of a variable lie."""
        title = identifier(self._titles.get(leaf) or leaf.name or "variable")
        name = "parameters" if leaf.storage.shared else title
        return _region(leaf, Memory(leaf.storage.data, name), title)

    def gradient_region(self, leaf: Leaf) -> Region:
        """Where its gradient lies."""
        title = f"d_{identifier(self._titles.get(leaf) or leaf.name or 'variable')}"
        name = "gradients" if leaf.storage.shared else title
        return _region(leaf, Memory(leaf.storage.gradients(), name), title)

    # --- memory, generators, counts ---------------------------------------------------------------

    def load(self, region: Region) -> Tensor:
        """What lies in ``region`` now."""
        state = recording()
        value = region.view().copy()
        node = Node(ir.load, (), (), {"region": region}, value, state.layer, place(2))
        node.name = region.name
        self.recorded(node)
        tensor: Tensor = Tensor._of(node)
        return tensor

    def store(self, region: Region, value: Any) -> None:
        """Write ``value`` there."""
        view = region.view()
        before = view.copy()
        self._undo.append(lambda: np.copyto(view, before))
        operand = value._node if isinstance(value, Tensor) else value
        np.copyto(
            view, operand.value if isinstance(operand, Node) else operand, casting="same_kind"
        )
        self._note(ir.store, [operand], {"region": region})

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: Any) -> Tensor:
        """Random numbers, drawn anew at each call."""
        state = rng.bit_generator.state
        self._undo.append(lambda: setattr(rng.bit_generator, "state", state))
        params = {"rng": rng, "shape": tuple(shape), "dtype": np.dtype(dtype)}
        layer = recording().layer
        node = Node(ir.draw, (), (), params, rng.random(shape, dtype), layer, place(2))
        self.recorded(node)
        tensor: Tensor = Tensor._of(node)
        return tensor

    def advance(self, owner: Any, attribute: str) -> None:
        """``owner.attribute += 1``."""
        before = getattr(owner, attribute)
        self._undo.append(lambda: setattr(owner, attribute, before))
        setattr(owner, attribute, before + 1)
        self._note(ir.advance, (), {"owner": owner, "attribute": attribute})

    def depends_on(self, owner: Any, names: tuple[str, ...]) -> None:
        """These attributes are in the program as constants: others need another program."""
        self.settings.append((owner, names))

    def settle_gradients(self) -> None:
        """Write the gradients to where they lie between calls."""
        with self.during("backward"):
            self._settle_gradients()

    def _settle_gradients(self) -> None:
        for leaf, g in self.gradients.items():
            if g is not None and self._stored.get(leaf) is not g:
                self._keep(leaf, leaf.home)
                self.store(self.gradient_region(leaf), g)
                self._stored[leaf] = g
            had, has = leaf.grad is not None, g is not None
            _set_present(leaf, has)
            if had is not has:
                self._undo.append(functools.partial(_set_present, leaf, had))

    def _keep(self, leaf: Leaf, place: Callable[[], Array]) -> None:
        """Have ``undo`` put back what lies there, wherever the variable lies then."""
        self.places.setdefault(leaf, leaf.value)
        before = place().copy()
        self._undo.append(lambda: np.copyto(place(), before))

    def _note(self, row: Any, operands: Sequence[Any], params: dict[str, Any]) -> None:
        mark = Mark(self.phase, recording().layer, place(3))
        self.events.append(Event(row, operands, params, None, mark))


def _set_present(leaf: Leaf, has_gradient: bool) -> None:
    leaf.grad = leaf.home() if has_gradient else None


def _title(leaf: Node, layer: str | None) -> str:
    """What to call a variable: one without a full name of its own is called after its layer."""
    name = leaf.name or "variable"
    inner = (layer or "").rpartition("/")[2]
    return name if "." in name or not inner or inner == "penalty" else f"{inner}.{name}"


def _region(leaf: Leaf, memory: Memory, name: str) -> Region:
    shape = leaf.value.shape
    return Region(memory, leaf.offset, leaf.offset + leaf.value.size, shape, name)


@contextmanager
def capturing(capture: Capture) -> Iterator[None]:
    """Inside, ``capture`` notes what happens."""
    with captured(capture):
        yield
        capture.settle_gradients()
