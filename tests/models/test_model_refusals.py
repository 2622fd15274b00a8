"""What a ``Model`` refuses before it runs, and what it says. Read next: ``test_model_bad_data``."""

from __future__ import annotations

from typing import Any

import pytest

from networks import X_VAL, Y_VAL, Scale, X, Y, classifier
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.errors import ArgumentError, GraphError, ShapeError
from tensorgraph.models import Model

CCE, BCE = losses.CategoricalCrossentropy, losses.BinaryCrossentropy

# --- networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        pytest.param(
            [nn.Dense(2, 8), nn.ReLU(), nn.Dropout(0.1), nn.Dense(9, 3)],
            "'dense_2' takes 9 inputs, and 'dense_1' before it gives 8: make 'dense_2' take 8",
            id="two dense layers",
        ),
        pytest.param(
            [nn.Dense(2, 8), Scale(4), nn.Dense(8, 3)],
            "layer 'dense_2' takes 8 inputs, and 'scale_1' before it gives 4",
            id="a layer of one's own",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers: list[nn.Layer], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        Model(layers).finalize()


WRONG_LOSS = [
    pytest.param(
        nn.Sigmoid(),
        CCE(),
        "CategoricalCrossentropy needs .* 'sigmoid_1' is a Sigmoid: add a Softmax",
    ),
    pytest.param(nn.ReLU(), CCE(), "'relu_1' is a ReLU: add a Softmax, or use from_logits=True"),
    pytest.param(nn.Tanh(), CCE(), "'tanh_1' is a Tanh: add a Softmax"),
    pytest.param(nn.Identity(), CCE(), "'identity_1' is a Identity: add a Softmax"),
    pytest.param(nn.Dense(3, 3), CCE(), "'dense_2' is a Dense: add a Softmax"),
    pytest.param(nn.Dropout(0.1), CCE(), "'dense_1' is a Dense: add a Softmax"),
    pytest.param(
        nn.Softmax(), CCE(from_logits=True), "applies softmax itself, and layer 'softmax_1' is"
    ),
    pytest.param(
        nn.Softmax(), BCE(), "'softmax_1' is a Softmax: its loss is CategoricalCrossentropy"
    ),
    pytest.param(nn.ReLU(), BCE(), "'relu_1' is a ReLU: add a Sigmoid, or use from_logits=True"),
    pytest.param(
        nn.Identity(), BCE(), "BinaryCrossentropy needs a probability.* 'identity_1' is a"
    ),
    pytest.param(nn.Dense(3, 3), BCE(), "'dense_2' is a Dense: add a Sigmoid"),
    pytest.param(
        nn.Sigmoid(), BCE(from_logits=True), "applies sigmoid itself, and layer 'sigmoid_1'"
    ),
    pytest.param(nn.Softmax(), BCE(from_logits=True), "'softmax_1' is a Softmax: its loss is Cat"),
]


def ids_of(case: Any) -> str:
    last, loss = case.values[:2]
    return f"{type(last).__name__}-{type(loss).__name__}{'-logits' if loss.from_logits else ''}"


wrong_loss = pytest.mark.parametrize(
    ("last", "loss", "message"), WRONG_LOSS, ids=[ids_of(case) for case in WRONG_LOSS]
)


def ending_in(last: nn.Layer) -> Model:
    last.name = None
    return Model([nn.Dense(2, 3), last])


@wrong_loss
def test_finalize_refuses_a_loss_that_does_not_suit(last: Any, loss: Any, message: str) -> None:
    model = ending_in(last)
    model.set(loss=loss)
    with pytest.raises(ArgumentError, match=message):
        model.finalize()


@wrong_loss
def test_set_refuses_a_loss_that_does_not_suit(last: Any, loss: Any, message: str) -> None:
    model = ending_in(last)
    model.finalize()
    with pytest.raises(ArgumentError, match=message):
        model.set(loss=loss)
    assert model.loss is None


@pytest.mark.parametrize(
    "loss", [CCE(), BCE(), losses.MeanSquaredError()], ids=lambda x: type(x).__name__
)
def test_the_output_of_a_layer_of_ones_own_suits_any_loss(loss: losses.Loss) -> None:
    model = ending_in(Scale(3))
    model.set(loss=loss)
    model.finalize()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param(
            {"loss": CCE},
            r"loss=<class .* is no Loss: write CategoricalCrossentropy\(\)",
            id="a class",
        ),
        pytest.param({"optimizer": "adam"}, "optimizer='adam' is no Optimizer", id="a name"),
        pytest.param({"optimizer": optim.Adam}, r"is no Optimizer: write Adam\(\)", id="Adam"),
        pytest.param({"accuracy": CCE()}, "is no Accuracy", id="a loss as accuracy"),
        pytest.param(
            {"accuracy": metrics.BinaryAccuracy}, r"write BinaryAccuracy\(\)", id="accuracy"
        ),
    ],
)
def test_set_refuses(wrong: dict[str, Any], message: str) -> None:
    model = classifier()
    before = (model.loss, model.optimizer, model.accuracy)
    with pytest.raises(ArgumentError, match=message):
        model.set(**{"loss": losses.CategoricalCrossentropy(), "optimizer": optim.SGD()} | wrong)
    assert (model.loss, model.optimizer, model.accuracy) == before


@pytest.mark.parametrize(
    "thing", [nn.Dense, "relu", lambda x: x], ids=["a class", "a name", "a function"]
)
def test_add_refuses_what_is_no_layer(thing: Any) -> None:
    with pytest.raises(ArgumentError, match=r"add\(\) takes a layer, not"):
        Model().add(thing)


def test_a_model_without_layers_is_refused() -> None:
    with pytest.raises(GraphError, match=r"the model has no layers: add\(\) some first"):
        Model().finalize()


def test_a_layer_that_was_added_twice_is_refused() -> None:
    layer = nn.Dense(2, 2, name="again")
    with pytest.raises(ArgumentError, match="the same name=, or one layer was added twice"):
        Model([layer, layer]).finalize()


@pytest.mark.parametrize("missing", ["loss", "optimizer"])
def test_train_says_what_was_not_set(missing: str) -> None:
    model = Model([nn.Dense(2, 3)])
    things = {"loss": losses.MeanSquaredError(), "optimizer": optim.SGD()}
    model.set(**{role: thing for role, thing in things.items() if role != missing})
    model.finalize()
    with pytest.raises(GraphError, match=rf"needs a {missing}: model.set\({missing}=...\)"):
        model.train(X, Y)


def test_train_refuses_a_network_without_parameters() -> None:
    model = Model([nn.ReLU()])
    model.set(loss=losses.MeanSquaredError(), optimizer=optim.SGD())
    model.finalize()
    with pytest.raises(GraphError, match="none of the layers has parameters to train"):
        model.train(X, X)


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "least"), [("epochs", 1), ("batch_size", 1), ("print_every", 0)]
)
@pytest.mark.parametrize("value", [-1, 1.5, True, "3"])
def test_train_refuses_a_count_of(setting: str, least: int, value: Any) -> None:
    with pytest.raises(
        ArgumentError, match=rf"{setting} is {value!r}, .* integer of at least {least}"
    ):
        classifier().train(X, Y, **{setting: value})


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3"])
@pytest.mark.parametrize("run", ["predict", "evaluate"])
def test_a_batch_size_is_refused_by(run: str, value: Any) -> None:
    with pytest.raises(ArgumentError, match=rf"batch_size is {value!r}, .* integer of at least 1"):
        getattr(classifier(), run)(*([X] if run == "predict" else [X, Y]), batch_size=value)


@pytest.mark.parametrize("data", [X_VAL, (X_VAL,), (X_VAL, Y_VAL, 1)], ids=["X", "one", "three"])
def test_validation_data_that_are_no_pair_are_refused(data: Any) -> None:
    with pytest.raises(ArgumentError, match=r"validation_data is a pair \(X_val, y_val\)"):
        classifier().train(X, Y, validation_data=data, print_every=0)
