"""The tape: what it lists, in which order, and how it prints. Read next: ``test_recording``."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from samples import in_layer
from tensorgraph.errors import GraphError

# --- reading -------------------------------------------------------------------------------------


def names(tape: tg.Tape) -> list[str]:
    return [node.name or "leaf" if node.is_leaf else node.primitive.name for node in tape]


def test_operands_stand_before_their_users() -> None:
    x, y = tg.Tensor(1.0, name="x"), tg.Tensor(2.0, name="y")
    out = tg.exp(x * y) + x
    assert names(tg.tape(out)) == ["x", "y", "multiply", "exp", "add"]


def test_the_order_is_the_order_of_execution() -> None:
    x = tg.Tensor(1.0, name="x")
    late = tg.Tensor(2.0, name="late")
    second, first = tg.sin(x), tg.cos(x)
    assert names(tg.tape(first * second * late)) == [
        "x",
        "late",
        "sin",
        "cos",
        "multiply",
        "multiply",
    ]


def test_only_what_the_output_needs() -> None:
    x = tg.Tensor(1.0, name="x")
    needed, _ = tg.sin(x), tg.cos(x)
    assert names(tg.tape(needed)) == ["x", "sin"]


def test_a_value_used_twice_is_listed_once() -> None:
    x = tg.Tensor(1.0, name="x")
    y = tg.sin(x)
    assert names(tg.tape(y * y)) == ["x", "sin", "multiply"]


def test_of_several_outputs() -> None:
    x = tg.Tensor(1.0, name="x")
    first, second = tg.sin(x), tg.cos(x)
    tape = tg.tape(second, first)
    assert names(tape) == ["x", "sin", "cos"]
    assert tape.outputs == (second._node, first._node)


def test_of_a_variable() -> None:
    x = tg.Tensor(1.0, name="x")
    assert names(tg.tape(x)) == ["x"]


def test_it_is_a_sequence() -> None:
    tape = tg.tape(tg.sin(tg.Tensor(1.0)) * 2)
    assert len(tape) == 3
    assert list(tape)[1] is tape[1]
    assert tape[-2:] == tape.nodes[1:]
    assert list(reversed(tape)) == tape.nodes[::-1]
    assert tape[1] in tape


def test_its_leaves() -> None:
    x, y = tg.Tensor(1.0), tg.Tensor(2.0)
    assert tg.tape(x * y + x).leaves == [x._node, y._node]


def test_none_older_than_asked_for() -> None:
    x = tg.Tensor(1.0)
    y = tg.sin(x)
    z = tg.exp(y)
    assert names(tg.tape(z, oldest=y._node.number)) == ["sin", "exp"]


def test_constants_are_operands_but_not_nodes() -> None:
    node = (tg.Tensor(1.0) * np.array([1.0, 2.0]))._node
    assert len(tg.tape(node)) == 2
    assert isinstance(node.operands[1], np.ndarray)
    assert len(node.parents) == 1


@pytest.mark.parametrize("out", [np.ones(2), 1.0, None], ids=["array", "number", "None"])
def test_what_was_not_recorded_has_no_tape(out: Any) -> None:
    with pytest.raises(GraphError, match=type(out).__name__ + r".*not recorded"):
        tg.tape(out)


# --- as text -------------------------------------------------------------------------------------


def printed(out: tg.Tensor) -> list[str]:
    """Return the lines that a tape prints, with its nodes numbered from 0."""
    text = repr(tg.tape(out))
    for i, node in enumerate(tg.tape(out)):
        text = re.sub(rf"%{node.number}\b", f"%{i}", text)
    return text.splitlines()


def cells(out: tg.Tensor) -> list[list[str]]:
    """Return what stands in the columns of the last line, below their heads."""
    lines = repr(tg.tape(out)).splitlines()
    return [re.split(r"  +", line.strip()) for line in (lines[0], lines[-1])]


def test_it_prints_as_a_table() -> None:
    x = tg.Tensor([1.0, 2.0], name="x")
    y = tg.sum(x * 3.0)
    y.name = "total"
    lines = repr(tg.tape(y)).splitlines()
    assert re.sub(r"  +", "  ", "\n".join(printed(y))).splitlines() == [
        "  operation  shape  dtype  value  name",
        "%0  leaf  (2,)  float64  x",
        "%1  multiply(%0, 3.0)  (2,)  float64",
        "%2  sum(%1)  ()  float64  9  total",
    ]
    assert len({lines[0].index("dtype"), *(line.index("float64") for line in lines[1:])}) == 1


def test_it_prints_layers() -> None:
    with in_layer("dense_1"):
        y = tg.sin(tg.Tensor([1.0]))
    heads, last = cells(y)
    assert (heads[-1], last[-1]) == ("layer", "dense_1")


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.0 / 3.0, "0.666667"), (1234567, "1234567"), (True, "True"), (1.0 + 2.0j, "1+2j")],
    ids=["float", "int", "bool", "complex"],
)
def test_it_prints_values_of_scalars(value: Any, text: str) -> None:
    assert cells(tg.Tensor(value))[1][-1] == text


def test_it_prints_metadata_that_were_given() -> None:
    assert printed(tg.sum(tg.Tensor([[1.0]]), 0))[-1].startswith("%1  sum(%0, axis=0)  ")


def test_it_prints_the_first_of_many_operands() -> None:
    parts = [tg.Tensor([float(i)]) for i in range(9)]
    assert ", %5, ... 3 more, axis=0)" in printed(tg.concatenate(parts))[-1]


def test_a_name_of_two_lines_is_printed_in_one() -> None:
    assert cells(tg.Tensor([1.0], "a\nb"))[1][-1] == r"'a\nb'"


def test_a_long_tape_prints_its_beginning_and_its_end() -> None:
    x = tg.Tensor(1.0)
    for _ in range(1000):
        x = x * 1.0001
    lines = printed(x)
    assert [line.split()[0] for line in lines[1:31]] == [f"%{i}" for i in range(30)]
    assert lines[31] == "... 941 more: a slice of the tape lists them ..."
    assert [line.split()[0] for line in lines[32:]] == [f"%{i}" for i in range(971, 1001)]


def test_nodes_print_what_they_are() -> None:
    x = tg.Tensor([1.0, 2.0], name="x")
    assert repr(x._node) == f"<leaf 'x' #{x._node.number}, shape (2,)>"
    assert repr(tg.sin(x)._node).startswith("<sin #")


def test_metadata_are_complete() -> None:
    assert tg.sum(tg.Tensor([[1.0]]), 1)._node.params == {
        "axis": 1,
        "dtype": None,
        "keepdims": False,
    }
    assert tg.Tensor([[1.0]]).sum(axis=0, keepdims=True)._node.params == {
        "axis": 0,
        "dtype": None,
        "keepdims": True,
    }


def test_nodes_know_the_layer_that_they_were_recorded_in() -> None:
    x = tg.Tensor(1.0)
    with in_layer("outer"):
        y = tg.sin(x)
        with in_layer("inner"):
            z = tg.cos(y)
        w = tg.exp(z)
    assert [node.layer for node in tg.tape(tg.tan(w))] == [
        None,
        "outer",
        "outer/inner",
        "outer",
        None,
    ]


# --- a recorded value stays where it is ----------------------------------------------------------


@pytest.mark.parametrize("how", [copy.deepcopy, pickle.dumps], ids=["deepcopy", "pickle"])
def test_a_recorded_value_is_neither_copied_nor_saved_with_its_history(how: Any) -> None:
    with pytest.raises(GraphError, match=r"recorded tensor cannot be.*t\.data"):
        how(tg.Tensor(1.0) * 2)


def test_a_shallow_copy_is_the_same_value() -> None:
    y = tg.Tensor(1.0) * 2
    assert copy.copy(y)._node is y._node
