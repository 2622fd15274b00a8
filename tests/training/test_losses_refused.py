"""Targets that a loss refuses, and what it says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from loss_forms import (
    A,
    P,
    Q,
)
from tensorgraph import losses
from tensorgraph.errors import DataError, ShapeError
from tensorgraph.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
)

CLASSES_OF_3 = r"labels go from .* last layer has 3 outputs, for classes 0 to 2: number the classes"
REFUSED = [
    pytest.param(
        CategoricalCrossentropy(),
        P,
        [0, 1, 3],
        DataError,
        "from 0 to 3, and.* give it 4 neurons",
        id="a label too high",
    ),
    pytest.param(
        CategoricalCrossentropy(), P, [0, -1, 2], DataError, CLASSES_OF_3, id="a label below 0"
    ),
    pytest.param(
        CategoricalCrossentropy(),
        P,
        np.uint8([0, 255, 2]),
        DataError,
        CLASSES_OF_3,
        id="a label of 255",
    ),
    pytest.param(
        CategoricalCrossentropy(),
        P,
        [0, 1.5, 2],
        DataError,
        "whole numbers, not float64",
        id="half a class",
    ),
    pytest.param(
        CategoricalCrossentropy(),
        P,
        list("abc"),
        DataError,
        "whole numbers, not <U1 like",
        id="names",
    ),
    pytest.param(
        CategoricalCrossentropy(),
        P,
        [[0], [1], [2]],
        ShapeError,
        r"shape \(3, 1\).*class numbers of shape \(3,\) or one-hot.*\(flatten them: y.ravel\(\)\)",
        id="a column of labels",
    ),
    pytest.param(
        CategoricalCrossentropy(), P, [0, 1], ShapeError, r"targets have shape \(2,\)", id="too few"
    ),
    pytest.param(
        CategoricalCrossentropy(),
        P[0],
        [0],
        ShapeError,
        r"takes predictions \(n, classes\), and got \(3,\)",
        id="one row",
    ),
    pytest.param(
        BinaryCrossentropy(),
        Q,
        [[2, 0], [0, 1]],
        DataError,
        "targets from 0 to 1, and these go from 0 to 2",
        id="a bit of 2",
    ),
    pytest.param(
        BinaryCrossentropy(), Q, [[-1, 0], [0, 1]], DataError, "go from -1 to 1", id="a bit of -1"
    ),
    pytest.param(
        BinaryCrossentropy(),
        Q,
        [1, 0],
        ShapeError,
        r"shape \(2,\), the predictions \(2, 2\)",
        id="one bit of two",
    ),
    pytest.param(
        MeanSquaredError(),
        A[:, :1],
        A,
        ShapeError,
        r"the same \(one column: y.reshape\(-1, 1\)\)",
        id="two columns for one",
    ),
    pytest.param(
        MeanAbsoluteError(),
        A,
        A.T[:1],
        ShapeError,
        r"shape \(1, 2\), the predictions",
        id="one row of two",
    ),
]


@pytest.mark.parametrize(("loss", "x", "targets", "error", "message"), REFUSED)
def test_a_loss_refuses(
    loss: losses.Loss, x: Any, targets: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        loss(tg.Tensor(x), targets)


@pytest.mark.parametrize(
    "name", ["CategoricalCrossentropy", "BinaryCrossentropy", "MeanSquaredError"]
)
def test_a_loss_of_no_examples_is_refused(name: str) -> None:
    with pytest.raises(DataError, match=rf"{name} is a mean over the examples.*shape \(0, 3\)"):
        getattr(losses, name)()(tg.Tensor(np.ones((0, 3))), np.ones((0, 3)))
