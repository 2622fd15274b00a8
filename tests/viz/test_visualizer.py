from __future__ import annotations

import io
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, DataError, ShapeError
from tensorgraph.models import Model
from tensorgraph.typing import Array
from tensorgraph.viz import Visualizer
from tensorgraph.viz.training.inputs import view_of
from tensorgraph.viz.training.recorder import Recorder
from tensorgraph.viz.training.views import PlaneView
from trainings import CORNERS, LABELS, Corners, Formula, epoch_records, follow


def png(visualizer: Visualizer) -> Array:
    content = visualizer._repr_png_()
    assert content is not None
    return np.asarray(Image.open(io.BytesIO(content)))


def spiral_model(visualizer: Visualizer | None, model: Model) -> Model:
    model.add(tg.nn.Dense(2, 8))
    model.add(tg.nn.ReLU())
    model.add(tg.nn.Dense(8, 3))
    model.add(tg.nn.Softmax())
    model.set(
        loss=tg.losses.CategoricalCrossentropy(),
        optimizer=tg.optim.Adam(learning_rate=0.01),
        accuracy=tg.metrics.CategoricalAccuracy(),
        visualizer=visualizer,
    )
    model.finalize()
    return model


# --- what is recorded ----------------------------------------------------------------------------


def test_histories_hold_the_data_losses_by_epoch() -> None:
    visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3, validation=True)
    follow(visualizer, 2)
    assert visualizer.train_loss_history == pytest.approx([1.5, 1.35])
    assert visualizer.train_accuracy_history == pytest.approx([0.25, 0.325])
    assert visualizer.test_loss_history == pytest.approx([1.6, 1.45])
    assert visualizer.test_accuracy_history == pytest.approx([0.15, 0.225])


def test_histories_start_anew_with_each_training() -> None:
    visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3)
    follow(visualizer, 5)
    follow(visualizer, 2)
    assert len(visualizer.train_loss_history) == 2


def test_what_was_not_measured_is_not_a_number() -> None:
    recorder = Recorder()
    recorder.add(next(epoch_records(1, validation=False)))
    assert math.isnan(recorder.test_loss_history[0])
    assert math.isnan(recorder.curves().validation_accuracy[0])


def test_curves_do_not_change_with_later_records() -> None:
    recorder = Recorder()
    first, second = epoch_records(2)
    recorder.add(first)
    curves = recorder.curves()
    recorder.add(second)
    assert curves.training_loss.tolist() == [1.5]


def test_validation_without_validation_data_is_refused_at_the_first_epoch() -> None:
    visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3, validation=True)
    with pytest.raises(ArgumentError, match=r"train\(\.\.\., validation_data="):
        follow(visualizer, 3, validation=False)


def test_a_training_is_the_same_to_the_bit_with_and_without_pictures(tmp_path: Path) -> None:
    X, y = tg.data.spiral(50, 3, seed=0)
    runs = []
    for save in (None, tmp_path / "spiral.gif"):
        tg.seed(3)
        model = Model()
        # Before the layers are there.
        visualizer = Visualizer(
            model, X, y, 2, 3, period=5, colorgraph=True, validation=True, save=save
        )
        spiral_model(visualizer if save else None, model)
        history = model.train(X, y, epochs=12, validation_data=(X, y), print_every=0)
        runs.append((history["loss"], history["validation_loss"]))
    assert runs[0] == runs[1]


# --- what is refused -----------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "model": Corners(),
    "X": CORNERS,
    "y": LABELS,
    "n_inputs": 2,
    "n_outputs": 3,
}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": None}, ArgumentError, "model= the Model"),
        ({"period": 0}, ArgumentError, "period should be a whole number >= 1, got 0"),
        ({"n_inputs": 1.5}, ArgumentError, "n_inputs should be a whole number"),
        ({"n_outputs": 0}, ArgumentError, "n_outputs should be a whole number"),
        ({"size": 0}, ArgumentError, "size should be a number > 0"),
        ({"y": LABELS[:2]}, ShapeError, r"same number of rows.*\(3, 2\) and \(2,\)"),
        ({"X": CORNERS[:0], "y": LABELS[:0]}, ShapeError, "at least one"),
        ({"colorgraph": True, "graph": True}, ArgumentError, "choose one"),
        ({"colorgraph": True, "n_inputs": 3}, ArgumentError, "n_inputs=3: leave colorgraph out"),
        ({"graph": True, "n_inputs": 784}, ArgumentError, "n_inputs=784: leave graph out"),
        ({"colorgraph": True, "X": np.ones((3, 5))}, ArgumentError, r"X of shape \(3, 5\)"),
        ({"graph": True, "y": np.ones((3, 2))}, ArgumentError, r"y of shape \(3, 2\)"),
        ({"graph": True, "X": np.ones((3, 2))}, ArgumentError, "on one line"),
        ({"colorgraph": True, "y": LABELS + 1}, ArgumentError, "from 0 to 2.*from 1 to 3"),
        ({"colorgraph": True, "y": LABELS / 2}, ArgumentError, "class numbers"),
        ({"colorgraph": True, "X": np.full((3, 2), np.nan)}, DataError, "X has values"),
        ({"graph": True, "y": np.full(3, np.inf)}, DataError, "y has values"),
        ({"save": "picture.tiff"}, ArgumentError, r"picture\.tiff.*\.gif, \.mp4 or \.png"),
    ],
)
def test_bad_arguments_are_named(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Visualizer(**(GOOD | changes))


@pytest.mark.parametrize(
    ("model", "arguments", "error", "message"),
    [
        (
            Corners(),
            {"n_outputs": 2, "colorgraph": True, "y": [0, 1, 1]},
            ArgumentError,
            "3 outputs",
        ),
        (Corners(), {"graph": True}, ArgumentError, "draws one output, but the model has 3"),
        (Formula(lambda X: X[:5]), {"colorgraph": True}, ShapeError, r"returned \(5, 2\)"),
    ],
    ids=["classes", "columns", "rows"],
)
def test_predictions_that_cannot_be_drawn_are_named(
    model: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    visualizer = Visualizer(**(GOOD | {"model": model} | arguments))
    follow(visualizer, 1)
    with pytest.raises(error, match=message):
        png(visualizer)


@pytest.mark.parametrize("y", [LABELS, LABELS[:, np.newaxis], LABELS.astype(float), np.eye(3)])
def test_class_numbers_are_taken_in_every_usual_shape(y: Array) -> None:
    view = view_of(CORNERS, y, 2, 3, 1.2, True, False)
    assert isinstance(view, PlaneView)
    assert view.labels.tolist() == [0, 1, 2]


NOTHING = """
from trainings import CORNERS, Corners, follow
from tensorgraph.viz import Visualizer
visualizer = Visualizer(Corners(), CORNERS, [0, 1, 2], 2, 3, animate=True, colorgraph=True)
follow(visualizer, 3)
print(len(visualizer.train_loss_history))
"""


def test_without_display_or_file_one_line_says_so_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NOTHING],
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "3\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("Visualizer: there is no display here")
    assert "save=" in line
