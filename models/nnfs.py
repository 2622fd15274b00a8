"""The names of the book *Neural Networks from Scratch in Python*, for the classes of this package.

A script written against the book's ``Model`` (chapters 18 to 22) runs with its import lines
changed::

    from tensorgraph.models.nnfs import *

Arguments, defaults and printed lines are the book's, and where the book's program is wrong, this
one is right: the gradient of the mean absolute error has its true sign, accuracies never exceed 1,
labels that do not fit are refused, and saved files hold no code. ``Layer_Dense`` starts at
``init_scale`` times standard normal numbers: 0.1 unless given, 0.01 in the book.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tensorgraph import data, losses, metrics, nn, optim
from tensorgraph.models import model as _model
from tensorgraph.models.reporting import validation_line
from tensorgraph.nn.initializers import normal
from tensorgraph.random import generator, seed
from tensorgraph.typing import Array
from tensorgraph.viz import Visualizer

__all__ = [
    "Accuracy_Binary",
    "Accuracy_Categorical",
    "Accuracy_Regression",
    "Activation_Linear",
    "Activation_ReLU",
    "Activation_Sigmoid",
    "Activation_Softmax",
    "Layer_Dense",
    "Layer_Dropout",
    "Layer_Input",
    "Loss_BinaryCrossentropy",
    "Loss_CategoricalCrossentropy",
    "Loss_MeanAbsoluteError",
    "Loss_MeanSquaredError",
    "Model",
    "Optimizer_Adagrad",
    "Optimizer_Adam",
    "Optimizer_RMSProp",
    "Optimizer_RMSprop",
    "Optimizer_SGD",
    "Visualizer",
    "init",
    "plane_data",
    "shuffle_array",
    "sine_data",
    "spiral_data",
    "surface_data",
    "vertical_data",
    "wave_data",
]


class _Defaults:
    """What ``init`` sets for layers made after it."""

    dtype: ClassVar[str | None] = None


def init(
    dot_precision_workaround: bool = True,
    default_dtype: str | None = "float32",
    random_seed: int | None = 0,
) -> None:
    """The book's ``nnfs.init``: seeds the default generator, sets the dtype of later layers.

    NumPy itself is left alone, so ``dot_precision_workaround`` has nothing to work around.
    """
    if random_seed is not None:
        seed(random_seed)
    _Defaults.dtype = default_dtype


# --- layers --------------------------------------------------------------------------------------


class Layer_Dense(nn.Dense):
    """``nn.Dense`` that starts at ``init_scale`` times standard normal weights."""

    saved_as = nn.Dense

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        weight_regularizer_l1: float = 0,
        weight_regularizer_l2: float = 0,
        bias_regularizer_l1: float = 0,
        bias_regularizer_l2: float = 0,
        *,
        init_scale: float = 0.1,
    ) -> None:
        super().__init__(
            n_inputs,
            n_neurons,
            weight_regularizer_l1,
            weight_regularizer_l2,
            bias_regularizer_l1,
            bias_regularizer_l2,
            weight_initializer=normal(init_scale),
            dtype=_Defaults.dtype,
        )

    def get_parameters(self) -> tuple[Array, Array]:
        """Copies of (weights, biases)."""
        return self.weights.numpy(), self.biases.numpy()

    def set_parameters(self, weights: Any, biases: Any) -> None:
        """Copy in weights and biases of the same shapes."""
        self.weights.data = np.asarray(weights, self.weights.dtype)
        self.biases.data = np.asarray(biases, self.biases.dtype)


class Layer_Input(nn.Identity):
    """The input as a layer; the book's ``finalize`` makes one, here nothing needs it."""

    saved_as = nn.Identity


Layer_Dropout = nn.Dropout
Activation_ReLU = nn.ReLU
Activation_Softmax = nn.Softmax
Activation_Sigmoid = nn.Sigmoid
Activation_Linear = nn.Identity

# --- losses, optimizers, accuracies --------------------------------------------------------------

Loss_CategoricalCrossentropy = losses.CategoricalCrossentropy
Loss_BinaryCrossentropy = losses.BinaryCrossentropy
Loss_MeanSquaredError = losses.MeanSquaredError
Loss_MeanAbsoluteError = losses.MeanAbsoluteError

Optimizer_SGD = optim.SGD
Optimizer_Adagrad = optim.Adagrad
Optimizer_RMSprop = optim.RMSProp
Optimizer_RMSProp = optim.RMSProp
Optimizer_Adam = optim.Adam

Accuracy_Binary = metrics.BinaryAccuracy
Accuracy_Regression = metrics.RegressionAccuracy


def Accuracy_Categorical(*, binary: bool = False) -> metrics.Accuracy:
    """The most probable class is right; with ``binary``, each output's side of one half is."""
    return metrics.BinaryAccuracy() if binary else metrics.CategoricalAccuracy()


class Model(_model.Model):
    """``tensorgraph.models.Model`` whose ``evaluate`` also prints the book's line."""

    def evaluate(
        self, X: Any, y: Any, *, batch_size: int | None = None
    ) -> tuple[float, float | None]:
        """(loss, accuracy) on a data set, printed and returned."""
        loss, accuracy = super().evaluate(X, y, batch_size=batch_size)
        print(validation_line(loss, accuracy))
        return loss, accuracy

    @property
    def output_layer_activation(self) -> nn.Layer:
        """The last layer, which knows what its outputs say: ``.predictions(confidences)``."""
        return self.layers[-1]


# --- data ----------------------------------------------------------------------------------------


def spiral_data(samples: int = 100, classes: int = 3) -> tuple[Array, Array]:
    """``data.spiral``: X (samples * classes, 2), y class numbers."""
    return data.spiral(samples, classes)


def vertical_data(samples: int = 100, classes: int = 3) -> tuple[Array, Array]:
    """``data.vertical``: X (samples * classes, 2), y class numbers."""
    return data.vertical(samples, classes)


def wave_data(samples: int = 1000) -> tuple[Array, Array]:
    """``data.wave``: X (samples, 2), y 0 or 1."""
    return data.wave(samples)


def sine_data(samples: int = 1000, sigma: float = 0) -> tuple[Array, Array]:
    """``data.sine``: X and y (samples, 1)."""
    return data.sine(samples, sigma)


def surface_data(samples: int = 50, sigma: float = 0) -> Array:
    """``data.surface`` as one array of three columns x, y, z."""
    return np.column_stack(data.surface(samples, sigma))


def plane_data(samples: int = 50, sigma: float = 0) -> Array:
    """``data.plane`` as one array of three columns x, y, z."""
    return np.column_stack(data.plane(samples, sigma))


def shuffle_array(a: Array, b: Array) -> tuple[Array, Array]:
    """Both arrays, their rows in the same random order."""
    order = generator().permutation(len(a))
    return a[order], b[order]
