"""What training says: the book's lines, about ten, a progress bar in a terminal, or nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from networks import X_VAL, Y_VAL, X, Y, classifier
from tensorgraph import losses, nn, optim
from tensorgraph.models import Model
from tensorgraph.models.reporting import EveryFewSteps, reporter, validation_line
from tensorgraph.train import Callback, EpochRecord, StepRecord

BOOK = """\
epoch: 1
step: 0, acc: 0.055, loss: 2.303 (data_loss: 2.303, reg_loss: 0.000), lr: 0.001
step: 100, acc: 0.750, loss: 0.675 (data_loss: 0.675, reg_loss: 0.000), lr: 0.0009090909090909091
step: 468, acc: 0.844, loss: 0.438 (data_loss: 0.438, reg_loss: 0.000), lr: 0.000681198910081744
training, acc: 0.759, loss: 0.654 (data_loss: 0.654, reg_loss: 0.000), lr: 0.000681198910081744
validation, acc: 0.824, loss: 0.489
"""


def printed(capsys: pytest.CaptureFixture[str], **arguments: Any) -> list[str]:
    """The lines that training prints on the standard output, and none on the other."""
    optimizer = optim.Adam(0.001, decay=1e-3)
    classifier(optimizer, weight_regularizer_l2=0.01).train(X, Y, **arguments)
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


# --- the book's lines ----------------------------------------------------------------------------


def test_an_epoch_of_many_steps_is_printed_as_in_the_book(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = EveryFewSteps(100)
    last = 0.000681198910081744
    for step, accuracy, loss, rate in [
        (0, 0.0547, 2.3026, 0.001),
        (1, 0.1, 2.0, 0.00099),
        (100, 0.75, 0.6752, 0.0009090909090909091),
        (468, 0.84375, 0.4384, last),
    ]:
        lines.on_step(StepRecord(1, step, 469, loss, loss, 0.0, accuracy, rate))
    lines.on_epoch(EpochRecord(1, 1, 0.6541, 0.6541, 0.0, 0.7592, last, 0.4887, 0.8242))
    assert capsys.readouterr().out == BOOK


@pytest.mark.parametrize(
    ("every", "steps"), [(1, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 4, 5]), (5, [0, 5]), (100, [0, 5])]
)
def test_every_so_many_steps_and_the_last_are_printed(
    every: int, steps: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capsys, epochs=2, batch_size=10, print_every=every)
    epoch = [*[f"step: {step}" for step in steps], "training"]
    assert [line.partition(",")[0] for line in lines] == ["epoch: 1", *epoch, "epoch: 2", *epoch]


def test_an_epoch_of_one_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, epochs=25, print_every=10)
    assert [line.partition(",")[0] for line in lines] == ["epoch: 10", "epoch: 20", "epoch: 25"]
    rate = 0.001 / (1 + 1e-3 * 9)
    figures = r"acc: 0\.\d{3}, loss: \d\.\d{3} \(data_loss: \d\.\d{3}, reg_loss: 0\.\d{3}\)"
    assert re.fullmatch(rf"epoch: 10, {figures}, lr: {re.escape(repr(rate))}", lines[0])


@pytest.mark.parametrize("batch_size", [None, 30])
def test_validation_has_a_line_of_its_own(
    batch_size: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(
        capsys, epochs=2, batch_size=batch_size, print_every=1, validation_data=(X_VAL, Y_VAL)
    )
    found = [line for line in lines if line.startswith("validation")]
    assert len(found) == 2
    assert all(re.fullmatch(r"validation, acc: 0\.\d{3}, loss: \d\.\d{3}", line) for line in found)


def test_what_was_not_measured_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    model = Model([nn.Dense(2, 1)])
    model.set(loss=losses.MeanSquaredError(), optimizer=optim.SGD(0.125))
    model.finalize()
    model.train(X, Y, print_every=1)
    line = r"epoch: 1, loss: \d\.\d{3} \(data_loss: \d\.\d{3}, reg_loss: 0\.000\), lr: 0\.125\n"
    assert re.fullmatch(line, capsys.readouterr().out)


def test_a_validation_line_without_accuracy() -> None:
    assert validation_line(0.12345, None) == "validation, loss: 0.123"


def test_zero_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, epochs=3, print_every=0, validation_data=(X_VAL, Y_VAL)) == []


# --- without a terminal --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [
        (1, [1]),
        (3, [1, 2, 3]),
        (10, list(range(1, 11))),
        (19, [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 19]),
        (200, [1, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200]),
    ],
)
def test_where_there_is_no_terminal_about_ten_lines_are_printed(
    epochs: int, shown: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(capsys, epochs=epochs, batch_size=30)
    assert [int(re.findall(r"\d+", line)[0]) for line in lines] == shown


def test_one_of_the_ten_lines_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = printed(capsys, validation_data=(X_VAL, Y_VAL))
    assert re.fullmatch(
        r"epoch: 1, acc: \S+, loss: \S+ \(data_loss: \S+, reg_loss: \S+\); "
        r"validation, acc: \S+, loss: \S+",
        line,
    )


def test_zero_is_a_callback_that_does_nothing() -> None:
    assert type(reporter(0)) is Callback


# --- in a terminal -------------------------------------------------------------------------------

PROGRAM = """
import tensorgraph as tg
from tensorgraph import losses, metrics, nn, optim
from tensorgraph.models import Model

X, y = tg.data.spiral(20, 3, seed=0)
model = Model([nn.Dense(2, 8), nn.ReLU(), nn.Dense(8, 3), nn.Softmax()], seed=0)
model.set(
    loss=losses.CategoricalCrossentropy(),
    optimizer=optim.Adam(),
    accuracy=metrics.CategoricalAccuracy(),
)
model.finalize()
history = model.train(X, y, epochs=4, batch_size=25, validation_data=(X, y))
print("the end", len(history))
"""


def in_terminal(program: str, columns: int = 120) -> str:
    """What a Python program sends to a terminal, which does not know its width if that is 0."""
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    termios = pytest.importorskip("termios", reason="needs pseudo-terminals")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=Path(__file__).parent,  # in the root, ./tensorgraph would hide the installed one
    ) as process:
        os.close(theirs)
        received = b""
        while chunk := _read(ours):
            received += chunk
    os.close(ours)
    assert process.returncode == 0, received.decode()
    return received.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux's way to say that nobody writes any more
        return b""


@pytest.mark.parametrize("columns", [120, 0], ids=["120 columns", "unknown width"])
def test_in_a_terminal_there_is_a_progress_bar_with_the_last_figures(columns: int) -> None:
    shown = in_terminal(PROGRAM, columns)
    last = shown.replace("\r\n", "\n").partition("\nthe end 4")[0].rpartition("\r")[2]
    assert "epoch: " not in shown
    assert re.match(r"100%\|█*\| 12/12 \[.*step/s, .*loss=\d\.\d{3}, acc=0\.\d{3}", last)
    assert re.search(r"val_loss=\d\.\d{3}, val_acc=0\.\d{3}\]", last) or columns == 0


def test_in_a_terminal_zero_is_silent() -> None:
    program = PROGRAM.replace("epochs=4", "epochs=4, print_every=0")
    assert in_terminal(program).split() == ["the", "end", "4"]
