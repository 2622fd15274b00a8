"""Data that a ``Model`` refuses before the first step, naming the data, the shape and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from networks import Squares, X, Y, classifier, numbers, same
from tensorgraph import losses, nn, optim
from tensorgraph.errors import DataError, DTypeError, ShapeError
from tensorgraph.models import Model


def holed(value: float) -> np.ndarray:
    x = X.copy()
    x[[7, 9], 1] = value
    return x


BAD_X = [
    pytest.param(
        X[:, :1],
        ShapeError,
        r"'dense_1' takes 2 inputs, and {X} has shape \(60, 1\): make it take 1",
        id="a column less",
    ),
    pytest.param(
        X.reshape(60, 2, 1),
        ShapeError,
        r"{X} has shape \(60, 2, 1\): X.reshape\(len\(X\), -1\)",
        id="pictures",
    ),
    pytest.param(
        X[:, 0],
        ShapeError,
        r"{X} has shape \(60,\): a row is an example, X.reshape",
        id="flat",
    ),
    pytest.param(
        holed(np.nan),
        DataError,
        r"{X} holds nan at index \(7, 1\) \(2 such values\): drop or fill",
        id="NaN",
    ),
    pytest.param(holed(np.inf), DataError, r"{X} holds inf at index \(7, 1\)", id="infinity"),
    pytest.param(X[:0], DataError, r"{X} is empty: shape \(0, 2\)", id="no rows"),
    pytest.param([], DataError, r"{X} is empty: shape \(0,\)", id="an empty list"),
    pytest.param(
        X.astype(str), DTypeError, "{X} must hold real numbers, and has dtype <U", id="text"
    ),
    pytest.param(
        X + 0j, DTypeError, "{X} must hold real numbers, and has dtype complex", id="complex"
    ),
]
BAD_Y = [
    pytest.param(
        Y[:-1], ShapeError, r"{y} has shape \(59,\), and there are 60 examples", id="one less"
    ),
    pytest.param(
        np.append(Y, 0),
        ShapeError,
        r"{y} has shape \(61,\), and there are 60 examples: one target each",
        id="one more",
    ),
    pytest.param(3, ShapeError, r"{y} has shape \(\), and there are 60 examples", id="one number"),
    pytest.param(None, ShapeError, "{y} has shape", id="None"),
    pytest.param(
        Y.reshape(-1, 1),
        ShapeError,
        r"one-hot rows of shape \(60, 3\) \(flatten them",
        id="a column",
    ),
    pytest.param(Y + 1, DataError, "labels go from 1 to 3, .* give it 4 neurons", id="too high"),
    pytest.param(
        Y.astype(int) - 1, DataError, "labels go from -1 to 1, .* classes from 0", id="negative"
    ),
    pytest.param(np.where(Y == 2, np.nan, Y), DataError, "{y} holds NaN", id="NaN"),
    pytest.param(
        np.array(list("abc"))[Y],
        DTypeError,
        r"{y} must hold numbers, and has dtype <U1: np.unique\(y, return_inverse=True\)",
        id="names",
    ),
    pytest.param(
        np.eye(4)[Y], ShapeError, r"targets have shape \(60, 4\)", id="one class too many"
    ),
]


def runs_of(model: Model) -> dict[str, Callable[[Any, Any], Any]]:
    """The ways to hand data to a model, with what the messages call them."""
    return {
        "X": lambda x, y: model.train(x, y, print_every=0),
        "X ": lambda x, y: model.evaluate(x, y),
        "validation X": lambda x, y: model.train(X, Y, print_every=0, validation_data=(x, y)),
    }


@pytest.mark.parametrize(
    "name", ["X", "X ", "validation X"], ids=["train", "evaluate", "validation"]
)
@pytest.mark.parametrize(("x", "error", "message"), BAD_X)
def test_bad_inputs_are_refused_before_the_first_step(
    name: str, x: Any, error: type[Exception], message: str
) -> None:
    model = classifier()
    before = numbers(model)
    with pytest.raises(error, match=message.replace("{X}", name.strip())):
        runs_of(model)[name](x, Y)
    assert same(before, numbers(model))


@pytest.mark.parametrize(
    "name", ["X", "X ", "validation X"], ids=["train", "evaluate", "validation"]
)
@pytest.mark.parametrize(("y", "error", "message"), BAD_Y)
def test_bad_targets_are_refused_before_the_first_step(
    name: str, y: Any, error: type[Exception], message: str
) -> None:
    model = classifier()
    before = numbers(model)
    with pytest.raises(error, match=message.replace("{y}", name.strip().replace("X", "y"))):
        runs_of(model)[name](X, y)
    assert same(before, numbers(model))


@pytest.mark.parametrize(("x", "error", "message"), BAD_X)
def test_predict_refuses(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message.replace("{X}", "X")):
        classifier().predict(x)


def test_the_width_is_not_guessed_through_a_layer_that_may_change_it() -> None:
    model = Model([Squares(), nn.Dense(3, 1)])
    model.set(loss=losses.MeanSquaredError(), optimizer=optim.SGD())
    model.finalize()
    with pytest.raises(
        ShapeError, match=r"layer 'dense_1' \(3 inputs, 1 neurons\) .* got \(1, 4\)"
    ):
        model.train(X, Y)
