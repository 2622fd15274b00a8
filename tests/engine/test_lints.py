"""What is allowed and hardly ever meant is warned of, at the line of the program."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.errors import (
    BroadcastWarning,
    ConstantLossWarning,
    DataError,
    DoubleSoftmaxWarning,
    GraphError,
    IntegerVariableWarning,
    LabelWarning,
    ShapeError,
    StaleGradientWarning,
    TensorGraphWarning,
    UnusedParameterWarning,
)

N = np.arange(4)
COLUMN = np.ones((4, 1))


def column() -> tg.Tensor:
    return tg.Tensor(COLUMN, "predictions") * 1.0


def step_twice(clear: bool) -> None:
    w, sgd = tg.Tensor(1.0, "w"), tg.optim.SGD(0.1)
    for _ in range(2):
        (w * 3.0).backward()
        sgd.step([w])
        if clear:
            sgd.zero_grad([w])


def step_by_hand(clear: bool) -> None:
    w = tg.Tensor(1.0, "w")
    for _ in range(2):
        (w * 3.0).backward()
        w.data -= 0.1 * w.grad
        if clear:
            w.grad = None


def step_with_an_unused_one(parameters: Any) -> None:
    tensors = parameters.values() if isinstance(parameters, dict) else parameters
    (next(iter(tensors)) * 3.0).backward()
    tg.optim.SGD(0.1).step(parameters)


def of_no_grad() -> None:
    w = tg.Tensor(np.ones(3), "w")
    with tg.no_grad():
        loss = tg.sum(w * w)
    loss.backward()


def logits() -> tg.Tensor:
    return tg.Tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 0.0]], "logits")


def categorical(predictions: Any, targets: Any, from_logits: bool = False) -> None:
    loss = tg.losses.CategoricalCrossentropy(from_logits=from_logits)
    loss(predictions, np.asarray(targets)).backward()


def binary(predictions: Any, targets: Any, from_logits: bool = False) -> None:
    tg.losses.BinaryCrossentropy(from_logits=from_logits)(predictions, np.array(targets)).backward()


NUMBERS = [2, 0]
ONE_HOT = [[0, 0, 1], [1, 0, 0]]


def scalars() -> list[tg.Tensor]:
    return [tg.Tensor(1.0), tg.Tensor(np.ones((2, 3)))]


WARNED: dict[str, tuple[Callable[[], Any], type[Warning], str]] = {
    "a column minus a vector": (
        lambda: ((column() - np.ones(4)) ** 2).mean().backward(),
        BroadcastWarning,
        r"\(4, 1\) and \(4,\).*\(4, 4\)",
    ),
    "a vector minus a column": (
        lambda: tg.sum(np.ones(4) - column()).backward(),
        BroadcastWarning,
        r"\(4,\) and \(4, 1\)",
    ),
    "whole numbers": (
        lambda: (tg.Tensor(N, "n") * tg.Tensor(np.ones(4))).sum().backward(),
        IntegerVariableWarning,
        r"'n' of shape \(4,\).*int64.*float",
    ),
    "gradients not cleared": (
        lambda: step_twice(clear=False),
        StaleGradientWarning,
        r"gradient of w .*zero_grad",
    ),
    "gradients not cleared by hand": (
        lambda: step_by_hand(clear=False),
        StaleGradientWarning,
        r"gradient of w ",
    ),
    "an unused parameter": (
        lambda: step_with_an_unused_one(dict(zip(("w", "unused"), scalars(), strict=True))),
        UnusedParameterWarning,
        r"does not depend on unused \(2, 3\)",
    ),
    "an unused parameter in a list": (
        lambda: step_with_an_unused_one(scalars()),
        UnusedParameterWarning,
        r"does not depend on 1 \(2, 3\)",
    ),
    "a loss that was not recorded": (of_no_grad, ConstantLossWarning, r"tg\.no_grad\(\)"),
    "a loss that is a variable": (
        lambda: tg.Tensor(2.0).backward(),
        ConstantLossWarning,
        r"no operation has recorded",
    ),
    "an accuracy as a loss": (
        lambda: tg.mean(tg.argmax(logits(), 1) == np.array(NUMBERS)).backward(),
        ConstantLossWarning,
        r"equal\(\) in the loss moves in steps[^~]*equal\(\) at .*test_lints\.py:\d+",
    ),
    "a gradient that is stopped": (
        lambda: tg.stop_gradient(tg.sum(logits())).backward(),
        ConstantLossWarning,
        r"stop_gradient\(\) in the loss stops it",
    ),
    "softmax of softmax": (
        lambda: categorical(tg.softmax(tg.softmax(logits())), NUMBERS),
        DoubleSoftmaxWarning,
        r"softmax is applied twice[^~]*from_logits=True[^~]*first at[^~]*then at",
    ),
    "softmax of softmax along another axis": (
        lambda: tg.sum(tg.softmax(tg.softmax(logits(), axis=0), axis=-2)).backward(),
        DoubleSoftmaxWarning,
        r"softmax is applied twice",
    ),
    "softmax of softmax in another precision": (
        lambda: tg.sum(tg.softmax(tg.softmax(logits()).astype(np.float32))).backward(),
        DoubleSoftmaxWarning,
        r"softmax is applied twice",
    ),
    "log_softmax of softmax": (
        lambda: tg.sum(tg.log_softmax(tg.softmax(logits()))).backward(),
        DoubleSoftmaxWarning,
        r"softmax is applied twice",
    ),
    "softmax for a loss of logits": (
        lambda: categorical(tg.softmax(logits()), NUMBERS, from_logits=True),
        DoubleSoftmaxWarning,
        r"then in layer 'loss'",
    ),
    "softmax for a loss of logits and one-hot rows": (
        lambda: categorical(tg.softmax(logits()), ONE_HOT, from_logits=True),
        DoubleSoftmaxWarning,
        r"softmax is applied twice",
    ),
    "sigmoid for a loss of logits": (
        lambda: binary(tg.sigmoid(logits()), ONE_HOT, from_logits=True),
        DoubleSoftmaxWarning,
        r"sigmoid is applied twice",
    ),
    "several labels a row": (
        lambda: categorical(tg.softmax(logits()), [[0, 0, 1], [1, 0, 1]]),
        LabelWarning,
        r"row 1 of the targets is \[1 0 1\], which sums to 2.*shape \(2,\)",
    ),
}


@pytest.mark.parametrize("what", WARNED)
def test_it_is_warned_of_at_the_line_of_the_program(what: str) -> None:
    call, category, message = WARNED[what]
    with pytest.warns(category, match=message) as record:
        call()
    assert [w.filename for w in record] == [__file__]


@pytest.mark.parametrize("what", WARNED)
def test_it_is_silenced_the_usual_way(what: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WARNED[what][1])
        WARNED[what][0]()


FINE: dict[str, Callable[[], Any]] = {
    "all pairs, by indexing": lambda: tg.sum(column()[:, 0][:, None] - np.ones(4)).backward(),
    "all pairs, by reshaping": lambda: tg.sum(tg.reshape(column(), (4, 1)) - N * 1.0).backward(),
    "two columns": lambda: tg.sum(column() - COLUMN).backward(),
    "one row": lambda: tg.sum(column()[:1] - np.ones(1)).backward(),
    "a matrix and a row": lambda: tg.sum(tg.Tensor(np.ones((4, 2))) - np.ones(2)).backward(),
    "whole numbers as indices": lambda: tg.Tensor(np.ones(4))[tg.Tensor(N)].sum().backward(),
    "whole numbers compared": lambda: tg.sum(
        tg.where(tg.Tensor(N) > 1, tg.Tensor(np.ones(4)), 0.0)
    ).backward(),
    "a mask by comparison": lambda: tg.sum(logits() * (logits() > 1.0)).backward(),
    "one of two ways stopped": lambda: tg.sum(logits() * tg.stop_gradient(logits())).backward(),
    "softmax once": lambda: categorical(tg.softmax(logits()), NUMBERS),
    "a loss of logits": lambda: categorical(logits(), NUMBERS, from_logits=True),
    "softmax at a temperature": lambda: tg.sum(tg.softmax(tg.softmax(logits()) / 0.1)).backward(),
    "softmax along one axis and the other": lambda: tg.sum(
        tg.softmax(tg.softmax(logits(), axis=0), axis=1)
    ).backward(),
    "log_softmax twice": lambda: tg.sum(tg.log_softmax(tg.log_softmax(logits()))).backward(),
    "two layers of sigmoids": lambda: tg.sum(tg.sigmoid(tg.sigmoid(logits()))).backward(),
    "one-hot rows": lambda: categorical(tg.softmax(logits()), ONE_HOT),
    "labels made smooth": lambda: categorical(
        tg.softmax(logits()), np.float32([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])
    ),
    "an example left out": lambda: categorical(tg.softmax(logits()), [[0, 0, 0], [1, 0, 0]]),
    "several labels a row, each by itself": lambda: binary(
        tg.sigmoid(logits()), [[0, 0, 1], [1, 0, 1]]
    ),
    "gradients cleared": lambda: step_twice(clear=True),
    "gradients cleared by hand": lambda: step_by_hand(clear=True),
}


@pytest.mark.parametrize("what", FINE)
def test_what_is_meant_is_not_warned_of(what: str) -> None:
    FINE[what]()  # a warning would be an error here


def test_adding_up_gradients_of_several_losses_is_fine() -> None:
    w, sgd = tg.Tensor(1.0), tg.optim.SGD(0.1)
    for _ in range(2):
        (w * 3.0).backward()
        (w * 2.0).backward()
        sgd.step([w])
        sgd.zero_grad([w])
    assert w.item() == pytest.approx(0.0)


def test_a_warning_as_an_error_has_changed_nothing() -> None:
    x = tg.Tensor(np.ones(4))
    with pytest.raises(IntegerVariableWarning):
        (tg.Tensor(N) * x).sum().backward()
    assert x.grad is None


def test_a_step_that_no_gradient_reaches_is_an_error() -> None:
    w = tg.Tensor(np.ones(3), "w")
    (tg.Tensor(2.0) * w.data.sum()).backward()
    with pytest.raises(GraphError, match=r"no parameter has a gradient.*depends on none of them"):
        tg.optim.SGD(0.1).step([w])


SOFTMAX = tg.softmax(tg.Tensor(np.ones((2, 3)))).data
ONE_OUTPUT = np.full((2, 1), 0.5)
NEVER_MEANT: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "one-hot rows end to end": (
        lambda: categorical(SOFTMAX, np.ravel(ONE_HOT)),
        ShapeError,
        r"y\.reshape\(-1, 3\)",
    ),
    "one-hot columns": (lambda: categorical(SOFTMAX, np.transpose(ONE_HOT)), ShapeError, r"y\.T"),
    "one-hot rows of more classes": (
        lambda: categorical(SOFTMAX, np.eye(5)[NUMBERS]),
        ShapeError,
        r"these name 5 classes: give the last layer as many neurons",
    ),
    "two columns for one output": (
        lambda: binary(ONE_OUTPUT, np.eye(2)[[0, 1]]),
        ShapeError,
        r"one-hot rows of two classes, for one output: y\[:, 1:\]",
    ),
    "class numbers for many outputs": (
        lambda: binary(SOFTMAX, NUMBERS),
        ShapeError,
        r"np\.eye\(3\)\[y\.ravel\(\)\].*CategoricalCrossentropy takes the numbers",
    ),
    "-1 and 1": (lambda: binary(ONE_OUTPUT, [[-1], [1]]), DataError, r"\(y \+ 1\) / 2"),
}


@pytest.mark.parametrize("what", NEVER_MEANT)
def test_labels_of_another_kind_are_refused_with_what_to_write(what: str) -> None:
    call, error, message = NEVER_MEANT[what]
    with pytest.raises(error, match=message):
        call()


def test_every_warning_has_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "warnings.md").read_text()
    classes = {
        name
        for name, item in vars(errors).items()
        if isinstance(item, type) and issubclass(item, TensorGraphWarning)
    }
    assert classes - {"TensorGraphWarning"} == set(
        re.findall(r"^## (\w+Warning)$", page, re.MULTILINE)
    )
