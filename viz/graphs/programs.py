"""From a compiled program to a picture: equations, and the memory that they read and write.

What is read from memory, and what is written there, are nodes of their own; so nothing leads from
the end of a step back to its beginning. Around the layers stand the phases: forward, backward,
update. Read next: ``gradients``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from tensorgraph.compiler.program import (
    Atom,
    Equation,
    Program,
    Region,
    Var,
    advance,
    draw,
    load,
    names_of,
    number,
    store,
)
from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs import flops, values, words
from tensorgraph.viz.graphs.picture import PHASE, Cluster, Edge, Fact, Node, Picture
from tensorgraph.viz.graphs.reading import Reading
from tensorgraph.viz.graphs.values import source_line


def picture_of_program(program: Program, reading: Reading) -> Picture:
    """Return ``program`` as a picture: inputs, equations, memory, results, in their order."""
    of_tapes = reading.overlay in ("gradient", "time", "dead")
    if reading.gradients or len(reading.highlight) or of_tapes:
        raise ArgumentError(
            "graph(): a program has no values, gradients and tensors of its own, and is not run: "
            "draw the tape. What fills a program's boxes is overlay='bytes' or 'kept'"
        )
    kept = kept_values(program) if reading.overlay == "kept" else None
    picture = Picture(overlay=reading.overlay or "")
    sketch = _Sketch(names_of(program), kept, picture)
    for x in program.inputs:
        sketch.drawn[x] = sketch.add("input", sketch.names[x], x)
    for equation in program.equations:
        sketch.equation(equation)
    for i, result in enumerate(program.outputs):
        label = "result" if len(program.outputs) == 1 else f"result {i + 1}"
        sketch.join(sketch.operand(result, "", None), sketch.add("output", label, result))
    sketch.count_users()
    return sketch.picture


def kept_values(program: Program) -> set[Var]:
    """Return what the forward phase makes, or reads, and a later phase uses."""
    made = {e.out for e in program.equations if e.mark.phase == "forward" and e.out is not None}
    later = (e for e in program.equations if e.mark.phase != "forward")
    return {x for equation in later for x in equation.variables if x in made}


@dataclass
class _Sketch:
    """A picture in the making."""

    names: dict[Var, str]
    kept: set[Var] | None
    picture: Picture
    drawn: dict[Atom, Node] = field(default_factory=dict)
    clusters: dict[tuple[str, ...], Cluster] = field(default_factory=dict)
    arrays: dict[int, Node] = field(default_factory=dict)  # constants, by id while they live

    def equation(self, equation: Equation) -> None:
        """Draw an equation, its constants, and an edge for each operand."""
        home = self._home(equation)
        if equation.row is load:
            self._load(equation, home)
        elif equation.row is store:
            (x,) = equation.operands
            node = self._memory("written", equation.params["region"], x, home)
            self.join(self.operand(x, "", home), node)
        elif equation.row is advance:
            self.add("written", _counter(equation), None, cluster=home, detail="one more")
        else:
            self._operation(equation, home)

    def _load(self, equation: Equation, home: str | None) -> None:
        assert equation.out is not None
        self.drawn[equation.out] = self._memory(
            "read", equation.params["region"], equation.out, home
        )

    def _memory(self, kind: str, region: Region, x: Atom, home: str | None) -> Node:
        """Draw a part of what stays between calls: its name, and where it lies."""
        place = f"{region.memory.name}[{region.start}:{region.stop}]"
        return self.add(kind, region.name or region.memory.name, x, detail=place, cluster=home)

    def _operation(self, equation: Equation, home: str | None) -> None:
        roles = _roles(equation)
        operands = [
            self.operand(x, role, home) for x, role in zip(equation.operands, roles, strict=True)
        ]
        ports = words.ports(roles, [operand.label for operand in operands])
        label, detail = self._words(equation)
        out = equation.out
        node = self.add(
            "op",
            label,
            out,
            name="" if out is None else self.names[out],
            detail=detail,
            cluster=home,
            ports=ports,
            facts=_facts(equation, [operand.name or operand.label for operand in operands], detail),
        )
        if out is not None:
            self.drawn[out] = node
        for i, operand in enumerate(operands):
            self.join(operand, node, ports[i] if ports else "")

    def _words(self, equation: Equation) -> tuple[str, str]:
        """Return what an equation does, and its metadata."""
        row, params = equation.row, equation.params
        if row is number:
            operands = [
                self.names[x] if isinstance(x, Var) else words.number(x.value)
                for x in equation.operands
            ]
            owner = params["owner"]
            text = params["text"].format(*operands)
            return (text if owner is None else f"{type(owner).__name__.lower()}.{text}"), ""
        if row is draw:
            return "random numbers", ""
        return words.operation(row), words.metadata(row, params)

    def operand(self, x: Atom, role: str, home: str | None) -> Node:
        """Return the node of an operand; a number is drawn where it is used, an array once."""
        if isinstance(x, Var):
            return self.drawn[x]
        if x.shape == ():
            return self.add("constant", words.number(x.value), x, cluster=home)
        if id(x.value) not in self.arrays:
            self.arrays[id(x.value)] = self.add("constant", words.array_in_role(role), x)
        return self.arrays[id(x.value)]

    def add(self, kind: str, label: str, x: Atom | None, **more: Any) -> Node:
        """Draw a node for the value ``x``."""
        shape = words.shape(() if x is None else x.shape)
        dtype = "number" if x is None or x.dtype is None else words.dtype(x.dtype)
        key = f"n{len(self.picture.nodes)}"
        more.setdefault("weight", self._weight(kind, x))
        node = Node(key, kind, label, shape, dtype, **more)
        if isinstance(x, Var) and x.dtype is not None:
            node = node._replace(facts=(*node.facts, ("bytes", values.size(x.nbytes))))
        self.picture.nodes.append(node)
        return node

    def _weight(self, kind: str, x: Atom | None) -> float | None:
        """Return the bytes of a value, where they are asked for; of others than kept ones, none."""
        if not self.picture.overlay or not isinstance(x, Var) or kind not in ("op", "read"):
            return None
        return float(x.nbytes) if self.kept is None or x in self.kept else 0.0

    def count_users(self) -> None:
        """Add to the facts of each node how many use it."""
        users = Counter(edge.tail for edge in self.picture.edges)
        for place, node in enumerate(self.picture.nodes):
            if users[node.key]:
                used = ("used by", words.count(users[node.key], "operation"))
                self.picture.nodes[place] = node._replace(facts=(*node.facts, used))

    def join(self, tail: Node, head: Node, port: str = "") -> None:
        """Draw a use."""
        self.picture.edges.append(Edge(tail.key, head.key, port))

    def _home(self, equation: Equation) -> str | None:
        """Return the cluster of an equation: its layer, within its phase."""
        mark = equation.mark
        path = (mark.phase, *(mark.layer.split("/") if mark.layer else ()))
        for inner in accumulate([(name,) for name in path]):
            if inner not in self.clusters:
                parent = self.clusters[inner[:-1]].key if inner[:-1] else None
                kind = "" if parent else PHASE
                cluster = Cluster(f"c{len(self.clusters)}", inner[-1], kind, parent)
                self.clusters[inner] = cluster
                self.picture.clusters.append(cluster)
        return self.clusters[path].key


def _facts(equation: Equation, operands: list[str], detail: str) -> tuple[Fact, ...]:
    """Return what there is to know of an equation."""
    mark = equation.mark
    formula = f"{equation.row.name}({', '.join(filter(None, (*operands, detail)))})"
    facts = {
        "formula": formula,
        "FLOPs": None if equation.out is None else _flops(equation, equation.out),
        "phase": mark.phase,
        "layer": mark.layer,
        "line": source_line(mark.place) if mark.place else None,
    }
    return tuple((label, text) for label, text in facts.items() if text)


def _flops(equation: Equation, out: Var) -> str:
    shapes = [x.shape for x in equation.operands]
    return flops.in_words(equation.row, shapes, out.shape, equation.params)


def _roles(equation: Equation) -> tuple[str, ...]:
    count = len(equation.operands)
    return ("",) * count if equation.row in (number, draw) else words.roles(equation.row, count)


def _counter(equation: Equation) -> str:
    owner, attribute = equation.params["owner"], equation.params["attribute"]
    return f"{type(owner).__name__.lower()}.{attribute}"
