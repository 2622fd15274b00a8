"""The fully connected layer. Read next: ``dropout``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn.initializers import Initializer, initializer
from tensorgraph.nn.layer import Layer, Regularizer, cast
from tensorgraph.ops.fused import dense
from tensorgraph.random import generator
from tensorgraph.recording import recording
from tensorgraph.tensor import Tensor
from tensorgraph.typing import DType, Seed


class Dense(Layer):
    """x @ weights + biases, for x of shape (n, n_inputs); the output is (n, n_neurons).

    The four regularizer factors add penalties to the loss: l1 * sum |p| and l2 * sum p², without a
    half. ``weight_initializer`` is "glorot_uniform", "he_normal" or a function of (generator,
    shape); biases start at 0. ``dtype`` is that of the parameters, float32 where neither it nor
    the model's is given.
    """

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        weight_regularizer_l1: float = 0,
        weight_regularizer_l2: float = 0,
        bias_regularizer_l1: float = 0,
        bias_regularizer_l2: float = 0,
        *,
        weight_initializer: str | Initializer = "glorot_uniform",
        name: str | None = None,
        dtype: DType = None,
        rng: Seed = None,
    ) -> None:
        self.n_inputs = _count("n_inputs", n_inputs)
        self.n_neurons = _count("n_neurons", n_neurons)
        self.weight_regularizer_l1 = _factor("weight_regularizer_l1", weight_regularizer_l1)
        self.weight_regularizer_l2 = _factor("weight_regularizer_l2", weight_regularizer_l2)
        self.bias_regularizer_l1 = _factor("bias_regularizer_l1", bias_regularizer_l1)
        self.bias_regularizer_l2 = _factor("bias_regularizer_l2", bias_regularizer_l2)
        self.weight_initializer = weight_initializer
        self.name = name
        self.dtype = None if dtype is None else _float(dtype).name
        self.rng = generator(rng)
        kind = np.dtype(self.dtype or np.float32)
        drawn = initializer(weight_initializer)(self.rng, (n_inputs, n_neurons))
        self.weights = Tensor(drawn, "weights", dtype=kind)
        self.biases = Tensor(np.zeros((1, n_neurons)), "biases", dtype=kind)

    def initialize(self, rng: np.random.Generator) -> None:
        draw = initializer(self.weight_initializer)
        self.weights.data = draw(rng, self.weights.shape).astype(self.weights.dtype)
        self.biases.data = np.zeros(self.biases.shape, self.biases.dtype)

    def forward(self, x: Any, training: bool) -> Any:
        weights = self.weights
        x = cast(x, weights.dtype)
        shape = x.shape
        if len(shape) < 2 or shape[-1] != self.n_inputs:
            raise ShapeError(self._refusal(shape))
        if len(shape) > 2:
            return ops.matmul(x, weights) + self.biases
        return dense(x, weights, self.biases)

    def _refusal(self, shape: tuple[int, ...]) -> str:
        name = f"layer {self.name!r}" if self.name else "Dense"
        wanted = (
            f"{name} ({self.n_inputs} inputs, {self.n_neurons} neurons) takes shape "
            f"(n, {self.n_inputs})"
        )
        if len(shape) == 1:
            return f"{wanted}, and got {shape}: one example is a row, x.reshape(1, -1)"
        return (
            f"{wanted}, and got {shape}: make it Dense({shape[-1]}, {self.n_neurons}), "
            f"or give the layer before it {self.n_inputs} outputs"
        )

    def regularizers(self) -> list[Regularizer]:
        capture = recording().capture
        if capture is not None:
            capture.depends_on(self, _FACTORS)
        found = []
        if self.weight_regularizer_l1 or self.weight_regularizer_l2:
            l1, l2 = self.weight_regularizer_l1, self.weight_regularizer_l2
            found.append(Regularizer(self.weights, l1, l2))
        if self.bias_regularizer_l1 or self.bias_regularizer_l2:
            found.append(
                Regularizer(self.biases, self.bias_regularizer_l1, self.bias_regularizer_l2)
            )
        return found


_FACTORS = tuple(
    f"{kind}_regularizer_{power}" for kind in ("weight", "bias") for power in ("l1", "l2")
)


def _count(name: str, n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ArgumentError(f"Dense: {name} is {n!r}, and must be an integer of at least 1")
    return int(n)


def _factor(name: str, factor: float) -> float:
    if not 0 <= factor < np.inf:
        raise ArgumentError(f"Dense: {name} is {factor!r}, and must be a number >= 0")
    return float(factor)


def _float(dtype: DType) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise DTypeError(
            f"Dense: parameters are floats, not {kind}: dtype=np.float32 or np.float64"
        )
    return kind
