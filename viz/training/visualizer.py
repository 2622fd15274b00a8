"""Pictures of a training as it goes: accuracy, loss, and what the network makes of its inputs.

A ``Visualizer`` is a callback of the training. It reads the records that the training hands out and
asks the model for predictions; the training knows nothing of pictures.
"""

from __future__ import annotations

import io
import sys

import numpy as np
from matplotlib.figure import Figure

from tensorgraph.errors import ArgumentError
from tensorgraph.train import Callback, EpochRecord, StepRecord
from tensorgraph.viz.training.animate import Scene, Snapshot
from tensorgraph.viz.training.inputs import view_of
from tensorgraph.viz.training.movie import PathLike, movie_kind, open_movie, write_png
from tensorgraph.viz.training.recorder import Recorder
from tensorgraph.viz.training.screens import FileScreen, Screen, WindowScreen, blank_figure
from tensorgraph.viz.training.views import Predictor
from tensorgraph.viz.training.windows import may_open

NOWHERE = (
    "Visualizer: there is no display here, so nothing is drawn; "
    "save='training.gif' (or .mp4, .png, a folder) would keep the pictures"
)


class Visualizer(Callback):
    """Draws a training in a window, in a file, or both.

    ``model`` is anything with ``predict``; it may get its layers later. ``X`` (n, n_inputs) and
    ``y`` are the data to draw. The accuracy and the data loss are always drawn, with
    ``validation=True`` those of the validation too (give ``train`` its ``validation_data``). Beside
    them stands

    - with ``colorgraph=True``, for two inputs: the square [-size, size]^2, each point coloured by
      the probabilities of ``n_outputs`` classes (1 or 2 for a sigmoid), with the data on top;
    - with ``graph=True``: the fitted curve of one input, or the fitted surface of two.

    Where there is a display a window opens: at the end of the training, or with ``animate=True``
    after its first epoch, redrawn every ``period`` epochs and at the end. It never stops the
    training, may be closed at any time, and stays when the program ends.

    ``save`` names a file to write, display or not. ".gif" and ".mp4" (which needs ffmpeg) and a
    folder (a name with no ending, or with a "/") get a frame after epoch 1, every ``period`` epochs
    and at the end, whatever ``animate`` says; ".png" gets the last. Each training starts the
    histories and the file anew. If it is stopped, a file of that name is as it was, and the frames
    so far are in "name.partial.gif".

    The histories are lists with one number for each epoch; losses leave regularization out.
    """

    def __init__(
        self,
        model: Predictor,
        X: object,
        y: object,
        n_inputs: int,
        n_outputs: int,
        size: float = 1.2,
        period: int = 10,
        animate: bool = False,
        validation: bool = False,
        colorgraph: bool = False,
        graph: bool = False,
        save: PathLike | None = None,
    ) -> None:
        if not callable(getattr(model, "predict", None)):
            raise ArgumentError(
                f"Visualizer: model should have a predict method, got {type(model).__name__}: give "
                "model= the Model that will be trained; its layers may be added later"
            )
        for name, number in (("n_inputs", n_inputs), ("n_outputs", n_outputs), ("period", period)):
            if not isinstance(number, (int, np.integer)) or number < 1:
                raise ArgumentError(
                    f"Visualizer: {name} should be a whole number >= 1, got {number!r}"
                )
        if not 0 < size < float("inf"):
            raise ArgumentError(f"Visualizer: size should be a number > 0, got {size!r}")
        if save is not None:
            movie_kind(save)
        self.model = model
        self.period = period
        self.animate = animate
        self.save = save
        self.view = view_of(
            np.asarray(X), np.asarray(y), n_inputs, n_outputs, size, colorgraph, graph
        )
        self.recorder = Recorder(validation)
        self._screens: list[Screen] = []
        self._window: WindowScreen | None = None
        self._epochs = 1

    @property
    def train_accuracy_history(self) -> list[float]:
        """The accuracy on the training data, by epoch."""
        return self.recorder.train_accuracy_history

    @property
    def train_loss_history(self) -> list[float]:
        """The data loss on the training data, by epoch."""
        return self.recorder.train_loss_history

    @property
    def test_accuracy_history(self) -> list[float]:
        """The accuracy on the validation data, by epoch; NaN where there was none."""
        return self.recorder.test_accuracy_history

    @property
    def test_loss_history(self) -> list[float]:
        """The loss on the validation data, by epoch; NaN where there was none."""
        return self.recorder.test_loss_history

    @property
    def figure(self) -> Figure | None:
        """The matplotlib figure of the window, or of the file; None before there is one."""
        figures = [screen.figure for screen in reversed(self._screens)]
        return next((figure for figure in figures if figure), None)

    def on_train_begin(self, epochs: int) -> None:
        """Start anew, in the file and in the window that there are."""
        self.recorder = Recorder(self.recorder.validation)
        self._epochs = epochs
        self._screens = []
        if self.save is not None:
            self._screens.append(FileScreen(self._scene, open_movie(self.save)))
        if may_open():
            window = self._window.window if self._window else None
            self._window = WindowScreen(self._scene, self.animate, window)
            self._screens.append(self._window)
        if not self._screens:
            print(NOWHERE, file=sys.stderr)

    def on_step(self, record: StepRecord) -> None:
        """Let the window answer mouse and keyboard."""
        if self._window:
            self._window.breathe()

    def on_epoch(self, record: EpochRecord) -> None:
        """Record the epoch, and draw a frame if one is due."""
        self.recorder.add(record)
        if record.epoch == 1 or record.epoch % self.period == 0:
            self._show([screen for screen in self._screens if screen.animated])

    def on_train_end(self, history: object) -> None:
        """Draw the last epoch wherever it is not shown yet, and finish the file."""
        stopped = len(self.recorder) < self._epochs
        # After an error the model may be unable to predict, and the error is what has to be heard.
        failed = stopped and isinstance(sys.exception(), Exception)
        if len(self.recorder) and not failed:
            self._show([screen for screen in self._screens if screen.epoch != len(self.recorder)])
        for screen in self._screens:
            if stopped:
                screen.stop()
            else:
                screen.finish()

    def _repr_png_(self) -> bytes | None:
        """Return the picture of the newest epoch for a notebook, None before there is one."""
        if not len(self.recorder):
            return None
        scene = self._scene(blank_figure())
        scene.show(self._snapshot())
        file = io.BytesIO()
        write_png(scene.pixels(), file)
        return file.getvalue()

    def _scene(self, figure: Figure) -> Scene:
        """Put the picture of this training on ``figure``."""
        return Scene(figure, self.view, self._epochs, self.recorder.validation)

    def _snapshot(self) -> Snapshot:
        """Return what there is to show now."""
        seen = self.view.look(self.model) if self.view else None
        return Snapshot(self.recorder.curves(), seen)

    def _show(self, screens: list[Screen]) -> None:
        """Show the newest epoch on ``screens``; the model is asked only if there are any."""
        if screens:
            snapshot = self._snapshot()
            for screen in screens:
                screen.show(snapshot)
