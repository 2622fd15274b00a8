"""Networks as neurons and weights: as data, and drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import EllipseCollection

from drawings import texts
from networks import Block, Squares, classifier
from tensorgraph import nn, viz
from tensorgraph.errors import ArgumentError, DataError
from tensorgraph.models import Model
from tensorgraph.viz.networks.network import Network
from tensorgraph.viz.networks.neurons import figure_of


def wide() -> Model:
    """A network of 784, 128 and 10 neurons, with dropout."""
    layers = [nn.Dense(784, 128), nn.ReLU(), nn.Dropout(0.1), nn.Dense(128, 10), nn.Softmax()]
    model = Model(layers, seed=0)
    model.finalize()
    return model


# --- what is drawn -------------------------------------------------------------------------------


def test_columns_are_the_inputs_and_the_dense_layers() -> None:
    columns = viz.network(classifier()).columns
    assert [(column.name, column.size) for column in columns] == [
        ("input", 2),
        ("dense_1", 8),
        ("dense_2", 3),
    ]


def test_activations_belong_to_the_column_before() -> None:
    columns = viz.network(classifier()).columns
    assert [column.activations for column in columns] == [[], ["ReLU"], ["Softmax"]]


def test_dropout_belongs_to_the_column_before() -> None:
    columns = viz.network(wide()).columns
    assert [column.dropout for column in columns] == [0, 0.1, 0]


def test_dropout_of_the_inputs_belongs_to_them() -> None:
    columns = viz.network(Model([nn.Dropout(0.2), nn.Dense(2, 3)])).columns
    assert columns[0].dropout == 0.2


def test_a_narrow_layer_is_shown_whole() -> None:
    columns = viz.network(classifier(), max_neurons=8).columns
    np.testing.assert_array_equal(columns[1].shown, np.arange(8))


@pytest.mark.parametrize(
    ("max_neurons", "shown"),
    [(7, [0, 1, 2, 3, 5, 6, 7]), (4, [0, 1, 6, 7]), (3, [0, 1, 7]), (2, [0, 7])],
)
def test_a_wide_layer_is_shown_at_its_ends(max_neurons: int, shown: list[int]) -> None:
    columns = viz.network(classifier(), max_neurons).columns
    np.testing.assert_array_equal(columns[1].shown, shown)


def test_weights_are_those_between_the_neurons_shown() -> None:
    model = wide()
    (_, hidden, output) = viz.network(model, max_neurons=4).columns
    whole = model.parameters()["dense_2.weights"].data
    assert list(hidden.shown) == [0, 1, 126, 127]
    np.testing.assert_array_equal(output.weights, whole[np.ix_(hidden.shown, output.shown)])


def test_biases_are_those_of_the_neurons_shown() -> None:
    model = classifier()
    model.parameters()["dense_1.biases"].data = np.arange(8, dtype=np.float32).reshape(1, 8)
    columns = viz.network(model, max_neurons=4).columns
    np.testing.assert_array_equal(columns[1].biases, [0, 1, 6, 7])


def test_later_training_does_not_change_a_picture() -> None:
    model = classifier()
    network = viz.network(model)
    before = network.columns[1].weights.copy()
    model.parameters()["dense_1.weights"].data = np.zeros((2, 8))
    np.testing.assert_array_equal(network.columns[1].weights, before)


# --- the drawing ---------------------------------------------------------------------------------


def test_every_weight_is_a_line() -> None:
    figure = figure_of(viz.network(wide()).columns)
    lines = [artist for artist in figure.axes[0].collections if hasattr(artist, "get_segments")]
    assert [len(artist.get_segments()) for artist in lines] == [12 * 12, 12 * 10]


def test_the_sign_is_the_colour_and_the_size_the_width() -> None:
    layer = nn.Dense(1, 3)
    layer.weights.data = np.array([[-2.0, 0.0, 1.0]], np.float32)
    figure = figure_of(viz.network(Model([layer])).columns)
    (lines,) = (artist for artist in figure.axes[0].collections if hasattr(artist, "get_segments"))
    zero, positive, negative = lines.get_color()
    assert negative[0] > negative[2]
    assert positive[2] > positive[0]
    assert min(zero[:3]) > 0.85
    assert list(lines.get_linewidth()) == pytest.approx([0.4, 0.4 + 3.6 * 0.5**0.5, 4.0])


def test_lines_below_zero_are_dashed() -> None:
    layer = nn.Dense(1, 2)
    layer.weights.data = np.array([[-2.0, 1.0]], np.float32)
    figure = figure_of(viz.network(Model([layer])).columns)
    (lines,) = (artist for artist in figure.axes[0].collections if hasattr(artist, "get_segments"))
    positive, negative = (dashes for _, dashes in lines.get_linestyle())
    assert positive is None
    assert negative == pytest.approx([5, 2.5])


def test_biases_are_rings_with_their_sign_and_size() -> None:
    layer = nn.Dense(1, 3, weight_initializer=lambda _, s: np.zeros(s))
    layer.biases.data = np.array([[1.0, 0.0, -4.0]], np.float32)
    figure = figure_of(viz.network(Model([layer])).columns)
    rings = next(
        artist
        for artist in figure.axes[0].collections
        if isinstance(artist, EllipseCollection) and not artist.get_facecolor().size
    )
    assert list(rings.get_linewidth()) == pytest.approx([0.4 + 3.6 * 0.5, 4.0])
    assert [dashes is None for _, dashes in rings.get_linestyle()] == [True, False]


def test_captions_say_what_the_columns_are() -> None:
    assert {
        "input",
        "784 inputs",
        "dense_1",
        "128 neurons",
        "ReLU",
        "dropout 0.1",
        "dense_2",
        "10 neurons",
        "Softmax",
    } <= texts(viz.network(wide()))


def test_the_legend_ends_at_the_largest_number_drawn() -> None:
    layer = nn.Dense(1, 2)
    layer.weights.data = np.array([[-2.0, 1.0]], np.float32)
    layer.biases.data = np.array([[0.0, 4.0]], np.float32)
    assert {"−4", "−1", "+1", "+4"} <= texts(viz.network(Model([layer])))


def test_a_network_of_zeros_is_drawn() -> None:
    layer = nn.Dense(2, 2)
    layer.weights.data = np.zeros((2, 2))
    assert {"−1", "+1"} <= texts(viz.network(Model([layer])))


def test_names_are_shown_as_they_are() -> None:
    name = r"<a> & $\alpha$"
    assert name in texts(viz.network(Model([nn.Dense(2, 2, name=name)])))


NETWORKS = {
    "narrow": lambda: Model([nn.Dense(1, 1)]),
    "wide": wide,
    "long names": lambda: Model([nn.Dense(2, 2, name="a layer of which much is to be said" * 2)]),
    "many lines": lambda: Model([nn.Dense(2, 2), *(nn.Tanh() for _ in range(9)), nn.Dense(2, 1)]),
    "small numbers": lambda: Model(
        [nn.Dense(2, 2, weight_initializer=lambda _, s: np.full(s, -1.2e-7))]
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_no_words_are_cut_off_or_overlap(name: str) -> None:
    check_words(viz.network(NETWORKS[name]()))


class ActivationOfWhichMuchIsToBeSaid(nn.Tanh):
    """An activation with a long name."""


LONG = [f"a class of which much is to be said, number {n}" for n in range(12)]
KINDS: dict[str, Any] = {
    "example": lambda: viz.network(wide(), x=np.full(784, -1 / 3)),
    "long numbers": lambda: viz.network(
        Model([nn.Dense(12345, 2), *(nn.Dense(2, 2) for _ in range(4))]), x=np.full(12345, -1.23e-7)
    ),
    "long activations": lambda: viz.network(
        Model([nn.Dense(2, 2), ActivationOfWhichMuchIsToBeSaid()]), x=[1, 2]
    ),
    "long names": lambda: viz.network(classifier(), x=[0, 1 / 3], names=LONG[:3]),
    "maps": lambda: viz.network(classifier(), responses=True),
    "maps with long names": lambda: viz.network(classifier(), responses=True, names=LONG[:3]),
    "maps of two classes": lambda: viz.network(
        Model([nn.Dense(2, 1), nn.Sigmoid()]), responses=True, names=LONG[:2]
    ),
    "maps of many classes": lambda: viz.network(
        Model([nn.Dense(2, 12), nn.Softmax()]), responses=True, names=LONG
    ),
    "training": lambda: viz.network(wide(), training=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_words_of_other_pictures_are_cut_off_or_overlap(kind: str) -> None:
    check_words(KINDS[kind]())


def check_words(network: Network) -> None:
    """Check that all words lie on the picture and apart from each other, and off the maps."""
    figure = figure_of(network.columns, network.plane)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [artist.get_window_extent() for artist in (*axes.texts, *figure.legends)]
    for box in boxes:
        assert figure.bbox.contains(*box.p0)
        assert figure.bbox.contains(*box.p1)
    maps = [image.get_window_extent() for image in axes.images]
    for i, box in enumerate(boxes):
        assert box.count_overlaps([*boxes[i + 1 :], *maps]) == 0


@pytest.mark.parametrize(
    ("ending", "magic"), [(".svg", b"<?xml"), (".png", b"\x89PNG\r\n\x1a\n"), (".pdf", b"%PDF-")]
)
def test_the_ending_says_the_format(tmp_path: Path, ending: str, magic: bytes) -> None:
    path = viz.network(classifier()).save(tmp_path / f"network{ending}")
    assert path.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [path]


def test_png_has_the_size_of_its_network(tmp_path: Path) -> None:
    path = viz.network(wide()).save(tmp_path / "network.png")
    width, height = np.frombuffer(path.read_bytes()[16:24], ">u4")
    assert 1000 < width < 1500
    assert 700 < height < 1200


@pytest.mark.parametrize("format", ["svg", "pdf"])
def test_two_runs_give_the_same_file(format: str) -> None:
    assert viz.network(wide()).drawn(format) == viz.network(wide()).drawn(format)


def test_the_readers_settings_do_not_matter() -> None:
    network = viz.network(classifier())
    plain = network.svg()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "lines.linewidth": 9}):
        assert network.svg() == plain


def test_a_notebook_shows_it() -> None:
    assert viz.network(classifier())._repr_svg_().startswith("<?xml")


# --- what can go wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize("max_neurons", [1, 0, 2.5, None, True])
def test_too_few_neurons_are_refused(max_neurons: int) -> None:
    with pytest.raises(ArgumentError, match="max_neurons"):
        viz.network(classifier(), max_neurons)


def test_a_model_without_dense_layers_is_refused() -> None:
    with pytest.raises(ArgumentError, match="has none"):
        viz.network(Model([nn.ReLU(), Block(4)]))


def test_layers_that_make_no_chain_are_refused() -> None:
    model = Model([nn.Dense(2, 3, name="first"), Squares(), nn.Dense(6, 1, name="second")])
    with pytest.raises(ArgumentError, match=r"'second' takes 6 inputs and follows 3 neurons"):
        viz.network(model)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ArgumentError, match="not a ndarray"):
        viz.network(np.ones(3))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    model = classifier()
    model.parameters()["dense_2.biases"].data = np.full((1, 3), value)
    with pytest.raises(DataError, match="'dense_2'"):
        viz.network(model)


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"network\.dot.*\.svg, \.png, \.pdf"):
        viz.network(classifier()).save(tmp_path / "network.dot")
