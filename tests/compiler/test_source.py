"""The printed program: it runs by itself, names what it does, and holds nobody's words as code."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from networks import Block, Scale
from tensorgraph import losses, nn, optim
from tensorgraph.compiler import Compiled
from tensorgraph.compiler.numpy_source import Source
from tensorgraph.penalties import penalty
from tensorgraph.typing import Array

ROWS, LABELS = np.ones((6, 4), np.float32), np.arange(6) % 3


def trainer(
    layers: list[nn.Layer], loss: losses.Loss, optimizer: optim.Optimizer, name: str = "step"
) -> Compiled:
    """A compiled step of a network, called once."""
    parameters = {
        f"{i}.{key}": p for i, layer in enumerate(layers) for key, p in layer.parameters().items()
    }

    def step(X: Array, y: Array) -> Any:
        outputs: Any = X
        for layer in layers:
            outputs = layer(outputs, training=True)
        total = loss(outputs, y)
        penalties = penalty(layers)
        if penalties is not None:
            total = total + penalties
        total.backward()
        optimizer.step(parameters)
        optimizer.zero_grad(parameters)
        return total

    step.__name__ = name
    compiled = tg.compile(step)
    compiled(ROWS, LABELS if isinstance(loss, losses.CategoricalCrossentropy) else ROWS[:, :3])
    return compiled


def called(f: Callable[..., Any], *arguments: Any) -> Compiled:
    compiled = tg.compile(f)
    with np.errstate(all="ignore"):
        compiled(*arguments)
    return compiled


cce = losses.CategoricalCrossentropy
l2 = {"weight_regularizer_l2": 0.1, "bias_regularizer_l1": 0.1}

PROGRAMS: dict[str, Callable[[], Compiled]] = {
    "classifier": lambda: trainer(
        [nn.Dense(4, 5, **l2), nn.ReLU(), nn.Dropout(0.5), nn.Dense(5, 3), nn.Softmax()],
        cce(),
        optim.Adam(0.01, decay=0.1),
    ),
    "logits, in float64": lambda: trainer(
        [nn.Dense(4, 3, dtype=np.float64)], cce(from_logits=True), optim.RMSProp(0.01)
    ),
    "regression": lambda: trainer(
        [nn.Dense(4, 5), nn.Tanh(), nn.Dense(5, 3)], losses.MeanSquaredError(), optim.Adagrad(0.1)
    ),
    "absolute values and momentum": lambda: trainer(
        [nn.Dense(4, 3)], losses.MeanAbsoluteError(), optim.SGD(0.1, momentum=0.5)
    ),
    "binary": lambda: trainer(
        [nn.Dense(4, 3), nn.Sigmoid()], losses.BinaryCrossentropy(), optim.SGD(0.1)
    ),
    "a schedule": lambda: trainer(
        [nn.Dense(4, 3)], losses.MeanSquaredError(), optim.SGD(optim.CosineDecay(0.1, 10))
    ),
    "layers of one's own": lambda: trainer(
        [Scale(4), Block(4), nn.Dense(4, 3)], cce(from_logits=True), optim.Adam()
    ),
    "a function": lambda: called(lambda a: tg.sum(tg.exp(a) / tg.cos(a)), ROWS),
    "constants that are not finite": lambda: called(
        lambda a: tg.where(a > 1, np.inf, np.array([np.nan, -np.inf, 1.0, -0.0])), ROWS
    ),
    "a hessian": lambda: called(tg.hessian(lambda a: tg.sum(tg.exp(a) ** 2)), np.ones(3)),
    "rows without lines of their own": lambda: called(
        lambda a: tg.cumsum(tg.linalg.inv(a[:4] + 3 * np.eye(4)), axis=1), np.ones((6, 4))
    ),
    "indices": lambda: called(
        tg.grad(lambda a: tg.sum(a[np.array([1, 1, 0]), 1:3] ** 2)), np.ones((6, 4))
    ),
    "whole numbers": lambda: called(lambda a: a // 2 + np.int64(3), np.arange(6)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_runs_by_itself(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAMS[name]().source(), encoding="utf-8")
    with np.errstate(all="ignore"):
        runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", ["classifier", "a schedule", "rows without lines of their own"])
def test_saved_to_a_file_it_runs_in_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAMS[name]().source(), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


def function_in(text: str) -> list[str]:
    """The lines of ``step`` in a program."""
    body = text.split("\ndef step(", 1)[1].split('\nif __name__ == "__main__":', 1)[0]
    return body.splitlines()[1:]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_text_for_the_same_function(name: str) -> None:
    assert PROGRAMS[name]().source() == PROGRAMS[name]().source()


def test_comments_say_direction_and_layer() -> None:
    comments = [line.strip() for line in function_in(PROGRAMS["classifier"]().source())]
    comments = [line for line in comments if line.startswith("#")]
    forward = ["dense", "relu", "dropout", "dense", "softmax", "loss", "penalty"]
    order = [line.removeprefix("# forward: ") for line in comments if "forward: " in line]
    assert order == forward
    assert comments[0] == comments[-1] == "# update: Adam"  # its numbers come before everything
    backward = [line.removeprefix("# backward: ") for line in comments if "backward: " in line]
    assert [word for word in backward if word in forward[:5]] == forward[3::-1]


@pytest.mark.parametrize("name", ["classifier", "logits, in float64", "regression"])
def test_every_line_of_a_training_step_writes_into_memory_that_is_there(name: str) -> None:
    fresh = re.compile(r"\b(exp|multiply|add|subtract|divide|maximum|dot|matmul|sqrt|tanh)\(")
    lines = [line for line in function_in(PROGRAMS[name]().source()) if fresh.search(line)]
    assert len(lines) > 8
    numbers = ("= ones_", " * float(")  # sums that are one number
    assert [
        line for line in lines if "out=" not in line and not any(map(line.count, numbers))
    ] == []


# --- words that are not ours ---------------------------------------------------------------------

WORDS = [
    "import os",
    "class",
    "None",
    "1x",
    "naïve",
    "ﬁ",  # which Python reads as two letters
    "²",  # a digit that no name can have
    "float",
    "range",
    "print",
    "dot",
    "step",
    "arena",
    "room",
    "out",
    "np",
    "_",
    "#",
    "\\",
    '"""',
    "{0}",
    "%s",
    "a\nraise SystemExit(7)",
    "\r\n    raise SystemExit(7)",
    "x" * 120 + "\nraise SystemExit(7)\n",
    '"""\nraise SystemExit(7)\n"""',
    "\x0craise",
    "\u2028raise",
]


@pytest.mark.parametrize("word", WORDS)
def test_names_of_layers_tensors_functions_and_classes_stay_names(word: str) -> None:
    dense = nn.Dense(4, 3, name=word)
    scale = Scale(3, name=f"{word}2")
    scale.factor.name = word
    for parameter in dense.parameters().values():
        parameter.name = word
    sgd = type(word, (optim.SGD,), {})(0.1)
    step = trainer([dense, scale], cce(from_logits=True), sgd, name=word)
    before = sgd.iterations
    step(ROWS, LABELS)
    assert sgd.iterations == before + 1
    namespace: dict[str, Any] = {"__name__": "a module"}
    exec(compile(step.source(), "program", "exec"), namespace)
    with np.errstate(all="ignore"):
        assert len(namespace["step"](ROWS, LABELS)) == 1
    assert repr(step.program)


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_characters_that_no_text_can_have(word: str) -> None:
    dense = nn.Dense(4, 3, name=word)
    dense.weights.name = word
    step = trainer([dense], cce(from_logits=True), optim.SGD(0.1), name=word)
    assert step.source().encode()


def test_words_as_arguments_of_rows_stay_words() -> None:
    compiled = called(lambda a: tg.einsum("ij, kj -> ik", a, a), ROWS)
    np.testing.assert_allclose(compiled(ROWS), ROWS @ ROWS.T)


def test_what_runs_is_what_is_read() -> None:
    """The text to read is the text that runs, with what it finds outside made up."""
    step = PROGRAMS["classifier"]()
    source = step._executable("source()").source
    assert isinstance(source, Source)
    runs, reads = function_in(source.to_run()), function_in(step.source())
    assert [line for line in reads if line] == [line for line in runs if line]
