"""``Model.train``: what it does to the parameters. Read next: ``test_model_records``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import X_VAL, Y_VAL, Block, Scale, X, Y, classifier, numbers, same
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.models import Model
from tensorgraph.train import Callback, History


def trained(model: Model, epochs: int = 3, **arguments: Any) -> History:
    return model.train(X, Y, epochs=epochs, print_every=0, **arguments)


# --- what is learned -----------------------------------------------------------------------------


def test_a_network_learns_the_spiral() -> None:
    model = Model([nn.Dense(2, 32), nn.ReLU(), nn.Dense(32, 3), nn.Softmax()], seed=2)
    model.set(
        loss=losses.CategoricalCrossentropy(),
        optimizer=optim.Adam(0.05),
        accuracy=metrics.CategoricalAccuracy(),
    )
    model.finalize()
    history = trained(model, 200)
    assert history["loss"][-1] < 0.5 < 1.0 < history["loss"][0]
    assert history["accuracy"][-1] > 0.8


def test_a_network_with_layers_of_ones_own_learns_the_spiral() -> None:
    model = Model(
        [nn.Dense(2, 8), Block(8), nn.Tanh(), Scale(8), nn.Dense(8, 3), nn.Softmax()], seed=0
    )
    model.set(loss=losses.CategoricalCrossentropy(), optimizer=optim.Adam(0.05))
    model.finalize()
    start = numbers(model)
    history = trained(model, 100)["loss"]
    assert history[-1] < 0.7 * history[0]
    assert not any(np.array_equal(a, b) for a, b in zip(start, numbers(model), strict=True))


def test_a_line_is_found_exactly() -> None:
    x = np.linspace(-1, 1, 20).reshape(-1, 1)
    model = Model([nn.Dense(1, 1)], dtype=np.float64, seed=0)
    accuracy = metrics.RegressionAccuracy()
    model.set(loss=losses.MeanSquaredError(), optimizer=optim.SGD(0.5), accuracy=accuracy)
    model.finalize()
    history = model.train(x, 3 * x - 1, epochs=200, print_every=0)
    weights, biases = numbers(model)
    assert (weights.item(), biases.item()) == pytest.approx((3, -1))
    assert accuracy.precision == pytest.approx(np.std(3 * x - 1) / 250)
    assert history.last.accuracy == 1.0


@pytest.mark.parametrize("shape", [(60,), (60, 1)])
def test_one_sigmoid_takes_one_label_a_row(shape: tuple[int, ...]) -> None:
    model = Model([nn.Dense(2, 8), nn.ReLU(), nn.Dense(8, 1), nn.Sigmoid()], seed=0)
    model.set(
        loss=losses.BinaryCrossentropy(),
        optimizer=optim.Adam(0.05),
        accuracy=metrics.BinaryAccuracy(),
    )
    model.finalize()
    history = model.train(X, (Y == 0).reshape(shape).astype(int), epochs=100, print_every=0)
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert 0.7 < history["accuracy"][-1] <= 1


def test_class_numbers_and_one_hot_rows_train_alike() -> None:
    first, second = classifier(dtype=np.float64), classifier(dtype=np.float64)
    trained(first)
    second.train(X, np.eye(3)[Y], epochs=3, print_every=0)
    np.testing.assert_allclose(first.predict(X), second.predict(X), rtol=1e-12)


def test_training_twice_goes_on_where_it_stopped() -> None:
    once, twice = classifier(), classifier()
    trained(once, 6)
    trained(twice, 3)
    trained(twice, 3)
    assert same(numbers(once), numbers(twice))


def test_models_may_train_in_several_threads_at_once() -> None:
    alone = [classifier(seed=i, weight_regularizer_l2=0.01) for i in range(4)]
    at_once = [classifier(seed=i, weight_regularizer_l2=0.01) for i in range(4)]
    for model in alone:
        trained(model, 50)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda model: trained(model, 50), at_once))
    for one, other in zip(alone, at_once, strict=True):
        assert same(numbers(one), numbers(other))


def test_the_data_are_left_as_they_are() -> None:
    x, y = X.copy(), Y.copy()
    classifier().train(x, y, epochs=2, batch_size=7, print_every=0)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)


# --- the same run again --------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 7])
def test_the_same_model_seed_is_the_same_run_to_the_bit(batch_size: int | None) -> None:
    runs = []
    for noise in (1, 2):
        tg.seed(noise)  # the model has a generator of its own
        model = classifier(seed=3, dropout=0.3)
        history = trained(model, 5, batch_size=batch_size)
        runs.append((numbers(model), history.records))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]


def test_the_same_default_seed_is_the_same_run_to_the_bit() -> None:
    runs = []
    for _ in range(2):
        tg.seed(3)
        model = classifier(seed=None, dropout=0.3)
        trained(model, 5, batch_size=7)
        runs.append(numbers(model))
    assert same(*runs)


def test_another_seed_is_another_run() -> None:
    assert trained(classifier(seed=3)).last.loss != trained(classifier(seed=4)).last.loss


@pytest.mark.parametrize(
    "watching",
    [
        pytest.param({"validation_data": (X_VAL, Y_VAL)}, id="validation"),
        pytest.param({"callbacks": [Callback()]}, id="callbacks"),
    ],
)
def test_training_does_not_depend_on(watching: dict[str, Any]) -> None:
    plain, watched = classifier(dropout=0.3), classifier(dropout=0.3)
    trained(plain)
    trained(watched, **watching)
    assert same(numbers(plain), numbers(watched))
