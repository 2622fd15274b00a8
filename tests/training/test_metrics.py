"""Accuracies: what counts as right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorgraph.errors import ArgumentError
from tensorgraph.metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    RegressionAccuracy,
)

THREE = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.2, 0.6, 0.2]])
TWO = np.array([[0.9, 0.2], [0.4, 0.6], [0.5, 0.7]])
ONE = np.array([[0.1], [0.6], [0.51], [0.5]])

CASES = [
    pytest.param(CategoricalAccuracy(), THREE, [0, 1, 1, 1], 0.75, id="class numbers"),
    pytest.param(CategoricalAccuracy(), THREE, np.eye(3)[[0, 2, 0, 1]], 0.5, id="one-hot"),
    pytest.param(BinaryAccuracy(), TWO, [[1, 0], [1, 1], [0, 0]], 4 / 6, id="two outputs"),
    pytest.param(BinaryAccuracy(), TWO, [[1, 0], [0, 1], [0, 1]], 1.0, id="two outputs, all right"),
    pytest.param(BinaryAccuracy(), ONE, [[0], [1], [0], [0]], 0.75, id="one output"),
    pytest.param(BinaryAccuracy(), ONE, [0, 1, 0, 0], 0.75, id="one number a row"),
    pytest.param(
        RegressionAccuracy(0.25), ONE, [[0.15], [0.3], [0.5], [0.75]], 0.5, id="regression"
    ),
    pytest.param(RegressionAccuracy(0.25), ONE, [0.15, 0.3, 0.5, 0.75], 0.5, id="a flat target"),
]


@pytest.mark.parametrize(("accuracy", "outputs", "targets", "value"), CASES)
def test_the_fraction_that_is_right(
    accuracy: Accuracy, outputs: Any, targets: Any, value: float
) -> None:
    assert accuracy(outputs, np.asarray(targets)) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("shape", [(4, 1), (4,)])
def test_one_output_is_no_choice_between_classes(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ArgumentError, match=r"outputs have shape \(4.*one output use BinaryAccuracy"
    ):
        CategoricalAccuracy()(np.ones(shape), np.zeros(4, int))


def test_the_precision_of_regression_is_a_250th_of_the_spread_of_the_first_targets() -> None:
    accuracy = RegressionAccuracy()
    accuracy.fit(np.array([[-5.0], [5.0]]))
    accuracy.fit(np.array([[-50.0], [50.0]]))
    assert accuracy.precision == 0.02


def test_a_given_precision_stays() -> None:
    accuracy = RegressionAccuracy(0.5)
    accuracy.fit(np.array([[-5.0], [5.0]]))
    assert accuracy.precision == 0.5


def test_regression_without_precision_says_how_to_get_one() -> None:
    with pytest.raises(
        ArgumentError, match=r"train first, or give it one, RegressionAccuracy\(prec"
    ):
        RegressionAccuracy()(ONE, ONE)
