"""scikit-learn's MLPClassifier: its Adam, its losses; L2 is on all weights, and on no biases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from performance.networks import EPSILON, L2, Array, Network, start


def model_of(network: Network) -> Any:
    return MLPClassifier(
        network.sizes[1:-1],
        alpha=2 * L2 * network.batch,
        batch_size=network.batch,
        learning_rate_init=network.rate,
        epsilon=EPSILON,
        random_state=0,
        shuffle=False,
    )


def step(network: Network) -> Callable[[], float]:
    X, y, *_ = start(network)
    model = model_of(network).partial_fit(X, y, classes=np.arange(network.sizes[-1]))

    def take() -> float:
        model.partial_fit(X, y)
        return float(model.loss_)

    return take


def fit(network: Network, X: Array, y: Array) -> None:
    model_of(network).partial_fit(X, y, classes=np.arange(network.sizes[-1]))
