"""Losses: values computed by hand, and exactness far from 0.

Read next: ``test_losses_derivatives``, ``test_losses_refused``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from loss_forms import (
    BINARY_FORMS,
    BITS,
    CATEGORICAL_FORMS,
    CLASSES,
    ONE_HOT,
    SOFT,
    A,
    B,
    Form,
    P,
    Q,
)
from tensorgraph import losses
from tensorgraph.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
)

# -ln of 0.7, 0.5, 0.9; of 0.9, 0.8, 0.6, 0.6; 1, 0.25, 4, 9; 1, 0.5, 2, 3.
CATEGORICAL = (0.35667494393873245 + 0.6931471805599453 + 0.10536051565782628) / 3
BINARY = (0.10536051565782628 + 0.22314355131420976 + 2 * 0.5108256237659907) / 4
SQUARED, ABSOLUTE = 14.25 / 4, 6.5 / 4


# --- values --------------------------------------------------------------------------------------

VALUES = [
    pytest.param(CategoricalCrossentropy(), P, CLASSES, CATEGORICAL, id="categorical"),
    pytest.param(BinaryCrossentropy(), Q, BITS, BINARY, id="binary"),
    pytest.param(MeanSquaredError(), A, B, SQUARED, id="squared"),
    pytest.param(MeanAbsoluteError(), A, B, ABSOLUTE, id="absolute"),
]


@pytest.mark.parametrize(("loss", "predictions", "targets", "value"), VALUES)
def test_a_loss_has_the_value_computed_by_hand(
    loss: losses.Loss, predictions: Any, targets: Any, value: float
) -> None:
    assert loss(tg.Tensor(predictions), targets).item() == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("form", CATEGORICAL_FORMS)
def test_categorical_crossentropy_of_logits_has_the_value_computed_by_hand(form: str) -> None:
    logits = tg.Tensor(
        np.log(P) + np.array([[3.0], [-5.0], [0.0]])
    )  # softmax takes away what a row shares
    assert CATEGORICAL_FORMS[form](logits, CLASSES).item() == pytest.approx(CATEGORICAL, rel=1e-14)


@pytest.mark.parametrize("form", BINARY_FORMS)
def test_binary_crossentropy_of_logits_has_the_value_computed_by_hand(form: str) -> None:
    logits = tg.Tensor(np.log(Q / (1 - Q)))
    assert BINARY_FORMS[form](logits, BITS).item() == pytest.approx(BINARY, rel=1e-14)


def test_targets_may_be_probabilities_too() -> None:
    # -(ln 0.7 + ln 0.1) / 2
    value = CategoricalCrossentropy()(tg.Tensor(P[:1]), SOFT[:1]).item()
    assert value == pytest.approx(1.3296300184663893, rel=1e-14)


@pytest.mark.parametrize("form", CATEGORICAL_FORMS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_class_numbers_and_one_hot_rows_are_the_same(form: str, dtype: Any) -> None:
    results = []
    for targets in (CLASSES, ONE_HOT):
        logits = tg.Tensor(np.log(P))
        loss = CATEGORICAL_FORMS[form](logits, targets.astype(dtype))
        loss.backward()
        results.append((loss.data, logits.grad))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-14)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-15)


@pytest.mark.parametrize(
    "loss",
    [BinaryCrossentropy(), MeanSquaredError(), MeanAbsoluteError()],
    ids=lambda x: type(x).__name__,
)
def test_one_number_a_row_will_do_for_one_column(loss: losses.Loss) -> None:
    column = tg.Tensor([[0.2], [0.9], [0.6]])
    assert (
        loss(column, np.array([0, 1, 1])).item() == loss(column, np.array([[0], [1], [1]])).item()
    )


FUSED = [
    pytest.param(CATEGORICAL_FORMS["from_logits"], CLASSES, "softmax_cross_entropy", id="logits"),
    pytest.param(
        CATEGORICAL_FORMS["after softmax"], CLASSES, "softmax_cross_entropy", id="softmax"
    ),
    pytest.param(BINARY_FORMS["from_logits"], ONE_HOT, "sigmoid_cross_entropy", id="binary logits"),
    pytest.param(BINARY_FORMS["after sigmoid"], ONE_HOT, "sigmoid_cross_entropy", id="sigmoid"),
]


@pytest.mark.parametrize(("form", "targets", "operation"), FUSED)
def test_the_loss_takes_the_stable_step_after(form: Form, targets: Any, operation: str) -> None:
    assert form(tg.Tensor(P), targets)._node.primitive.name == operation


def test_a_softmax_along_the_columns_is_no_softmax_of_rows() -> None:
    z = tg.Tensor(np.log(P))
    p = tg.softmax(z, axis=0)
    loss = CategoricalCrossentropy()(p, CLASSES)
    loss.backward()
    assert loss.item() == pytest.approx(-np.mean(np.log(p.data[[0, 1, 2], CLASSES])), rel=1e-14)
    # d loss / dz = p * (how many targets the column has) - one_hot, over n
    wanted = (p.data * ONE_HOT.sum(0) - ONE_HOT) / 3
    np.testing.assert_allclose(z.grad, wanted, atol=1e-15)


# --- far from 0 ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("targets", [[2, 0], [[0, 0, 1], [1, 0, 0]]], ids=["classes", "one-hot"])
@pytest.mark.parametrize("form", ["from_logits", "after softmax"])
def test_categorical_crossentropy_is_exact_for_logits_of_1e4(
    form: str, targets: Any, dtype: Any
) -> None:
    logits = tg.Tensor([[1e4, 0, -1e4], [1e4, 0, -1e4]], dtype=dtype)
    loss = CATEGORICAL_FORMS[form](logits, np.array(targets))
    loss.backward()
    assert loss.item() == 1e4  # the mean of 2e4 and 0
    np.testing.assert_array_equal(logits.grad, [[0.5, 0, -0.5], [0, 0, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", ["from_logits", "after sigmoid"])
def test_binary_crossentropy_is_exact_for_logits_of_1e4(form: str, dtype: Any) -> None:
    logits = tg.Tensor([[1e4], [-1e4], [1e4], [-1e4]], dtype=dtype)
    loss = BINARY_FORMS[form](logits, np.array([[0], [1], [1], [0]]))
    loss.backward()
    assert loss.item() == 5e3  # the mean of 1e4, 1e4, 0 and 0
    np.testing.assert_array_equal(logits.grad, [[0.25], [-0.25], [0], [0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        pytest.param(CategoricalCrossentropy(), [1, 1], id="categorical"),
        pytest.param(CategoricalCrossentropy(), [[0, 1], [0, 1]], id="one-hot"),
        pytest.param(BinaryCrossentropy(), [[0, 1], [1, 0]], id="binary"),
    ],
)
def test_probabilities_of_0_and_1_give_a_finite_loss(
    loss: losses.Loss, targets: Any, dtype: Any
) -> None:
    p = tg.Tensor([[1, 0], [0, 1]], dtype=dtype)
    value = loss(p, np.array(targets))
    value.backward()
    assert 1 < value.item() < 20
    assert np.isfinite(p.grad).all()


# --- dtypes --------------------------------------------------------------------------------------

SINGLE = [
    *[pytest.param(f, P, ONE_HOT, id=f"categorical, {k}") for k, f in CATEGORICAL_FORMS.items()],
    *[pytest.param(f, Q, BITS, id=f"binary, {k}") for k, f in BINARY_FORMS.items()],
    pytest.param(MeanSquaredError(), A, B, id="squared"),
    pytest.param(MeanAbsoluteError(), A, B, id="absolute"),
]


@pytest.mark.parametrize(("loss", "x", "targets"), SINGLE)
def test_float32_stays_float32_whatever_the_targets(loss: Form, x: Any, targets: Any) -> None:
    assert loss(tg.Tensor(x, dtype=np.float32), targets.astype(np.float64)).dtype == np.float32


def test_whole_predictions_do_not_round_the_targets() -> None:
    assert MeanSquaredError()(np.array([[1], [2]]), np.array([[1.5], [2.0]])).item() == 0.125
