"""``Model.train`` compiled is ``Model.train`` as it is: histories, parameters, predictions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import X_VAL, Y_VAL, Block, Scale, X, Y, classifier, numbers
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.errors import DataError, PerformanceWarning
from tensorgraph.models import Model
from tensorgraph.train import Callback

ULPS = 16  # of the largest in an array: forty steps, sums added up in another order

ROWS, ROWS_VAL = np.eye(3, dtype=np.float32)[Y], np.eye(3, dtype=np.float32)[Y_VAL]


def of(
    layers: list[nn.Layer], loss: losses.Loss, optimizer: optim.Optimizer | None = None, **more: Any
) -> Model:
    accuracy = more.pop("accuracy", metrics.CategoricalAccuracy())
    model = Model(layers, seed=0, **more)
    model.set(loss=loss, optimizer=optimizer or optim.Adam(0.02), accuracy=accuracy)
    model.finalize()
    return model


def dense(*penalties: float) -> list[nn.Layer]:
    names = ("weight_regularizer_l1", "bias_regularizer_l2")
    return [nn.Dense(2, 8, **dict(zip(names, penalties, strict=False))), nn.ReLU(), nn.Dense(8, 3)]


cce = losses.CategoricalCrossentropy

MODELS: dict[str, tuple[Callable[[], Model], Any, Any]] = {
    "softmax": (classifier, Y, Y_VAL),
    "float64": (lambda: classifier(dtype=np.float64), Y, Y_VAL),
    "penalties": (lambda: of([*dense(0.01, 0.02), nn.Softmax()], cce()), Y, Y_VAL),
    "dropout": (lambda: classifier(dropout=0.3), Y, Y_VAL),
    "logits": (lambda: of(dense(), cce(from_logits=True)), Y, Y_VAL),
    "one-hot": (lambda: of([*dense(), nn.Softmax()], cce()), ROWS, ROWS_VAL),
    "binary": (
        lambda: of(
            [*dense(), nn.Sigmoid()], losses.BinaryCrossentropy(), accuracy=metrics.BinaryAccuracy()
        ),
        ROWS,
        ROWS_VAL,
    ),
    "binary logits": (
        lambda: of(dense(), losses.BinaryCrossentropy(from_logits=True), accuracy=None),
        ROWS,
        ROWS_VAL,
    ),
    "regression": (
        lambda: of(
            [nn.Dense(2, 8), nn.Tanh(), nn.Dense(8, 3)],
            losses.MeanSquaredError(),
            accuracy=metrics.RegressionAccuracy(),
        ),
        ROWS,
        ROWS_VAL,
    ),
    "absolute values": (
        lambda: of(dense(), losses.MeanAbsoluteError(), accuracy=metrics.RegressionAccuracy()),
        ROWS,
        ROWS_VAL,
    ),
    "a schedule": (
        lambda: of(dense(), cce(from_logits=True), optim.SGD(optim.CosineDecay(0.5, 30))),
        Y,
        Y_VAL,
    ),
    "momentum": (
        lambda: of(dense(), cce(from_logits=True), optim.SGD(0.3, decay=0.01, momentum=0.9)),
        Y,
        Y_VAL,
    ),
    "layers of one's own": (
        lambda: of([Scale(2), Block(2), *dense()], cce(from_logits=True)),
        Y,
        Y_VAL,
    ),
}


def train(model: Model, y: Any, y_val: Any, **options: Any) -> Any:
    options = {"epochs": 10, "batch_size": 16, "print_every": 0, **options}
    return model.train(X, y, validation_data=(X_VAL, y_val), **options)


def near(ours: Any, theirs: Any, ulps: int = ULPS) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    kind = np.float64 if ours.dtype == np.float64 else np.float32
    limit = ulps * np.spacing(kind(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=float(limit))


@pytest.mark.parametrize("name", MODELS)
def test_a_training(name: str) -> None:
    make, y, y_val = MODELS[name]
    eager, compiled = make(), make()
    before = train(eager, y, y_val, compile=False)
    after = train(compiled, y, y_val)
    for ours, theirs in zip(numbers(compiled), numbers(eager), strict=True):
        near(ours, theirs)
    for ours, theirs in zip(after.records, before.records, strict=True):
        for what in theirs._fields:
            a, b = getattr(ours, what), getattr(theirs, what)
            assert (a is None) is (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-7, err_msg=what)
    assert compiled._programs.summary().startswith("step: compiled, ")


@pytest.mark.parametrize("name", MODELS)
def test_predictions_and_evaluations(name: str) -> None:
    """Of a trained model, whose programs were recorded or not yet."""
    make, y, y_val = MODELS[name]
    model = make()
    train(model, y, y_val, epochs=2)
    eager = np.concatenate([np.asarray(model.forward(X[i : i + 16]).data) for i in (0, 16, 32, 48)])
    for _ in range(4):
        near(model.predict(X, batch_size=16), eager)
    figures = [model.evaluate(X, y, batch_size=16) for _ in range(4)]
    for loss, accuracy in figures:
        np.testing.assert_allclose(loss, figures[0][0], rtol=1e-6)
        assert accuracy == figures[0][1]


# --- a layer that cannot be compiled -------------------------------------------------------------


class Peeking(nn.Layer):
    """Looks at a value."""

    def forward(self, x: Any, training: bool) -> Any:
        return x * 2 if tg.max(x).item() > 1e9 else x


class Counting(nn.Layer):
    """Does not do the same twice."""

    def __init__(self) -> None:
        self.calls = 0

    def forward(self, x: Any, training: bool) -> Any:
        self.calls += 1
        return x * (1 + 1e-6 * self.calls)


@pytest.mark.parametrize("layer", [Peeking, Counting])
def test_it_falls_back_and_says_so(
    layer: type[nn.Layer], capsys: pytest.CaptureFixture[str]
) -> None:
    def make() -> Model:
        return of([nn.Dense(2, 8), layer(), nn.ReLU(), nn.Dense(8, 3)], cce(from_logits=True))

    eager, compiled = make(), make()
    train(eager, Y, Y_VAL, compile=False)
    with pytest.warns(PerformanceWarning, match="the training step is not compiled: .*test_comp"):
        train(compiled, Y, Y_VAL)
    if layer is Peeking:
        for ours, theirs in zip(numbers(compiled), numbers(eager), strict=True):
            near(ours, theirs)
    assert compiled.optimizer is not None
    assert compiled.optimizer.iterations == 40
    compiled.summary()
    assert "step: as it is, not compiled: " in capsys.readouterr().out


def test_dropout_goes_on_as_it_would_where_it_falls_back() -> None:
    def make() -> Model:
        layers = [nn.Dense(2, 8), nn.Dropout(0.3), Peeking(), nn.Dense(8, 3)]
        return of(layers, cce(from_logits=True))

    eager, compiled = make(), make()
    train(eager, Y, Y_VAL, compile=False)
    with pytest.warns(PerformanceWarning, match="not compiled"):
        train(compiled, Y, Y_VAL)
    for ours, theirs in zip(numbers(compiled), numbers(eager), strict=True):
        near(ours, theirs)


def test_what_is_wrong_with_the_data_is_no_reason_to_fall_back() -> None:
    model = classifier()
    with pytest.raises(DataError, match="labels go from"):
        train(model, Y + 5, Y_VAL)
    train(model, Y, Y_VAL, epochs=1)
    assert model._programs.summary().startswith("step: compiled, ")


def test_the_summary_without_compiling(capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier()
    train(model, Y, Y_VAL, epochs=1, compile=False)
    model.summary()
    assert "step: as it is (compile=False)" in capsys.readouterr().out


# --- goes on -------------------------------------------------------------------------------------


def test_saved_and_taken_up_in_the_middle(tmp_path: Path) -> None:
    whole, first = classifier(), classifier()
    train(whole, Y, Y_VAL, epochs=8)
    train(first, Y, Y_VAL, epochs=3)
    second = Model.load(first.save(tmp_path / "model.safetensors"))
    train(second, Y, Y_VAL, epochs=5)
    for ours, theirs in zip(numbers(second), numbers(whole), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_compiled_and_not_in_turn() -> None:
    eager, mixed = classifier(dropout=0.2), classifier(dropout=0.2)
    train(eager, Y, Y_VAL, epochs=6, compile=False)
    for how in (True, False, True):
        train(mixed, Y, Y_VAL, epochs=2, compile=how)
    for ours, theirs in zip(numbers(mixed), numbers(eager), strict=True):
        near(ours, theirs)


def _optimizer(model: Model) -> None:
    model.set(optimizer=optim.SGD(0.3))


def _loss(model: Model) -> None:
    model.set(loss=cce(from_logits=False))


def _penalty(model: Model) -> None:
    model.layers[0].weight_regularizer_l2 = 0.5  # type: ignore[attr-defined]


def _dropout(model: Model) -> None:
    model.layers[2].rate = 0.7  # type: ignore[attr-defined]


def _rate(model: Model) -> None:
    assert model.optimizer is not None
    model.optimizer.learning_rate = 0.5


def _parameters(model: Model) -> None:
    model.set_parameters([tuple(a / 2 for a in pair) for pair in model.get_parameters()])


@pytest.mark.parametrize("change", [_optimizer, _loss, _penalty, _dropout, _rate, _parameters])
def test_what_changes_between_trainings_counts(change: Callable[[Model], None]) -> None:
    found = []
    for how in (False, True):
        model = classifier(dropout=0.2, weight_regularizer_l2=0.01)
        train(model, Y, Y_VAL, epochs=2, compile=how)
        change(model)
        train(model, Y, Y_VAL, epochs=2, compile=how)
        found.append(numbers(model))
    for ours, theirs in zip(found[1], found[0], strict=True):
        near(ours, theirs)


class Slower(Callback):
    """Changes the learning rate and a rate of dropout in the middle of a training."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def on_epoch(self, record: Any) -> None:
        assert self.model.optimizer is not None
        if record.epoch == 3:
            self.model.optimizer.learning_rate = 0.001
            self.model.layers[2].rate = 0.8  # type: ignore[attr-defined]


def test_what_a_callback_changes_counts() -> None:
    found = []
    for how in (False, True):
        model = classifier(dropout=0.2)
        train(model, Y, Y_VAL, compile=how, callbacks=[Slower(model)])
        found.append(numbers(model))
    for ours, theirs in zip(found[1], found[0], strict=True):
        near(ours, theirs)


def test_no_warnings_of_its_own() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for batch_size in (7, 11, 16):
            train(classifier(dropout=0.2), Y, Y_VAL, batch_size=batch_size, epochs=2)
