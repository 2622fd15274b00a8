"""What fills the boxes of a tape: what backward needs, how long it takes, which units are dead."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import texts
from networks import classifier
from op_cases import Case, OpSpec
from op_specs import SMOOTH, params_of
from tensorgraph import nn, viz
from tensorgraph.errors import ArgumentError
from tensorgraph.extend import custom
from tensorgraph.primitive import REGISTRY
from tensorgraph.tape import Node as Recorded
from tensorgraph.viz.graphs import values
from tensorgraph.viz.graphs.gradients import gradients_of
from tensorgraph.viz.graphs.labels import FULLEST
from tensorgraph.viz.graphs.needs import RESULT, needs_of, rules_run
from tensorgraph.viz.graphs.page import to_data
from tensorgraph.viz.graphs.picture import Node, Picture
from tensorgraph.viz.graphs.timing import RUNS, times_of
from tensorgraph.viz.palette import THEMES, Theme


def find(picture: Picture, label: str) -> Node:
    return next(node for node in picture.nodes if node.label == label)


def kept(y: tg.Tensor) -> set[str]:
    return {n.label for n in viz.graph(y, overlay="kept").picture.nodes if n.weight}


def vector(name: str = "x") -> tg.Tensor:
    return tg.Tensor(np.linspace(0.5, 1.5, 8), name)


# --- what the backward pass needs ----------------------------------------------------------------


def test_a_sum_needs_nothing() -> None:
    x, y = vector(), vector("y")
    assert kept(tg.sum(x + y)) == set()


def test_a_product_needs_its_factors() -> None:
    x, y = vector(), vector("y")
    assert kept(tg.sum(tg.sin(x) * tg.cos(y))) == {"x", "y", "sin", "cos"}


def test_an_exponential_needs_its_result() -> None:
    x = vector()
    assert kept(tg.sum(tg.exp(x))) == {"exp"}


def test_a_factor_is_needed_for_the_variable_alone() -> None:
    x = vector()
    assert kept(tg.sum(x * np.full(8, 2.0))) == {"array"}


def test_a_derivative_of_0_needs_nothing() -> None:
    x = vector()
    assert kept(tg.sum(tg.where(tg.sin(x) > 0, x, 0.0))) == {"a > b"}


def test_what_no_gradient_reaches_needs_nothing() -> None:
    x = vector()
    assert kept(tg.sum(x + tg.stop_gradient(tg.exp(x) * x))) == set()


def test_a_kernel_on_arrays_is_taken_to_need_all() -> None:
    x = tg.Tensor([2.0, 3.0], "x")
    (node,) = (n for n in tg.tape(tg.cumprod(x)) if not n.is_leaf)
    assert needs_of(tg.tape(tg.Tensor._of(node)))[node] == {RESULT, 0}


def test_a_layer_keeps_its_input_and_not_its_output() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 4)).astype(np.float32)
    hidden, out = nn.Dense(4, 5, name="hidden"), nn.Dense(5, 3, name="out")
    picture = viz.graph(tg.sum(out(tg.tanh(hidden(x)))), overlay="kept").picture
    assert [n.weight for n in picture.nodes if n.label == "dense"] == [0.0, 0.0]
    assert find(picture, "tanh").weight == 6 * 5 * 4
    assert find(picture, "x").weight == x.nbytes
    assert find(picture, "tanh").lines == ("6 × 5", "kept: 120 bytes")
    assert find(picture, "tanh").fact("kept") == "for the backward pass"


def test_a_folded_layer_keeps_what_its_operations_keep() -> None:
    whole = viz.graph(classifier(), overlay="kept").picture
    folded = viz.graph(classifier(), overlay="kept", collapse="layers").picture
    total = sum(n.weight or 0 for n in whole.nodes)
    assert sum(n.weight or 0 for n in folded.nodes) == total > 0


def used_by_rules(node: Recorded) -> set[int]:
    """The floats whose absence changes what a rule gives: each is replaced by nan in turn."""
    given = {RESULT: node.value, **dict(enumerate(node.values))}
    g = np.ones_like(node.value)
    found = set()
    for _, rule in rules_run(node):
        expected = rule(g, *given.values(), **node.params)
        for position, value in given.items():
            if getattr(value, "dtype", np.dtype(int)).kind in "fc":
                changed = given | {position: np.full_like(value, np.nan)}
                try:
                    result = rule(g, *changed.values(), **node.params)
                except np.linalg.LinAlgError:
                    found.add(position)
                    continue
                if not np.array_equal(result, expected, equal_nan=True):
                    found.add(position)
    return found


@pytest.mark.parametrize(("spec", "case"), params_of(*SMOOTH))
def test_what_a_rule_uses_is_needed(spec: OpSpec, case: Case) -> None:
    places = spec.variables(case)
    operands = [tg.Tensor(x) if i in places else x for i, x in enumerate(case.operands)]
    results = spec.ours(operands, case.params)
    for y in results if isinstance(results, (tuple, list)) else [results]:
        needs = needs_of(tg.tape(y)) if isinstance(y, tg.Tensor) else {}
        with np.errstate(all="ignore"):
            assert all(used_by_rules(node) <= used for node, used in needs.items())


def test_looking_changes_no_gradient() -> None:
    x = vector()
    y = tg.sum(tg.exp(x) * x)
    y.backward()
    before = np.array(x.grad)
    viz.graph(y, overlay="kept")
    np.testing.assert_array_equal(x.grad, before)


def test_it_works_where_nothing_is_recorded() -> None:
    y = tg.sum(tg.exp(vector()))
    with tg.no_grad():
        assert kept(y) == {"exp"}


def test_a_checkpoint_keeps_its_arguments() -> None:
    x = vector()
    y = tg.sum(tg.checkpoint(lambda x: tg.sin(tg.sin(x)))(x * 2.0))
    assert kept(y) == {"×"}


# --- time ----------------------------------------------------------------------------------------

SLEEP = 0.012


def _slow(x: Any) -> Any:
    time.sleep(SLEEP)
    return x * 2.0


def _slower_rule(g: Any, y: Any, x: Any) -> Any:
    time.sleep(2 * SLEEP)
    return g * 2.0


@pytest.fixture(autouse=True)
def own_rows() -> Iterator[None]:
    """Rows that a test makes are gone after it."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def test_forward_and_backward_are_told_apart() -> None:
    slow = custom(_slow, _slower_rule, name="slow")
    tape = tg.tape(tg.sum(slow(tg.sin(vector()))))
    times = times_of(tape, gradients_of(tape))
    found = next(both for node, both in times.items() if node.primitive is slow)
    assert found.forward is not None
    assert found.backward is not None
    assert found.forward >= SLEEP
    assert found.backward >= 2 * SLEEP


def test_the_weight_is_the_time_of_both() -> None:
    slow = custom(_slow, _slower_rule, name="slow")
    node = find(viz.graph(tg.sum(slow(vector())), overlay="time").picture, "slow")
    assert node.weight is not None
    assert node.weight >= 3 * SLEEP


def test_the_time_on_the_picture_is_the_one_that_was_measured() -> None:
    graph = viz.graph(tg.sum(tg.sin(vector())), overlay="time")
    node = find(graph.picture, "sin")
    assert node.weight is not None
    assert node.lines == ("length 8", values.duration(node.weight))
    assert values.duration(node.weight) in texts(graph)
    assert node.fact("time").endswith("backward")


def test_what_has_no_gradient_has_a_forward_time() -> None:
    y = tg.sin(vector())  # no single number
    picture = viz.graph(y, overlay="time").picture
    assert find(picture, "sin").fact("time").endswith("forward")


def test_a_checkpoint_has_a_backward_time_alone() -> None:
    y = tg.sum(tg.checkpoint(tg.sin)(vector()))
    fact = find(viz.graph(y, overlay="time").picture, "checkpoint").fact("time")
    assert fact.endswith("backward")
    assert "forward" not in fact


def test_an_operation_is_run_a_few_times() -> None:
    runs = []

    def counted(x: Any) -> Any:
        runs.append(x)
        return x + 1.0

    row = custom(counted, lambda g, y, x: g)
    y = row(vector())
    runs.clear()
    viz.graph(y, overlay="time")
    assert len(runs) == RUNS


def test_a_folded_layer_takes_the_time_of_its_operations() -> None:
    picture = viz.graph(classifier(), overlay="time", collapse="layers").picture
    layers = [n for n in picture.nodes if n.kind == "layer"]
    assert all(n.weight and n.lines and n.lines[-1].endswith("s") for n in layers)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5e-7, "0.25 µs"), (1.234e-5, "12.3 µs"), (0.9996e-3, "1 ms"), (0.25, "250 ms"), (3, "3 s")],
)
def test_times_in_words(seconds: float, text: str) -> None:
    assert values.duration(seconds) == text


# --- dead units ----------------------------------------------------------------------------------


def activations() -> Any:
    """Four examples of five units, of which the second and the last are never above 0."""
    x = np.array([[1, -1, 2, 0, -3], [2, -2, 0, 1, 0], [0, -1, 0, 0, -1], [1, -5, 1, 1, -2]])
    return tg.Tensor(x.astype(float), "x")


@pytest.mark.parametrize("relu", [tg.relu, lambda x: tg.maximum(x, 0.0)])
def test_the_share_of_dead_units_fills_a_relu(relu: Any) -> None:
    picture = viz.graph(tg.sum(relu(activations())), overlay="dead").picture
    node = next(n for n in picture.nodes if n.label in ("relu", "maximum"))
    assert node.weight == 2 / 5
    assert node.fact("dead units") == "2 of 5: 0 for all of 4 examples"
    assert node.lines == ("4 × 5", "40% of units dead")
    assert [n.weight for n in picture.nodes if n is not node] == [None] * (len(picture.nodes) - 1)


def test_the_fill_is_a_share_of_all_units() -> None:
    assert viz.graph(tg.sum(tg.relu(activations())), overlay="dead").picture.heaviest == 1.0


def test_a_living_relu_says_so() -> None:
    x = tg.Tensor(np.ones((3, 2)), "x")
    assert "0% of units dead" in texts(viz.graph(tg.sum(tg.relu(x)), overlay="dead"))


def test_a_folded_layer_has_its_dead_units() -> None:
    layer = nn.ReLU(name="relu")
    picture = viz.graph(tg.sum(layer(activations())), overlay="dead", collapse="layers").picture
    assert [n.weight for n in picture.nodes if n.kind == "layer"] == [2 / 5]


@pytest.mark.parametrize(
    "make", [lambda: tg.sin(vector()), lambda: tg.relu(vector()), lambda: tg.maximum(vector(), 1.0)]
)
def test_no_relu_of_examples_is_an_error(make: Any) -> None:
    with pytest.raises(ArgumentError, match=r"overlay='dead' shows the units of ReLUs"):
        viz.graph(make(), overlay="dead")


@pytest.mark.parametrize("overlay", ["kept", "time", "dead"])
def test_the_legend_says_what_fills(overlay: str) -> None:
    graph = viz.graph(tg.sum(tg.relu(activations())), overlay=overlay, legend=True)
    assert any(text.startswith("the fuller, the more") for text in texts(graph))


# --- what is not finite --------------------------------------------------------------------------


def spoilt(*factors: float) -> tg.Tensor:
    """Sum of two products, each with a factor that is the gradient by its exponential."""
    a, b = tg.Tensor(0.0, "a"), tg.Tensor(0.0, "b")
    return tg.exp(a) * factors[0] + tg.exp(b) * factors[1]


@pytest.mark.parametrize("worst", [np.nan, np.inf])
def test_what_is_not_finite_leaves_the_scale_to_the_rest(worst: float) -> None:
    assert viz.graph(spoilt(worst, 3.0), overlay="gradient").picture.heaviest == 3.0


@pytest.mark.parametrize("other", [3.0, 0.0, np.nan])
def test_what_is_not_finite_is_fullest(other: float) -> None:
    graph = viz.graph(spoilt(np.nan, other), overlay="gradient")
    fill = fullest(THEMES["light"])
    (line,) = (line for line in graph.dot.splitlines() if "<b>a</b>" in line)
    assert f'fillcolor="{fill}"' in line


def fullest(theme: Theme) -> str:
    return theme.tint(theme.gradient, FULLEST)


def test_both_views_draw_what_is_not_finite_in_the_backward_pass() -> None:
    picture = viz.graph(spoilt(np.nan, 3.0), overlay="gradient", view="both").picture
    assert {n.kind for n in picture.nodes if n.weight is not None} == {"backward", "gradient"}


def test_a_page_holds_no_number_that_browsers_refuse() -> None:
    picture = viz.graph(spoilt(np.nan, np.inf), overlay="gradient").picture
    assert json.dumps(to_data(picture), allow_nan=False)
