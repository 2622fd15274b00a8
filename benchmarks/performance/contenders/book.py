"""The whole program as *Neural Networks from Scratch* would have it.

Layers are objects with ``forward`` and ``backward`` that keep what the other needs; softmax and
cross-entropy go back together; Adam treats a layer's weights and biases one after the other.
Arrays are float32, as after the book's ``init``, but products are not computed in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from performance.networks import EPSILON, L2, Array


def arms(per_arm: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Three arms of a spiral, and the number of its arm for each point."""
    radius = np.tile(np.linspace(0, 1, per_arm), 3)
    y = np.repeat(np.arange(3), per_arm)
    angle = 4 * (radius + y) + 0.2 * rng.standard_normal(3 * per_arm)
    points = np.stack([np.sin(2.5 * angle), np.cos(2.5 * angle)], axis=1)
    return (radius[:, None] * points).astype(np.float32), y


# --- layers --------------------------------------------------------------------------------------


class Dense:
    def __init__(self, n_inputs: int, n_neurons: int, l2: float, rng: np.random.Generator) -> None:
        self.weights = (0.1 * rng.standard_normal((n_inputs, n_neurons))).astype(np.float32)
        self.biases = np.zeros((1, n_neurons), np.float32)
        self.l2 = l2

    def forward(self, inputs: Array) -> None:
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues: Array) -> None:
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        if self.l2 > 0:
            self.dweights += 2 * self.l2 * self.weights
            self.dbiases += 2 * self.l2 * self.biases
        self.dinputs = np.dot(dvalues, self.weights.T)


class ReLU:
    def forward(self, inputs: Array) -> None:
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues: Array) -> None:
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Softmax:
    def forward(self, inputs: Array) -> None:
        powers = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = powers / np.sum(powers, axis=1, keepdims=True)


# --- loss, optimizer, accuracy -------------------------------------------------------------------


class CategoricalCrossentropy:
    def calculate(self, output: Array, y: Array) -> Any:
        clipped = np.clip(output, 1e-7, 1 - 1e-7)
        return np.mean(-np.log(clipped[range(len(output)), y]))

    def regularization(self, layers: list[Dense]) -> Any:
        loss = 0.0
        for layer in layers:
            if layer.l2 > 0:
                loss += layer.l2 * np.sum(layer.weights * layer.weights)
                loss += layer.l2 * np.sum(layer.biases * layer.biases)
        return loss


class SoftmaxAndCrossentropy:
    """Both at once: the gradient is p - 1 at the right class, and p elsewhere."""

    def backward(self, dvalues: Array, y: Array) -> None:
        self.dinputs = dvalues.copy()
        self.dinputs[range(len(dvalues)), y] -= 1
        self.dinputs = self.dinputs / len(dvalues)


class Adam:
    def __init__(self, learning_rate: float, decay: float) -> None:
        self.learning_rate = self.current_learning_rate = learning_rate
        self.decay = decay
        self.iterations = 0

    def pre_update(self) -> None:
        self.current_learning_rate = self.learning_rate / (1 + self.decay * self.iterations)

    def update(self, layer: Any) -> None:
        if not hasattr(layer, "weight_momentums"):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.weight_cache = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
            layer.bias_cache = np.zeros_like(layer.biases)
        layer.weight_momentums = 0.9 * layer.weight_momentums + 0.1 * layer.dweights
        layer.bias_momentums = 0.9 * layer.bias_momentums + 0.1 * layer.dbiases
        weight_momentums = layer.weight_momentums / (1 - 0.9 ** (self.iterations + 1))
        bias_momentums = layer.bias_momentums / (1 - 0.9 ** (self.iterations + 1))
        layer.weight_cache = 0.999 * layer.weight_cache + 0.001 * layer.dweights**2
        layer.bias_cache = 0.999 * layer.bias_cache + 0.001 * layer.dbiases**2
        weight_cache = layer.weight_cache / (1 - 0.999 ** (self.iterations + 1))
        bias_cache = layer.bias_cache / (1 - 0.999 ** (self.iterations + 1))
        rate = self.current_learning_rate
        layer.weights += -rate * weight_momentums / (np.sqrt(weight_cache) + EPSILON)
        layer.biases += -rate * bias_momentums / (np.sqrt(bias_cache) + EPSILON)

    def post_update(self) -> None:
        self.iterations += 1


def accuracy_of(output: Array, y: Array) -> Any:
    return np.mean(np.argmax(output, axis=1) == y)


# --- the model -----------------------------------------------------------------------------------


class Model:
    def __init__(self, layers: list[Any], loss: Any, optimizer: Adam) -> None:
        self.layers = layers
        self.trainable = [layer for layer in layers if hasattr(layer, "weights")]
        self.loss = loss
        self.optimizer = optimizer
        self.combined = SoftmaxAndCrossentropy()

    def forward(self, X: Array) -> Array:
        for layer in self.layers:
            layer.forward(X)
            X = layer.output
        return X

    def backward(self, output: Array, y: Array) -> None:
        self.combined.backward(output, y)
        dinputs = self.combined.dinputs
        for layer in reversed(self.layers[:-1]):
            layer.backward(dinputs)
            dinputs = layer.dinputs

    def evaluate(self, X: Array, y: Array) -> tuple[float, float]:
        output = self.forward(X)
        return float(self.loss.calculate(output, y)), float(accuracy_of(output, y))

    def train(self, X: Array, y: Array, epochs: int, validation: tuple[Array, Array]) -> None:
        self.history: list[tuple[float, ...]] = []
        for _ in range(epochs):
            output = self.forward(X)
            loss = self.loss.calculate(output, y) + self.loss.regularization(self.trainable)
            accuracy = accuracy_of(output, y)
            self.backward(output, y)
            self.optimizer.pre_update()
            for layer in self.trainable:
                self.optimizer.update(layer)
            self.optimizer.post_update()
            self.history.append((float(loss), float(accuracy), *self.evaluate(*validation)))


def program(epochs: int) -> Callable[[], Model]:
    rng = np.random.default_rng(0)
    (X, y), validation = arms(1000, rng), arms(100, rng)

    def run() -> Model:
        layers = [Dense(2, 64, L2, rng), ReLU(), Dense(64, 3, 0, rng), Softmax()]
        model = Model(layers, CategoricalCrossentropy(), Adam(0.01, 5e-7))
        model.train(X, y, epochs, validation)
        return model

    return run
