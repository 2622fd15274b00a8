"""Random functions, compiled: every pass, the interpreter and the text that runs agree.

A function is drawn as a list of steps: arithmetic with fan-out, views, reductions, products,
broadcasting, masks, and writes to two variables that share a memory, between reads of them. Read
next: ``test_compiled_models``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgraph as tg
from tensorgraph.compiler import program as ir
from tensorgraph.compiler.executable import Executable
from tensorgraph.compiler.memory import Buffer, Memory, Plan
from tensorgraph.compiler.passes import PASSES
from tensorgraph.compiler.program import Program, check
from tensorgraph.tape import gather
from tensorgraph.typing import Array

# Gradients that are not cleared after a write are part of what is wanted here.
pytestmark = pytest.mark.filterwarnings("ignore::tensorgraph.errors.StaleGradientWarning")

SHAPE = (3, 4)

# Each takes and gives values that broadcast to ``SHAPE``; all stay between -2 and 2 or so.
UNARY: list[Callable[[Any], Any]] = [
    tg.tanh,
    tg.sin,
    tg.relu,
    tg.negative,
    lambda x: x * 1,
    lambda x: x / 2.0,
    lambda x: tg.exp(-tg.square(x)),
    lambda x: tg.transpose(tg.transpose(x)),
    lambda x: tg.transpose(tg.tanh(tg.transpose(x))),
    lambda x: tg.reshape(tg.sin(tg.reshape(x, (-1,))), x.shape),
    lambda x: tg.reshape(tg.transpose(x), x.shape),
    lambda x: tg.sum(x, axis=0, keepdims=True) / 12,
    lambda x: tg.mean(x, axis=-1, keepdims=True),
    lambda x: tg.max(x, axis=0, keepdims=True),
    lambda x: tg.sum(x) / 12,
    lambda x: tg.where(x > 0, x, 0.5),
    lambda x: (x > 0.1) * x,
    lambda x: x + np.linspace(0.0, 0.5, 4),
    lambda x: tg.softmax(x + np.zeros(SHAPE)),
    lambda x: (x + np.zeros(SHAPE))[:, 1:3][:, :1],
    lambda x: (x + np.zeros(SHAPE))[::-1],
    lambda x: (x + np.zeros(SHAPE))[np.array([0, 2, 2])],
    lambda x: tg.stop_gradient(x),
]

BINARY: list[Callable[[Any, Any], Any]] = [
    lambda x, y: (x + y) / 2,
    lambda x, y: x - y / 2,
    lambda x, y: x * y,
    tg.maximum,
    lambda x, y: x / (2 + tg.square(y)),
    lambda x, y: tg.where(x > y, x, y / 3),
    lambda x, y: (
        tg.matmul(x + np.zeros(SHAPE), tg.transpose(y + np.zeros(SHAPE))) @ np.full(SHAPE, 0.05)
    ),
]

INDEX = st.integers(0, 99)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("unary"), st.integers(0, len(UNARY) - 1), INDEX),
        st.tuples(st.just("binary"), st.integers(0, len(BINARY) - 1), INDEX, INDEX),
        st.tuples(st.just("read"), st.integers(0, 1)),
        st.tuples(st.just("write"), st.integers(0, 1), INDEX),
        st.tuples(st.just("backward"), INDEX),
        st.tuples(st.just("gradient"), st.integers(0, 1)),
        st.tuples(st.just("clear"), st.integers(0, 1)),
    ),
    min_size=1,
    max_size=14,
)


def plain(x: Any) -> Any:
    return x.data if isinstance(x, tg.Tensor) else x


class Drawn:
    """A function of two arrays, and the two variables that it reads and writes."""

    def __init__(self, steps: Sequence[Any], returned: Sequence[int]) -> None:
        self.steps = steps
        self.returned = returned
        rng = np.random.default_rng(1)
        self.variables = [tg.Tensor(rng.uniform(-1, 1, SHAPE), name=name) for name in "uv"]
        gather(v._node for v in self.variables)  # type: ignore[misc]

    def __call__(self, x: Any, y: Any) -> list[Any]:
        values = [x * 1.0, y * 1.0, *(v * 1.0 for v in self.variables)]
        for what, *numbers in self.steps:
            if what == "unary":
                values.append(UNARY[numbers[0]](values[numbers[1] % len(values)]))
            elif what == "binary":
                operands = [values[i % len(values)] for i in numbers[1:]]
                values.append(BINARY[numbers[0]](*operands))
            elif what == "read":
                values.append(self.variables[numbers[0]] * 1.0)
            elif what == "write":
                value = values[numbers[1] % len(values)] + np.zeros(SHAPE)
                self.variables[numbers[0]].data = plain(value)
                values = [x * 1.0, plain(values[-1]) * 1.0]  # tapes of before are out of date
            elif what == "backward":
                total = tg.sum(values[numbers[0] % len(values)] * self.variables[0])
                total.backward()
            elif what == "gradient" and self.variables[numbers[0]].grad is not None:
                values.append(self.variables[numbers[0]].grad * 1.0)
            elif what == "clear":
                self.variables[numbers[0]].grad = None
        return [values[i % len(values)] for i in self.returned]

    def state(self) -> list[Any]:
        arrays = [v.data for v in self.variables] + [v.grad for v in self.variables]
        return [None if a is None else a.copy() for a in arrays]


DRAWN = st.tuples(STEPS, st.lists(INDEX, min_size=1, max_size=3))


def arguments(seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, SHAPE), rng.uniform(-1, 1, (1, 4))]


def same(ours: Sequence[Any], theirs: Sequence[Any]) -> None:
    assert [x is None for x in ours] == [x is None for x in theirs]
    for x, y in zip(ours, theirs, strict=True):
        if x is not None:
            x, y = np.asarray(plain(x)), np.asarray(plain(y))
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12, strict=True)


@given(DRAWN)
def test_compiled_and_eager_leave_and_return_the_same(drawn: Any) -> None:
    eager, wrapped = Drawn(*drawn), Drawn(*drawn)
    compiled = tg.compile(wrapped)
    for seed in range(4):
        same(compiled(*arguments(seed)), eager(*arguments(seed)))
        same(wrapped.state(), eager.state())


def executable(drawn: Any) -> Executable:
    compiled = tg.compile(Drawn(*drawn))
    compiled(*arguments(0))
    return compiled._executable("a test")


def memories(program: Program) -> list[Array]:
    """The memory that stays, of a program."""
    regions = [e.params["region"] for e in program.equations if "region" in e.params]
    return [memory.array for memory in dict.fromkeys(region.memory for region in regions)]


def effects(run: Callable[..., Sequence[Any]], arrays: Sequence[Array], seed: int) -> list[Any]:
    """What a run returns and writes, from a state that is always the same."""
    before = [array.copy() for array in arrays]
    for array in arrays:
        array[...] = np.linspace(-1, 1, array.size).reshape(array.shape)
    found = [np.array(x) for x in run(*arguments(seed))] + [array.copy() for array in arrays]
    for array, old in zip(arrays, before, strict=True):
        array[...] = old
    return found


@given(DRAWN)
def test_every_pass_keeps_what_the_program_does(drawn: Any) -> None:
    made = executable(drawn)
    program, arrays = made.recorded, memories(made.recorded)
    expected = effects(program.run, arrays, 1)
    for step in PASSES:
        program = check(step(program))
        same(effects(program.run, arrays, 1), expected)
    same(effects(made.run, arrays, 1), expected)


@given(DRAWN)
def test_the_text_forgets_nothing_from_call_to_call(drawn: Any) -> None:
    made = executable(drawn)
    arrays = memories(made.recorded)
    once = effects(made.run, arrays, 1)
    effects(made.run, arrays, 2)
    same(effects(made.run, arrays, 1), once)


def overlap(a: Buffer, b: Buffer) -> bool:
    return a.offset < b.offset + b.nbytes and b.offset < a.offset + a.nbytes


@given(DRAWN)
def test_values_that_are_needed_at_one_time_have_places_of_their_own(drawn: Any) -> None:
    plan = Plan(executable(drawn).program)
    arena = plan.arena()
    for i, a in enumerate(arena):
        assert a.offset + a.nbytes <= plan.size
        for b in arena[:i]:
            meet = a.start <= b.end and b.start <= a.end
            assert not (meet and overlap(a, b)), (a, b)


@given(DRAWN)
def test_every_value_is_there_when_it_is_needed(drawn: Any) -> None:
    """Whatever an equation reads, its place holds it: nothing was written there meanwhile."""
    program = executable(drawn).program
    plan = Plan(program)
    holds: dict[Buffer, ir.Var] = {}
    for equation in program.equations:
        for x in equation.variables:
            for root in plan.roots.get(x, ()):
                buffer = plan.buffer.get(root)  # type: ignore[call-overload]
                if buffer is not None and buffer.region is None:
                    assert holds[buffer] is root
        out = equation.out
        if out is not None and out in plan.buffer:
            holds[plan.buffer[out]] = out


@given(DRAWN)
def test_the_figures_of_memory_add_up(drawn: Any) -> None:
    plan = Plan(executable(drawn).program)
    memory = Memory(plan)
    assert memory.peak <= memory.arena <= sum(64 + b.nbytes for b in plan.arena())
    assert memory.values == sum(v.nbytes for b in plan.arena() for v in b.values)
    assert sum(n for _, n in memory.kept) <= memory.values
