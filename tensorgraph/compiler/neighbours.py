"""A pass: what is done alike to neighbours in memory is done to all of them at once.

The parameters of a model lie side by side, and so do their gradients. A penalty on weights and
biases, and its gradient, are then one call of NumPy for both. Read next: ``passes``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tensorgraph import ops
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.builder import Builder
from tensorgraph.compiler.program import Atom, Const, Equation, Program, Region, Var
from tensorgraph.ops import fused
from tensorgraph.primitive import Primitive


def with_neighbours_joined(program: Program) -> Program:
    """``program`` with squares summed, and scaled parameters added to gradients, in one go."""
    return _with_sums_joined(_with_squares_joined(program))


def _union(regions: Sequence[Region]) -> Region:
    """Neighbours as one region, flat."""
    first, start, stop = regions[0], regions[0].start, regions[-1].stop
    return replace(first, start=start, stop=stop, shape=(stop - start,), name="")


def _are_neighbours(a: Region, b: Region) -> bool:
    return a.memory == b.memory and a.stop == b.start


def _runs(items: Sequence[Any], follows: Any) -> list[list[Any]]:
    """Items in runs in which each follows on the one before."""
    runs: list[list[Any]] = []
    for item in items:
        if runs and follows(runs[-1][-1], item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _loads(program: Program) -> dict[Atom, tuple[int, Region]]:
    """Where each value that is read from memory is read, and from where."""
    return {
        equation.out: (i, equation.params["region"])
        for i, equation in enumerate(program.equations)
        if equation.row is ir.load and equation.out is not None
    }


def _is_touched(program: Program, row: Any, region: Region, start: int, stop: int) -> bool:
    """Whether an equation from ``start`` to before ``stop`` reads or writes a part of a region."""
    return any(
        equation.row is row and equation.params["region"].overlaps(region)
        for equation in program.equations[start:stop]
    )


# --- sums of squares -----------------------------------------------------------------------------


def _with_squares_joined(program: Program) -> Program:
    loads = _loads(program)
    emit = Builder()
    for i, equation in enumerate(program.equations):
        if equation.row is fused.sum_of_squares:
            equation = _squares_joined(program, emit, equation, loads, i)
        emit.equations.append(equation)
    return program.replaced(emit.equations)


def _squares_joined(
    program: Program,
    emit: Builder,
    equation: Equation,
    loads: dict[Atom, tuple[int, Region]],
    at: int,
) -> Equation:
    def follows(a: tuple[Atom, float], b: tuple[Atom, float]) -> bool:
        if a[1] != b[1] or a[0] not in loads or b[0] not in loads:
            return False
        (start, region), (_, other) = loads[a[0]], loads[b[0]]
        written = _is_touched(program, ir.store, _union([region, other]), start, at)
        return _are_neighbours(region, other) and not written

    pairs = list(zip(equation.operands, equation.params["factors"], strict=True))
    operands: list[Atom] = []
    factors: list[float] = []
    for run in _runs(pairs, follows):
        x: Atom = run[0][0]
        if len(run) > 1:
            region = _union([loads[operand][1] for operand, _ in run])
            x = emit(ir.load, mark=equation.mark, hint=region.memory.name, region=region)
        operands.append(x)
        factors.append(run[0][1])
    params = {"factors": tuple(factors)}
    return Equation(equation.row, tuple(operands), params, equation.out, equation.mark)


# --- scaled parameters, added to gradients -------------------------------------------------------


class _Sum(NamedTuple):
    """``store(region, other + factor * load(source))``, at a place in a program."""

    at: int
    region: Region
    source: Region
    read_at: int
    factor: Const
    other: Var
    drops: tuple[Equation, Equation]  # the product and the sum


def _with_sums_joined(program: Program) -> Program:
    groups = [
        run
        for run in _runs(_sums(program), lambda a, b: _go_together(program, a, b))
        if len(run) > 1
    ]
    if not groups:
        return program
    dropped = {equation for run in groups for found in run for equation in found.drops}
    instead = {found.at: found for run in groups for found in run}
    last = {max(found.at for found in run): run for run in groups}
    emit = Builder()
    for i, equation in enumerate(program.equations):
        if equation in dropped:
            continue
        if i in instead:
            equation = equation.with_operands([instead[i].other])
        emit.equations.append(equation)
        if i in last:
            _emit_joined(emit, last[i], equation)
    return program.replaced(emit.equations)


def _sums(program: Program) -> list[_Sum]:
    """The stores of sums of that kind, by where they store."""
    made: dict[Atom, Equation] = {e.out: e for e in program.equations if e.out is not None}
    uses = Counter(x for equation in program.equations for x in equation.variables)
    loads = _loads(program)

    def only_use_of(x: Atom, row: Primitive) -> Equation | None:
        """The equation of a value that is made by ``row`` and used here alone."""
        equation = made.get(x)
        once = isinstance(x, Var) and uses[x] == 1
        return equation if once and equation is not None and equation.row is row else None

    def sum_at(i: int, store: Equation) -> _Sum | None:
        target, total = store.params["region"], only_use_of(store.operands[0], ops.add)
        for x, other in (total.operands, total.operands[::-1]) if total is not None else ():
            product = only_use_of(x, ops.multiply)
            if product is None or not isinstance(other, Var) or other.shape != target.shape:
                continue
            source, factor = product.operands
            if source in loads and isinstance(factor, Const) and not factor.shape:
                assert total is not None
                read_at, region = loads[source]
                return _Sum(i, target, region, read_at, factor, other, (product, total))
        return None

    stores = ((i, e) for i, e in enumerate(program.equations) if e.row is ir.store)
    found = [found for found in (sum_at(i, store) for i, store in stores) if found is not None]
    return sorted(found, key=lambda s: (id(s.region.memory.array), s.region.start))


def _go_together(program: Program, a: _Sum, b: _Sum) -> bool:
    """Whether two sums can be one: neighbours with neighbours, and nobody looks in between."""
    alike = a.factor.value == b.factor.value and a.factor.dtype == b.factor.dtype
    if not (alike and _are_neighbours(a.region, b.region) and _are_neighbours(a.source, b.source)):
        return False
    first, last = min(a.at, b.at), max(a.at, b.at)
    read = _is_touched(program, ir.load, _union([a.region, b.region]), first, last)
    start = min(a.read_at, b.read_at)
    return not read and not _is_touched(
        program, ir.store, _union([a.source, b.source]), start, last
    )


def _emit_joined(emit: Builder, run: list[_Sum], store: Equation) -> None:
    mark, name = store.mark, run[0].region.memory.name
    region, source = _union([s.region for s in run]), _union([s.source for s in run])
    parameters = emit(ir.load, mark=mark, hint=source.memory.name, region=source)
    scaled = emit(ops.multiply, parameters, run[0].factor, mark=mark, hint="scaled")
    gradients = emit(ir.load, mark=mark, hint=name, region=region)
    total = emit(ops.add, gradients, scaled, mark=mark, hint=name)
    emit.equations.append(Equation(ir.store, (total,), {"region": region}, None, mark))
