"""``Model``: built, run, looked at. Read next: ``test_model_training``, ``test_model_refusals``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import Block, Scale, Squares, X, Y, classifier, numbers, same
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.errors import GraphError
from tensorgraph.models import Model

# --- building ------------------------------------------------------------------------------------


def test_layers_may_be_given_or_added() -> None:
    given = Model([nn.Dense(2, 3, rng=0), nn.ReLU()])
    added = Model()
    added.add(nn.Dense(2, 3, rng=0))
    added.add(nn.ReLU())
    for model in (given, added):
        model.finalize()
    np.testing.assert_array_equal(given.predict(X), added.predict(X))


def test_layers_are_named_after_their_class_and_numbered() -> None:
    names = [layer.name for layer in classifier(dropout=0.1).layers]
    assert names == ["dense_1", "relu_1", "dropout_1", "dense_2", "softmax_1"]


def test_names_that_were_given_stay_and_are_not_given_again() -> None:
    model = Model([nn.Dense(2, 3), nn.Dense(3, 3, name="dense_1"), nn.Dense(3, 3, name="last")])
    model.finalize()
    assert [layer.name for layer in model.layers] == ["dense_2", "dense_1", "last"]


def test_parameters_are_named_by_layer() -> None:
    assert list(classifier().parameters()) == [
        "dense_1.weights",
        "dense_1.biases",
        "dense_2.weights",
        "dense_2.biases",
    ]


def test_parameters_know_their_own_names() -> None:
    assert all(p.name == name for name, p in classifier().parameters().items())


def test_parameters_lie_in_one_buffer() -> None:
    model = classifier()
    bases = {id(p.data.base) for p in model.parameters().values()}
    assert len(bases) == 1


def test_set_changes_only_what_is_given() -> None:
    model = classifier()
    loss, optimizer = model.loss, optim.SGD()
    model.set(optimizer=optimizer)
    assert (model.loss, model.optimizer) == (loss, optimizer)


def test_a_model_may_grow_after_finalize() -> None:
    model = Model([nn.Dense(2, 3)])
    model.finalize()
    before = numbers(model)
    model.add(nn.Dense(3, 4))
    model.finalize()
    assert model.predict(X).shape == (60, 4)
    assert same(before, numbers(model)[:2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_models_dtype_is_that_of_its_parameters_and_outputs(dtype: Any) -> None:
    model = classifier(dtype=dtype)
    assert {p.dtype for p in model.parameters().values()} == {np.dtype(dtype)}
    assert model.predict(X).dtype == dtype


def test_a_layers_own_dtype_goes_first() -> None:
    model = Model([nn.Dense(2, 3, dtype=np.float64), nn.Dense(3, 3)])
    model.finalize()
    assert [p.dtype.name for p in model.parameters().values()] == ["float64"] * 2 + ["float32"] * 2


# --- running -------------------------------------------------------------------------------------


def test_predict_is_the_layers_one_after_the_other() -> None:
    model = classifier()
    w1, b1, w2, b2 = (array.astype(np.float64) for array in numbers(model))
    z = np.maximum(X @ w1 + b1, 0) @ w2 + b2
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    np.testing.assert_allclose(model.predict(X), p, rtol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 60, 100])
def test_predict_in_batches_is_the_same(batch_size: int) -> None:
    model = classifier()
    np.testing.assert_allclose(model.predict(X, batch_size=batch_size), model.predict(X), rtol=1e-5)


def test_predict_drops_nothing_out() -> None:
    model = classifier(dropout=0.5)
    np.testing.assert_array_equal(model.predict(X), model.predict(X))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(X.tolist(), id="lists"),
        pytest.param(tg.Tensor(X), id="a tensor"),
        pytest.param(X.astype(np.float64), id="float64"),
        pytest.param(np.asfortranarray(X), id="columns first"),
    ],
)
def test_predict_takes(given: Any) -> None:
    model = classifier()
    np.testing.assert_allclose(model.predict(given), model.predict(X), rtol=1e-6)


def test_evaluate_is_the_loss_and_the_accuracy_of_the_predictions() -> None:
    model = classifier(dropout=0.5, weight_regularizer_l2=0.1)
    p = model.predict(X)
    loss, accuracy = model.evaluate(X, Y)
    assert loss == pytest.approx(-np.mean(np.log(p[np.arange(60), Y])), rel=1e-5)
    assert accuracy == pytest.approx(np.mean(p.argmax(1) == Y))


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_evaluate_weighs_a_short_batch_by_its_rows(batch_size: int) -> None:
    model = classifier()
    assert model.evaluate(X, Y, batch_size=batch_size) == pytest.approx(
        model.evaluate(X, Y), rel=1e-5
    )


def test_evaluate_without_accuracy_gives_none() -> None:
    model = Model([nn.Dense(2, 1)])
    model.set(loss=losses.MeanSquaredError())
    model.finalize()
    assert model.evaluate(X, Y)[1] is None


def test_layers_of_ones_own_run_in_a_model() -> None:
    model = Model([Squares(), nn.Dense(4, 6), Block(6), Squares(), nn.Dense(12, 3), Scale(3)])
    model.finalize()
    assert model.predict(X).shape == (60, 3)
    assert len(model.parameters()) == 2 + 5 + 2 + 1


# --- looking -------------------------------------------------------------------------------------


def test_summary_prints_layers_counts_and_what_it_is_trained_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    classifier(optim.SGD(0.5, momentum=0.9), dropout=0.25, weight_regularizer_l2=5e-4).summary()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["layer", "kind", "output", "parameters", "penalties"]
    assert set("".join(lines[1])) == {"-"}
    assert lines[2:] == [
        ["dense_1", "Dense", "(n,", "8)", "24", "L2", "0.0005", "on", "weights"],
        ["relu_1", "ReLU", "(n,", "8)", "0"],
        ["dropout_1", "Dropout", "25%", "(n,", "8)", "0"],
        ["dense_2", "Dense", "(n,", "3)", "27"],
        ["softmax_1", "Softmax", "(n,", "3)", "0"],
        ["51", "parameters"],
        ["CategoricalCrossentropy(from_logits=False)"],
        ["SGD(learning_rate=0.5,", "decay=0.0,", "momentum=0.9)"],
        ["CategoricalAccuracy()"],
        ["step:", "compiled"],
    ]


@pytest.mark.parametrize(
    ("layer", "loss", "name"),
    [
        pytest.param(
            nn.Softmax(), losses.CategoricalCrossentropy(), "softmax_cross_entropy", id="CCE"
        ),
        pytest.param(nn.Sigmoid(), losses.BinaryCrossentropy(), "sigmoid_cross_entropy", id="BCE"),
        pytest.param(nn.Identity(), losses.MeanSquaredError(), "mean", id="MSE"),
        pytest.param(nn.Softmax(), None, "softmax", id="no loss"),
    ],
)
def test_expression_is_what_pictures_draw(layer: nn.Layer, loss: Any, name: str) -> None:
    model = Model([nn.Dense(2, 3), layer])
    model.set(loss=loss)
    model.finalize()
    assert model.expression()._node.primitive.name == name


@pytest.mark.parametrize("what", ["predict", "parameters", "summary", "evaluate", "train", "save"])
def test_before_finalize_nothing_runs(what: str) -> None:
    model = Model([nn.Dense(2, 3)])
    model.set(
        loss=losses.MeanSquaredError(), optimizer=optim.SGD(), accuracy=metrics.RegressionAccuracy()
    )
    arguments = {"predict": [X], "evaluate": [X, Y], "train": [X, Y], "save": ["x"]}
    with pytest.raises(
        GraphError, match=rf"{what}\(\) comes after .*call model.finalize\(\) first"
    ):
        getattr(model, what)(*arguments.get(what, []))


class Inside(nn.Layer):
    """A layer that holds another."""

    def __init__(self, layer: nn.Layer) -> None:
        self.layer = layer

    def forward(self, x: Any, training: bool) -> Any:
        return self.layer(x, training)


@pytest.mark.parametrize("wrap", [lambda layer: layer, Inside, lambda layer: Inside(Inside(layer))])
def test_drawing_a_model_leaves_its_generators_where_they_were(wrap: Any) -> None:
    dropout = nn.Dropout(0.5, rng=3)
    model = Model([nn.Dense(2, 4, rng=1), wrap(dropout)])
    model.finalize()
    before = dropout.rng.bit_generator.state
    model.expression()
    assert dropout.rng.bit_generator.state == before
