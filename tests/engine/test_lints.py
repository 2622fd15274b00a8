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
    IntegerVariableWarning,
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


def test_every_warning_has_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "warnings.md").read_text()
    classes = {
        name
        for name, item in vars(errors).items()
        if isinstance(item, type) and issubclass(item, TensorGraphWarning)
    }
    assert classes - {"TensorGraphWarning"} == set(re.findall(r"^## (\w+)", page, re.MULTILINE))
