"""Pictures of tapes and compiled programs, as data and drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import compiled_step, formula, texts
from tensorgraph import viz
from tensorgraph.compiler.program import Program
from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.picture import Edge, Node, Picture


def program() -> Program:
    """sin x − 1.5, compiled."""

    @tg.compile
    def f(x: Any) -> Any:
        return tg.sin(x) - 1.5

    f(np.ones(3))
    return f.program_before


def of_kind(picture: Picture, kind: str) -> list[Node]:
    return [node for node in picture.nodes if node.kind == kind]


def path_of(picture: Picture, node: Node) -> str:
    clusters = {cluster.key: cluster for cluster in picture.clusters}
    path, key = [], node.cluster
    while key is not None:
        path.append(clusters[key].label)
        key = clusters[key].parent
    return "/".join(reversed(path))


# --- tapes ---------------------------------------------------------------------------------------


def test_a_tape_is_drawn_as_its_result() -> None:
    z = formula()
    assert picture_of(tg.tape(z)) == picture_of(z)


def test_a_tape_of_two_results_has_both() -> None:
    x = tg.Tensor(1.0, "x")
    assert len(of_kind(picture_of(tg.tape(tg.sin(x), tg.cos(x))), "output")) == 2


# --- programs ------------------------------------------------------------------------------------


def test_a_program_is_its_inputs_equations_and_results() -> None:
    picture = picture_of(program())
    assert [(node.key, node.kind, node.label) for node in picture.nodes] == [
        ("n0", "input", "x"),
        ("n1", "op", "sin"),
        ("n2", "constant", "1.5"),
        ("n3", "op", "a − b"),
        ("n4", "output", "result"),
    ]
    assert picture.edges == [
        Edge("n0", "n1"),
        Edge("n1", "n3", "a"),
        Edge("n2", "n3", "b"),
        Edge("n3", "n4"),
    ]


def test_phases_are_clusters_around_layers() -> None:
    picture = picture_of(compiled_step().program_before)
    dense = next(node for node in picture.nodes if node.label == "dense")
    assert path_of(picture, dense) == "forward/dense"
    outermost = [(c.label, c.kind) for c in picture.clusters if c.parent is None]
    assert outermost == [("forward", "phase"), ("backward", "phase"), ("update", "phase")]


def test_loads_and_stores_are_memory() -> None:
    picture = picture_of(compiled_step().program_before)
    assert ("dense_weights", "parameters[0:6]") in [
        (node.label, node.detail) for node in of_kind(picture, "read")
    ]
    assert "parameters[0:9]" in [node.detail for node in of_kind(picture, "written")]


def test_every_variable_of_a_program_is_used_where_its_equation_says() -> None:
    compiled = compiled_step().program
    uses = sum(len(equation.operands) for equation in compiled.equations) + len(compiled.outputs)
    assert len(picture_of(compiled).edges) == uses


def test_operations_are_called_what_the_program_calls_them() -> None:
    picture = picture_of(compiled_step().program)
    text = repr(compiled_step().program)
    assert all(f"  {node.name}: " in text for node in of_kind(picture, "op"))


def test_a_step_count_is_counted_in_memory() -> None:
    picture = picture_of(compiled_step().program)
    assert ("sgd.iterations", "one more") in [
        (node.label, node.detail) for node in of_kind(picture, "written")
    ]


def test_no_value_comes_from_nowhere() -> None:
    picture = picture_of(compiled_step().program)
    keys = [node.key for node in picture.nodes]
    assert all(keys.index(edge.tail) < keys.index(edge.head) for edge in picture.edges)


def test_two_recordings_of_a_program_give_one_picture() -> None:
    assert picture_of(compiled_step().program) == picture_of(compiled_step().program)


def test_a_program_is_drawn() -> None:
    written = texts(viz.graph(compiled_step().program))
    assert {"forward", "backward", "update", "dense_weights", "sgd.iterations"} <= written


def test_a_function_is_not_its_program() -> None:
    with pytest.raises(ArgumentError, match=r"not a Compiled.*\.program"):
        viz.graph(compiled_step())
