"""The training loop as a stream of records, with steps that are made up here."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorgraph.train import (
    Callback,
    EpochRecord,
    History,
    Loop,
    Measured,
    Record,
    StepRecord,
    run,
    stream,
)

ROWS = np.arange(5.0).reshape(-1, 1)


def records(
    batch_size: int | None,
    epochs: int = 1,
    accuracy: float | None = 0.5,
    validation: Any = (None, None),
) -> list[Record]:
    """The stream of a loop whose loss is the mean of a batch; its penalty is 10, and then 20."""

    def step(X: Any, y: Any) -> Measured:
        return Measured(float(X.mean()), 10.0, None if accuracy is None else accuracy * len(X), 0.1)

    loop = Loop(step, lambda: 20.0, lambda: validation)
    return list(stream(loop, ROWS, ROWS, epochs=epochs, batch_size=batch_size))


# --- the stream ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("batch_size", "steps"), [(None, 1), (5, 1), (9, 1), (2, 3), (1, 5)])
def test_an_epoch_has_a_record_for_each_step_and_one_of_its_own(
    batch_size: int | None, steps: int
) -> None:
    found = records(batch_size, epochs=2)
    assert [type(record) for record in found] == ([StepRecord] * steps + [EpochRecord]) * 2


def test_epochs_count_from_1_and_steps_from_0() -> None:
    counted = [
        (r.epoch, r.step, r.steps) for r in records(2, epochs=2) if isinstance(r, StepRecord)
    ]
    assert counted == [(1, 0, 3), (1, 1, 3), (1, 2, 3), (2, 0, 3), (2, 1, 3), (2, 2, 3)]


def test_the_loss_of_a_step_is_its_data_loss_and_its_penalty() -> None:
    assert tuple(records(2)[1]) == (1, 1, 3, 12.5, 2.5, 10.0, 1.0, 0.1)


def test_an_epochs_figures_are_means_over_the_examples_and_the_penalty_after_it() -> None:
    # Batches of 2, 2 and 1 rows: losses 0.5, 2.5, 4 and accuracies 1, 1, 0.5, weighted.
    epoch = records(2, epochs=3)[-1]
    assert tuple(epoch) == pytest.approx((3, 3, 22.0, 2.0, 20.0, 0.9, 0.1, None, None))


def test_without_accuracy_there_is_none() -> None:
    assert [record.accuracy for record in records(2, accuracy=None)] == [None] * 4


def test_an_epoch_has_the_validation_figures() -> None:
    epoch = records(None, validation=(0.25, 0.75))[-1]
    assert isinstance(epoch, EpochRecord)
    assert (epoch.validation_loss, epoch.validation_accuracy) == (0.25, 0.75)


def test_records_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        records(None)[0].loss = 0.0  # type: ignore[misc]


def test_the_stream_takes_no_step_before_its_record_is_asked_for() -> None:
    taken = []

    def step(X: Any, y: Any) -> Measured:
        taken.append(len(X))
        return Measured(0.0, 0.0, None, 0.1)

    loop = Loop(step, lambda: 0.0, lambda: (None, None))
    asked = stream(loop, ROWS, ROWS, epochs=1, batch_size=2)
    assert taken == []
    next(asked)
    assert taken == [2]


# --- callbacks -----------------------------------------------------------------------------------


class Diary(Callback):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def on_train_begin(self, epochs: int) -> None:
        self.told.append(("begin", epochs))

    def on_step(self, record: StepRecord) -> None:
        self.told.append(("step", record.epoch, record.step))

    def on_epoch(self, record: EpochRecord) -> None:
        self.told.append(("epoch", record.epoch))

    def on_train_end(self, history: History) -> None:
        self.told.append(("end", len(history)))


def test_a_callback_is_told_everything_in_order() -> None:
    diary = Diary()
    run(iter(records(3, epochs=2)), 2, [diary])
    assert diary.told == [
        ("begin", 2),
        ("step", 1, 0),
        ("step", 1, 1),
        ("epoch", 1),
        ("step", 2, 0),
        ("step", 2, 1),
        ("epoch", 2),
        ("end", 2),
    ]


def test_every_callback_is_told() -> None:
    diaries = [Diary(), Diary()]
    run(iter(records(3)), 1, diaries)
    assert diaries[0].told == diaries[1].told != []


def test_a_callback_need_not_listen() -> None:
    assert len(run(iter(records(3)), 1, [Callback()])) == 1


class Fails(Callback):
    """Raises at the end of the second epoch."""

    def on_epoch(self, record: EpochRecord) -> None:
        if record.epoch == 2:
            raise ZeroDivisionError("from a callback")


def test_an_exception_in_a_callback_comes_through_after_the_others_have_heard_of_the_end() -> None:
    diary = Diary()
    with pytest.raises(ZeroDivisionError, match="from a callback"):
        run(iter(records(3, epochs=3)), 3, [Fails(), diary])
    assert diary.told[-1] == ("end", 2)


def test_after_ctrl_c_callbacks_hear_of_the_end() -> None:
    def interrupted() -> Iterator[Record]:
        yield from records(3)
        raise KeyboardInterrupt

    diary = Diary()
    with pytest.raises(KeyboardInterrupt):
        run(interrupted(), 2, [diary])
    assert diary.told[-2:] == [("epoch", 1), ("end", 1)]


# --- the history ---------------------------------------------------------------------------------


def history() -> History:
    return run(iter(records(2, epochs=2, validation=(0.25, 0.75))), 2, [])


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("epoch", [1, 2]),
        ("data_loss", pytest.approx([2.0, 2.0])),
        ("validation_loss", [0.25, 0.25]),
        ("validation_accuracy", [0.75, 0.75]),
    ],
)
def test_a_history_has_columns(column: str, values: Any) -> None:
    assert history()[column] == values


def test_a_history_names_its_columns_where_one_is_unknown() -> None:
    with pytest.raises(KeyError, match=r"no column 'val_loss': there are epoch, .*validation_loss"):
        history()["val_loss"]


def test_a_history_has_the_records() -> None:
    assert (len(history()), history().last.epoch) == (2, 2)


def test_a_history_shows_its_last_epoch() -> None:
    assert repr(history()).startswith(
        "History(2 epochs, last: epoch=2, epochs=2, loss=22, data_loss=2"
    )


def test_a_history_of_nothing_says_so() -> None:
    assert repr(History()) == "History(no epochs)"


# --- Ctrl-C --------------------------------------------------------------------------------------


class Presses(Diary):
    """Presses Ctrl-C when it hears of the first step."""

    def on_step(self, record: StepRecord) -> None:
        super().on_step(record)
        if record.step == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("place", [0, 1])
def test_ctrl_c_waits_until_everybody_has_heard_of_the_step(place: int) -> None:
    diary, presses = Diary(), Presses()
    both = [presses, diary] if place == 0 else [diary, presses]
    with pytest.raises(KeyboardInterrupt):
        run(iter(records(2)), 1, both)
    assert diary.told == presses.told == [("begin", 1), ("step", 1, 0), ("end", 0)]


def test_ctrl_c_waits_for_the_step() -> None:
    taken = []

    def step(X: Any, y: Any) -> Measured:
        signal.raise_signal(signal.SIGINT)
        taken.append(len(X))
        return Measured(0.0, 0.0, None, 0.1)

    loop = Loop(step, lambda: 0.0, lambda: (None, None))
    with pytest.raises(KeyboardInterrupt):
        run(stream(loop, ROWS, ROWS, epochs=2, batch_size=2), 2, [])
    assert taken == [2]


def test_the_history_so_far_is_what_callbacks_get_at_the_end() -> None:
    class Keeps(Callback):
        def on_epoch(self, record: EpochRecord) -> None:
            if record.epoch == 2:
                signal.raise_signal(signal.SIGINT)

        def on_train_end(self, history: History) -> None:
            self.history = history

    keeps = Keeps()
    with pytest.raises(KeyboardInterrupt):
        run(iter(records(2, epochs=5)), 5, [keeps])
    assert keeps.history["epoch"] == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("kind", ["model", "hand"])
def test_a_training_that_is_interrupted_stands_between_two_steps(kind: str) -> None:
    program = Path(__file__).parents[1] / "interrupted.py"
    command = [sys.executable, str(program), kind, "0", "40"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.stdout.startswith("40 interrupts, "), done.stdout + done.stderr
    assert done.returncode == 0
