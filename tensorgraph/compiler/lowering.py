"""From what happened to equations. Read next: ``builder``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.compiler import program as ir
from tensorgraph.compiler.capture import Capture, Event
from tensorgraph.compiler.numbers import Number
from tensorgraph.compiler.program import Atom, Const, Equation, Mark, Program, Var, identifier
from tensorgraph.errors import GraphError
from tensorgraph.source import line
from tensorgraph.tape import Leaf, Node
from tensorgraph.tensor import Tensor


class Lowering:
    """Turns what happened into equations, and remembers which value each node became."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.equations: list[Equation] = []
        self.values: dict[Node, Var | Const] = {}
        self.constants: dict[int, Const] = {}
        self.numbers: dict[int, Var | Const] = {}
        self.loaded: dict[Leaf, Var] = {}
        self.inputs: list[Var] = []
        for node in capture.inputs:
            var = Var(node.value.shape, node.value.dtype, identifier(node.name or "x"))
            self.inputs.append(var)
            self.values[node] = var

    def run(self, outputs: Sequence[Any]) -> Program:
        """The program of the captured call, which returned ``outputs``."""
        for event in self.capture.events:
            self._event(event)
        mark = Mark("forward")
        atoms = [self.atom(x._node if isinstance(x, Tensor) else x, mark) for x in outputs]
        return Program(self.capture.name, self.inputs, self.equations, atoms)

    def _event(self, event: Event) -> None:
        operands = tuple(self.atom(x, event.mark) for x in event.operands)
        if event.row.name == "index":
            _check_size_is_known(event, operands)
        out = None
        if event.node is not None:
            value = np.asarray(event.node.value)
            out = Var(value.shape, value.dtype, _hint(event))
            self.values[event.node] = out
        self.equations.append(Equation(event.row, operands, event.params, out, event.mark))
        if event.row is ir.store:
            region = event.params["region"]
            for leaf in [
                leaf for leaf in self.loaded if self.capture.data_region(leaf).overlaps(region)
            ]:
                del self.loaded[leaf]

    def atom(self, x: Any, mark: Mark) -> Var | Const:
        """The value that an operand stands for."""
        if isinstance(x, Node):
            if x not in self.values:
                return self._outside(x, mark)
            return self.values[x]
        if isinstance(x, Number):
            return self._number(x, mark)
        if id(x) not in self.constants:
            self.constants[id(x)] = Const(x)
        return self.constants[id(x)]

    def _outside(self, node: Node, mark: Mark) -> Var | Const:
        """A value that was not made in this call: a variable, or a constant made inside."""
        if not isinstance(node, Leaf):
            raise GraphError(
                f"{self.capture.name}() uses the result of {node.primitive.name}(){node.origin()}, "
                "which was computed outside: compute it inside, or use its values, t.data"
            )
        if node.number > self.capture.start:
            self.values[node] = Const(node.value)
            return self.values[node]
        if node not in self.loaded:
            region = self.capture.data_region(node)
            var = Var(region.shape, node.value.dtype, region.name)
            where = Mark(mark.phase, mark.layer, mark.place)
            self.equations.append(Equation(ir.load, (), {"region": region}, var, where))
            self.loaded[node] = var
            self.capture.leaves[node] = None
        return self.loaded[node]

    def _number(self, x: Number, mark: Mark) -> Var | Const:
        if id(x) not in self.numbers:
            operands = tuple(
                self._number(part, mark) if isinstance(part, Number) else Const(part)
                for part in x.operands
            )
            var = Var((), None, identifier(x.name))
            params = {"compute": x.compute, "text": x.text, "owner": x.owner}
            self.equations.append(Equation(ir.number, operands, params, var, mark))
            self.numbers[id(x)] = var
        return self.numbers[id(x)]


def _check_size_is_known(event: Event, operands: Sequence[Atom]) -> None:
    """Raise where a mask that changes from call to call chooses how many elements there are."""
    if any(isinstance(x, Var) and x.dtype == bool for x in operands[1:]):
        where = f" at {line(event.mark.place)}" if event.mark.place else ""
        raise GraphError(
            f"how many elements a mask chooses{where} may be another number in each call, and a "
            "program has one shape for each value: multiply by the mask, use tg.where, or choose "
            "outside"
        )


def _hint(event: Event) -> str:
    """A name for the result: its own, that of its layer, or that of its row."""
    node = event.node
    assert node is not None
    if node.name:
        return identifier(node.name)
    word = (event.mark.layer or "").rpartition("/")[2] or event.row.name
    return identifier(f"d_{word}" if event.mark.phase == "backward" else word)
