"""Training as a stream of records.

``stream`` takes steps and yields what they measured. Whoever wants to know, the history, a
printer, a picture, is a ``Callback`` that is handed the records; the loop knows nothing of any of
them.

Read next: ``serialize``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tensorgraph.data.batches import batches
from tensorgraph.interrupts import CtrlC
from tensorgraph.typing import Array

# --- records -------------------------------------------------------------------------------------


class StepRecord(NamedTuple):
    """One optimizer step: measured on its batch, before the update.

    ``epoch`` counts from 1, ``step`` from 0 within its epoch of ``steps``; ``loss`` is the sum of
    ``data_loss`` and ``regularization_loss``; ``accuracy`` is None where the model measures none.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    data_loss: float
    regularization_loss: float
    accuracy: float | None
    learning_rate: float


class EpochRecord(NamedTuple):
    """One pass over the data.

    Loss and accuracy are means over the examples as the steps met them, dropout active; the
    regularization loss is that of the parameters after the last step. The validation figures, None
    where there is no validation set, are taken after the last step, without dropout and without
    penalties.
    """

    epoch: int
    epochs: int
    loss: float
    data_loss: float
    regularization_loss: float
    accuracy: float | None
    learning_rate: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


Record = StepRecord | EpochRecord


class History:
    """What ``train`` returns: the epochs' records, or columns: ``history["validation_loss"]``."""

    def __init__(self) -> None:
        self.records: list[EpochRecord] = []

    def __getitem__(self, column: str) -> list[Any]:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}: there are {', '.join(self.columns)}")
        return [getattr(record, column) for record in self.records]

    def __len__(self) -> int:
        return len(self.records)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return EpochRecord._fields

    @property
    def last(self) -> EpochRecord:
        """The record of the last epoch."""
        return self.records[-1]

    def __repr__(self) -> str:
        if not self.records:
            return "History(no epochs)"
        shown = {key: value for key, value in self.last._asdict().items() if value is not None}
        body = ", ".join(
            f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in shown.items()
        )
        return f"History({len(self)} epochs, last: {body})"


class Callback:
    """Somebody who is told how training goes. Override what you want to hear of."""

    def on_train_begin(self, epochs: int) -> None:
        """Training is about to begin, for ``epochs`` epochs."""

    def on_step(self, record: StepRecord) -> None:
        """A step was taken."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch is over."""

    def on_train_end(self, history: History) -> None:
        """Training is over, or was stopped: ``history`` has the epochs that were finished."""


# --- the loop ------------------------------------------------------------------------------------


class Measured(NamedTuple):
    """What a step measured on its batch."""

    data_loss: float
    regularization_loss: float
    accuracy: float | None
    learning_rate: float


class Loop(NamedTuple):
    """What the loop calls: one step on a batch, the penalties now, the validation figures."""

    step: Callable[[Array, Array], Measured]
    regularization_loss: Callable[[], float]
    validate: Callable[[], tuple[float | None, float | None]]


def stream(
    loop: Loop, X: Array, y: Array, *, epochs: int, batch_size: int | None
) -> Iterator[Record]:
    """Train for ``epochs`` passes over (X, y), in order, and yield a record of each step and epoch.

    ``batch_size`` None takes the whole set at once; the last batch may be short.
    """
    size = len(X) if batch_size is None else batch_size
    parts = list(batches(X, y, batch_size=size))  # views, which every epoch goes through again
    steps = len(parts)
    for epoch in range(1, epochs + 1):
        data_loss = accuracy = 0.0
        for step, (batch_X, batch_y) in enumerate(parts):
            try:
                now = loop.step(batch_X, batch_y)
            except Exception as error:
                error.add_note(f"in training: epoch {epoch}, step {step + 1} of {steps}")
                raise
            weight = len(batch_X) / len(X)
            data_loss += weight * now.data_loss
            accuracy += weight * (now.accuracy or 0.0)
            yield StepRecord(epoch, step, steps, now.data_loss + now.regularization_loss, *now)
        penalty = loop.regularization_loss()
        yield EpochRecord(
            epoch,
            epochs,
            data_loss + penalty,
            data_loss,
            penalty,
            None if now.accuracy is None else accuracy,
            now.learning_rate,
            *loop.validate(),
        )


def run(records: Iterator[Record], epochs: int, callbacks: Sequence[Callback]) -> History:
    """Hand each record to the callbacks, and return the history.

    ``on_train_end`` is called also where training is stopped by an exception or by Ctrl-C. Ctrl-C
    waits for the next record, and until the callbacks have heard of it; a second one does not.
    """
    history = History()
    of_steps = [c for c in callbacks if type(c).on_step is not Callback.on_step]
    with CtrlC() as ctrl_c:
        for callback in callbacks:
            callback.on_train_begin(epochs)
        try:
            for record in records:
                if isinstance(record, EpochRecord):
                    history.records.append(record)
                    for callback in callbacks:
                        callback.on_epoch(record)
                else:
                    for callback in of_steps:
                        callback.on_step(record)
                ctrl_c.let_in()
        finally:
            for callback in callbacks:
                callback.on_train_end(history)
    return history
