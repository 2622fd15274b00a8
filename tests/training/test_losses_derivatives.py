"""Derivatives of losses, and of networks that end in them, against central differences."""

from __future__ import annotations

from collections.abc import Callable
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
    P,
    Q,
)
from networks import TOLERANCE, function_of, values_of
from tensorgraph import losses, nn
from tensorgraph.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
)
from tensorgraph.testing import check_grads

Z = np.array([[0.3, -1.2, 2.0], [0.7, 0.1, -0.4], [-2.0, 0.6, 1.1]])
MIXED = np.array([[1.0, 0.0, 0.25], [0.0, 1.0, 1.0], [0.5, 0.0, 1.0]])

DERIVATIVES = [
    *[
        pytest.param(lambda z, f=f, t=t: f(z, t), Z, id=f"categorical, {targets}, {name}")
        for name, f in CATEGORICAL_FORMS.items()
        for targets, t in {"classes": CLASSES, "one-hot": ONE_HOT, "soft": SOFT}.items()
    ],
    *[
        pytest.param(lambda z, f=f: f(z, MIXED), Z, id=f"binary, {name}")
        for name, f in BINARY_FORMS.items()
    ],
    pytest.param(lambda p: CategoricalCrossentropy()(p, CLASSES), P, id="categorical, by p"),
    pytest.param(lambda p: CategoricalCrossentropy()(p, SOFT), P, id="categorical, soft, by p"),
    pytest.param(lambda p: BinaryCrossentropy()(p, BITS), Q, id="binary, by p"),
    pytest.param(lambda a: MeanSquaredError()(a, B), A, id="squared"),
    pytest.param(lambda a: MeanAbsoluteError()(a, B), A, id="absolute"),
]


@pytest.mark.parametrize(("f", "x"), DERIVATIVES)
def test_derivatives_agree_with_central_differences(f: Callable[[Any], Any], x: Any) -> None:
    check_grads(f, [x], order=2, **TOLERANCE)


@pytest.mark.parametrize(
    ("activation", "loss", "targets"),
    [
        pytest.param(nn.Softmax(), CategoricalCrossentropy(), [0, 2, 1, 1], id="softmax"),
        pytest.param(nn.Sigmoid(), BinaryCrossentropy(), np.eye(4, 3), id="sigmoid"),
        pytest.param(nn.Identity(), MeanSquaredError(), np.eye(4, 3), id="linear"),
    ],
)
def test_derivatives_of_a_network_agree_with_central_differences(
    activation: nn.Layer, loss: losses.Loss, targets: Any
) -> None:
    first, second = nn.Dense(2, 3, rng=1), nn.Dense(3, 3, rng=2)
    f, g = function_of(first), function_of(second)

    def network(x: Any, *parameters: Any) -> Any:
        hidden = tg.tanh(f(x, *parameters[:2]))
        return loss(activation(g(hidden, *parameters[2:])), targets)

    x = np.array([[0.5, -1.0], [2.0, 0.3], [-0.7, -0.2], [0.1, 1.4]])
    check_grads(network, [x, *values_of(first), *values_of(second)], order=2, **TOLERANCE)


def test_the_gradient_of_the_absolute_error_points_up() -> None:
    predictions = tg.Tensor([[3.0], [1.0], [2.0]])
    MeanAbsoluteError()(predictions, [[1.0], [3.0], [2.0]]).backward()
    # More than the target: a larger prediction is worse. At the target itself the slope is 0.
    np.testing.assert_allclose(predictions.grad, [[1 / 3], [-1 / 3], [0.0]])
