"""Models on disk and back. Read next: ``test_model_files_refused``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import Block, Scale, X, Y, classifier, numbers, same
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.models import Model

OPTIMIZERS: dict[str, Callable[[], optim.Optimizer]] = {
    "SGD": lambda: optim.SGD(0.5),
    "momentum": lambda: optim.SGD(0.1, decay=0.01, momentum=0.9),
    "Adagrad": lambda: optim.Adagrad(0.1, decay=0.01),
    "RMSProp": lambda: optim.RMSProp(0.01, decay=0.01),
    "Adam": lambda: optim.Adam(0.02, decay=0.01),
    "Adam on a schedule": lambda: optim.Adam(optim.CosineDecay(0.05, steps=8, final=0.001)),
}


class Tuned(nn.Layer):
    """A layer of a user's own with a scalar parameter, and arguments of many kinds."""

    def __init__(
        self, shift: float, table: dict[str, Any], sizes: Any = (), *, flag: bool = True
    ) -> None:
        self.shift, self.table, self.sizes, self.flag = shift, table, sizes, flag
        self.temperature = tg.Tensor(np.float32(1.25))

    def forward(self, x: Any, training: bool) -> Any:
        return (x + self.shift) * self.temperature


class Huber(losses.Loss):
    """A loss of a user's own."""

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def mean(self, predictions: Any, targets: Any) -> Any:
        d = predictions - targets
        return (tg.sqrt(1 + (d / self.delta) ** 2) - 1).mean()


class SignDescent(optim.Optimizer):
    """An optimizer of a user's own."""

    def __init__(self, learning_rate: float = 0.01) -> None:
        super().__init__(learning_rate, 0.0)

    def update(self, p: Any, g: Any, state: Any, room: Any, rate: float) -> None:
        p -= np.float32(rate) * np.sign(g)


def trained(model: Model, epochs: int = 4) -> Model:
    model.train(X, Y, epochs=epochs, batch_size=25, print_every=0)
    return model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spiral.model"


# --- the whole model -----------------------------------------------------------------------------


def test_a_loaded_model_predicts_the_same_to_the_bit(path: Path) -> None:
    model = trained(classifier(dropout=0.2, weight_regularizer_l2=0.01))
    model.save(path)
    loaded = Model.load(path)
    assert same([model.predict(X)], [loaded.predict(X)])
    assert model.evaluate(X, Y) == loaded.evaluate(X, Y)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_loaded_model_trains_on_as_if_it_had_never_stopped(name: str, path: Path) -> None:
    straight, model = (classifier(OPTIMIZERS[name](), weight_regularizer_l1=0.01) for _ in range(2))
    trained(straight, 8)
    trained(model, 4).save(path)
    loaded = trained(Model.load(path), 4)
    assert same(numbers(straight), numbers(loaded))
    assert straight.optimizer is not None
    assert loaded.optimizer is not None
    assert straight.optimizer.current_learning_rate == loaded.optimizer.current_learning_rate


def test_saving_does_not_change_the_run(path: Path) -> None:
    saved, straight = classifier(), classifier()
    trained(saved, 4).save(path)
    assert same(numbers(trained(saved, 4)), numbers(trained(straight, 8)))


def test_a_loaded_model_is_described_alike(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier(optim.Adam(0.1, epsilon=1e-5), dropout=0.2, weight_regularizer_l2=0.01)
    model.save(path)
    model.summary()
    Model.load(path).summary()
    first, second = (part.splitlines() for part in capsys.readouterr().out.split("layer  ")[1:])
    assert first == second


def test_the_parameters_of_a_loaded_model_have_their_names(path: Path) -> None:
    model = Model([nn.Dense(2, 3, name="entry"), nn.Dense(3, 3)])
    model.finalize()
    model.save(path)
    assert list(Model.load(path).parameters()) == list(model.parameters())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype: Any, path: Path) -> None:
    model = classifier(dtype=dtype)
    model.save(path)
    loaded = Model.load(path)
    assert {p.dtype for p in loaded.parameters().values()} == {np.dtype(dtype)}
    assert same([model.predict(X)], [loaded.predict(X)])


def test_a_model_that_was_never_set_or_trained_is_saved(path: Path) -> None:
    model = Model([nn.Dense(2, 3)])
    model.finalize()
    model.save(path)
    loaded = Model.load(path)
    assert (loaded.loss, loaded.optimizer, loaded.accuracy) == (None, None, None)
    assert same([model.predict(X)], [loaded.predict(X)])


def test_the_precision_of_a_regression_is_kept(path: Path) -> None:
    model = Model([nn.Dense(2, 1)])
    model.set(
        loss=losses.MeanSquaredError(),
        optimizer=optim.SGD(0.1),
        accuracy=metrics.RegressionAccuracy(),
    )
    model.finalize()
    model.train(X, X[:, :1], print_every=0)
    model.save(path)
    assert Model.load(path).evaluate(X, X[:, :1]) == model.evaluate(X, X[:, :1])


@pytest.mark.parametrize("rate", [np.float32(0.5), np.float64(0.5), np.int64(1)], ids=repr)
def test_a_setting_that_is_a_number_of_numpy_is_kept(rate: Any, path: Path) -> None:
    classifier(optim.SGD(rate)).save(path)
    optimizer = Model.load(path).optimizer
    assert optimizer is not None
    assert optimizer.learning_rate == rate


def test_save_says_where(path: Path) -> None:
    assert classifier().save(str(path)) == path


def test_a_saved_model_may_be_saved_over(path: Path) -> None:
    model = classifier()
    model.save(path)
    trained(model).save(path)
    assert same(numbers(model), numbers(Model.load(path)))


def test_a_subclass_loads_as_itself(path: Path) -> None:
    class Mine(Model):
        """A model of a user's own."""

    classifier().save(path)
    assert type(Mine.load(path)) is Mine


# --- layers of one's own -------------------------------------------------------------------------


def test_layers_of_ones_own_are_saved_and_loaded(path: Path) -> None:
    layers = [nn.Dense(2, 4), Block(4), Scale(4, start=0.5), nn.Dense(4, 3), nn.Softmax()]
    model = Model(layers, seed=0)
    model.set(loss=losses.CategoricalCrossentropy(), optimizer=optim.Adam(0.05))
    model.finalize()
    trained(model).save(path)
    loaded = Model.load(path, layers={"Block": Block, "Scale": Scale})
    assert same([model.predict(X)], [loaded.predict(X)])
    assert same(numbers(trained(model)), numbers(trained(loaded)))


def test_arguments_of_every_plain_kind_are_kept(path: Path) -> None:
    table = {"a": [1, 2.5, None], "b": {"c": "text"}}
    model = Model([nn.Dense(2, 3), Tuned(np.float32(0.5), table, (3, np.int64(4)), flag=False)])
    model.finalize()
    model.save(path)
    loaded = Model.load(path, layers={"Tuned": Tuned})
    layer: Any = loaded.layers[1]
    assert (layer.shift, layer.table, layer.sizes, layer.flag) == (0.5, table, [3, 4], False)
    assert same([model.predict(X)], [loaded.predict(X)])


def test_a_loss_and_an_optimizer_of_ones_own_are_saved_and_loaded(path: Path) -> None:
    model = Model([nn.Dense(2, 1)], seed=0)
    model.set(loss=Huber(0.5), optimizer=SignDescent(0.125))
    model.finalize()
    model.save(path)
    loaded = Model.load(path, layers={"Huber": Huber, "SignDescent": SignDescent})
    assert (loaded.loss.delta, loaded.optimizer.learning_rate) == (0.5, 0.125)  # type: ignore[union-attr]


# --- parameters alone ----------------------------------------------------------------------------


def test_parameters_are_saved_and_loaded_into_another_model(path: Path) -> None:
    model, other = trained(classifier(seed=1)), classifier(seed=2)
    assert model.save_parameters(path) == path
    other.load_parameters(path)
    assert same(numbers(model), numbers(other))


def test_parameters_are_loaded_in_the_models_own_dtype(path: Path) -> None:
    model, other = classifier(seed=1), classifier(seed=2, dtype=np.float64)
    model.save_parameters(path)
    other.load_parameters(path)
    assert {array.dtype for array in numbers(other)} == {np.dtype(np.float64)}
    np.testing.assert_array_equal(numbers(other)[0], numbers(model)[0])


def test_training_goes_on_from_loaded_parameters(path: Path) -> None:
    model, other = classifier(optim.SGD(0.5), seed=1), classifier(optim.SGD(0.5), seed=2)
    model.save_parameters(path)
    trained(model)
    trained(other)
    other.load_parameters(path)
    assert same(numbers(model), numbers(trained(other)))
