"""Programs as data: what ``check`` refuses, what each pass leaves, and where the planner puts it.

Read next: ``test_random_programs``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import ops
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.builder import Builder
from tensorgraph.compiler.expand import expand
from tensorgraph.compiler.memory import Memory, Plan
from tensorgraph.compiler.passes import (
    simplified,
    with_constants_folded,
    with_float_masks,
    with_numbers_outside,
    with_quicker_kernels,
    without_dead_code,
    without_repetition,
)
from tensorgraph.compiler.program import Const, Equation, Mark, Program, Region, Var, check
from tensorgraph.errors import GraphError
from tensorgraph.primitive import REGISTRY

F64 = np.dtype(np.float64)
MARK = Mark()


def var(*shape: int, dtype: Any = F64, hint: str = "x") -> Var:
    return Var(shape, np.dtype(dtype), hint)


def frozen(*values: float) -> np.ndarray:
    array = np.array(values)
    array.flags.writeable = False
    return array


class Small:
    """A program in the making: ``b(row, operands)`` appends an equation."""

    def __init__(self, *inputs: Var) -> None:
        self.inputs = list(inputs)
        self.emit = Builder()
        self.array = np.arange(12.0)

    def __call__(self, row: Any, *operands: Any, **params: Any) -> Var:
        return self.emit(row, *operands, mark=MARK, hint=row.name, **params)

    def region(self, start: int = 0, stop: int = 6, shape: tuple[int, ...] = (6,)) -> Region:
        return Region(ir.Memory(self.array, "memory"), start, stop, shape, "part")

    def load(self, region: Region) -> Var:
        out = var(*region.shape, hint="loaded")
        self.emit.equations.append(Equation(ir.load, (), {"region": region}, out))
        return out

    def store(self, x: Any, region: Region) -> None:
        self.emit.equations.append(Equation(ir.store, (x,), {"region": region}, None))

    def returning(self, *outputs: Any) -> Program:
        return Program("f", self.inputs, self.emit.equations, list(outputs))


def names(program: Program) -> list[str]:
    return [equation.row.name for equation in program.equations]


# --- check ---------------------------------------------------------------------------------------


def _used_before() -> Program:
    x, y = var(3), var(3)
    return Program("f", [x], [Equation(ops.exp, (y,), {}, var(3))], [x])


def _made_twice() -> Program:
    x, y = var(3), var(3)
    return Program("f", [x], [Equation(row, (x,), {}, y) for row in (ops.exp, ops.sin)], [y])


def _made_though_given() -> Program:
    x = var(3)
    return Program("f", [x], [Equation(ops.exp, (x,), {}, x)], [x])


def _never_made() -> Program:
    return Program("f", [var(3)], [], [var(3)])


def _of(row: Any, out: Var, *operands: Var, **params: Any) -> Callable[[], Program]:
    return lambda: Program("f", [*operands], [Equation(row, operands, params, out)], [out])


ILL: dict[str, tuple[Callable[[], Program], str]] = {
    "used before it is made": (_used_before, r"exp\(\) uses a value not yet made"),
    "made twice": (_made_twice, r"sin\(\) makes a value again"),
    "made though it is given": (_made_though_given, r"exp\(\) makes a value again"),
    "never made": (_never_made, "returns a value that is never made"),
    "elementwise": (_of(ops.add, var(3), var(3), var(2, 3)), r"add\(\) of shapes .* not \(3,\)"),
    "product": (_of(ops.matmul, var(2, 2), var(2, 3), var(2, 2)), "a product of shapes"),
    "of a product": (_of(ops.matmul, var(3, 3), var(2, 3), var(3, 2)), r"gives \(2, 2\)"),
    "reshape": (_of(ops.reshape, var(5), var(2, 3), shape=(5,), order="C"), "reshape"),
    "load": (
        _of(ir.load, var(5), region=Region(ir.Memory(np.zeros(6), "m"), 0, 6, (6,))),
        r"load\(\)",
    ),
}


@pytest.mark.parametrize("what", ILL)
def test_check_refuses(what: str) -> None:
    make, message = ILL[what]
    with pytest.raises(GraphError, match=message):
        check(make())


def test_check_gives_back_what_is_well_formed() -> None:
    x = var(2, 3)
    b = Small(x)
    program = b.returning(b(ops.matmul, b(ops.exp, x), var(3, 2)))
    program.inputs.append(program.equations[1].operands[1])  # type: ignore[arg-type]
    assert check(program) is program


# --- passes --------------------------------------------------------------------------------------


def test_dead_code_goes_and_effects_stay() -> None:
    x = var(6)
    b = Small(x)
    used = b(ops.exp, x)
    b(ops.sin, b(ops.cos, x))
    b.store(b(ops.tanh, x), b.region())
    assert names(without_dead_code(b.returning(used))) == ["exp", "tanh", "store"]


def test_constants_are_folded_where_nobody_can_change_them() -> None:
    x = var(3)
    b = Small(x)
    still = b(ops.exp, b(ops.add, frozen(1, 2, 3), 1.0))
    changing = b(ops.exp, np.ones(3))
    program = with_constants_folded(b.returning(b(ops.multiply, still, x), changing))
    assert names(program) == ["exp", "multiply"]
    (folded, _) = program.equations[1].operands
    assert isinstance(folded, Const)
    np.testing.assert_array_equal(folded.value, np.exp([2, 3, 4]))


def test_large_constants_are_computed_anew() -> None:
    b = Small()
    zero = Const(np.float64(0))
    large = b(ops.broadcast_to, zero, shape=(1 << 14,))
    assert names(with_constants_folded(b.returning(large))) == ["broadcast_to"]


SIMPLE: dict[str, tuple[Callable[[Small, Var], Var], list[str]]] = {
    "x * 1": (lambda b, x: b(ops.multiply, x, 1), []),
    "1.0 * x": (lambda b, x: b(ops.multiply, 1.0, x), []),
    "x * ones": (lambda b, x: b(ops.multiply, x, np.ones(1)), []),
    "x / 1": (lambda b, x: b(ops.divide, x, 1.0), []),
    "1 / x": (lambda b, x: b(ops.divide, 1.0, x), ["divide"]),
    "x * 2": (lambda b, x: b(ops.multiply, x, 2), ["multiply"]),
    "x * 1, wider": (lambda b, x: b(ops.multiply, x, np.ones((1, 1, 1))), ["multiply"]),
    "x * 1, of another dtype": (lambda b, x: b(ops.multiply, x, np.complex128(1)), ["multiply"]),
    "x ** 1": (lambda b, x: b(ops.power, x, 1), []),
    "x ** 2": (lambda b, x: b(ops.power, x, 2), ["square"]),
    "x ** 2.0, wider": (lambda b, x: b(ops.power, x, np.full((1, 1, 1), 2.0)), ["power"]),
    "x ** 3": (lambda b, x: b(ops.power, x, 3), ["power"]),
    "2 ** x": (lambda b, x: b(ops.power, 2, x), ["power"]),
    "positive": (lambda b, x: b(ops.positive, x), []),
    "its own shape": (lambda b, x: b(ops.reshape, x, shape=(2, 3), order="C"), []),
    "its shape in another order": (
        lambda b, x: b(ops.reshape, x, shape=(2, 3), order="F"),
        ["reshape"],
    ),
    "another shape": (lambda b, x: b(ops.reshape, x, shape=(3, 2), order="C"), ["reshape"]),
    "transposed twice": (lambda b, x: b(ops.transpose, b(ops.transpose, x)), ["transpose"]),
    "transposed once": (lambda b, x: b(ops.transpose, x), ["transpose"]),
    "astype its own": (lambda b, x: b(REGISTRY["astype"], x, dtype=F64), []),
}


@pytest.mark.parametrize("what", SIMPLE)
def test_algebra(what: str) -> None:
    make, left = SIMPLE[what]
    x = var(2, 3)
    b = Small(x)
    program = simplified(check(b.returning(b(ops.exp, make(b, x)))))
    assert names(check(program)) == [*left, "exp"]
    if what == "transposed twice":
        assert program.equations[-1].operands == (x,)


def test_axes_turned_round_twice_are_not_always_as_before() -> None:
    x = var(2, 3, 4)
    b = Small(x)
    once = b(ops.transpose, x, axes=(1, 2, 0))
    program = b.returning(b(ops.exp, b(ops.transpose, once, axes=(1, 2, 0))))
    assert names(simplified(program)) == ["transpose", "transpose", "exp"]


def test_the_same_row_of_the_same_operands_is_computed_once() -> None:
    x = var(3)
    b = Small(x)
    one, two = b(ops.exp, x), b(ops.exp, x)
    three = b(ops.sum, one, axis=0)
    four = b(ops.sum, two, axis=0)
    other = b(ops.sum, two, axis=None)
    program = without_repetition(b.returning(b(ops.add, three, four), other))
    assert names(program) == ["exp", "sum", "sum", "add"]
    assert program.equations[-1].operands[0] is program.equations[-1].operands[1]


def test_numbers_of_other_kinds_are_other_operands() -> None:
    x = var(3, dtype=int)
    b = Small(x)
    products = [b(ops.multiply, x, k) for k in (1, 1.0, True, np.float32(1), 0.0, -0.0)]
    program = without_repetition(b.returning(*products))
    assert names(program) == ["multiply"] * 6


def test_a_draw_is_never_shared() -> None:
    b = Small()
    params = {"rng": np.random.default_rng(0), "shape": (3,), "dtype": F64}
    outs = [var(3), var(3)]
    b.emit.equations += [Equation(ir.draw, (), params, out) for out in outs]
    assert names(without_repetition(b.returning(*outs))) == ["draw", "draw"]


@pytest.mark.parametrize(
    ("written", "loads"), [((0, 6), 2), ((5, 7), 2), ((6, 12), 1)], ids=["same", "part", "beside"]
)
def test_memory_is_read_again_after_a_write_to_it(written: tuple[int, int], loads: int) -> None:
    b = Small()
    first = b.load(b.region())
    start, stop = written
    b.store(np.ones(stop - start), b.region(start, stop, (stop - start,)))
    second = b.load(b.region())
    program = without_repetition(b.returning(b(ops.add, first, second)))
    assert names(program).count("load") == loads


def test_a_sum_over_rows_is_a_product() -> None:
    x = var(5, 3)
    b = Small(x)
    over = [b(ops.sum, x, axis=axis, keepdims=keep) for axis in (0, 1) for keep in (False, True)]
    program = check(with_quicker_kernels(b.returning(*over)))
    assert names(program) == ["matmul", "reshape", "matmul", "sum", "sum"]
    rows = np.arange(15.0).reshape(5, 3)
    for ours, axis_and_keep in zip(
        program.run(rows), [(0, False), (0, True), (1, False), (1, True)], strict=True
    ):
        axis, keep = axis_and_keep
        np.testing.assert_array_equal(ours, rows.sum(axis, keepdims=keep), strict=True)


def test_a_mask_that_multiplies_is_made_of_floats() -> None:
    x = var(5, 3)
    b = Small(x)
    mask = b(ops.greater, x, 0.0)
    program = with_float_masks(b.returning(b(ops.multiply, x, mask)))
    assert program.equations[0].out is not None
    assert program.equations[0].out.dtype == F64


def test_a_mask_that_is_used_otherwise_stays() -> None:
    x = var(5, 3)
    b = Small(x)
    mask = b(ops.greater, x, 0.0)
    program = with_float_masks(b.returning(b(ops.multiply, x, mask), mask))
    assert program.equations[0].out is mask


class Owner:
    rate = 0.5
    step = 0


def test_numbers_are_computed_before_anything_is_written() -> None:
    b, owner = Small(), Owner()
    numbers = [Var((), None, "rate") for _ in range(2)]
    params = {"compute": lambda: owner.rate, "text": "rate", "owner": owner}
    advance = Equation(ir.advance, (), {"owner": owner, "attribute": "step"}, None)
    b.store(b(ops.exp, np.ones(6)), b.region())
    b.emit.equations += [Equation(ir.number, (), params, numbers[0]), advance]
    b.emit.equations.append(Equation(ir.number, (), params, numbers[1]))
    order = names(with_numbers_outside(b.returning()))
    assert order == ["number", "exp", "store", "advance", "number"]


FUSED: dict[str, tuple[Any, list[tuple[int, ...]], list[str]]] = {
    "dense": (REGISTRY["dense"], [(5, 2), (2, 3), (1, 3)], ["matmul", "add"]),
    "relu": (ops.relu, [(5, 3)], ["maximum"]),
    "relu of very many": (ops.relu, [(300, 300)], ["relu"]),
    "softmax of many": (
        ops.softmax,
        [(5, 30)],
        ["max", "subtract", "exp", "matmul", "divide"],
    ),
    "softmax of very many": (
        ops.softmax,
        [(5, 300)],
        ["max", "subtract", "exp", "sum", "divide"],
    ),
}


@pytest.mark.parametrize("what", FUSED)
def test_fused_rows_become_plain_ones(what: str) -> None:
    row, shapes, plain = FUSED[what]
    inputs = [var(*shape) for shape in shapes]
    b = Small(*inputs)
    params = {"axis": -1} if row is ops.softmax else {}
    program = b.returning(b(row, *inputs, **params))
    expanded = check(expand(program))
    assert names(expanded) == plain
    arrays = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
    np.testing.assert_allclose(expanded.run(*arrays)[0], program.run(*arrays)[0], rtol=1e-12)


# --- where values lie ----------------------------------------------------------------------------


def regions_of(plan: Plan) -> list[tuple[str, Region | None]]:
    return [(v.hint, b.region) for v, b in plan.buffer.items()]


def test_what_is_stored_is_computed_in_its_place() -> None:
    x = var(6)
    b = Small(x)
    region = b.region()
    b.store(b(ops.add, b(ops.exp, x), 1.0), region)
    plan = Plan(b.returning())
    assert regions_of(plan) == [("add", region), ("exp", region)]
    assert plan.size == 0


def test_an_update_of_memory_is_computed_in_its_place() -> None:
    x = var(6)
    b = Small(x)
    region = b.region()
    b.store(b(ops.subtract, b.load(region), x), region)
    plan = Plan(b.returning())
    assert {r for _, r in regions_of(plan)} == {region}
    assert not plan.copied


def test_what_is_still_read_is_not_written_over() -> None:
    """The old value is needed after the new one is made, and before it is stored."""
    x = var(6)
    b = Small(x)
    region = b.region()
    old = b.load(region)
    new = b(ops.exp, x)
    both = b(ops.add, old, new)
    b.store(new, region)
    plan = Plan(b.returning(both))
    assert plan.buffer[new].region is None


def test_what_is_read_after_a_write_is_copied_before() -> None:
    x = var(6)
    b = Small(x)
    region = b.region()
    old = b.load(region)
    b.store(b(ops.exp, x), region)
    plan = Plan(b.returning(b(ops.sin, old)))
    assert plan.copied == {old}


def test_a_product_is_not_computed_over_its_operands() -> None:
    x = var(3, 3)
    b = Small(x)
    e = b(ops.exp, x)
    plan = Plan(b.returning(b(ops.matmul, e, e)))
    first, second = plan.arena()
    assert first is not second
    assert first.offset != second.offset


def test_an_elementwise_result_takes_the_place_of_its_operand() -> None:
    x = var(3, 3)
    b = Small(x)
    plan = Plan(b.returning(b(ops.sin, b(ops.exp, x))))
    (buffer,) = plan.arena()
    assert [v.hint for v in buffer.values] == ["exp", "sin"]


def test_a_value_whose_view_is_needed_keeps_its_place() -> None:
    x = var(3, 3)
    b = Small(x)
    e = b(ops.exp, x)
    turned = b(ops.transpose, e)
    plan = Plan(b.returning(b(ops.add, b(ops.sin, e), turned)))
    sine = next(v for v in plan.buffer if v.hint == "sin")
    assert plan.buffer[sine] is not plan.buffer[e]


def test_a_value_whose_only_element_is_seen_as_a_number_keeps_its_place() -> None:
    x = var(1, 1)
    b = Small(x)
    seen = b(ops.squeeze, b(ops.exp, x), axis=(0, 1))
    later = b(ops.exp, b(ops.sin, x))
    program = b.returning(b(ops.add, seen, b(ops.sum, later)))
    buffers = Plan(program).arena()
    assert len({buffer.offset for buffer in buffers}) == 2


def test_places_are_used_again() -> None:
    x = var(1000)
    b = Small(x)
    y = x
    for _ in range(20):
        y = b(ops.add, b(ops.cumsum, y), b(ops.exp, y))
    plan = Plan(b.returning(y))
    assert plan.size <= 2 * 8064


def test_memory_says_what_the_backward_pass_is_given() -> None:
    w = tg.Tensor(np.ones((4, 5)), name="w")

    @tg.compile
    def step(a: Any) -> Any:
        loss = tg.sum(tg.tanh(a @ w))
        loss.backward()
        return loss

    step(np.ones((30, 4)))
    memory: Memory = step.memory()
    assert [size for _, size in memory.kept] == [30 * 5 * 8]
    assert f"kept for the backward pass: {30 * 5 * 8 / 1024:.1f} KB" in repr(memory)
    assert memory.arena >= memory.peak >= 30 * 5 * 8


def test_a_program_prints_itself() -> None:
    x = var(2, 3)
    b = Small(x)
    lines: Sequence[str] = repr(b.returning(b(ops.exp, b(ops.exp, x)))).splitlines()
    assert lines == [
        "f(x: f64[2, 3]):",
        "  # forward",
        "  exp: f64[2, 3] = exp(x)",
        "  exp_2: f64[2, 3] = exp(exp)",
        "  return exp_2",
    ]
