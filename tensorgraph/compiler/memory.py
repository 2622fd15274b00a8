"""Where each value lies: in one arena, laid out by how long values are needed, or where it ends up.

A value that is stored (a gradient, a new parameter) is computed in its place where nobody reads
the old one any more, and an elementwise result takes the place of an operand that is not needed
again. What is left shares one block of memory, the arena. Read next: ``numpy_source``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.expand import index, pick, subtract_at
from tensorgraph.compiler.program import Atom, Const, Equation, Program, Region, Var
from tensorgraph.primitive import REGISTRY

ALIGNED = 64
"""Bytes at which a value starts: those of a line of a processor's cache."""

VIEWS = frozenset(
    {ops.reshape, ops.transpose, ops.swapaxes, ops.squeeze, ops.expand_dims, ops.moveaxis}
)
_REDUCTIONS = frozenset({ops.sum, ops.mean, ops.max, ops.min})
_OTHERS = frozenset(
    {ops.matmul, ops.copy, ops.argmax, ops.argmin, REGISTRY["astype"], REGISTRY["truncate"]}
    | {ir.draw, pick, subtract_at}
)


_SINGLE = frozenset({ops.matmul, ops.argmax, ops.argmin, ops.count_nonzero})


def is_elementwise(equation: Equation) -> bool:
    """Whether each element of the result needs the elements at its place alone."""
    forward = equation.row.forward
    is_ufunc = isinstance(forward, np.ufunc) and forward.signature is None
    return is_ufunc or equation.row is ops.relu


def is_planned(equation: Equation) -> bool:
    """Whether the result is written into memory that is there already."""
    out = equation.out
    if out is None or out.dtype is None or not out.shape:
        return False
    if equation.row is ops.mean and equation.operands[0].dtype not in (np.float32, np.float64):
        return False
    return is_elementwise(equation) or equation.row in _REDUCTIONS or equation.row in _OTHERS


def _is_new_number(equation: Equation) -> bool:
    """Whether the result is a single number that lies in no operand's memory."""
    row, out = equation.row, equation.out
    computed = row in _REDUCTIONS or row in _SINGLE or row.definition is not None
    return computed and out is not None and not out.shape


def is_view(equation: Equation) -> bool:
    """Whether the result lies in the memory of the operand."""
    if equation.row is index:
        return len(equation.operands) == 1 and equation.out is not None and bool(equation.out.shape)
    return equation.row in VIEWS


@dataclass(eq=False)
class Buffer:
    """Room for values of one shape and dtype, from one equation to another."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    end: int
    region: Region | None = None
    offset: int = 0
    values: list[Var] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        """Its size."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def touches(self, other: Buffer) -> bool:
        """Whether both are needed at some time, and lie in a common part of a memory that stays."""
        if self.region is None or other.region is None:
            return False
        meet = self.start <= other.end and other.start <= self.end
        return meet and self.region.overlaps(other.region)


class Plan:
    """What lies where while a program runs."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: dict[Var, int] = {}
        self.equation: dict[Var, Equation] = {}
        self.end: dict[Atom, int] = {}
        self.roots: dict[Var, frozenset[Atom]] = {}
        self.buffer: dict[Var, Buffer] = {}
        self.stores = [
            (i, equation.params["region"])
            for i, equation in enumerate(program.equations)
            if equation.row is ir.store
        ]
        self.copied: set[Var] = set()  # loads whose memory is written to while they are needed
        self._find_ends()
        self.occupied: list[Buffer] = []
        self._place_loads()
        self._place_stored()
        self._protect_loads()
        self._place_rest()
        self.size = self._lay_out()

    # --- how long -------------------------------------------------------------------------------

    def _find_ends(self) -> None:
        """For each value the last equation that needs it, or what may lie in its memory."""
        for argument in self.program.inputs:
            self.roots[argument] = frozenset({argument})
        for i, equation in enumerate(self.program.equations):
            for x in equation.variables:
                for root in self.roots.get(x, ()):
                    self.end[root] = i
            if equation.out is not None:
                self.made[equation.out] = i
                self.equation[equation.out] = equation
                self.roots[equation.out] = self._roots_of(equation)
                for root in self.roots[equation.out]:
                    self.end[root] = i
        for result in self.program.outputs:
            for root in self.roots.get(result, ()) if isinstance(result, Var) else ():
                self.end[root] = len(self.program.equations)

    def _roots_of(self, equation: Equation) -> frozenset[Atom]:
        """What the result may lie in the memory of: itself, an argument, a constant."""
        out = equation.out
        assert out is not None
        if equation.row is ir.load or is_planned(equation):
            return frozenset({out})
        if out.dtype is None or is_elementwise(equation) or _is_new_number(equation):
            return frozenset()
        return frozenset().union(*map(self._roots_in, equation.operands))

    def _roots_in(self, x: Atom) -> frozenset[Atom]:
        if isinstance(x, Const):
            return frozenset({x} if isinstance(x.value, np.ndarray) else ())
        return self.roots.get(x, frozenset())

    # --- memory that stays ----------------------------------------------------------------------

    def _place_loads(self) -> None:
        for var, equation in self.equation.items():
            if equation.row is ir.load:
                region = equation.params["region"]
                self._occupy(var, region, self.made[var])

    def _occupy(self, var: Var, region: Region, start: int) -> None:
        assert var.dtype is not None
        end = self.end.get(var, start)
        buffer = Buffer(region.name, region.shape, var.dtype, start, end, region, 0, [var])
        self.buffer[var] = buffer
        self.occupied.append(buffer)

    def _place_stored(self) -> None:
        """Compute what is stored in its place, and so what that is computed from in place."""
        for i, equation in enumerate(self.program.equations):
            if equation.row is ir.store and isinstance(equation.operands[0], Var):
                self._place_chain(equation.operands[0], equation.params["region"], i)

    def _place_chain(self, stored: Var, region: Region, until: int) -> None:
        var: Var | None = stored
        while var is not None and self._fits(var, region, until):
            self._occupy(var, region, self.made[var])
            self.buffer[var].end = max(self.buffer[var].end, until)
            until = self.made[var]
            var = self._to_overwrite(self.equation[var])

    def _fits(self, var: Var, region: Region, until: int) -> bool:
        """Whether ``var`` can be computed in ``region``, where it has to be at ``until``."""
        equation = self.equation.get(var)
        if equation is None or var.dtype is None or var in self.buffer or not is_planned(equation):
            return False
        if (var.shape, var.dtype) != (region.shape, region.memory.array.dtype):
            return False
        made = self.made[var]
        wanted = Buffer("", var.shape, var.dtype, made, max(self.end[var], until), region)
        written = any(
            made < i <= wanted.end and i != until and region.overlaps(other)
            for i, other in self.stores
        )
        return not written and not any(
            wanted.touches(other) and not self._gives_way(other, wanted, equation)
            for other in self.occupied
        )

    def _gives_way(self, other: Buffer, wanted: Buffer, equation: Equation) -> bool:
        """Whether what lies there is read for the last time, element by element, or comes later."""
        assert other.region is not None
        same = other.region == wanted.region
        if other.end == wanted.start and same:
            return is_elementwise(equation)
        return other.start == wanted.end and same

    def _to_overwrite(self, equation: Equation) -> Var | None:
        """An operand in whose place the result can be computed."""
        out = equation.out
        assert out is not None
        whole = is_elementwise(equation)
        operands = equation.operands if whole else equation.operands[:1]
        if not whole and equation.row is not subtract_at:
            return None
        at = self.made[out]
        for x in operands:
            if isinstance(x, Var) and self._ends_as(x, out, at):
                return x
        return None

    def _ends_as(self, x: Var, out: Var, at: int) -> bool:
        return (
            (x.shape, x.dtype) == (out.shape, out.dtype)
            and x in self.equation
            and self.roots.get(x) == frozenset({x})
            and self.end[x] == at
            and self.equation[x].row is not ir.load
        )

    def _protect_loads(self) -> None:
        """Copy what is read from memory and still needed when something is written there."""
        for i, equation in enumerate(self.program.equations):
            if equation.row is not ir.store:
                continue
            region = equation.params["region"]
            for buffer in self.occupied:
                var = buffer.values[0]
                is_read = self.equation[var].row is ir.load and buffer.start < i < buffer.end
                if is_read and buffer.region is not None and buffer.region.overlaps(region):
                    self.copied.add(var)
        for var in self.copied:
            del self.buffer[var]
        self.occupied = [b for b in self.occupied if b.values[0] not in self.copied]

    # --- the arena ------------------------------------------------------------------------------

    def _place_rest(self) -> None:
        for i, equation in enumerate(self.program.equations):
            out = equation.out
            if out is None or out in self.buffer:
                continue
            if not (is_planned(equation) or out in self.copied):
                continue
            assert out.dtype is not None
            before = self._to_overwrite(equation) if out not in self.copied else None
            shared = self.buffer.get(before) if before is not None else None
            if shared is not None and shared.region is None:
                shared.end = self.end[out]
                shared.values.append(out)
                self.buffer[out] = shared
            else:
                end = self.end.get(out, i)
                self.buffer[out] = Buffer(out.hint, out.shape, out.dtype, i, end, None, 0, [out])

    def arena(self) -> list[Buffer]:
        """The buffers of the arena, in the order in which they are first needed."""
        return list(dict.fromkeys(b for b in self.buffer.values() if b.region is None))

    def _lay_out(self) -> int:
        """Give each buffer its offset, where nothing lies that is still needed; the size of all."""
        free: list[tuple[int, int]] = []  # (offset, size), in order of offsets
        used: list[Buffer] = []
        size = 0
        for buffer in sorted(self.arena(), key=lambda b: b.start):
            for old in [b for b in used if b.end < buffer.start]:
                used.remove(old)
                free = _joined([*free, (old.offset, _rounded(old.nbytes))])
            wanted = _rounded(buffer.nbytes)
            fitting = [gap for gap in free if gap[1] >= wanted]
            if fitting:
                gap = min(fitting, key=lambda gap: gap[1])
                free.remove(gap)
                buffer.offset = gap[0]
                if gap[1] > wanted:
                    free = _joined([*free, (gap[0] + wanted, gap[1] - wanted)])
            else:
                buffer.offset = size
                size += wanted
            used.append(buffer)
        return size


def _rounded(nbytes: int) -> int:
    return -(-max(nbytes, 1) // ALIGNED) * ALIGNED


def _joined(gaps: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Gaps in order, neighbours made one."""
    joined: list[tuple[int, int]] = []
    for offset, size in sorted(gaps):
        if joined and sum(joined[-1]) == offset:
            joined[-1] = (joined[-1][0], joined[-1][1] + size)
        else:
            joined.append((offset, size))
    return joined


# --- in words ------------------------------------------------------------------------------------


class Memory:
    """How much memory a program needs: ``print(f.memory())``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        buffers = plan.arena()
        self.arena = plan.size
        """Bytes of the arena, in which values that are not needed at one time share their place."""
        self.values = sum(var.nbytes for b in buffers for var in b.values)
        """Bytes that all of them would take without sharing."""
        events = sorted({b.start for b in buffers})
        alive = [sum(b.nbytes for b in buffers if b.start <= at <= b.end) for at in events]
        self.peak = max(alive, default=0)
        """Bytes that are needed at one time at most."""
        self.kept = _kept_for_backward(plan)
        """What the forward pass leaves for the backward pass, the largest first."""

    def __repr__(self) -> str:
        lines = [
            f"arena  {_bytes(self.arena)}, for values of {_bytes(self.values)} in all",
            f"peak   {_bytes(self.peak)} needed at one time",
            f"kept for the backward pass: {_bytes(sum(n for _, n in self.kept))}",
        ]
        lines += [f"  {_bytes(n):>10}  {name}" for name, n in self.kept]
        return "\n".join(lines)


def _kept_for_backward(plan: Plan) -> list[tuple[str, int]]:
    equations = plan.program.equations
    first = next((i for i, e in enumerate(equations) if e.mark.phase == "backward"), None)
    if first is None:
        return []
    kept = [b for b in plan.arena() if b.start < first <= b.end]
    pairs = [(f"{b.name} {ir.type_of(b.values[-1])}", b.nbytes) for b in kept]
    return sorted(pairs, key=lambda pair: -pair[1])


def _bytes(n: int) -> str:
    return (
        f"{n} bytes"
        if n < 1024
        else f"{n / 1024:,.1f} KB"
        if n < 1 << 20
        else (f"{n / (1 << 20):,.1f} MB")
    )
