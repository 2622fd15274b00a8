from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from matplotlib import style
from PIL import Image

from tensorgraph.typing import Array
from tensorgraph.viz import Visualizer, palette
from tensorgraph.viz.training.animate import Scene, Snapshot
from tensorgraph.viz.training.history import loss_text, rounded_up
from tensorgraph.viz.training.inputs import view_of
from tensorgraph.viz.training.layers import PixelImage
from tensorgraph.viz.training.mesh import convex_mesh
from tensorgraph.viz.training.recorder import Recorder
from tensorgraph.viz.training.screens import blank_figure
from tensorgraph.viz.training.views import PLANE_SIDE, View, as_probabilities
from trainings import CORNERS, LABELS, Corners, Formula, epoch_records, follow

LINE = np.linspace(0, 1, 30)[:, np.newaxis]
SQUARE = np.stack(np.meshgrid(LINE, LINE), axis=-1).reshape(-1, 2)
VIEWS: dict[str, tuple[View | None, Any]] = {
    "curves only": (None, Corners()),
    "plane": (view_of(CORNERS, LABELS, 2, 3, 1.2, True, False), Corners()),
    "curve": (view_of(LINE, np.sin(LINE), 1, 1, 1.2, False, True), Formula(np.cos)),
    "surface": (
        view_of(SQUARE, SQUARE[:, :1] - SQUARE[:, 1:], 2, 1, 1.2, False, True),
        Formula(lambda X: X[:, :1] * X[:, 1:]),
    ),
}


def png(visualizer: Visualizer) -> Array:
    content = visualizer._repr_png_()
    assert content is not None
    return np.asarray(Image.open(io.BytesIO(content)))


def snapshots(view: View | None, model: Any, epochs: int) -> list[Snapshot]:
    recorder = Recorder(validation=True)
    taken = []
    for record in epoch_records(epochs):
        recorder.add(record)
        model.sharpness = record.epoch
        taken.append(Snapshot(recorder.curves(), view.look(model) if view else None))
    return taken


@pytest.mark.parametrize("name", VIEWS)
def test_an_updated_frame_is_the_frame_drawn_anew(name: str) -> None:
    view, model = VIEWS[name]
    taken = snapshots(view, model, 4)
    updated = Scene(blank_figure(), view, 4, True)
    for snapshot in taken:
        updated.show(snapshot)
    anew = Scene(blank_figure(), view, 4, True)
    # The limits of the loss are those of the first epoch.
    anew.loss.fit([taken[0].curves.training_loss, taken[0].curves.validation_loss])
    anew.show(taken[-1])
    assert np.array_equal(updated.pixels(), anew.pixels())


@pytest.mark.parametrize("name", VIEWS)
def test_the_background_is_drawn_once(name: str) -> None:
    view, model = VIEWS[name]
    scene = Scene(blank_figure(), view, 30, True)
    draws: list[object] = []
    scene.figure.canvas.mpl_connect("draw_event", draws.append)
    for snapshot in snapshots(view, model, 30):
        scene.show(snapshot)
    assert len(draws) == 1


def extent(pixels: Array) -> Array:
    """Return the first and the last row, and the first and the last column, that are not white."""
    rows, columns = np.nonzero(pixels.min(axis=2) < 128)
    return np.array([rows.min(), rows.max(), columns.min(), columns.max()])


@pytest.mark.parametrize("name", VIEWS)
def test_a_released_figure_draws_itself_alike(name: str) -> None:
    view, model = VIEWS[name]
    scene = Scene(blank_figure(), view, 4, True)
    for snapshot in snapshots(view, model, 4):
        scene.show(snapshot)
    before = scene.pixels()[:, :, :3].astype(int)
    scene.release()
    canvas: Any = scene.figure.canvas
    canvas.draw()
    after = scene.pixels()[:, :, :3].astype(int)
    assert np.abs(after - before)[40:].max() <= 40
    # The count of epochs is put together from words, which are moved to whole pixels.
    assert np.abs(extent(after[:40, 450:]) - extent(before[:40, 450:])).max() <= 1


@pytest.mark.parametrize("name", VIEWS)
def test_pictures_do_not_depend_on_the_readers_style(name: str) -> None:
    view, model = VIEWS[name]
    (snapshot,) = snapshots(view, model, 1)
    pictures = []
    for setting in ("default", "dark_background"):
        with style.context(setting):
            scene = Scene(blank_figure(), view, 1, True)
            scene.show(snapshot)
            pictures.append(scene.pixels().copy())
    first, second = pictures
    assert np.array_equal(first, second)


def test_the_whole_grid_is_predicted_in_one_call() -> None:
    model = Corners()
    visualizer = Visualizer(model, CORNERS, LABELS, 2, 3, colorgraph=True)
    follow(visualizer, 3)
    png(visualizer)
    assert model.rows == [PLANE_SIDE**2]


@pytest.mark.parametrize("place", [(-0.9, -0.8), (0.9, -0.8), (0.1, 1.1), (-0.35, 0.02)])
def test_the_plane_has_the_colour_of_its_class_probabilities(place: tuple[float, float]) -> None:
    model = Corners()
    model.sharpness = 5.0
    visualizer = Visualizer(model, CORNERS, LABELS, 2, 3, colorgraph=True)
    follow(visualizer, 1)
    scene = visualizer._scene(blank_figure())
    scene.show(visualizer._snapshot())
    column, row = scene.figure.axes[2].transData.transform(place)
    shown = scene.pixels()[600 - math.floor(row) - 1, math.floor(column), :3]
    expected = palette.blend(model.predict(np.array([place])))[0]
    assert np.abs(shown.astype(int) - expected).max() <= 3


def test_points_lie_on_top_of_the_plane_in_their_class_colour() -> None:
    visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3, colorgraph=True)
    follow(visualizer, 1)
    scene = visualizer._scene(blank_figure())
    scene.show(visualizer._snapshot())
    for number, place in enumerate(CORNERS):
        column, row = np.floor(scene.figure.axes[2].transData.transform(place)).astype(int)
        nearby = scene.pixels()[600 - row - 2 : 600 - row + 1, column - 1 : column + 2, :3]
        color = np.rint(255 * palette.rgb(palette.class_color(number)))
        assert np.all(nearby == color, axis=2).any()


def test_a_pixel_image_is_what_matplotlib_would_draw() -> None:
    rng = np.random.default_rng(0)
    # Smooth, so that the two ways of interpolating agree.
    coarse = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8))
    colors = np.asarray(coarse.resize((50, 50), Image.Resampling.BICUBIC))
    figure = blank_figure()
    axes = figure.add_axes((0.1, 0.1, 0.5, 0.75), xlim=(-1, 1), ylim=(-1, 1))
    image = PixelImage(axes, 1.0, 50)
    axes.add_image(image)
    image.set_data(colors)
    canvas: Any = figure.canvas
    canvas.draw()
    ours = np.asarray(canvas.buffer_rgba()).astype(int)
    image.whole = (0.0, 0.0)
    canvas.draw()
    assert np.abs(ours - np.asarray(canvas.buffer_rgba()))[100:500, 100:500].max() <= 6


@pytest.mark.parametrize("color", [palette.TRAINING, palette.VALIDATION])
def test_the_first_epoch_is_a_visible_point(color: str) -> None:
    visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3, validation=True)
    follow(visualizer, 100, until=1)
    scene = visualizer._scene(blank_figure())
    scene.show(visualizer._snapshot())
    # The upper panel, left of its legend.
    part = scene.pixels()[70:280, 10:400, :3]
    assert np.sum(np.all(part == np.rint(255 * palette.rgb(color)), axis=2)) > 10


def test_targets_in_a_column_and_in_a_row_make_the_same_surface() -> None:
    model = Formula(lambda X: X[:, :1] + X[:, 1:])
    heights = SQUARE[:, 0] - SQUARE[:, 1]
    pictures = []
    for targets in (heights, heights[:, np.newaxis]):
        visualizer = Visualizer(model, SQUARE, targets, 2, 1, graph=True)
        follow(visualizer, 1)
        pictures.append(png(visualizer))
    first, second = pictures
    assert np.array_equal(first, second)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", VIEWS)
def test_a_training_that_diverges_is_drawn(name: str, value: float) -> None:
    view, _ = VIEWS[name]
    nowhere = Formula(lambda X: np.full((len(X), 3 if name == "plane" else 1), value))
    (snapshot,) = snapshots(view, nowhere, 1)
    for curve in vars(snapshot.curves).values():
        if curve.dtype.kind == "f":
            curve[:] = value
    scene = Scene(blank_figure(), view, 1, True)
    scene.show(snapshot)
    assert scene.pixels().shape == (600, 900, 4)


def test_a_loss_that_grows_widens_its_axis_in_few_steps() -> None:
    scene = Scene(blank_figure(), None, 200, False)
    losses = np.geomspace(1, 100, 200)
    moves = sum(scene.loss.fit([losses[: epoch + 1]]) for epoch in range(200))
    assert moves <= 20
    assert scene.loss.limits[1] >= 100


def test_points_outside_the_square_are_counted() -> None:
    view = view_of(CORNERS * 3, LABELS, 2, 3, 1.2, True, False)
    scene = Scene(blank_figure(), view, 1, False)
    assert "3 of 3 points lie outside" in scene.figure.axes[2].get_xlabel()


def test_notebooks_show_the_newest_epoch() -> None:
    visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3, colorgraph=True)
    assert visualizer._repr_png_() is None
    follow(visualizer, 2)
    assert png(visualizer).shape == (600, 900, 3)


# --- parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outputs", "n_classes", "expected"),
    [
        ([[0.2, 0.8]], 2, [[0.2, 0.8]]),
        ([[0.25]], 2, [[0.75, 0.25]]),
        ([[0.0, math.log(3)], [-1000.0, 1000.0]], 2, [[0.25, 0.75], [0, 1]]),
        ([[math.log(3)], [-2000.0]], 2, [[0.25, 0.75], [1, 0]]),
    ],
    ids=["probabilities", "sigmoid", "logits", "logits of one output"],
)
def test_outputs_become_probabilities(
    outputs: list[list[float]], n_classes: int, expected: list[list[float]]
) -> None:
    np.testing.assert_allclose(as_probabilities(np.array(outputs), n_classes), expected)


def test_an_unsure_network_looks_pale() -> None:
    unsure, sure = palette.blend(np.array([[0.5, 0.5], [1.0, 0.0]])).astype(int)
    assert unsure.min() > sure.min()


def test_no_pair_of_colour_and_marker_comes_twice_in_a_hundred_classes() -> None:
    pairs = {(palette.class_color(n), palette.class_marker(n)) for n in range(100)}
    assert len(pairs) == 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (-1, 0), (1, 1.2), (1.1, 1.5), (0.0023, 0.003), (9.5, 12), (950, 1200), (1.8, 2)],
)
def test_limits_are_round_numbers_above(value: float, expected: float) -> None:
    assert rounded_up(value) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.1, "1.10"), (0.02, "0.0200"), (123.4, "123"), (math.nan, "nan"), (math.inf, "inf")],
)
def test_losses_are_written_with_three_digits(value: float, text: str) -> None:
    assert loss_text(value) == text


@pytest.mark.parametrize("scale", [(1, 1), (100, 0.01)])
def test_a_mesh_covers_the_hull_of_the_points_and_no_more(scale: tuple[float, float]) -> None:
    triangle = np.array([[0, 0], [1, 0], [0, 1]]) * np.array(scale)
    mesh = convex_mesh(triangle) / np.array(scale)
    assert mesh.min() > -0.01
    assert mesh.sum(axis=1).max() < 1.05
    for corner in ([0, 0], [1, 0], [0, 1]):
        assert np.abs(mesh - corner).sum(axis=1).min() < 0.05
    assert len(mesh) > 300
