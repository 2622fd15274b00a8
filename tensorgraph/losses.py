"""Losses: how wrong predictions are, as one number on the tape. Read next: ``penalties``.

    loss = tg.losses.CategoricalCrossentropy()(predictions, targets)

Where the predictions are the result of a softmax or a sigmoid, the loss is computed from what went
into it, in one stable step: logits of 1e4 give a finite loss and finite gradients.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import ArgumentError, DataError, LabelWarning, ShapeError
from tensorgraph.failure import blame_call
from tensorgraph.nn import Dense, Identity, Layer, ReLU, Sigmoid, Softmax, Tanh
from tensorgraph.ops.elementwise import stop_gradient
from tensorgraph.ops.fused import sigmoid_cross_entropy, softmax_cross_entropy
from tensorgraph.ops.indexing import index
from tensorgraph.primitive import ELEMENTWISE, Primitive, nondifferentiable
from tensorgraph.recording import recording
from tensorgraph.source import warn
from tensorgraph.tape import Node
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array

_EDGE = 1e-7  # probabilities that were not computed here are kept this far from 0 and 1
_NO_PROBABILITIES = (Dense, Identity, ReLU, Tanh)  # layers whose outputs may lie outside [0, 1]


class Loss(ABC):
    """Call it with predictions and targets: the mean over the examples, a scalar tensor."""

    _is_ours: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        cls._is_ours = cls.__module__.startswith("tensorgraph.")

    def __call__(self, predictions: Any, targets: Any) -> Tensor:
        # No gradient goes to targets.
        targets = stop_gradient(targets) if isinstance(targets, Tensor) else np.asarray(targets)
        if not isinstance(predictions, Tensor):
            predictions = np.asarray(predictions)
        shape = predictions.shape
        if 0 in shape:
            raise DataError(
                f"{type(self).__name__} is a mean over the examples, and there are none: "
                f"the predictions have shape {shape}"
            )
        try:
            return self.of_checked(predictions, self.checked(shape, targets))
        except Exception as error:
            blame_call(error, self.mean, type(self).__name__, predictions, targets)
            raise

    def of_checked(self, predictions: Any, targets: Any) -> Tensor:
        """The same of ``targets`` that ``checked`` has given."""
        state = recording()
        outer = state.enter("loss", self._is_ours)
        try:
            return self.mean(predictions, targets)
        finally:
            state.layer, state.at = outer

    @abstractmethod
    def mean(self, predictions: Any, targets: Any) -> Tensor:
        """The loss of checked ``targets``."""

    def checked(self, shape: tuple[int, ...], targets: Any) -> Any:
        """``targets`` as this loss computes with them, for predictions of ``shape``, or an error.

        They have the shape of the predictions; for one column, one number a row will do.
        """
        if targets.shape == shape:
            return targets
        if shape[1:] == (1,) and targets.shape == shape[:1]:
            return targets.reshape(shape)
        raise ShapeError(
            f"{type(self).__name__}: targets have shape {targets.shape}, the predictions {shape}: "
            f"they must be the same{_mend(shape, targets)}"
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
    if not isinstance(predictions, Tensor) or predictions._node.primitive is not activation:
        return None
    node = predictions._node
    (operand,) = node.operands
    along_last = node.params.get("axis", -1) in (-1, node.value.ndim - 1)
    return predictions._of(operand) if along_last and isinstance(operand, Node) else None


class CategoricalCrossentropy(Loss):
    """-log p[target class]: predictions (n, classes), targets class numbers (n,) or one-hot.

    Predictions are probabilities; with ``from_logits`` they are what softmax would be applied to.
    """

    def __init__(self, *, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def mean(self, predictions: Any, targets: Any) -> Tensor:
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

    def checked(self, shape: tuple[int, ...], targets: Any) -> Any:
        if len(shape) != 2:
            raise ShapeError(
                f"CategoricalCrossentropy takes predictions (n, classes), and got {shape}"
            )
        n, classes = shape
        if targets.shape == shape:
            if recording().guarded and isinstance(targets, np.ndarray):
                _look_at_rows(targets)
            return targets
        if targets.shape != (n,):
            raise ShapeError(
                f"CategoricalCrossentropy: targets have shape {targets.shape}; for "
                f"predictions {shape} "
                f"they are class numbers of shape ({n},) or one-hot rows of shape {shape}"
                f"{_mend_of_classes(shape, targets)}"
            )
        if isinstance(targets, np.ndarray):
            return class_numbers.forward(targets, classes)
        return class_numbers(targets, classes=classes)

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


@nondifferentiable.rules(None, batch=ELEMENTWISE)
def class_numbers(labels: Any, classes: int) -> Array:
    """``labels`` as indices, or ``DataError`` where one is not a class number 0 ... classes - 1."""
    whole = labels.dtype.kind in "iu" or (
        labels.dtype.kind == "f" and np.array_equal(labels, np.rint(labels))
    )
    if not whole:
        raise DataError(f"class labels are whole numbers, not {labels.dtype} like {labels[:3]}")
    if labels.dtype != np.intp:
        labels = labels.astype(np.intp)
    # As unsigned numbers the negative ones are the largest, so that one look finds both kinds.
    if labels.size and np.maximum.reduce(labels.view(np.uintp), axis=None) >= classes:
        remedy = "number the classes from 0, as np.unique(y, return_inverse=True)[1] does"
        if labels.min() >= 0:
            remedy += f", or give it {labels.max() + 1} neurons"
        raise DataError(
            f"labels go from {labels.min()} to {labels.max()}, and the last layer has "
            f"{classes} outputs, for classes 0 to {classes - 1}: {remedy}"
        )
    return labels


# --- labels of another kind ----------------------------------------------------------------------


def _are(targets: Any, low: int, high: int) -> bool:
    """Whether all are one of two numbers."""
    targets = targets._node.value if isinstance(targets, Tensor) else targets
    return targets.dtype.kind in "biuf" and bool(((targets == low) | (targets == high)).all())


def _is_one_hot(targets: Any) -> bool:
    """Whether each row is 0 but for a single 1."""
    targets = targets._node.value if isinstance(targets, Tensor) else targets
    return targets.ndim == 2 and _are(targets, 0, 1) and bool((targets.sum(1) == 1).all())


def _mend(shape: tuple[int, ...], targets: Any) -> str:
    """What to do with targets that are not of the ``shape`` of the predictions, where it shows."""
    if shape[1:] == (1,):
        if targets.shape == (shape[0], 2) and _is_one_hot(targets):
            return (
                " (one-hot rows of two classes, for one output: y[:, 1:] has the same in 0 and 1)"
            )
        return " (one column: y.reshape(-1, 1))"
    if (
        len(shape) == 2
        and targets.shape in (shape[:1], (shape[0], 1))
        and targets.dtype.kind in "iu"
    ):
        return (
            f" (class numbers: np.eye({shape[1]})[y.ravel()] has them as one-hot rows, and "
            "CategoricalCrossentropy takes the numbers)"
        )
    return ""


def _mend_of_classes(shape: tuple[int, ...], targets: Any) -> str:
    """The same for targets that name classes."""
    n, classes = shape
    if targets.shape == (n, 1):
        return " (flatten them: y.ravel())"
    if targets.shape == (n * classes,) and _is_one_hot(targets.reshape(shape)):
        return f" (these are one-hot rows end to end: y.reshape(-1, {classes}))"
    if targets.shape == (classes, n) and _is_one_hot(targets.T):
        return " (these are one-hot columns: y.T)"
    if targets.shape[:1] == (n,) and _is_one_hot(targets):
        return f" (these name {targets.shape[1]} classes: give the last layer as many neurons)"
    return ""


def _look_at_rows(targets: Array) -> None:
    """Warn of rows that are no probabilities; rows of zeros leave their example out."""
    sums = targets.sum(-1)
    wrong = (abs(sums - 1) > 1e-3) & (sums != 0)
    if wrong.any():
        row = int(wrong.argmax())
        warn(
            f"CategoricalCrossentropy takes one-hot rows or rows of probabilities, which sum to "
            f"1, and row {row} of the targets is {targets[row]}, which sums to {sums[row]:g}. "
            f"Class numbers are given as shape ({len(targets)},); for several labels a row use "
            "BinaryCrossentropy with a Sigmoid",
            LabelWarning,
        )


def look_at_all(loss: Loss, classes: int, targets: Array) -> None:
    """Warn where the labels of a whole training set are not those of so many classes.

    Of a batch this would not be right: it may lack some.
    """
    if not isinstance(loss, CategoricalCrossentropy) or targets.ndim != 1:
        return
    if classes <= 2 or len(targets) < _ENOUGH * classes or not _are(targets, 0, 1):
        return
    if targets.any() and not targets.all():
        warn(
            f"all {len(targets)} labels are 0 or 1, and the network has outputs for {classes} "
            f"classes. If this is one column of one-hot rows, give all {classes} columns, or "
            "y.argmax(1) of them; if there are two classes, give the last layer 2 neurons",
            LabelWarning,
        )


_ENOUGH = 10  # labels a class: a set that is not sorted hardly lacks a class then


# --- binary --------------------------------------------------------------------------------------


@nondifferentiable.rules(None, batch=ELEMENTWISE)
def between_0_and_1(targets: Any) -> Array:
    """``targets``, or ``DataError`` where one is no probability."""
    if targets.size and not (targets.min() >= 0 and targets.max() <= 1):
        raise DataError(
            f"BinaryCrossentropy takes targets from 0 to 1, and these go from {targets.min()} to "
            f"{targets.max()}"
            + (": make them 0 and 1, (y + 1) / 2" if _are(targets, -1, 1) else "")
        )
    return targets


class BinaryCrossentropy(Loss):
    """-t log p - (1 - t) log(1 - p), for predictions (n, outputs) and targets 0 or 1 of that shape.

    Predictions are probabilities; with ``from_logits`` they are what sigmoid would be applied to.
    """

    def __init__(self, *, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def mean(self, predictions: Any, targets: Any) -> Tensor:
        logits, probabilities = _argument(predictions, ops.sigmoid), predictions
        if self.from_logits:
            logits, probabilities = predictions, ops.sigmoid(predictions)
        if logits is not None:
            return sigmoid_cross_entropy(logits, probabilities, _as_precise(targets, logits))
        p = ops.clip(probabilities, _EDGE, 1 - _EDGE)
        targets = _as_precise(targets, p)
        return ops.negative((targets * ops.log(p) + (1 - targets) * ops.log(1 - p)).mean())

    def checked(self, shape: tuple[int, ...], targets: Any) -> Any:
        return between_0_and_1(super().checked(shape, targets))

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

    def mean(self, predictions: Any, targets: Any) -> Tensor:
        return ops.square(predictions - _as_precise(targets, predictions)).mean()


class MeanAbsoluteError(Loss):
    """The mean of |prediction - target|, over examples and outputs; at 0 the derivative is 0."""

    def mean(self, predictions: Any, targets: Any) -> Tensor:
        return ops.absolute(predictions - _as_precise(targets, predictions)).mean()
