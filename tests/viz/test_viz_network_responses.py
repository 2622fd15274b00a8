"""Networks with a map in each neuron: what it answers over the plane of two inputs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from drawings import texts
from networks import X, Y, classifier
from tensorgraph import nn, viz
from tensorgraph.errors import ArgumentError, DataError, ShapeError
from tensorgraph.models import Model
from tensorgraph.viz import palette
from tensorgraph.viz.networks.inks import map_colors
from tensorgraph.viz.networks.network import Network
from tensorgraph.viz.networks.neurons import figure_of

SIDE = 40


def binary() -> Model:
    """A network of 2, 4 and 1 neurons that gives a probability."""
    return Model([nn.Dense(2, 4, rng=0), nn.Sigmoid(), nn.Dense(4, 1, rng=0), nn.Sigmoid()])


def straight() -> Model:
    """One neuron that gives its first input."""
    layer = nn.Dense(2, 1)
    layer.weights.data = np.array([[1.0], [0.0]], np.float32)
    return Model([layer])


def dead() -> Model:
    """Two ReLUs, of which the second is 0 everywhere."""
    layer = nn.Dense(2, 2, rng=0)
    layer.biases.data = np.array([[0.0, -99.0]], np.float32)
    return Model([layer, nn.ReLU(), nn.Dense(2, 1, rng=0)])


def images(network: Network) -> int:
    """Return how many maps are drawn."""
    (axes,) = figure_of(network.columns, network.plane).axes
    return len(axes.images)


def points(network: Network) -> list[int]:
    """Return how many points each map and class has."""
    (axes,) = figure_of(network.columns, network.plane).axes
    scattered = [artist for artist in axes.collections if isinstance(artist, PathCollection)]
    return [len(artist.get_offsets()) for artist in scattered]


# --- the maps ------------------------------------------------------------------------------------


def test_maps_of_the_inputs_are_the_axes_lowest_row_first() -> None:
    across, up = viz.network(classifier(), responses=True, size=2.0).columns[0].maps
    ticks = np.linspace(-2, 2, SIDE)
    np.testing.assert_allclose(across, np.tile(ticks, (SIDE, 1)))
    np.testing.assert_allclose(up, np.tile(ticks[:, np.newaxis], (1, SIDE)))


def test_maps_of_the_outputs_are_what_predict_says() -> None:
    model = classifier()
    columns = viz.network(model, responses=True, size=1.5).columns
    across, up = columns[0].maps
    grid = np.stack([across.ravel(), up.ravel()], axis=1)
    probabilities = model.predict(grid).T.reshape(3, SIDE, SIDE)
    np.testing.assert_allclose(columns[-1].maps, probabilities, rtol=1e-6)


def test_maps_are_those_of_the_neurons_shown() -> None:
    model = classifier()
    whole = viz.network(model, responses=True).columns[1].maps
    narrow = viz.network(model, 4, responses=True).columns[1].maps
    np.testing.assert_array_equal(narrow, whole[[0, 1, 6, 7]])


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_networks_of_any_depth_have_maps(depth: int) -> None:
    hidden = [[nn.Dense(2, 2), nn.Tanh()] for _ in range(depth)]
    model = Model([*itertools.chain(*hidden), nn.Dense(2, 4), nn.Softmax()])
    # The inputs, the hidden neurons, the outputs, and all outputs in one map.
    assert images(viz.network(model, responses=True)) == 2 + 2 * depth + 4 + 1


def test_a_binary_network_has_one_map_of_both_classes() -> None:
    network = viz.network(binary(), responses=True)
    assert images(network) == 2 + 4 + 1
    assert {"class 0", "class 1"} <= texts(network)


def test_outputs_have_the_colours_of_their_classes() -> None:
    column = viz.network(classifier(), responses=True).columns[-1]
    column.maps = np.ones((3, 2, 2))
    inks = map_colors(column)[:, 0, 0]
    wanted = [255 * palette.rgb(palette.class_color(n)) for n in range(3)]
    np.testing.assert_allclose(inks, wanted, atol=1)


def test_hidden_sigmoids_are_no_classes() -> None:
    hidden = viz.network(binary(), responses=True).columns[1]
    assert not hidden.has_probabilities


def test_what_is_below_zero_is_striped() -> None:
    inks = map_colors(viz.network(straight(), responses=True).columns[-1])[0]
    left, right = (len(np.unique(inks[:, place], axis=0)) for place in (0, -1))
    assert (left, right) == (2, 1)


def test_a_relu_that_is_dead_is_crossed() -> None:
    network = viz.network(dead(), responses=True)
    assert list(network.columns[1].off) == [False, True]
    assert "ReLU that is off everywhere" in texts(network)


def test_names_say_which_class_a_map_is_of() -> None:
    words = texts(viz.network(classifier(), responses=True, names=["a", "b", "c"]))
    assert {"a", "b", "c", "all outputs"} <= words


def test_names_of_a_binary_network_are_those_of_its_classes() -> None:
    assert {"cat", "dog"} <= texts(viz.network(binary(), responses=True, names=["cat", "dog"]))


def test_two_pictures_are_the_same() -> None:
    first, second = (viz.network(classifier(), responses=True).svg() for _ in range(2))
    assert first == second


# --- points --------------------------------------------------------------------------------------


def test_each_output_has_the_points_of_its_class_and_all_stand_together() -> None:
    network = viz.network(classifier(), responses=True, X=X, y=Y, size=2)
    assert points(network) == [20] * 6


def test_a_binary_network_has_the_points_of_both_classes() -> None:
    network = viz.network(binary(), responses=True, X=X[:40], y=Y[:40], size=2)
    assert points(network) == [20, 20]


def test_outputs_without_softmax_have_points_too() -> None:
    model = Model([nn.Dense(2, 3, rng=0)])
    assert points(viz.network(model, responses=True, X=X, y=Y, size=2)) == [20] * 3


def test_labels_may_be_one_hot() -> None:
    network = viz.network(classifier(), responses=True, X=X, y=np.eye(3)[Y])
    assert network.plane is not None
    np.testing.assert_array_equal(network.plane.classes, Y)


def test_points_outside_are_left_out() -> None:
    inside = int((np.abs(X) <= 0.5).all(axis=1).sum())
    network = viz.network(classifier(), responses=True, X=X, y=Y, size=0.5)
    assert sum(points(network)) == 2 * inside


def test_of_many_points_some_are_drawn() -> None:
    many, classes = np.tile(X, (9, 1)), np.tile(Y, 9)
    network = viz.network(classifier(), responses=True, X=many, y=classes, size=2)
    assert 200 < sum(points(network)) <= 2 * 150


# --- what can go wrong ---------------------------------------------------------------------------


def test_other_than_two_inputs_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"the model takes 3: leave responses out, or give x="):
        viz.network(Model([nn.Dense(3, 2)]), responses=True)


@pytest.mark.parametrize("size", [0, -1, np.inf, np.nan, "big", True, None])
def test_sizes_that_are_none_are_refused(size: Any) -> None:
    with pytest.raises(ArgumentError, match=r"size is .* must be a number > 0"):
        viz.network(classifier(), responses=True, size=size)


def test_points_of_other_than_two_columns_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"X has shape \(60, 1\).* points \(n, 2\)"):
        viz.network(classifier(), responses=True, X=X[:, :1], y=Y)


@pytest.mark.parametrize("y", [Y + 1, Y[:7], Y + 0.5], ids=["unknown", "too few", "no classes"])
def test_labels_that_do_not_fit_are_refused(y: Any) -> None:
    with pytest.raises(ArgumentError, match="one class from 0 to 2 for each of 60 points"):
        viz.network(classifier(), responses=True, X=X, y=y)


def test_points_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="X should hold finite numbers"):
        viz.network(classifier(), responses=True, X=np.full((60, 2), np.nan), y=Y)


@pytest.mark.parametrize("one", [{"X": X}, {"y": Y}], ids=["X", "y"])
def test_points_without_labels_are_refused(one: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="X= and y="):
        viz.network(classifier(), responses=True, **one)


def test_points_without_maps_are_refused() -> None:
    with pytest.raises(ArgumentError, match="give responses=True with them"):
        viz.network(classifier(), X=X, y=Y)
