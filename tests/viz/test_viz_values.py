"""Every number on a picture is the tape's: values, gradients, and what each use contributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import chain, texts
from networks import classifier
from tensorgraph import viz
from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs import values
from tensorgraph.viz.graphs.gradients import gradients_of
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.picture import Later, Node, Picture


def fan() -> tg.Tensor:
    """z = x y + 3 x, where x is used twice."""
    x, y = tg.Tensor(3.0, "x"), tg.Tensor(2.0, "y")
    return x * y + 3 * x


def find(picture: Picture, label: str) -> Node:
    return next(node for node in picture.nodes if node.label == label)


def shares(picture: Picture, label: str) -> list[str]:
    """What is written on the edges from a node."""
    key = find(picture, label).key
    return [edge.label for edge in picture.edges if edge.tail == key]


def shown(x: tg.Tensor) -> Picture:
    return viz.graph(x, show="gradients").picture


# --- values in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (-3, "−3"),
        (np.float32(1 / 3), "0.3333"),
        ([1.0, 2.0], "[1, 2]"),
        ([[1, 2], [3, 4]], "[[1, 2], [3, 4]]"),
        (np.arange(10.0), "0 … 9, mean 4.5"),
        (np.full(10, 2.5), "all 2.5"),
        (np.array([*range(10), np.nan]), "0 … 9, mean 4.5, 1 not finite"),
        (np.full(10, np.inf), "10 not finite"),
        (np.arange(10) < 3, "3 of 10 true"),
        (np.array([3 + 4j] * 10), "absolute all 5"),
        (np.zeros((0, 3)), "empty"),
        (True, "True"),
    ],
)
def test_values_in_words(value: Any, text: str) -> None:
    assert values.in_words(value) == text


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (4800, "4.8 kB"), (2_500_000, "2.5 MB")],
)
def test_sizes_in_words(n_bytes: int, text: str) -> None:
    assert values.size(n_bytes) == text


# --- facts ---------------------------------------------------------------------------------------


def test_facts_of_an_operation() -> None:
    x = tg.Tensor([1.0, 2.0], "x")
    y = tg.sum(x, axis=0)
    facts = dict(find(picture_of(y * y), "sum").facts)
    assert facts.pop("line").endswith("y = tg.sum(x, axis=0)")
    assert facts == {
        "value": "3",
        "formula": "sum(x, axis=0)",
        "FLOPs": "2",
        "bytes": "8 bytes",
        "used by": "2 operations",
    }


def test_facts_name_the_layer() -> None:
    assert find(picture_of(classifier()), "relu").fact("layer") == "relu_1"


def test_parameters_are_counted() -> None:
    assert find(picture_of(classifier()), "weights").fact("parameters") == "16"


def test_a_folded_layer_counts_its_parameters() -> None:
    x = tg.Tensor(np.ones((2, 2), np.float32))
    assert "24 parameters" not in texts(viz.graph(classifier()))
    assert "Dense · 24 parameters" in texts(viz.graph(classifier(), show="parameters"))
    assert x.grad is None


@pytest.mark.parametrize("label", ["W", "reshape", "array"])
def test_facts_are_those_of_when_the_picture_was_made(label: str) -> None:
    W, array = tg.Tensor(np.ones((2, 4)), "W"), np.ones(8)
    graph = viz.graph(tg.sum(W.reshape(8) * array), names=False)
    W.data = np.zeros((2, 4))
    array[:] = 0
    assert find(graph.picture, label).fact("value") == "all 1"


def test_a_page_has_the_gradients_of_when_it_was_drawn() -> None:
    z = fan()
    graph = viz.graph(z)
    z.backward()
    assert find(graph.whole, "x").fact("gradient") == "not yet"


def test_facts_are_found_once_when_somebody_asks() -> None:
    asked = []
    facts = Later(lambda value: asked.append(value) or [("value", value)], "3")
    assert asked == []
    assert [*facts, *facts] == [("value", "3")] * 2
    assert asked == ["3"]


def test_values_of_folded_operations_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    tape, looked_at = chain(5000), []
    in_words = values.in_words
    monkeypatch.setattr(values, "in_words", lambda x: looked_at.append(x) or in_words(x))
    viz.graph(tape)
    assert len(looked_at) < 10


# --- gradients -----------------------------------------------------------------------------------


def test_gradients_are_not_there_before_backward() -> None:
    picture = shown(fan())
    assert find(picture, "x").fact("gradient") == "not yet"
    assert find(picture, "+").fact("gradient") == "not yet"
    assert not any(edge.label for edge in picture.edges)


def test_a_gradient_is_the_sum_of_what_its_uses_contribute() -> None:
    z = fan()
    z.backward()
    picture = shown(z)
    assert find(picture, "x").fact("gradient") == "5 = 2 + 3"
    assert shares(picture, "x") == ["2", "3"]


def test_both_uses_by_one_operation_contribute() -> None:
    x = tg.Tensor(3.0, "x")
    z = x - x * x
    z.backward()
    picture = shown(z)
    assert find(picture, "x").fact("gradient") == "−5 = −3 − 3 + 1"
    assert shares(picture, "x") == ["−3", "−3", "1"]


def test_one_use_has_no_number_on_its_edge() -> None:
    z = fan()
    z.backward()
    assert shares(shown(z), "y") == [""]


def test_values_in_between_have_gradients_only_where_asked_for() -> None:
    z = fan()
    z.backward()
    assert find(picture_of(z), "×").fact("gradient") == ""
    assert find(picture_of(z), "x").fact("gradient") == "5"


def test_a_gradient_of_two_sweeps_says_what_is_of_this_graph() -> None:
    z = fan()
    z.backward()
    z.backward()
    assert find(shown(z), "x").fact("gradient") == "10; from this graph 5 = 2 + 3"


def test_looking_at_gradients_changes_nothing() -> None:
    z = fan()
    z.backward()
    before = [leaf.grad.copy() for leaf in tg.tape(z).leaves]
    shown(z)
    assert [leaf.grad for leaf in tg.tape(z).leaves] == before


def test_results_that_are_no_single_number_have_gradients_of_variables_only() -> None:
    x = tg.Tensor([1.0, 2.0], "x")
    y = x * x
    tg.sum(y).backward()
    picture = shown(y)
    assert find(picture, "x").fact("gradient") == "[2, 4]"
    assert find(picture, "×").fact("gradient") == ""


def test_a_number_that_was_spread_gets_back_a_sum() -> None:
    x = tg.Tensor(2.0, "x")
    z = tg.sum(x * np.array([1.0, 2.0])) + x
    z.backward()
    assert shares(shown(z), "x") == ["3", "1"]


def test_a_condition_has_no_gradient() -> None:
    x = tg.Tensor(2.0, "x")
    z = tg.where(x > 1, x * x, x)
    z.backward()
    assert find(shown(z), "a > b").fact("gradient") == ""


def test_what_a_checkpoint_sweeps_inside_is_not_counted() -> None:
    x = tg.Tensor(0.5, "x")
    z = tg.checkpoint(lambda y: tg.sin(y * x))(x) + x
    z.backward()
    total, _, parts = find(shown(z), "x").fact("gradient").partition(" = ")
    assert float(total) == pytest.approx(sum(map(float, parts.split(" + "))), abs=1e-3)
    assert sorted(parts.split(" + ")) == sorted(shares(shown(z), "x"))


def test_a_formula_of_many_operands_is_cut() -> None:
    joined = tg.concatenate([tg.Tensor([float(i)], f"x{i}") for i in range(20)])
    assert find(picture_of(joined), "concatenate").fact("formula") == (
        "concatenate(x0, x1, x2, x3, x4, x5, x6, x7, …, axis=0)"
    )


# --- random expressions --------------------------------------------------------------------------

UNARY = (tg.sin, tg.tanh, tg.exp, lambda x: x * 0.5)
BINARY = (tg.add, tg.multiply, tg.subtract, tg.maximum)


def expression(seed: int, leaves: list[Any]) -> Any:
    """Fifteen operations on values that came before, then their sum."""
    rng = np.random.default_rng(seed)
    made = list(leaves)
    for _ in range(15):
        if rng.random() < 0.3:
            made.append(UNARY[rng.integers(len(UNARY))](made[rng.integers(len(made))]))
        else:
            i, j = rng.integers(len(made), size=2)
            made.append(tg.tanh(BINARY[rng.integers(len(BINARY))](made[i], made[j])))
    return tg.sum(made[-1]) + tg.sum(made[-2]) + tg.sum(made[-3] * leaves[0])


def arrays(seed: int) -> list[Any]:
    rng = np.random.default_rng(1000 + seed)
    return [rng.normal(size=shape) for shape in ((), (3,), (2, 3))]


SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_on_the_picture_are_those_of_grad(seed: int) -> None:
    leaves = [tg.Tensor(x, f"x{i}") for i, x in enumerate(arrays(seed))]
    loss = expression(seed, leaves)
    loss.backward()
    expected = tg.grad(lambda xs: expression(seed, xs))(arrays(seed))
    picture = shown(loss)
    for node in picture.nodes:
        if node.kind == "variable":
            text = values.in_words(expected[int(node.label[1:])])
            assert node.fact("gradient").partition(" = ")[0] == text


@pytest.mark.parametrize("seed", SEEDS)
def test_contributions_add_up_to_the_gradient(seed: int) -> None:
    tape = tg.tape(expression(seed, [tg.Tensor(x) for x in arrays(seed)]))
    found = gradients_of(tape)
    parts = found.by_operand()
    assert any(len(shares) > 1 for shares in parts.values())
    for node, shares in parts.items():
        np.testing.assert_allclose(sum(shares), found.totals[node], atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_in_between_are_finite_differences(seed: int) -> None:
    leaves = [tg.Tensor(x) for x in arrays(seed)]
    tape = tg.tape(expression(seed, leaves))
    found = gradients_of(tape)
    for node in list(tape)[len(leaves) : -1]:
        if node in found.totals and node.value.dtype.kind == "f":
            step = np.full(np.shape(node.value), 1e-6)
            slope = (replayed(tape, node, step) - replayed(tape, node, -step)) / 2e-6
            assert slope == pytest.approx(np.sum(found.totals[node]), abs=1e-6)


def replayed(tape: tg.tape, changed: Any, step: Any) -> float:
    """The result with a step added to the value of one node."""
    known: dict[Any, Any] = {}
    for node in tape:
        xs = [known.get(x, x) for x in node.operands]
        known[node] = node.value if node.is_leaf else node.primitive.forward(*xs, **node.params)
        if node is changed:
            known[node] = known[node] + step
    return float(known[tape.outputs[0]])


@pytest.mark.parametrize("seed", SEEDS)
def test_values_on_the_picture_are_the_tapes(seed: int) -> None:
    loss = expression(seed, [tg.Tensor(x) for x in arrays(seed)])
    picture = viz.graph(loss, show="values").picture
    drawn = [n.lines for n in picture.nodes if n.kind in ("op", "variable")]
    assert drawn == [(values.in_words(node.value),) for node in tg.tape(loss)]


# --- written -------------------------------------------------------------------------------------


def test_the_svg_has_the_numbers() -> None:
    z = fan()
    z.backward()
    written = {text.strip() for text in texts(viz.graph(z, show=("values", "gradients")))}
    assert {"variable · 3", "gradient 5 = 2 + 3", "2", "3", "15"} <= written


def test_shapes_are_left_out_on_request() -> None:
    assert not any("scalar" in text for text in texts(viz.graph(fan(), show=())))


def test_dtypes_are_told_on_request() -> None:
    assert "scalar float64" in texts(viz.graph(fan(), show=("shapes", "dtypes")))


def test_lines_are_told_on_request() -> None:
    assert any(t.startswith("test_viz_values.py:") for t in texts(viz.graph(fan(), show="line")))


def test_an_unknown_fact_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"show has 'weights'.*'shapes', 'dtypes', 'values'"):
        viz.graph(fan(), show=("shapes", "weights"))


def test_a_long_tape_keeps_the_facts_of_its_first_and_last() -> None:
    box = find(viz.graph(chain(5000), show="values").picture, "×")
    assert box.fact("value") == "1 … 1.649"
