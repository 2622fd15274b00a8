"""What training says on the terminal: the book's lines, a few lines, or a progress bar."""

from __future__ import annotations

import os
import sys
from typing import Any

from tqdm import tqdm

from tensorgraph.train import Callback, EpochRecord, History, StepRecord


def reporter(print_every: int | None) -> Callback:
    """Lines every so many steps, none for 0; None chooses a bar or ten lines by the terminal."""
    if print_every is None:
        return ProgressBar() if sys.stderr.isatty() else TenLines()
    return EveryFewSteps(print_every) if print_every else Callback()


def losses(record: StepRecord | EpochRecord) -> str:
    """Accuracy and losses of a record, in the book's order and rounding."""
    accuracy = "" if record.accuracy is None else f"acc: {record.accuracy:.3f}, "
    return (
        f"{accuracy}loss: {record.loss:.3f} (data_loss: {record.data_loss:.3f}, "
        f"reg_loss: {record.regularization_loss:.3f})"
    )


def figures(record: StepRecord | EpochRecord) -> str:
    """The same with the learning rate, as the book prints it: with all its digits."""
    return f"{losses(record)}, lr: {record.learning_rate}"


def validation_line(loss: float, accuracy: float | None) -> str:
    """The book's line of validation figures."""
    return f"validation, {'' if accuracy is None else f'acc: {accuracy:.3f}, '}loss: {loss:.3f}"


class EveryFewSteps(Callback):
    """The book's lines: each epoch's steps by number; an epoch of one step is one line."""

    def __init__(self, every: int) -> None:
        self.every = every

    def on_step(self, record: StepRecord) -> None:
        if record.steps == 1:
            return
        if record.step == 0:
            print(f"epoch: {record.epoch}")
        if record.step % self.every == 0 or record.step == record.steps - 1:
            print(f"step: {record.step}, {figures(record)}")
        self._whole_epochs = True

    _whole_epochs = False

    def on_epoch(self, record: EpochRecord) -> None:
        if self._whole_epochs:
            print(f"training, {figures(record)}")
        elif record.epoch % self.every == 0 or record.epoch == record.epochs:
            print(f"epoch: {record.epoch}, {figures(record)}")
        else:
            return
        if record.validation_loss is not None:
            print(validation_line(record.validation_loss, record.validation_accuracy))


class TenLines(Callback):
    """About ten lines in all, however long the training."""

    def on_epoch(self, record: EpochRecord) -> None:
        every = -(-record.epochs // 10)
        if record.epoch % every and record.epoch not in (1, record.epochs):
            return
        validation = ""
        if record.validation_loss is not None:
            validation = "; " + validation_line(record.validation_loss, record.validation_accuracy)
        print(f"epoch: {record.epoch}, {losses(record)}{validation}", flush=True)


class ProgressBar(Callback):
    """A bar over all steps, with the figures of the last epoch."""

    def on_train_begin(self, epochs: int) -> None:
        self._epochs = epochs
        self._bar: Any = None

    def on_step(self, record: StepRecord) -> None:
        if self._bar is None:
            wide = _columns() > 0  # a terminal that does not know would get a bar of no width
            self._bar = tqdm(
                total=self._epochs * record.steps,
                unit="step",
                dynamic_ncols=wide,
                ncols=None if wide else 80,
            )
        self._bar.update()

    def on_epoch(self, record: EpochRecord) -> None:
        shown = {"loss": record.loss, "acc": record.accuracy}
        shown |= {"val_loss": record.validation_loss, "val_acc": record.validation_accuracy}
        values = {key: f"{value:.3f}" for key, value in shown.items() if value is not None}
        if self._bar is not None:
            self._bar.set_postfix(values, refresh=record.epoch == record.epochs)

    def on_train_end(self, history: History) -> None:
        if self._bar is not None:
            self._bar.close()


def _columns() -> int:
    """The width of the terminal, 0 where it is not known."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0
