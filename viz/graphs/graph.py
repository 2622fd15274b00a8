"""From a tape or a model to a picture: what is drawn, apart from how.

Every operation, variable, constant and result is a node; an edge leads from a value to where it is
used; a cluster is one call of a layer. Keys follow the order of the tape ("n0", "n1", ...), so the
same expression gives the same picture in every run. Read next: ``repeats``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tensorgraph.compiler.program import Program
from tensorgraph.errors import ArgumentError
from tensorgraph.tape import Leaf, Tape, Traced, tape
from tensorgraph.tape import Node as Recorded
from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.backward import with_backward
from tensorgraph.viz.graphs.facts import Facts
from tensorgraph.viz.graphs.failed import failure_in, marked
from tensorgraph.viz.graphs.heat import heat_of
from tensorgraph.viz.graphs.picture import Cluster, Edge, Node, Picture
from tensorgraph.viz.graphs.programs import picture_of_program
from tensorgraph.viz.graphs.reading import Reading
from tensorgraph.viz.graphs.views import selected

STRUCTURE = Reading()
"""Nothing but the structure."""


@runtime_checkable
class Expressible(Protocol):
    """A model as the pictures see it."""

    layers: list[Any]

    def expression(self) -> Any:
        """Return the recorded loss, or output, of an example."""

    def parameters(self) -> dict[str, Any]:
        """Return the variables to train, by name."""


Source = Traced | Tape | Program | Expressible | BaseException
"""What can be drawn."""


def picture_of(source: Source, reading: Reading = STRUCTURE) -> Picture:
    """Return the picture of a recorded tensor, a tape, a compiled program or a model.

    Of an error, that of the pass that died, up to the operation that raised.
    ``reading`` says what is read besides the structure.
    """
    if isinstance(source, Program):
        picture = picture_of_program(source, reading)
        return picture if reading.view is None else selected(picture, reading.view)
    if isinstance(source, Traced):
        return picture_of_tape(tape(source), reading)
    if isinstance(source, Tape):
        return picture_of_tape(source, reading)
    if isinstance(source, BaseException):
        error, failure = failure_in(source)
        return marked(picture_of_tape(failure.tape(), reading), failure, error)
    if not isinstance(source, Expressible):
        raise ArgumentError(
            "graph() draws a Tensor, a Tape, a Program, a Model or an error, not a "
            f"{type(source).__name__}: {_instead_of(source)}"
        )
    output = source.expression()
    kinds = {layer.name: type(layer).__name__ for layer in source.layers}
    kinds["loss"] = type(getattr(source, "loss", None)).__name__
    parameters = [parameter._node for parameter in source.parameters().values()]
    return picture_of_tape(tape(output), reading, kinds, parameters)


def _instead_of(source: Any) -> str:
    if callable(source):
        return "draw what a function returns, or the .program of a compiled one"
    return "plain arrays have no tape, what is computed from a tg.Tensor has"


def picture_of_tape(
    tape: Tape,
    reading: Reading = STRUCTURE,
    kinds: Mapping[str, str] | None = None,
    parameters: Collection[Recorded] = (),
) -> Picture:
    """Return ``tape`` as a picture.

    ``kinds`` gives the class of a layer by its name. Besides ``parameters``, a variable counts as a
    parameter if it lies in a buffer of parameters, or is named after a layer that uses it.
    """
    facts = Facts(tape, reading)
    clusters, homes = _calls(tape, kinds or {})
    users = _users_in_layers(tape)
    picture = Picture(clusters=clusters, overlay=reading.overlay or "")
    sketch = _Sketch(picture, homes, users, set(parameters), facts)
    for node in tape:
        if isinstance(node, Leaf):
            sketch.leaf(node)
        else:
            sketch.operation(node)
    for node in tape.outputs:
        sketch.output(node)
    facts.complete(picture.edges)
    if reading.view in (None, "forward"):
        return picture
    return selected(with_backward(picture, sketch.drawn, facts), reading.view)


def _calls(tape: Tape, kinds: Mapping[str, str]) -> tuple[list[Cluster], dict[Recorded, str]]:
    """Return a cluster for each call of a layer, and the innermost one of each operation in a call.

    What one call recorded lies side by side on the tape, so a layer that is called twice, with
    others in between, gives two clusters.
    """
    clusters: list[Cluster] = []
    homes: dict[Recorded, str] = {}
    opened: list[Cluster] = []
    layer: str | None = None
    for node in tape:
        if isinstance(node, Leaf):
            continue
        if node.layer != layer:
            layer = node.layer
            _open(layer.split("/") if layer else [], opened, clusters, kinds)
        if opened:
            homes[node] = opened[-1].key
    return clusters, homes


def _open(
    path: list[str], opened: list[Cluster], clusters: list[Cluster], kinds: Mapping[str, str]
) -> None:
    """Close those clusters that are not on the ``path``, and open the others that are."""
    pairs = zip(path, opened, strict=False)
    depth = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1].label, pairs))
    del opened[depth:]
    for name in path[depth:]:
        parent = opened[-1].key if opened else None
        opened.append(Cluster(f"c{len(clusters)}", name, kinds.get(name, ""), parent))
        clusters.append(opened[-1])


def _users_in_layers(tape: Tape) -> dict[Recorded, Recorded]:
    """Return, for each value that some layer uses, the first operation of a layer that does."""
    users: dict[Recorded, Recorded] = {}
    for node in tape:
        if node.layer is not None:
            for parent in node.parents:
                users.setdefault(parent, node)
    return users


@dataclass
class _Sketch:
    """A picture in the making."""

    picture: Picture
    homes: dict[Recorded, str]
    users: dict[Recorded, Recorded]
    parameters: set[Recorded]
    facts: Facts
    drawn: dict[Recorded, Node] = field(default_factory=dict)
    # By id, which is safe while the tape holds the arrays; no id gets into the picture.
    arrays: dict[int, Node] = field(default_factory=dict)

    def leaf(self, leaf: Leaf) -> None:
        """Draw a variable; a parameter goes to the layer that uses it."""
        user = self.users.get(leaf)
        if self._is_parameter(leaf, user):
            label = (self.facts.name(leaf) or "parameter").rpartition(".")[2]
            home = None if user is None else self.homes[user]
            self.drawn[leaf] = self._add("parameter", label, leaf, cluster=home)
        else:
            self.drawn[leaf] = self._add("variable", self.facts.name(leaf) or "variable", leaf)

    def _is_parameter(self, leaf: Leaf, user: Recorded | None) -> bool:
        layer, dot, _ = (leaf.name or "").partition(".")
        named_after = bool(dot) and user is not None and layer in (user.layer or "").split("/")
        return leaf in self.parameters or leaf.storage.shared or named_after

    def operation(self, node: Recorded) -> None:
        """Draw an operation, the numbers and arrays that it uses, and an edge for each operand."""
        roles = words.roles(node.primitive, len(node.operands))
        home = self.homes.get(node)
        operands = [
            self.drawn[x] if isinstance(x, Recorded) else self._constant(x, role, home)
            for x, role in zip(node.operands, roles, strict=True)
        ]
        ports = words.ports(roles, [operand.label for operand in operands])
        drawn = self.drawn[node] = self._add(
            "op",
            words.operation(node.primitive),
            node,
            name="" if node in self.facts.tape.outputs else self.facts.name(node),
            detail=words.metadata(node.primitive, node.params),
            cluster=home,
            ports=ports,
            operands=operands,
        )
        for i, operand in enumerate(operands):
            share = self.facts.share(node, i)
            lit = drawn.lit and operand.lit
            self._join(operand, drawn, ports[i] if ports else "", share, lit)

    def _constant(self, value: Any, role: str, home: str | None) -> Node:
        """Draw a number where it is used; an array once, outside of layers, as data are."""
        if getattr(value, "ndim", 0) == 0:  # a number of Python's, or one of NumPy's
            return self._add("constant", words.number(value), value, cluster=home)
        if id(value) not in self.arrays:
            name = self.facts.reading.arrays.get(id(value)) or words.array_in_role(role)
            self.arrays[id(value)] = self._add("constant", name, value)
        return self.arrays[id(value)]

    def output(self, node: Recorded) -> None:
        """Draw the result, unless it is a variable itself."""
        if not isinstance(node, Leaf):
            result = self._add("output", self.facts.name(node) or "result", node)
            self._join(self.drawn[node], result, lit=result.lit)

    def _add(
        self,
        kind: str,
        label: str,
        origin: Any,
        name: str = "",
        detail: str = "",
        cluster: str | None = None,
        ports: tuple[str, ...] = (),
        operands: Sequence[Node] = (),
    ) -> Node:
        """Draw a node for ``origin``: what recorded it, or a constant."""
        key = f"n{len(self.picture.nodes)}"
        value = origin.value if isinstance(origin, Recorded) else origin
        has_map = self.facts.reading.maps and kind != "output"
        node = Node(
            key,
            kind,
            label,
            words.shape(getattr(value, "shape", ())),
            words.dtype(value.dtype if hasattr(value, "dtype") else np.result_type(value)),
            name,
            detail,
            cluster,
            ports,
            self.facts.of(key, kind, origin, detail, operands),
            lit=value is not origin and origin in self.facts.path,
            weight=self.facts.weight(kind, origin),
            heat=heat_of(value) if has_map else None,
        )
        self.picture.nodes.append(node)
        return node

    def _join(
        self, tail: Node, head: Node, port: str = "", label: str = "", lit: bool = False
    ) -> None:
        self.picture.edges.append(Edge(tail.key, head.key, port, False, label, lit))
