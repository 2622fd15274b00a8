"""``Model``: a sequence of layers that trains, predicts, and is saved.

model = Model([Dense(2, 64), ReLU(), Dense(64, 3), Softmax()])
model.set(loss=CategoricalCrossentropy(), optimizer=Adam(0.01), accuracy=CategoricalAccuracy())
model.finalize()
history = model.train(X, y, epochs=100, validation_data=(X_val, y_val))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import numpy as np

from tensorgraph import lints
from tensorgraph.data.batches import batches
from tensorgraph.display import Shown
from tensorgraph.errors import ArgumentError, GraphError, ShapeError
from tensorgraph.losses import Loss, look_at_all
from tensorgraph.metrics import Accuracy
from tensorgraph.models import checks, saving
from tensorgraph.models.doctor import (
    Diagnosis,
    Watch,
    due,
    examine,
    recorded_loss,
    spread,
    unmoved,
)
from tensorgraph.models.programs import Programs
from tensorgraph.models.reporting import reporter
from tensorgraph.models.summary import summary_table
from tensorgraph.nn import Layer
from tensorgraph.nn.layer import own_tensors, with_inner_layers
from tensorgraph.optim import Optimizer
from tensorgraph.penalties import penalty
from tensorgraph.random import generator
from tensorgraph.recording import no_grad, own_loop, recording
from tensorgraph.serialize import Pathlike
from tensorgraph.tape import Leaf, gather, new_leaf
from tensorgraph.tensor import Tensor
from tensorgraph.threads import blas_threads_for
from tensorgraph.train import Callback, History, Loop, Measured, run, stream
from tensorgraph.typing import Array, DType


class Model(Shown):
    """Layers in sequence. ``add`` them, ``set`` what to train with, ``finalize``, then ``train``.

    ``seed`` draws the weights and the dropout of this model's layers from a generator of its own;
    without it they come from the default one, which ``tg.seed`` sets. ``dtype`` is that of
    parameters whose layer names none: float32.
    """

    def __init__(
        self, layers: Iterable[Layer] = (), *, seed: int | None = None, dtype: DType = None
    ) -> None:
        self.layers: list[Layer] = []
        self.loss: Loss | None = None
        self.optimizer: Optimizer | None = None
        self.accuracy: Accuracy | None = None
        self.visualizer: Any = None
        self.dtype = np.dtype(np.float32 if dtype is None else dtype)
        self._rng = None if seed is None else generator(seed)
        self._programs = Programs(self)
        self._finalized = False
        self._parameters: dict[str, Tensor] = {}
        for layer in layers:
            self.add(layer)

    # --- building --------------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Append a layer."""
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"add() takes a layer, not {layer!r}: an instance of a class below nn.Layer"
            )
        self.layers.append(layer)
        self._finalized = False

    def set(
        self,
        *,
        loss: Loss | None = None,
        optimizer: Optimizer | None = None,
        accuracy: Accuracy | None = None,
        visualizer: Any = None,
    ) -> None:
        """Say what to train with; what is not given stays as it was."""
        for role, thing, base in (
            ("loss", loss, Loss),
            ("optimizer", optimizer, Optimizer),
            ("accuracy", accuracy, Accuracy),
        ):
            if thing is not None and not isinstance(thing, base):
                hint = f": write {thing.__name__}()" if isinstance(thing, type) else ""
                raise ArgumentError(f"set(): {role}={thing!r} is no {base.__name__}{hint}")
        if self._finalized and loss is not None:
            checks.check_loss(loss, self.layers)
        self.loss = loss or self.loss
        self.optimizer = optimizer or self.optimizer
        self.accuracy = accuracy or self.accuracy
        self.visualizer = visualizer or self.visualizer

    def finalize(self) -> None:
        """Check that the layers fit, name them, and lay the parameters side by side.

        Raises ``ShapeError`` or ``ArgumentError`` that names the layer which does not fit.
        """
        if not self.layers:
            raise GraphError("finalize(): the model has no layers: add() some first")
        self._name_layers()
        checks.check_chain(self.layers)
        if self.loss is not None:
            checks.check_loss(self.loss, self.layers)
        self._parameters = {}
        for layer in self.layers:
            for inner in with_inner_layers(layer):
                self._prepare(inner)
            for name, parameter in layer.parameters().items():
                parameter.name = f"{layer.name}.{name}"
                self._parameters[parameter.name] = parameter
        gather(parameter._node for parameter in self._parameters.values())  # type: ignore[misc]
        self._programs = Programs(self)
        self._finalized = True

    def _name_layers(self) -> None:
        taken = {layer.name for layer in self.layers if layer.name}
        if len(taken) < sum(layer.name is not None for layer in self.layers):
            raise ArgumentError(
                "finalize(): two layers have the same name=, or one layer was added twice"
            )
        counts: dict[str, int] = {}
        for layer in self.layers:
            while layer.name is None:
                kind = (layer.saved_as or type(layer)).__name__.lower()
                counts[kind] = counts.get(kind, 0) + 1
                name = f"{kind}_{counts[kind]}"
                layer.name = None if name in taken else name

    def _prepare(self, layer: Layer) -> None:
        """Give a layer the model's generator and dtype where it has none of its own."""
        leaves = [leaf for leaf in _leaves(layer) if not leaf.storage.shared]
        if self._rng is not None and getattr(layer, "rng", None) is generator():
            layer.rng = self._rng  # type: ignore[attr-defined]
            if all(
                leaf.storage.version < 0 for leaf in leaves
            ):  # nobody has set them since they were drawn
                layer.initialize(self._rng)
        if getattr(layer, "dtype", None) is None:
            for leaf in leaves:
                if leaf.value.dtype.kind == "f" and leaf.value.dtype != self.dtype:
                    storage = new_leaf(leaf.value.astype(self.dtype)).storage
                    leaf.place(storage, 0, leaf.value.shape)

    def parameters(self) -> dict[str, Tensor]:
        """Every variable to train, by "layer.parameter"."""
        self._require_finalized("parameters()")
        return dict(self._parameters)

    def _require_finalized(self, what: str) -> None:
        if not self._finalized:
            raise GraphError(f"{what} comes after finalize(): call model.finalize() first")

    # --- running ---------------------------------------------------------------------------------

    def forward(self, X: Any, training: bool = False) -> Any:
        """The output of the last layer for a batch, recorded."""
        for layer in self.layers:
            X = layer(X, training)
        return X

    def predict(self, X: Any, *, batch_size: int | None = None) -> Array:
        """The last layer's output for each row of ``X``: shape (n, outputs), without dropout."""
        self._require_finalized("predict()")
        X = checks.checked_inputs(X, self.layers, self.dtype, "X")
        size = checks.checked_size(batch_size, X)
        output = self._programs.output
        with no_grad(), self._threads(size):
            return np.concatenate([output(X[i : i + size]) for i in range(0, len(X), size)])

    def _threads(self, rows: int) -> AbstractContextManager[Any]:
        """One BLAS thread where the largest matrix product of a batch of ``rows`` is small."""
        return blas_threads_for(rows * max((p.size for p in self._parameters.values()), default=0))

    def evaluate(
        self, X: Any, y: Any, *, batch_size: int | None = None
    ) -> tuple[float, float | None]:
        """(loss, accuracy) on a data set: without dropout and without penalties.

        The accuracy is None where the model has none.
        """
        self._require_finalized("evaluate()")
        if self.loss is None:
            raise GraphError("evaluate() needs a loss: model.set(loss=...)")
        X, y = self._checked(X, y, "X", "y")
        size = checks.checked_size(batch_size, X)
        with self._threads(size):
            return self._evaluate(X, y, size)

    def _evaluate(self, X: Array, y: Array, batch_size: int) -> tuple[float, float | None]:
        assert self.loss is not None
        figures, loss, accuracy = self._programs.figures, 0.0, 0.0
        for batch_X, batch_y in batches(X, y, batch_size=batch_size):
            batch_loss, batch_accuracy = figures(batch_X, batch_y)
            weight = len(batch_X) / len(X)
            loss += weight * float(batch_loss)
            accuracy += weight * float(batch_accuracy or 0.0)
        return loss, accuracy if self.accuracy else None

    # --- training --------------------------------------------------------------------------------

    def train(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int = 1,
        batch_size: int | None = None,
        print_every: int | None = None,
        validation_data: tuple[Any, Any] | None = None,
        callbacks: Sequence[Callback] = (),
        compile: bool = True,
    ) -> History:
        """Train on X (n, inputs) and y as the loss takes it. Returns the history of the epochs.

        ``batch_size`` None takes the whole set for each step; batches follow the order of the
        data. The step is compiled (``tg.compile``); where that cannot be, a ``PerformanceWarning``
        says why and it runs as it is, as with ``compile=False``. ``print_every`` counts optimizer
        steps; None shows a progress bar in a terminal, else about ten lines; 0 is silent.
        ``validation_data`` (X, y) is evaluated after every epoch.
        Raises before the first step where data, labels or layers do not fit.
        Ctrl-C waits for the step: model and optimizer are then as after so many steps, and
        callbacks get the history so far. A second Ctrl-C does not wait.
        """
        self._require_finalized("train()")
        loss, optimizer = self._trained_with()
        epochs = checks.checked_count("epochs", epochs, 1)
        if print_every is not None:
            print_every = checks.checked_count("print_every", print_every, 0)
        X, y = self._checked(X, y, "X", "y")
        batch_size = checks.checked_size(batch_size, X)
        self._look_before(loss, X, y)
        if self.accuracy is not None:
            self.accuracy.fit(y)
        loop = Loop(
            self._step(loss, optimizer, compile),
            self._penalty,
            self._validation(validation_data, batch_size),
        )
        observers = [
            reporter(print_every),
            *([self.visualizer] if self.visualizer else []),
            *callbacks,
            *self._watch(loss, X, y, epochs, batch_size),
        ]
        records = stream(loop, X, y, epochs=epochs, batch_size=batch_size)
        with self._threads(batch_size), own_loop():
            return run(records, epochs, observers)

    def _trained_with(self) -> tuple[Loss, Optimizer]:
        if self.loss is None or self.optimizer is None:
            missing = "loss" if self.loss is None else "optimizer"
            raise GraphError(f"train() needs a {missing}: model.set({missing}=...)")
        if not self._parameters:
            raise GraphError("train(): none of the layers has parameters to train")
        return self.loss, self.optimizer

    def _checked(self, X: Any, y: Any, X_name: str, y_name: str) -> tuple[Array, Array]:
        X = checks.checked_inputs(X, self.layers, self.dtype, X_name)
        outputs = np.shape(self.forward(X[:1]))
        return X, checks.checked_targets(y, X, self.loss, outputs, y_name)

    def _look_before(self, loss: Loss, X: Array, y: Array) -> None:
        """Warn of what in the loss of two examples, and in the labels, is hardly meant."""
        if recording().watch is not None:
            return  # it is to see each step's operations, and no others
        with unmoved(self.layers):
            output = self.forward(X[:2], training=True)
        lints.look(recorded_loss(loss, output, y[:2])._node, {})
        look_at_all(loss, output.shape[-1], y)

    def _watch(
        self, loss: Loss, X: Array, y: Array, epochs: int, batch_size: int
    ) -> list[Callback]:
        epochs_due = due(epochs, batch_size, len(X))
        if not epochs_due:
            return []
        examples = spread(X, y)
        return [Watch(lambda: examine(self.layers, self.forward, loss, *examples), epochs_due)]

    def _step(
        self, loss: Loss, optimizer: Optimizer, compiled: bool
    ) -> Callable[[Array, Array], Measured]:
        take = self._programs.stepper(loss, optimizer, compiled)

        def step(X: Array, y: Array) -> Measured:
            rate = optimizer.current_learning_rate
            data_loss, penalties, accuracy = take(X, y)
            return Measured(
                float(data_loss),
                0.0 if penalties is None else float(penalties),
                None if accuracy is None else float(accuracy),
                rate,
            )

        return step

    def _penalty(self) -> float:
        with no_grad():
            penalties = self._programs.penalty()
        return 0.0 if penalties is None else float(penalties)

    def _validation(
        self, data: tuple[Any, Any] | None, batch_size: int
    ) -> Callable[[], tuple[float | None, float | None]]:
        if data is None:
            return lambda: (None, None)
        if not isinstance(data, (tuple, list)) or len(data) != 2:
            raise ArgumentError("train(): validation_data is a pair (X_val, y_val)")
        X, y = self._checked(*data, "validation X", "validation y")
        return lambda: self._evaluate(X, y, batch_size)

    # --- looking ---------------------------------------------------------------------------------

    def summary(self) -> None:
        """Print the layers, output shapes and parameter counts, the loss and the optimizer."""
        self._require_finalized("summary()")
        print(self)

    def __repr__(self) -> str:
        if not self._finalized:
            return f"<{type(self).__name__} of {len(self.layers)} layers, not finalized>"
        table = summary_table(self.layers, (self.loss, self.optimizer, self.accuracy))
        return f"{table}\n{self._programs.summary()}"

    def doctor(self, X: Any, y: Any) -> Diagnosis:
        """Run one step forward and backward on (X, y), and show how the network is doing.

        A table with a row for each layer: mean and standard deviation of its output, the share of
        units that are dead (ReLU that is 0 for every example) or saturated, the norms of gradient
        and parameters, and their ratio. Below it, what looks wrong; ``.rows`` and ``.findings``
        hold the same. Penalties are left out. Nothing is trained: parameters, gradients, optimizer
        and generators stay as they are.
        """
        self._require_finalized("doctor()")
        if self.loss is None:
            raise GraphError("doctor() needs a loss: model.set(loss=...)")
        X, y = self._checked(X, y, "X", "y")
        with self._threads(len(X)):
            return examine(self.layers, self.forward, self.loss, X, y)

    def expression(self) -> Any:
        """The loss of two rows of zeros, recorded, for pictures; without a loss, the output."""
        self._require_finalized("expression()")
        width = next((layer.n_inputs for layer in self.layers if layer.n_inputs is not None), 1)
        with unmoved(self.layers):
            output = self.forward(np.zeros((2, width), self.dtype), training=True)
        if self.loss is None:
            return output
        loss = self.loss(output, _zeros_for(self.loss, output.shape))
        penalties = penalty(self.layers)
        return loss if penalties is None else loss + penalties

    # --- parameters and files --------------------------------------------------------------------

    def _trainable(self) -> list[tuple[Layer, list[Tensor]]]:
        pairs = [(layer, list(layer.parameters().values())) for layer in self.layers]
        return [pair for pair in pairs if pair[1]]

    def get_parameters(self) -> list[tuple[Array, ...]]:
        """Copies of the parameters: a tuple a layer that has any, (weights, biases) for Dense."""
        return [tuple(p.numpy() for p in parameters) for _, parameters in self._trainable()]

    def set_parameters(self, parameters: Sequence[Sequence[Any]]) -> None:
        """Copy in what ``get_parameters`` gave. Nothing is changed unless all of it fits."""
        ours = self._trainable()
        if len(parameters) != len(ours):
            raise ShapeError(
                f"set_parameters() got parameters of {len(parameters)} layers, and "
                f"{len(ours)} have any"
            )
        pairs: list[tuple[Tensor, Any]] = []
        for (layer, tensors), values in zip(ours, parameters, strict=True):
            shapes, wanted = [np.shape(v) for v in values], [t.shape for t in tensors]
            if shapes != wanted:
                raise ShapeError(
                    f"set_parameters(): layer {layer.name!r} has shapes {wanted}, got {shapes}"
                )
            pairs.extend(zip(tensors, values, strict=True))
        for tensor, value in pairs:
            tensor.data = np.asarray(value, tensor.dtype)

    def save_parameters(self, path: Pathlike) -> Path:
        """Write the parameters alone, for a model of the same layers to load."""
        return saving.save_parameters(path, self.parameters())

    def load_parameters(self, path: Pathlike) -> None:
        """Read what ``save_parameters`` wrote. Nothing is changed unless all of it fits."""
        saving.load_parameters(path, self.parameters())

    def save(self, path: Pathlike) -> Path:
        """Write layers, parameters, loss and optimizer with its state to a safetensors file.

        The description is JSON in the file's metadata; an older file at ``path`` stays until the
        new one is complete. A layer of your own is saved by its constructor's arguments.
        """
        self._require_finalized("save()")
        return saving.save(path, self)

    @classmethod
    def load(cls, path: Pathlike, layers: Mapping[str, type] | None = None) -> Self:
        """Read what ``save`` wrote. ``layers`` has the classes that are not ours, by name.

        They are those of layers, and of a loss, an optimizer or an accuracy of your own. Nothing in
        the file is executed: it can only name classes that are known here.
        """
        model = cls()
        saving.load(path, model, layers or {})
        return model


def _leaves(layer: Layer) -> list[Leaf]:
    nodes: list[Any] = [tensor._node for tensor in own_tensors(layer).values()]
    return nodes


def _zeros_for(loss: Loss, shape: tuple[int, ...]) -> Array:
    """Targets that suit ``loss``, for outputs of ``shape``."""
    from_classes = type(loss).__name__ == "CategoricalCrossentropy"
    return np.zeros(shape[:1], np.intp) if from_classes else np.zeros(shape)
