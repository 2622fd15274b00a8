"""A network is looked at from inside, by ``Model.doctor`` and during ``Model.train``."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import Block, X, Y, classifier
from tensorgraph import losses, nn, optim
from tensorgraph.errors import (
    DeadUnitsWarning,
    DoubleSoftmaxWarning,
    ExplodingGradientWarning,
    GraphError,
    LabelWarning,
    SaturatedUnitsWarning,
    UnusedParameterWarning,
    VanishingGradientWarning,
)
from tensorgraph.models import Model
from tensorgraph.models.doctor import due, spread

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(64, 4)).astype(np.float32)
TARGETS = POINTS[:, :1] * 2


def regression(*layers: nn.Layer, **arguments: Any) -> Model:
    """A finalized network of these layers, which ends in one output, for the points."""
    model = Model(layers, seed=0, **arguments)
    model.set(loss=losses.MeanSquaredError(), optimizer=optim.SGD(1e-6))
    model.finalize()
    return model


def scaled(factor: float, *layers: nn.Layer) -> Model:
    """The same with all weights times ``factor``."""
    model = regression(*layers)
    for parameter in model.parameters().values():
        parameter.data = parameter.data * factor
    return model


def dead(alive: int = 0) -> Model:
    """The same with a layer of ten ReLU units, all but ``alive`` of which are always 0."""
    model = regression(nn.Dense(4, 10), nn.ReLU(), nn.Dense(10, 1))
    biases = np.full((1, 10), -100.0)
    biases[0, :alive] = 100.0
    model.layers[0].biases.data = biases  # type: ignore[attr-defined]
    return model


def deep(activation: Callable[[], nn.Layer], layers: int) -> list[nn.Layer]:
    hidden = [layer for _ in range(layers) for layer in (nn.Dense(4, 4), activation())]
    return [*hidden, nn.Dense(4, 1)]


class Gate(nn.Layer):
    """A layer with a tensor that it does not use, and a count and a sum of its own."""

    def __init__(self) -> None:
        self.unused = tg.Tensor(np.ones(2, np.float32))
        self.calls = 0
        self.total = np.zeros(4)

    def forward(self, x: Any, training: bool) -> Any:
        self.calls += 1
        self.total += x.data.sum(0) if isinstance(x, tg.Tensor) else x.sum(0)
        return x * 1.0


# --- what it finds -------------------------------------------------------------------------------

FOUND: dict[str, tuple[Callable[[], Model], type[Warning], str]] = {
    "dead units": (dead, DeadUnitsWarning, "10 of 10 ReLU units in layer 'relu_1' are dead.*64"),
    "most units dead": (lambda: dead(2), DeadUnitsWarning, "8 of 10 ReLU units"),
    "a dead output": (
        lambda: scaled(0.0, nn.Dense(4, 1), nn.ReLU()),
        DeadUnitsWarning,
        "1 of 1 ReLU units in layer 'relu_1'.*leave this layer out",
    ),
    "saturated sigmoids": (
        lambda: scaled(1e4, nn.Dense(4, 8), nn.Sigmoid(), nn.Dense(8, 1)),
        SaturatedUnitsWarning,
        "8 of 8 sigmoid units in layer 'sigmoid_1' are saturated",
    ),
    "saturated tanhs": (
        lambda: scaled(1e4, nn.Dense(4, 8), nn.Tanh(), nn.Dense(8, 1)),
        SaturatedUnitsWarning,
        "8 of 8 tanh units in layer 'tanh_1' are saturated",
    ),
    "saturated units in a layer of layers": (
        lambda: scaled(1e4, nn.Dense(4, 4), Block(4), nn.Dense(4, 1)),
        SaturatedUnitsWarning,
        "tanh units in layer 'block_1' are saturated",
    ),
    "a vanishing gradient": (
        lambda: regression(*deep(nn.Sigmoid, 14)),
        VanishingGradientWarning,
        "layer 'dense_1' vanishes: it is .e-.* times that of 'dense_15'",
    ),
    "a gradient that grows from layer to layer": (
        lambda: scaled(20.0, *deep(nn.Identity, 8)),
        ExplodingGradientWarning,
        "layer 'dense_1' explodes",
    ),
    "a gradient that is not finite": (
        lambda: scaled(1e15, nn.Dense(4, 4), nn.Dense(4, 1)),
        ExplodingGradientWarning,
        r"its norm is (nan|inf): 'with tg\.detect_anomaly\(\):'",
    ),
    "an unused parameter": (
        lambda: regression(Gate(), nn.Dense(4, 1)),
        UnusedParameterWarning,
        r"does not depend on gate_1\.unused \(2,\)",
    ),
    "softmax applied twice": (
        lambda: regression(
            nn.Softmax(), nn.Dense(4, 4), nn.Softmax(), nn.Softmax(), nn.Dense(4, 1)
        ),
        DoubleSoftmaxWarning,
        "first in layer 'softmax_2'[^~]*then in layer 'softmax_3'",
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_the_doctor_finds(what: str) -> None:
    make, category, message = FOUND[what]
    diagnosis = make().doctor(POINTS, TARGETS)
    found = [finding.message for finding in diagnosis.findings if finding.category is category]
    assert any(re.search(message, text) for text in found), diagnosis
    assert f"{category.__name__}: {found[0]}" in str(diagnosis)


def test_targets_in_the_millions_make_a_gradient_explode() -> None:
    diagnosis = regression(nn.Dense(4, 1)).doctor(POINTS, TARGETS * 1e6)
    assert [found.category for found in diagnosis.findings] == [ExplodingGradientWarning]
    assert "times as long as the parameters" in diagnosis.findings[0].message


FINE: dict[str, Callable[[], Model]] = {
    "three units of ten alive": lambda: dead(3),
    "a network of ReLU": lambda: regression(*deep(nn.ReLU, 3)),
    "a network of sigmoids": lambda: regression(*deep(nn.Sigmoid, 3)),
    "a deep network of tanh": lambda: regression(*deep(nn.Tanh, 10)),
    "an output that is sure": lambda: scaled(1e3, nn.Dense(4, 1), nn.Sigmoid()),
}


@pytest.mark.parametrize("what", FINE)
def test_the_doctor_finds_nothing(what: str) -> None:
    diagnosis = FINE[what]().doctor(POINTS, TARGETS)
    assert diagnosis.findings == []
    assert str(diagnosis).endswith("nothing found that looks wrong")


def test_saturated_units_explain_a_gradient_that_vanishes() -> None:
    model = regression(nn.Dense(4, 8), nn.Sigmoid(), nn.Dense(8, 1))
    model.parameters()["dense_1.biases"].data = np.full((1, 8), 15.0)
    diagnosis = model.doctor(POINTS, TARGETS)
    first, _, last = (row.gradient or 0.0 for row in diagnosis.rows)
    assert 0 < first < 1e-5 * last
    assert [found.category for found in diagnosis.findings] == [SaturatedUnitsWarning]


def test_of_few_examples_nothing_is_said_of_units() -> None:
    assert dead().doctor(POINTS[:31], TARGETS[:31]).findings == []


# --- what it shows -------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_layer() -> None:
    lines = repr(classifier(dropout=0.5).doctor(X, Y)).splitlines()
    assert lines[0].startswith("60 examples, loss 1.")
    names = [line.split()[:2] for line in lines[3:8]]
    assert names == [
        ["dense_1", "Dense"],
        ["relu_1", "ReLU"],
        ["dropout_1", "Dropout"],
        ["dense_2", "Dense"],
        ["softmax_1", "Softmax"],
    ]


def test_its_figures_are_those_of_the_step() -> None:
    model = classifier()
    first = model.doctor(X, Y).rows[0]
    loss = losses.CategoricalCrossentropy()(model.forward(X, training=True), Y)
    loss.backward()
    gradients = [p.grad for name, p in model.parameters().items() if "dense_1" in name]
    values = [p.data for name, p in model.parameters().items() if "dense_1" in name]
    output = model.layers[0](X).data
    assert first.gradient == pytest.approx(np.linalg.norm(np.concatenate(gradients)))
    assert first.parameters == pytest.approx(np.linalg.norm(np.concatenate(values)))
    assert first.ratio == pytest.approx((first.gradient or 0) / (first.parameters or 1))
    assert (first.mean, first.std) == pytest.approx((output.mean(), output.std()), rel=1e-4)
    assert (first.dead, first.saturated) == (None, None)


def test_it_shows_the_share_of_dead_units() -> None:
    assert [row.dead for row in dead(3).doctor(POINTS, TARGETS).rows] == [None, 0.7, None]


def test_penalties_are_left_out() -> None:
    bare, penalised = classifier(), classifier(weight_regularizer_l2=10.0)
    assert bare.doctor(X, Y).rows == penalised.doctor(X, Y).rows


# --- what it leaves as it was --------------------------------------------------------------------


def test_the_doctor_changes_nothing() -> None:
    model = classifier(dropout=0.5)
    model.train(X, Y, epochs=3, print_every=0)
    other = copy.deepcopy(model)
    gradients = {name: p.grad.copy() for name, p in model.parameters().items()}
    model.doctor(X, Y)
    for name, p in model.parameters().items():
        np.testing.assert_array_equal(p.grad, gradients[name])
    histories = [m.train(X, Y, epochs=3, print_every=0)["loss"] for m in (model, other)]
    assert histories[0] == histories[1]


def test_the_doctor_puts_back_what_a_layer_keeps() -> None:
    gate = Gate()
    model = regression(gate, nn.Dense(4, 1))
    model.forward(POINTS)
    calls, total, before = gate.calls, gate.total, gate.total.copy()
    model.doctor(POINTS, TARGETS)
    assert gate.total is total
    assert gate.calls == calls + 1  # the row by which shapes are checked
    np.testing.assert_allclose(gate.total, before + POINTS[0], rtol=1e-5)


# --- during training -----------------------------------------------------------------------------


def test_training_warns_once_a_layer_at_the_line_of_the_program() -> None:
    model = dead()
    with pytest.warns(DeadUnitsWarning, match="after epoch 64: 10 of 10") as record:
        model.train(POINTS, TARGETS, epochs=2000, print_every=0)
    assert [w.filename for w in record] == [__file__]


def test_training_warns_again_in_another_call() -> None:
    model = dead()
    for _ in range(2):
        with pytest.warns(DeadUnitsWarning):
            model.train(POINTS, TARGETS, epochs=2000, print_every=0)


def test_a_short_training_is_not_looked_at() -> None:
    dead().train(POINTS, TARGETS, epochs=20, print_every=0)


def test_training_is_the_same_with_looks_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, bare = classifier(dropout=0.5), classifier(dropout=0.5)
    with_looks = looked.train(X, Y, epochs=1000, print_every=0)["loss"]
    monkeypatch.setattr("tensorgraph.models.model.due", lambda *_: [])
    assert bare.train(X, Y, epochs=1000, print_every=0)["loss"] == with_looks


def test_training_warns_of_softmax_applied_twice_before_the_first_step() -> None:
    model = FOUND["softmax applied twice"][0]()
    with pytest.warns(DoubleSoftmaxWarning, match="'softmax_3'") as record:
        model.train(POINTS, TARGETS, epochs=1, print_every=0)
    assert [w.filename for w in record] == [__file__]


def test_training_warns_of_labels_of_two_classes_for_three_outputs() -> None:
    with pytest.warns(LabelWarning, match=r"all 60 labels are 0 or 1, and .* for 3 classes"):
        classifier().train(X, (Y == 1).astype(int), epochs=1, print_every=0)


def test_few_labels_of_two_classes_for_three_outputs_are_fine() -> None:
    classifier().train(X[:29], np.arange(29) % 2, epochs=1, print_every=0)


def test_labels_of_a_single_class_are_fine() -> None:
    classifier().train(X, np.zeros(60, int), epochs=1, print_every=0)


class Cut(nn.Layer):
    def forward(self, x: Any, training: bool) -> Any:
        return x.data


def test_training_refuses_a_network_that_loses_its_history() -> None:
    model = regression(nn.Dense(4, 1), Cut())
    with pytest.raises(GraphError, match=r"loss depends on no parameter.*ndarray.*forward\(\)"):
        model.train(POINTS, TARGETS, epochs=1, print_every=0)


# --- when it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epochs", "batch_size", "examples", "epochs_due"),
    [
        pytest.param(1000, 3000, 3000, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], id="spiral"),
        pytest.param(10, 128, 60000, [1, 2, 4, 8], id="Fashion-MNIST"),
        pytest.param(10, 3000, 3000, [], id="a short one"),
        pytest.param(100000, 8, 31, [], id="few examples"),
    ],
)
def test_it_looks_after_epochs_that_double_as_far_as_that_is_cheap(
    epochs: int, batch_size: int, examples: int, epochs_due: list[int]
) -> None:
    assert due(epochs, batch_size, examples) == epochs_due


def test_it_looks_at_examples_from_all_over_the_set() -> None:
    numbers = np.arange(1000)
    examples, labels = spread(numbers, numbers)
    assert (len(examples), examples[0], examples[-1]) == (256, 0, 999)
    np.testing.assert_array_equal(examples, labels)
