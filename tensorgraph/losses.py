"""Losses: how wrong predictions are, as one number on the tape. Read next: ``penalties``.

    loss = tg.losses.CategoricalCrossentropy()(predictions, targets)

Where the predictions are the result of a softmax or a sigmoid, the loss is computed from what went
into it, in one stable step: logits of 1e4 give a finite loss and finite gradients.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.batching import Example
from tensorgraph.errors import ArgumentError, DataError, ShapeError
from tensorgraph.nn import Dense, Identity, Layer, ReLU, Sigmoid, Softmax, Tanh
from tensorgraph.ops.fused import sigmoid_cross_entropy, softmax_cross_entropy
from tensorgraph.ops.indexing import index
from tensorgraph.primitive import Primitive
from tensorgraph.recording import recording
from tensorgraph.tape import Node
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array

_EDGE = 1e-7  # probabilities that were not computed here are kept this far from 0 and 1
_NO_PROBABILITIES = (Dense, Identity, ReLU, Tanh)  # layers whose outputs may lie outside [0, 1]


class Loss(ABC):
    """Call it with predictions and targets: the mean over the examples, a scalar tensor."""

    def __call__(self, predictions: Any, targets: Any) -> Tensor:
        values = targets._node.value if isinstance(targets, Tensor) else np.asarray(targets)
        if not isinstance(predictions, Tensor):
            predictions = np.asarray(predictions)
        shape = predictions.shape
        if 0 in shape:
            raise DataError(
                f"{type(self).__name__} is a mean over the examples, and there are none: "
                f"the predictions have shape {shape}"
            )
        values = self.checked(shape, values)
        if isinstance(targets, Example):  # inside vmap: only its shape and dtype hold for all
            values = ops.astype(ops.reshape(targets, values.shape), values.dtype)
        state = recording()
        outer = state.enter("loss")
        try:
            return self.mean(predictions, values)
        finally:
            state.layer = outer

    @abstractmethod
    def mean(self, predictions: Any, targets: Array) -> Tensor:
        """The loss of checked ``targets``."""

    def checked(self, shape: tuple[int, ...], targets: Array) -> Array:
        """``targets`` as this loss computes with them, for predictions of ``shape``, or an error.

        They have the shape of the predictions; for one column, one number a row will do.
        """
        if targets.shape == shape:
            return targets
        if shape[1:] == (1,) and targets.shape == shape[:1]:
            return targets.reshape(shape)
        raise ShapeError(
            f"{type(self).__name__}: targets have shape {targets.shape}, the predictions {shape}: "
            "they must be the same"
            + (" (one column: y.reshape(-1, 1))" if shape[1:] == (1,) else "")
        )

    def check_last_layer(self, layer: Layer) -> None:  # noqa: B027 - most losses take any layer
        """Raise ``ArgumentError`` where the output of ``layer`` is not what this loss is for."""


def _as_precise(targets: Array, predictions: Any) -> Array:
    """``targets`` in the precision of ``predictions``: that of the loss is not raised unasked."""
    if predictions.dtype.kind != "f":
        return targets
    return ops.astype(targets, predictions.dtype, copy=False)


def _argument(predictions: Any, activation: Primitive) -> Tensor | None:
    """What ``activation`` was applied to, where ``predictions`` is its result along axis -1."""
    node = predictions._node if isinstance(predictions, Tensor) else None
    if node is None or node.primitive is not activation or not isinstance(node.operands[0], Node):
        return None
    if node.params.get("axis", -1) not in (-1, node.value.ndim - 1):
        return None
    argument: Tensor = type(predictions)._of(node.operands[0])
    return argument


class CategoricalCrossentropy(Loss):
    """-log p[target class]: predictions (n, classes), targets class numbers (n,) or one-hot.

    Predictions are probabilities; with ``from_logits`` they are what softmax would be applied to.
    """

    def __init__(self, *, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def mean(self, predictions: Any, targets: Array) -> Tensor:
        logits, probabilities = _argument(predictions, ops.softmax), predictions
        if self.from_logits:
            logits, probabilities = predictions, ops.softmax(predictions)
        if logits is not None and targets.ndim == 1:
            return softmax_cross_entropy(logits, probabilities, targets)
        if logits is not None:
            log_p = ops.log_softmax(logits)
        else:
            log_p = ops.log(ops.clip(probabilities, _EDGE, 1 - _EDGE))
        if targets.ndim == 1:
            return ops.negative(index(log_p, (np.arange(len(targets)), targets)).mean())
        return ops.negative((log_p * _as_precise(targets, log_p)).sum(-1).mean())

    def checked(self, shape: tuple[int, ...], targets: Array) -> Array:
        if len(shape) != 2:
            raise ShapeError(
                f"CategoricalCrossentropy takes predictions (n, classes), and got {shape}"
            )
        n, classes = shape
        if targets.shape == shape:
            return targets
        if targets.shape != (n,):
            raise ShapeError(
                f"CategoricalCrossentropy: targets have shape {targets.shape}; for "
                f"predictions {shape} "
                f"they are class numbers of shape ({n},) or one-hot rows of shape {shape}"
                + (" (flatten them: y.ravel())" if targets.shape == (n, 1) else "")
            )
        return class_numbers(targets, classes)

    def check_last_layer(self, layer: Layer) -> None:
        if self.from_logits and isinstance(layer, Softmax):
            raise ArgumentError(
                f"CategoricalCrossentropy(from_logits=True) applies softmax itself, and "
                f"layer {layer.name!r} "
                "is a Softmax already: remove one of the two"
            )
        if not self.from_logits and isinstance(layer, (Sigmoid, *_NO_PROBABILITIES)):
            raise ArgumentError(
                f"CategoricalCrossentropy needs probabilities that sum to 1, and the last layer "
                f"{layer.name!r} is a {type(layer).__name__}: add a Softmax, or use "
                f"from_logits=True"
            )


def class_numbers(labels: Array, classes: int) -> Array:
    """``labels`` as indices, or ``DataError`` where one is not a class number 0 ... classes - 1."""
    whole = labels.dtype.kind in "iu" or (
        labels.dtype.kind == "f" and np.array_equal(labels, np.rint(labels))
    )
    if not whole:
        raise DataError(f"class labels are whole numbers, not {labels.dtype} like {labels[:3]}")
    labels = labels.astype(np.intp, copy=False)
    # As unsigned numbers the negative ones are the largest, so that one look finds both kinds.
    if labels.size and np.maximum.reduce(labels.view(np.uintp)) >= classes:
        remedy = "number the classes from 0, as np.unique(y, return_inverse=True)[1] does"
        if labels.min() >= 0:
            remedy += f", or give it {labels.max() + 1} neurons"
        raise DataError(
            f"labels go from {labels.min()} to {labels.max()}, and the last layer has "
            f"{classes} outputs, for classes 0 to {classes - 1}: {remedy}"
        )
    return labels


class BinaryCrossentropy(Loss):
    """-t log p - (1 - t) log(1 - p), for predictions (n, outputs) and targets 0 or 1 of that shape.

    Predictions are probabilities; with ``from_logits`` they are what sigmoid would be applied to.
    """

    def __init__(self, *, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def mean(self, predictions: Any, targets: Array) -> Tensor:
        logits, probabilities = _argument(predictions, ops.sigmoid), predictions
        if self.from_logits:
            logits, probabilities = predictions, ops.sigmoid(predictions)
        if logits is not None:
            return sigmoid_cross_entropy(logits, probabilities, _as_precise(targets, logits))
        p = ops.clip(probabilities, _EDGE, 1 - _EDGE)
        targets = _as_precise(targets, p)
        return ops.negative((targets * ops.log(p) + (1 - targets) * ops.log(1 - p)).mean())

    def checked(self, shape: tuple[int, ...], targets: Array) -> Array:
        targets = super().checked(shape, targets)
        if targets.size and not (targets.min() >= 0 and targets.max() <= 1):
            raise DataError(
                f"BinaryCrossentropy takes targets from 0 to 1, and these go from "
                f"{targets.min()} to "
                f"{targets.max()}"
            )
        return targets

    def check_last_layer(self, layer: Layer) -> None:
        if self.from_logits and isinstance(layer, Sigmoid):
            raise ArgumentError(
                f"BinaryCrossentropy(from_logits=True) applies sigmoid itself, and layer "
                f"{layer.name!r} is a Sigmoid already: remove one of the two"
            )
        if isinstance(layer, Softmax):
            raise ArgumentError(
                f"BinaryCrossentropy needs a probability for each output, and the last layer "
                f"{layer.name!r} is a Softmax: its loss is CategoricalCrossentropy"
            )
        if not self.from_logits and isinstance(layer, _NO_PROBABILITIES):
            raise ArgumentError(
                f"BinaryCrossentropy needs a probability for each output, and the last layer "
                f"{layer.name!r} is a {type(layer).__name__}: add a Sigmoid, or use "
                f"from_logits=True"
            )


class MeanSquaredError(Loss):
    """The mean of (prediction - target)², over examples and outputs."""

    def mean(self, predictions: Any, targets: Array) -> Tensor:
        return ops.square(predictions - _as_precise(targets, predictions)).mean()


class MeanAbsoluteError(Loss):
    """The mean of |prediction - target|, over examples and outputs; at 0 the derivative is 0."""

    def mean(self, predictions: Any, targets: Array) -> Tensor:
        return ops.absolute(predictions - _as_precise(targets, predictions)).mean()
