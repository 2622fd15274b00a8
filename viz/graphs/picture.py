"""A compute graph as data: plain nodes, edges and clusters. Read next: ``reading``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple, overload

from tensorgraph.viz.graphs.heat import Heat

FAILED = "failed"

PHASE = "phase"
"""The kind of a cluster that stands for a phase of a program, or of a tape with its sweep."""

REPEATED = "repeated"
"""The kind of a cluster that stands for all repetitions of what is in it."""

Fact = tuple[str, str]
"""What it is, and how it reads: ("value", "0.881")."""


class Later(Sequence[Fact]):
    """Facts that are found when somebody asks for them: of most nodes nobody ever does."""

    __slots__ = ("_arguments", "_facts", "_find")

    def __init__(self, find: Callable[..., Sequence[Fact]], *arguments: Any) -> None:
        self._find: Callable[..., Sequence[Fact]] | None = find
        self._arguments = arguments
        self._facts: Sequence[Fact] = ()

    def found(self) -> Sequence[Fact]:
        """Return the facts, and hold on to nothing else from then on."""
        if self._find is not None:
            self._facts = self._find(*self._arguments)
            self._find, self._arguments = None, ()
        return self._facts

    @overload
    def __getitem__(self, index: int) -> Fact: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Fact]: ...
    def __getitem__(self, index: int | slice) -> Fact | Sequence[Fact]:
        return self.found()[index]

    def __len__(self) -> int:
        return len(self.found())

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.found())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class Node(NamedTuple):
    """One box of a picture.

    ``kind`` is "op", "variable", "parameter", "constant", "output"; in a program also "input",
    and "read" or "written" for memory; for what is folded into one box, "layer" or "operations". In
    a backward pass, the rules of an operation are one node, "backward"; where it begins and ends is
    a "gradient", and a value of the forward pass, where that is not drawn, "saved".
    ``name`` is what the program calls the value, ``detail`` an operation's metadata, and ``ports``
    tell operands apart whose order matters. ``facts`` are further things to know of it: a page
    shows them all. ``lines`` is the small print below its name, None for the usual: its shape. It
    is ``lit`` if it lies on a path that was asked for, and ``weight`` is the number that its fill
    shows. Where two graphs are compared, its ``status`` is
    "added", "removed" or "changed", and ``change`` says what has; of what raised an error it is
    "failed", and ``change`` is the message. ``heat`` is a larger value in a few cells.
    """

    key: str
    kind: str
    label: str
    shape: str
    dtype: str
    name: str = ""
    detail: str = ""
    cluster: str | None = None
    ports: tuple[str, ...] = ()
    facts: Sequence[Fact] = ()
    lines: tuple[str, ...] | None = None
    lit: bool = False
    weight: float | None = None
    status: str = ""
    change: str = ""
    heat: Heat | None = None

    @property
    def parent(self) -> str | None:
        """The cluster around it, as a cluster calls its own."""
        return self.cluster

    def share(self, heaviest: float) -> float:
        """How full it is, from 0 to 1, where the ``heaviest`` is full; so is what is not finite."""
        weight = self.weight or 0.0
        return weight / heaviest if isfinite(weight) else 1.0

    @property
    def is_number(self) -> bool:
        return self.kind == "constant" and self.shape == "scalar"

    @property
    def size(self) -> str:
        """The shape, with the dtype where it is not one of floats."""
        if self.dtype == "number":
            return self.dtype
        if self.dtype.startswith("float"):
            return self.shape
        return f"{self.shape} {self.dtype}".strip()

    def fact(self, label: str) -> str:
        """The text of the fact ``label``, "" where there is none."""
        return dict(self.facts).get(label, "")


class Edge(NamedTuple):
    """A use of the value of node ``tail`` by node ``head``, at a port if the head has any.

    Within a part that is drawn once for many repetitions, ``again`` says that the use is in a later
    repetition. The ``label`` is what comes back along it, where gradients are shown. ``saved`` says
    that a value of the forward pass is used in the backward pass.
    """

    tail: str
    head: str
    port: str = ""
    again: bool = False
    label: str = ""
    lit: bool = False
    status: str = ""
    saved: bool = False


class Cluster(NamedTuple):
    """One call of a layer: its name, its class where that is known, the cluster around it.

    Or what repeats, drawn once: its label is "× 12", its kind "repeated". Or a "phase". ``sums``
    are over all that is in it, such as "12 parameters".
    """

    key: str
    label: str
    kind: str = ""
    parent: str | None = None
    sums: str = ""

    @property
    def subtitle(self) -> str:
        """What stands after its name: its class, or what else it is, and its sums."""
        return " · ".join(filter(None, (self.kind, self.sums)))


@dataclass(frozen=True)
class Picture:
    """Nodes and edges in the order of the tape, clusters from outside in, a note below it all.

    ``overlay`` names what the fill of the nodes shows.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    note: str = ""
    overlay: str = ""

    @property
    def heaviest(self) -> float:
        """The weight of the fullest fill: shares are of all, others in parts of the greatest.

        What is not finite is as full as that, and counts for nothing else.
        """
        if self.overlay == "dead":
            return 1.0
        weights = [node.weight for node in self.nodes if node.weight is not None]
        finite = list(filter(isfinite, weights))
        return max(finite, default=0.0) or float(len(finite) < len(weights))
