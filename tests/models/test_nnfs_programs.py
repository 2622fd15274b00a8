"""Programs as readers of the book write them, smaller, with only the import line changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorgraph.models import nnfs

Run = Callable[[str], tuple[dict[str, Any], list[str]]]

STEP = re.compile(
    r"(?:epoch|step): (\d+), acc: (\d\.\d{3}), loss: (\d+\.\d{3}) "
    r"\(data_loss: (\d+\.\d{3}), reg_loss: (\d+\.\d{3})\), lr: (\S+)"
)
VALIDATION = re.compile(r"validation, acc: (\d\.\d{3}), loss: (\d+\.\d{3})")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """A function that runs a program, and returns its variables and the lines it prints."""
    monkeypatch.setattr(nnfs._Defaults, "dtype", None)
    monkeypatch.chdir(tmp_path)

    def program(text: str) -> tuple[dict[str, Any], list[str]]:
        space: dict[str, Any] = {"__name__": "__main__"}
        exec("from tensorgraph.models.nnfs import *\ninit()\n" + text, space)
        return space, capsys.readouterr().out.splitlines()

    return program


def figures(lines: list[str], pattern: re.Pattern[str] = STEP) -> list[tuple[float, ...]]:
    """The numbers of the lines, all of which must be of the pattern."""
    found = [pattern.fullmatch(line) for line in lines]
    assert all(found), lines
    return [tuple(map(float, match.groups())) for match in found if match]


SPIRAL = """
X, y = spiral_data(samples=60, classes=3)
X_test, y_test = spiral_data(samples=20, classes=3)
model = Model()
model.add(Layer_Dense(2, 32, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
model.add(Activation_ReLU())
model.add(Layer_Dropout(0.1))
model.add(Layer_Dense(32, 3))
model.add(Activation_Softmax())
model.set(
    loss=Loss_CategoricalCrossentropy(),
    optimizer=Optimizer_Adam(learning_rate=0.05, decay=5e-5),
    accuracy=Accuracy_Categorical(),
)
model.finalize()
"""


def test_chapter_18_trains_on_the_whole_set_and_prints_epochs(run: Run) -> None:
    _, lines = run(
        SPIRAL + "model.train(X, y, validation_data=(X_test, y_test), epochs=300, print_every=100)"
    )
    epochs, validation = figures(lines[::2]), figures(lines[1::2], VALIDATION)
    assert [line[0] for line in epochs] == [100, 200, 300]
    assert [line[5] for line in epochs] == [0.05 / (1 + 5e-5 * n) for n in (99, 199, 299)]
    for _, _, loss, data_loss, reg_loss, _ in epochs:
        assert loss == pytest.approx(data_loss + reg_loss, abs=0.0015)
        assert reg_loss > 0
    assert epochs[-1][2] < epochs[0][2] < 1.0
    assert validation[-1][0] > 0.45


def test_chapter_19_trains_in_batches_and_prints_steps(run: Run) -> None:
    _, lines = run(
        SPIRAL
        + """
X, y = shuffle_array(X, y)
model.train(X, y, validation_data=(X_test, y_test), epochs=2, batch_size=1, print_every=100)
"""
    )
    assert [line.split(",")[0] for line in lines] == [
        "epoch: 1",
        "step: 0",
        "step: 100",
        "step: 179",
        "training",
        "validation",
        "epoch: 2",
        "step: 0",
        "step: 100",
        "step: 179",
        "training",
        "validation",
    ]
    steps = figures([line for line in lines if line.startswith("step")])
    assert steps[1][5] == 0.05 / (1 + 5e-5 * 100)
    assert steps[-1][5] == 0.05 / (1 + 5e-5 * 359)
    figures([line for line in lines if line.startswith("validation")], VALIDATION)
    training = [
        line.replace("training", "step: 0") for line in lines if line.startswith("training")
    ]
    assert [line[5] for line in figures(training)] == [steps[2][5], steps[5][5]]


BINARY = """
X, y = spiral_data(samples=60, classes=2)
y = y.reshape(-1, 1)
model = Model()
model.add(Layer_Dense(2, 32, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
model.add(Activation_ReLU())
model.add(Layer_Dense(32, OUTPUTS))
model.add(Activation_Sigmoid())
model.set(
    loss=Loss_BinaryCrossentropy(),
    optimizer=Optimizer_Adam(learning_rate=0.02, decay=5e-7),
    accuracy=Accuracy_Categorical(binary=True),
)
model.finalize()
"""


def test_a_binary_network_trains(run: Run) -> None:
    _, lines = run(
        BINARY.replace("OUTPUTS", "1") + "model.train(X, y, epochs=300, print_every=100)"
    )
    epochs = figures(lines)
    assert epochs[-1][1] > 0.8
    assert epochs[-1][2] < epochs[0][2]


def test_two_binary_outputs_never_print_an_accuracy_above_1(run: Run) -> None:
    program = (
        BINARY.replace("OUTPUTS", "2")
        + "model.train(X, Y, epochs=40, print_every=1, batch_size=50)"
    )
    _, lines = run("import numpy as np\n" + program.replace("Y,", "np.hstack([y, 1 - y]),"))
    steps = figures([line for line in lines if line.startswith("step")])
    assert 0.7 < max(line[1] for line in steps) <= 1


REGRESSION = """
X, y = sine_data(200)
model = Model()
model.add(Layer_Dense(1, 32))
model.add(Activation_ReLU())
model.add(Layer_Dense(32, 32))
model.add(Activation_ReLU())
model.add(Layer_Dense(32, 1))
model.add(Activation_Linear())
model.set(loss=LOSS(), optimizer=Optimizer_Adam(0.005, 1e-3), accuracy=Accuracy_Regression())
model.finalize()
history = model.train(X, y, epochs=200, print_every=100)
"""


@pytest.mark.parametrize("loss", ["Loss_MeanSquaredError", "Loss_MeanAbsoluteError"])
def test_a_regression_trains(loss: str, run: Run) -> None:
    space, lines = run(REGRESSION.replace("LOSS", loss))
    assert len(figures(lines)) == 2
    assert space["history"]["loss"][-1] < 0.5 * space["history"]["loss"][0]
    assert space["model"].accuracy.precision == pytest.approx(np.std(space["y"]) / 250)


def test_chapter_22_saves_loads_evaluates_and_predicts(run: Run) -> None:
    space, lines = run(
        SPIRAL
        + """
model.train(X, y, epochs=30, print_every=0)
before = model.evaluate(X_test, y_test)
parameters = model.get_parameters()
model.save_parameters('spiral.parms')
model.save('spiral.model')
model.set_parameters(parameters)
model.load_parameters('spiral.parms')
model = Model.load('spiral.model')
after = model.evaluate(X_test, y_test, batch_size=7)
confidences = model.predict(X_test[:5])
predictions = model.output_layer_activation.predictions(confidences)
"""
    )
    ((accuracy, loss), again) = figures(lines, VALIDATION)
    assert again == (accuracy, loss)
    assert space["before"] == pytest.approx((loss, accuracy), abs=5e-4)
    np.testing.assert_array_equal(space["predictions"], space["confidences"].argmax(1))
    assert type(space["model"]) is nnfs.Model


@pytest.mark.parametrize("order", ["before the layers", "after the layers"])
def test_the_program_with_the_visualizer_runs_without_a_display(
    order: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    visualizer = """
visualizer = Visualizer(
    model=model,
    animate=True,
    X=X_val,
    y=y_val,
    n_inputs=2,
    n_outputs=3,
    colorgraph=True,
    validation=True,
)
"""
    layers = """
model.add(Layer_Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
model.add(Activation_ReLU())
model.add(Layer_Dense(64, 3))
model.add(Activation_Softmax())
"""
    parts = [visualizer, layers] if order == "before the layers" else [layers, visualizer]
    space, _ = run(
        "X, y = spiral_data(60, 3)\nX_val, y_val = spiral_data(20, 3)\nmodel = Model()\n"
        + "".join(parts)
        + """
model.set(
    loss=Loss_CategoricalCrossentropy(),
    optimizer=Optimizer_Adam(learning_rate=0.01, decay=5e-7),
    accuracy=Accuracy_Categorical(),
    visualizer=visualizer,
)
model.finalize()
history = model.train(X, y, epochs=12, validation_data=(X_val, y_val), print_every=0)
"""
    )
    assert space["visualizer"].train_accuracy_history == space["history"]["accuracy"]
    assert space["visualizer"].test_loss_history == space["history"]["validation_loss"]
