"""Expressions as text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import chain, formula
from networks import classifier
from samples import in_layer
from tensorgraph import optim, viz
from tensorgraph.compiler.program import Equation, Program, Var
from tensorgraph.errors import ArgumentError, GraphError


def written(source: Any, **limits: int) -> list[str]:
    """Return the lines, with columns two spaces apart."""
    return [
        re.sub(r"(?<=[^ │]) {2,}", "  ", line)
        for line in f"{viz.tree(source, **limits)}".split("\n")
    ]


def a_program() -> Program:
    """x ← x - 0.5 · gradient of Σ x², and the sum returned."""
    x = tg.Tensor([1.0, 2.0], "x")
    descent = optim.SGD(learning_rate=0.5)

    @tg.compile
    def step() -> Any:
        total = tg.sum(x * x)
        total.backward()
        descent.step([x])
        return total

    step()
    return step.program_before


# --- the text ------------------------------------------------------------------------------------


def test_a_formula_is_its_tree() -> None:
    assert str(viz.tree(formula())).splitlines() == [
        "z = a − b  scalar  10",
        "├─ ×       scalar  12",
        "│  ├─ a    scalar  3",
        "│  └─ b    scalar  4",
        "└─ 2",
    ]


def test_it_shows_itself() -> None:
    assert repr(viz.tree(formula())) == str(viz.tree(formula()))


def test_a_variable_is_one_line() -> None:
    assert written(tg.Tensor([1.0, 2.0])) == ["variable  length 2"]


def test_a_value_that_is_used_again_is_written_once() -> None:
    x = tg.Tensor(0.0, "x")
    e = tg.exp(x)
    assert written(e + tg.sin(e)) == [
        "+  scalar  1.84147",
        "├─ [1] exp  scalar  1",
        "│  └─ x  scalar  0",
        "└─ sin  scalar  0.841471",
        "   └─ → [1] exp",
    ]


def test_a_value_is_written_where_it_is_nearest_to_the_result() -> None:
    x = tg.Tensor(0.0, "x")
    e = tg.exp(x)
    assert written(tg.sin(tg.cos(e)) + e)[-2:] == ["└─ [1] exp  scalar  1", "   └─ x  scalar  0"]


def test_marks_are_numbered_from_the_top() -> None:
    a, b = tg.Tensor(1.0, "a"), tg.Tensor(2.0, "b")
    assert written((a + b) * (b + a)) == [
        "×  scalar  9",
        "├─ +  scalar  3",
        "│  ├─ [1] a  scalar  1",
        "│  └─ [2] b  scalar  2",
        "└─ +  scalar  3",
        "   ├─ → [2] b",
        "   └─ → [1] a",
    ]


def test_operands_have_their_roles_where_the_order_does_not_tell_them() -> None:
    x = tg.Tensor([1.0, -1.0], "x")
    assert written(tg.where(x > 0, x, 0.0)) == [
        "where  length 2",
        "├─ condition: a > b  length 2 bool",
        "│  ├─ → [1] x",
        "│  └─ 0",
        "├─ [1] x  length 2",
        "└─ y: 0",
    ]


def test_metadata_are_written() -> None:
    x = tg.Tensor(np.ones((3, 4)), "x")
    lines = written(tg.sum(x[1:, ::2], axis=0))
    assert [lines[0], lines[1]] == ["sum(axis=0)  length 2", "└─ index [1:, ::2]  2 × 2"]


def test_layers_are_written() -> None:
    with in_layer("dense_1"):
        y = tg.sin(tg.Tensor([1.0], "x"))
    assert written(y)[0] == "sin  length 1  in dense_1"


def test_a_name_of_two_lines_is_written_in_one() -> None:
    assert written(tg.Tensor([1.0], "a\nb")) == [r"'a\nb'  length 1"]


def test_a_constant_array_is_what_it_is_to_its_user() -> None:
    x = tg.Tensor([1.0, 2.0], "x")
    assert written(tg.where(np.array([True, False]), x, 0.0))[1] == "├─ condition  length 2 bool"


# --- other sources -------------------------------------------------------------------------------


def test_a_tape_is_the_tree_of_its_output() -> None:
    z = formula()
    assert str(viz.tree(tg.tape(z))) == str(viz.tree(z))


def test_a_tape_of_two_outputs_is_two_trees() -> None:
    x = tg.Tensor(0.0, "x")
    assert written(tg.tape(tg.exp(x), tg.sin(x))) == [
        "exp  scalar  1",
        "└─ [1] x  scalar  0",
        "sin  scalar  0",
        "└─ → [1] x",
    ]


def test_a_model_is_the_tree_of_its_loss() -> None:
    model = classifier()
    assert str(viz.tree(model)) == str(viz.tree(model.expression()))
    assert "│  ├─ dense_2.weights  8 × 3" in written(model)


def test_a_program_is_what_it_writes_and_returns() -> None:
    lines = written(a_program())
    assert [line for line in lines if line[0] not in "├│└ "] == [
        "gradients[0:2] ←",
        "parameters[0:2] ←  in SGD",
        "momentum[0:2] ←  in SGD",
        "SGD.iterations += 1  in SGD",
        "returned: sum = sum  scalar",
    ]


def test_a_program_reads_memory() -> None:
    assert "   ├─ [1] x = parameters[0:2]  length 2" in written(a_program())


def test_what_a_program_does_not_need_is_not_missed() -> None:
    program = a_program()
    needless = Equation(program.equations[0].row, (), {}, Var((2,), np.dtype(np.float32)))
    assert written(program.replaced([*program.equations, needless])) == written(program)


def test_arrays_have_no_tree() -> None:
    with pytest.raises(ArgumentError, match=r"not a ndarray: plain arrays have no tape"):
        viz.tree(np.ones(3))  # type: ignore[arg-type]


def test_a_variable_that_has_changed_is_refused() -> None:
    x = tg.Tensor([1.0])
    y = tg.exp(x)
    x.data = [2.0]
    with pytest.raises(GraphError, match="changed since 'exp' was recorded"):
        viz.tree(y)


# --- large ones ----------------------------------------------------------------------------------


def test_what_lies_deeper_is_cut() -> None:
    assert written(chain(5), depth=3) == [
        "×  scalar  1.0005",
        "├─ ×  scalar  1.0004",
        "│  ├─ × …  scalar  1.0003",
        "│  └─ 1.0001",
        "└─ 1.0001",
        "… 3 of 6 values are not written: cut at 3 levels, 200 lines, 8 operands",
    ]


def test_a_deep_chain_is_cut() -> None:
    lines = written(chain(100_000))
    assert len(lines) == 48
    assert lines[-1].startswith("… 99,977 of 100,001 values are not written")


def test_a_wide_tree_is_cut() -> None:
    x = tg.Tensor(1.0, "x")
    level = [x * float(i) for i in range(1024)]
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
    assert 200 <= len(written(level[0])) <= 204


def test_of_many_operands_the_first_are_written() -> None:
    lines = written(tg.concatenate([tg.Tensor([1.0]) for _ in range(20)]))
    assert lines[0] == "concatenate(axis=0) … 12 more operands  length 20"
    assert lines[1:-1] == ["├─ variable  length 1"] * 7 + ["└─ variable  length 1"]


@pytest.mark.parametrize("limit", ["depth", "lines"])
def test_a_limit_that_leaves_nothing_is_refused(limit: str) -> None:
    with pytest.raises(ArgumentError, match=f"{limit}=0 leaves nothing"):
        viz.tree(formula(), **{limit: 0})
