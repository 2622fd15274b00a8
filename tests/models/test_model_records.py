"""What ``Model.train`` records, and whom it tells."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from networks import X_VAL, Y_VAL, X, Y, classifier, numbers, same
from tensorgraph import losses, nn, optim
from tensorgraph.models import Model
from tensorgraph.train import Callback, EpochRecord, History, StepRecord


class Collects(Callback):
    """Keeps the records, and can stop the training."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.steps: list[StepRecord] = []
        self.epochs: list[EpochRecord] = []
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.stop_at = stop_at

    def on_train_begin(self, epochs: int) -> None:
        self.begun.append(epochs)

    def on_step(self, record: StepRecord) -> None:
        self.steps.append(record)

    def on_epoch(self, record: EpochRecord) -> None:
        self.epochs.append(record)
        if record.epoch == self.stop_at:
            signal.raise_signal(signal.SIGINT)  # what Ctrl-C does

    def on_train_end(self, history: History) -> None:
        self.ended.append(len(history))


def trained(model: Model, epochs: int = 3, **arguments: Any) -> History:
    return model.train(X, Y, epochs=epochs, print_every=0, **arguments)


# --- what is recorded ----------------------------------------------------------------------------


def penalty_of(model: Model) -> float:
    weights, biases = numbers(model)[:2]
    return float(0.1 * np.sum(np.square(weights)) + 0.2 * np.sum(np.abs(biases)))


def test_data_loss_and_penalty_are_reported_apart() -> None:
    model = classifier(weight_regularizer_l2=0.1, bias_regularizer_l1=0.2)
    data_loss, penalty = model.evaluate(X, Y)[0], penalty_of(model)
    seen = Collects()
    trained(model, 1, callbacks=[seen])
    (step,), (epoch,) = seen.steps, seen.epochs
    assert (step.data_loss, step.regularization_loss) == pytest.approx(
        (data_loss, penalty), rel=1e-5
    )
    assert step.loss == pytest.approx(data_loss + penalty, rel=1e-5)
    # the epoch has the penalty of the parameters after the step
    assert epoch.regularization_loss == pytest.approx(penalty_of(model), rel=1e-5)
    assert epoch.loss == pytest.approx(epoch.data_loss + epoch.regularization_loss)


def test_steps_are_measured_with_dropout_and_validation_without() -> None:
    model, seen = classifier(optim.SGD(1e-12), dropout=0.5), Collects()
    whole = model.evaluate(X, Y)[0]
    trained(model, 1, callbacks=[seen], validation_data=(X, Y))
    assert abs(seen.steps[0].data_loss - whole) > 0.01
    assert seen.epochs[0].validation_loss == pytest.approx(whole, rel=1e-6)


def test_penalties_are_trained_down() -> None:
    model = classifier(optim.SGD(0.01), weight_regularizer_l2=10.0)
    before = np.square(numbers(model)[0]).sum()
    trained(model, 20)
    assert np.square(numbers(model)[0]).sum() < 0.05 * before


def test_without_penalties_their_loss_is_0() -> None:
    assert trained(classifier())["regularization_loss"] == [0.0, 0.0, 0.0]


def test_validation_is_measured_after_the_epoch_without_dropout_and_penalties() -> None:
    model = classifier(dropout=0.5, weight_regularizer_l2=0.1)
    last = trained(model, validation_data=(X_VAL, Y_VAL)).last
    assert (last.validation_loss, last.validation_accuracy) == model.evaluate(X_VAL, Y_VAL)


def test_validation_in_batches_is_the_same() -> None:
    whole = trained(classifier(optim.SGD(1e-9)), 1, batch_size=60, validation_data=(X_VAL, Y_VAL))
    parts = trained(classifier(optim.SGD(1e-9)), 1, batch_size=4, validation_data=(X_VAL, Y_VAL))
    assert parts["validation_loss"] == pytest.approx(whole["validation_loss"], rel=1e-5)
    assert parts["validation_accuracy"] == pytest.approx(whole["validation_accuracy"])


def test_a_short_last_batch_weighs_less_in_the_epoch() -> None:
    seen = Collects()
    trained(classifier(), 1, batch_size=25, callbacks=[seen])
    weights = np.array([25, 25, 10]) / 60
    assert seen.epochs[0].data_loss == pytest.approx(weights @ [s.data_loss for s in seen.steps])
    assert seen.epochs[0].accuracy == pytest.approx(weights @ [s.accuracy for s in seen.steps])


def test_the_rate_recorded_is_the_one_of_the_step() -> None:
    seen = Collects()
    trained(classifier(optim.SGD(1.0, decay=0.5)), 2, batch_size=30, callbacks=[seen])
    assert [s.learning_rate for s in seen.steps] == [1.0, 1 / 1.5, 0.5, 0.4]
    assert [e.learning_rate for e in seen.epochs] == [1 / 1.5, 0.4]


def test_a_model_without_accuracy_records_none() -> None:
    model = Model([nn.Dense(2, 3), nn.Softmax()])
    model.set(loss=losses.CategoricalCrossentropy(), optimizer=optim.SGD())
    model.finalize()
    history = trained(model, validation_data=(X_VAL, Y_VAL))
    assert history["accuracy"] == history["validation_accuracy"] == [None] * 3


def test_gradients_can_be_looked_at_after_training() -> None:
    model = classifier()
    trained(model, 1)
    assert all(np.any(p.grad) for p in model.parameters().values())


# --- who is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["callback", "visualizer"])
def test_records_are_handed_to_a(role: str) -> None:
    model, seen = classifier(), Collects()
    if role == "visualizer":
        model.set(visualizer=seen)
    history = trained(model, 2, batch_size=25, callbacks=[seen] if role == "callback" else [])
    assert (seen.begun, len(seen.steps), seen.epochs, seen.ended) == ([2], 6, history.records, [2])


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where a shell started the tests with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_training_and_leaves_a_model_that_works() -> None:
    model, seen = classifier(), Collects(stop_at=2)
    with pytest.raises(KeyboardInterrupt):
        trained(model, 5, callbacks=[seen])
    assert seen.ended == [2]
    rest = trained(model, 3)
    straight = classifier()
    trained(straight, 5)
    assert len(rest) == 3
    assert same(numbers(model), numbers(straight))


def test_an_exception_in_a_callback_comes_through() -> None:
    class Fails(Callback):
        def on_step(self, record: StepRecord) -> None:
            raise ZeroDivisionError("from a callback")

    with pytest.raises(ZeroDivisionError, match="from a callback"):
        trained(classifier(), callbacks=[Fails()])
