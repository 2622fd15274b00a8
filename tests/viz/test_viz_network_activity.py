"""Networks that an example flows through, and networks in a step of training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection

import tensorgraph as tg
from drawings import texts
from networks import Scale, Squares, classifier, numbers, same
from tensorgraph import nn, viz
from tensorgraph.errors import ArgumentError, DataError, ShapeError
from tensorgraph.models import Model
from tensorgraph.typing import Array
from tensorgraph.viz.networks.columns import Column, carried
from tensorgraph.viz.networks.layout import layout
from tensorgraph.viz.networks.network import Network
from tensorgraph.viz.networks.neurons import figure_of

EXAMPLE = np.array([0.5, -0.25])


def by_hand() -> Model:
    """A network of 2, 2 and 2 neurons: from (0.5, -0.25) it makes (0, 1.5), and then (-3, 4.5)."""
    hidden, output = nn.Dense(2, 2), nn.Dense(2, 2)
    hidden.weights.data = np.array([[-2.0, 2.0], [4.0, -2.0]], np.float32)
    output.weights.data = np.array([[1.0, 1.0], [-2.0, 3.0]], np.float32)
    return Model([hidden, nn.ReLU(), output])


def binary(rng: int = 0) -> Model:
    """A network of 2, 4 and 1 neurons that gives a probability."""
    return Model([nn.Dense(2, 4, rng=rng), nn.Tanh(), nn.Dense(4, 1, rng=rng), nn.Sigmoid()])


def dropping(rate: float = 0.25, n_neurons: int = 8) -> Model:
    """A network with dropout after its hidden layer."""
    dropout = nn.Dropout(rate, rng=3)
    return Model([nn.Dense(2, n_neurons, rng=0), nn.ReLU(), dropout, nn.Dense(n_neurons, 3, rng=1)])


def lines_of(network: Network) -> list[LineCollection]:
    """Return the lines between each pair of columns."""
    (axes,) = figure_of(network.columns, network.plane).axes
    return [artist for artist in axes.collections if isinstance(artist, LineCollection)]


def marks(network: Network, marker: Any) -> list[tuple[float, float]]:
    """Return where marks of a kind are."""
    (axes,) = figure_of(network.columns, network.plane).axes
    found = [line for line in axes.lines if line.get_marker() == marker]
    return [(float(x), float(y)) for line in found for x, y in line.get_xydata()]


# --- an example ----------------------------------------------------------------------------------


def test_values_are_the_activations_of_the_example() -> None:
    columns = viz.network(by_hand(), x=EXAMPLE).columns
    assert [list(column.values) for column in columns] == [[0.5, -0.25], [0, 1.5], [-3, 4.5]]


def test_an_example_may_be_a_row() -> None:
    columns = viz.network(by_hand(), x=EXAMPLE[np.newaxis]).columns
    assert list(columns[-1].values) == [-3, 4.5]


def test_an_example_may_be_a_tensor() -> None:
    columns = viz.network(by_hand(), x=tg.Tensor(EXAMPLE)).columns
    assert list(columns[-1].values) == [-3, 4.5]


def test_outputs_are_those_of_predict() -> None:
    model = classifier()
    columns = viz.network(model, x=EXAMPLE).columns
    np.testing.assert_array_equal(columns[-1].values, model.predict(EXAMPLE[np.newaxis])[0])


def test_a_layer_of_ones_own_belongs_to_its_column() -> None:
    model = Model([nn.Dense(2, 2, weight_initializer=lambda _, s: np.eye(*s)), Scale(2, start=3.0)])
    assert list(viz.network(model, x=EXAMPLE).columns[-1].values) == [1.5, -0.75]


def test_of_a_wide_layer_the_most_active_are_shown_in_order() -> None:
    model = classifier()
    whole = viz.network(model, x=EXAMPLE).columns[1].values
    narrow = viz.network(model, 4, x=EXAMPLE).columns[1]
    assert list(narrow.shown) == sorted(np.argsort(-whole)[:4])
    np.testing.assert_array_equal(narrow.values, whole[narrow.shown])


def of_pixels(values: Any) -> Column:
    """Return the column of inputs of a network that sees a picture of 20 pixels."""
    column = viz.network(Model([nn.Dense(20, 2, rng=0)]), 3, x=values).columns[0]
    assert column.by_activity
    return column


PIXELS: dict[str, tuple[Any, list[int]]] = {
    "on black": ([0.0] * 8 + [0.2, 0.9, 0.8, 0.1, 0.7] + [0.0] * 7, [9, 10, 12]),
    "from -1 to 1": ([-1.0] * 8 + [0.2, 0.9, 0.8, 0.1, 0.7] + [-1.0] * 7, [9, 10, 12]),
    "on white": ([1.0] * 8 + [0.2, 0.9, 0.8, 0.1, 0.7] + [1.0] * 7, [8, 11, 12]),
    "without a background": (np.linspace(-1.5, 1.0, 20), [0, 1, 2]),
    "all alike": ([0.5] * 20, [0, 1, 2]),
}


@pytest.mark.parametrize("what", PIXELS)
def test_of_a_picture_the_pixels_that_stand_out_are_shown(what: str) -> None:
    values, shown = PIXELS[what]
    assert list(of_pixels(values).shown) == shown


def test_weights_are_those_between_the_most_active() -> None:
    model = Model([nn.Dense(20, 9, rng=0), nn.Dense(9, 2, rng=1)])
    inputs, hidden, _ = viz.network(model, 3, x=PIXELS["on black"][0]).columns
    whole = model.layers[0].weights.data  # type: ignore[attr-defined]
    np.testing.assert_array_equal(hidden.weights, whole[np.ix_(inputs.shown, hidden.shown)])


def test_the_picture_says_that_they_are_the_most_active() -> None:
    words = texts(viz.network(Model([nn.Dense(20, 2, rng=0)]), 3, x=PIXELS["on black"][0]))
    assert {"the 3 most active", "9: 0.9"} <= words


def test_the_dots_for_all_others_stand_below_the_most_active() -> None:
    network = viz.network(Model([nn.Dense(20, 2, rng=0)]), 3, x=PIXELS["on black"][0])
    (axes,) = figure_of(network.columns).axes
    (dots,) = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 3]
    places = layout(network.columns, None, legend_lines=2).places[0]
    assert max(dots) < places[-1][1]
    assert places[0][1] - places[1][1] == pytest.approx(places[1][1] - places[2][1])


def test_lines_carry_weight_times_activation() -> None:
    (inputs, hidden, output) = viz.network(by_hand(), x=EXAMPLE).columns
    np.testing.assert_array_equal(carried(inputs, hidden), [[-1, 1], [-1, 0.5]])
    np.testing.assert_array_equal(carried(hidden, output), [[0, 0], [-3, 4.5]])


def test_the_widest_line_carries_most() -> None:
    lines = lines_of(viz.network(by_hand(), x=EXAMPLE))[1]
    widths = [0.4, 0.4, 0.4 + 3.6 * (3 / 4.5) ** 0.5, 4.0]
    assert list(lines.get_linewidth()) == pytest.approx(widths)


def test_a_relu_that_is_off_is_known() -> None:
    off = [list(column.off) for column in viz.network(by_hand(), x=EXAMPLE).columns]
    assert off == [[False, False], [True, False], [False, False]]


def test_a_relu_that_is_off_is_struck_through() -> None:
    assert len(marks(viz.network(by_hand(), x=EXAMPLE), (2, 0, -45))) == 1


def test_values_below_zero_have_a_minus() -> None:
    assert len(marks(viz.network(by_hand(), x=EXAMPLE), "_")) == 2


def test_the_largest_output_is_marked() -> None:
    network = viz.network(by_hand(), x=EXAMPLE)
    ((_, y),) = marks(network, "<")
    second_output = layout(network.columns, None, legend_lines=2).places[-1][1]
    assert y == second_output[1]


def test_inputs_and_outputs_are_written_with_their_values() -> None:
    words = texts(viz.network(by_hand(), x=EXAMPLE))
    assert {"0: 0.5", "1: −0.25", "0: −3", "1: 4.5", "largest: 1 (4.5)"} <= words


def test_outputs_are_written_with_the_names_of_their_classes() -> None:
    words = texts(viz.network(by_hand(), x=EXAMPLE, names=["cat", "dog"]))
    assert {"cat: −3", "dog: 4.5", "largest: dog (4.5)"} <= words


def test_the_largest_output_is_named_though_it_is_not_shown() -> None:
    layer = nn.Dense(1, 5)
    layer.weights.data = np.array([[-3, -4, 1, -2, -5]], np.float32)
    network = viz.network(Model([layer]), 2, x=[7.0])
    assert network.columns[-1].largest is None
    assert network.columns[-1].answer == "largest: 2 (7)"


@pytest.mark.parametrize(("bias", "answer"), [(-9.0, "answer: cat"), (9.0, "answer: dog")])
def test_one_probability_says_which_of_two_classes(bias: float, answer: str) -> None:
    model = binary()
    model.layers[2].biases.data = np.full((1, 1), bias)  # type: ignore[attr-defined]
    assert viz.network(model, x=EXAMPLE, names=["cat", "dog"]).columns[-1].answer == answer


def test_one_probability_is_that_of_the_second_class() -> None:
    (label,) = viz.network(binary(), x=EXAMPLE, names=["cat", "dog"]).columns[-1].labels
    assert label.startswith("dog: 0.")


def test_names_stand_beside_the_outputs_without_an_example() -> None:
    assert {"a", "b", "c"} <= texts(viz.network(classifier(), names=["a", "b", "c"]))


def test_the_legend_says_what_a_line_carries() -> None:
    assert "line: weight × activation, ring: bias" in texts(viz.network(by_hand(), x=EXAMPLE))


def test_the_legend_is_silent_on_marks_that_are_not_there() -> None:
    assert "ReLU that is off" not in texts(viz.network(binary(), x=EXAMPLE))


# --- a step of training --------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "count"), [(0.01, 1), (0.25, 2), (0.5, 4), (0.99, 7)])
def test_the_rate_says_how_many_are_dropped(rate: float, count: int) -> None:
    columns = viz.network(dropping(rate), training=True).columns
    assert columns[1].dropped.sum() == count


def test_dropped_neurons_are_crossed() -> None:
    assert len(marks(viz.network(dropping(), training=True), "x")) == 2


def test_a_dropped_neuron_gets_and_gives_nothing() -> None:
    (inputs, hidden, output) = viz.network(dropping(0.5), training=True).columns
    into, out_of = carried(inputs, hidden), carried(hidden, output)
    np.testing.assert_array_equal((into == 0).all(axis=0), hidden.dropped)
    np.testing.assert_array_equal((out_of == 0).all(axis=1), hidden.dropped)


def test_the_rate_is_in_words() -> None:
    words = texts(viz.network(dropping(), training=True))
    assert {"dropout 0.25", "here 2 of 8 dropped"} <= words


def test_nothing_is_dropped_without_training() -> None:
    assert not viz.network(dropping()).columns[1].dropped.size


def test_two_pictures_of_training_are_the_same() -> None:
    first, second = (viz.network(dropping(), training=True).svg() for _ in range(2))
    assert first == second


# --- the model stays as it is --------------------------------------------------------------------

KINDS: dict[str, dict[str, Any]] = {
    "example": {"x": EXAMPLE},
    "responses": {"responses": True},
    "training": {"training": True},
}


@pytest.mark.parametrize("kind", KINDS)
def test_generators_stay_where_they_are(kind: str) -> None:
    model = dropping()
    dropout = model.layers[2]
    assert isinstance(dropout, nn.Dropout)
    before = dropout.rng.bit_generator.state
    viz.network(model, **KINDS[kind])
    assert dropout.rng.bit_generator.state == before


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_and_gradients_stay_as_they_are(kind: str) -> None:
    model = dropping()
    before = numbers(model)
    viz.network(model, **KINDS[kind])
    assert same(before, numbers(model))
    assert all(p.grad is None for layer in model.layers for p in layer.parameters().values())


# --- what can go wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "remedy"),
    [
        (np.zeros(3), r"shape \(2,\), as X\[0\]"),
        (np.zeros((5, 2)), r"shape \(2,\), as X\[0\]"),
        (np.float32(1), r"shape \(2,\), as X\[0\]"),
        (np.zeros((2, 1)), r"x\.reshape\(2\)"),
    ],
    ids=["too long", "a batch", "a number", "a column"],
)
def test_an_example_of_another_shape_is_refused(x: Array, remedy: str) -> None:
    with pytest.raises(ShapeError, match=remedy):
        viz.network(classifier(), x=x)


@pytest.mark.parametrize("x", [[np.nan, 0.0], [np.inf, 0.0], ["a", "b"]])
def test_an_example_that_is_no_numbers_is_refused(x: Any) -> None:
    with pytest.raises(DataError, match="x should hold finite numbers"):
        viz.network(classifier(), x=x)


def test_activations_that_are_not_finite_are_refused() -> None:
    model = Model([nn.Dense(1, 1, weight_initializer=lambda _, s: np.full(s, 1e30), name="first")])
    with pytest.raises(DataError, match="'first' gives numbers that are infinite"):
        viz.network(model, x=[1e30])


def test_more_numbers_than_neurons_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"after Squares the 3 neurons .* draw this model"):
        viz.network(Model([nn.Dense(2, 3), Squares()]), x=EXAMPLE)


@pytest.mark.parametrize("names", [["a", "b"], ["a"], "abc", []])
def test_names_of_the_wrong_number_are_refused(names: Any) -> None:
    with pytest.raises(ArgumentError, match="3 outputs: give one name an output"):
        viz.network(classifier(), names=names)


def test_names_of_a_binary_network_may_be_two() -> None:
    with pytest.raises(ArgumentError, match=r"1 output: give one name an output \(or two"):
        viz.network(binary(), names=["a", "b", "c"])


def test_training_without_dropout_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no Dropout layer"):
        viz.network(classifier(), training=True)


@pytest.mark.parametrize(
    "both", [{"x": EXAMPLE, "responses": True}, {"x": EXAMPLE, "training": True}], ids=str
)
def test_two_kinds_at_once_are_refused(both: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="make a picture of each"):
        viz.network(dropping(), **both)
