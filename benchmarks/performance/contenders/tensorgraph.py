"""tensorgraph, with ``tg.compile`` and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tensorgraph as tg
from performance.contenders import Missing
from performance.networks import EPSILON, L2, Array, Network, start
from performance.worker import Clocked
from tensorgraph.models import Model
from tensorgraph.penalties import penalty
from tensorgraph.train import Callback, StepRecord

# --- training steps ------------------------------------------------------------------------------


def layers_of(network: Network) -> list[tg.nn.Layer]:
    _, _, weights, biases = start(network)
    layers: list[tg.nn.Layer] = []
    for W, b in zip(weights, biases, strict=True):
        factor = 0 if layers else L2
        dense = tg.nn.Dense(*W.shape, weight_regularizer_l2=factor, bias_regularizer_l2=factor)
        dense.weights.data, dense.biases.data = W, b
        layers += [dense, tg.nn.ReLU()]
    layers[-1] = tg.nn.Softmax()
    return layers


class Setting(NamedTuple):
    """What a step is made of."""

    layers: list[tg.nn.Layer]
    parameters: list[tg.Tensor]
    cross_entropy: tg.losses.Loss
    adam: tg.optim.Optimizer


def setting_of(network: Network) -> Setting:
    layers = layers_of(network)
    parameters = [p for layer in layers for p in layer.parameters().values()]
    adam = tg.optim.Adam(network.rate, epsilon=EPSILON)
    return Setting(layers, parameters, tg.losses.CategoricalCrossentropy(), adam)


def step(network: Network, *, compiled: bool) -> Callable[[], float]:
    X, y, *_ = start(network)
    layers, parameters, cross_entropy, adam = setting_of(network)

    def taken(X: Any, y: Any) -> Any:
        output = X
        for layer in layers:
            output = layer(output, training=True)
        loss = cross_entropy(output, y) + penalty(layers)
        loss.backward()
        adam.step(parameters)
        adam.zero_grad(parameters)
        return loss

    take = tg.compile(taken) if compiled else taken
    return lambda: float(take(X, y).item())


# --- Model.train ---------------------------------------------------------------------------------


def model_of(network: Network, accuracy: bool) -> Model:
    model = Model()
    for layer in layers_of(network):
        model.add(layer)
    model.set(
        loss=tg.losses.CategoricalCrossentropy(),
        optimizer=tg.optim.Adam(network.rate, epsilon=EPSILON),
        accuracy=tg.metrics.CategoricalAccuracy() if accuracy else None,
    )
    model.finalize()
    return model


class Clock(Callback):
    """Notes when each step was over."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.times: list[float] = []

    def on_step(self, record: StepRecord) -> None:
        self.times.append(self.now())


class Training(Clocked):
    """Runs of ``Model.train``; a run's first step is not counted, it has the checks before it."""

    def __init__(self, network: Network, compiled: bool) -> None:
        self.model = model_of(network, accuracy=True)
        self.X, self.y, *_ = start(network)
        self.compiled = compiled

    def seconds(self, n: int, now: Callable[[], float]) -> float:
        clock = Clock(now)
        self.model.train(
            self.X,
            self.y,
            epochs=n + 1,
            print_every=0,
            callbacks=[clock],
            compile=self.compiled,
        )
        return clock.times[-1] - clock.times[0]


def train(network: Network, *, compiled: bool) -> Training:
    return Training(network, compiled)


def fit(network: Network, X: Array, y: Array, *, compiled: bool) -> None:
    model = model_of(network, accuracy=False)
    model.train(X, y, batch_size=network.batch, print_every=0, compile=compiled)


def program(epochs: int, *, compiled: bool) -> Callable[[], None]:
    tg.seed(0)
    X, y = tg.data.spiral(1000, 3)
    validation = tg.data.spiral(100, 3)

    def run() -> None:
        model = Model()
        model.add(tg.nn.Dense(2, 64, weight_regularizer_l2=L2, bias_regularizer_l2=L2))
        model.add(tg.nn.ReLU())
        model.add(tg.nn.Dense(64, 3))
        model.add(tg.nn.Softmax())
        model.set(
            loss=tg.losses.CategoricalCrossentropy(),
            optimizer=tg.optim.Adam(learning_rate=0.01, decay=5e-7),
            accuracy=tg.metrics.CategoricalAccuracy(),
        )
        model.finalize()
        model.train(
            X, y, epochs=epochs, validation_data=validation, print_every=0, compile=compiled
        )

    return run


# --- operations ----------------------------------------------------------------------------------


def operation(name: str, *, compiled: bool) -> Callable[[], Any]:
    x, y = tg.Tensor(np.full(4, 0.5, np.float32)), tg.Tensor(np.full(4, 0.5, np.float32))
    g = np.ones(4, np.float32)

    def multiply() -> Any:
        z = x * y
        z.backward(g)
        return z

    def exp() -> Any:
        z = tg.exp(x)
        z.backward(g)
        return z

    call = {"multiply": multiply, "exp": exp}[name]
    return tg.compile(call) if compiled else call


def chain(length: int, *, compiled: bool) -> Callable[[], Any]:
    if compiled:
        raise Missing  # it is the recording that is measured
    x, one, small = (tg.Tensor(np.full(4, value, np.float32)) for value in (0.5, 1.0, 1e-6))

    def call() -> None:
        z = x
        for _ in range(length // 2):
            z = z * one + small
        z.sum().backward()

    return call
