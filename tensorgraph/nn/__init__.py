"""Layers: functions with parameters, as expressions on the tape; none has a backward method.

``layer`` says what a layer is and how to write your own; then ``initializers``, ``dense``,
``dropout`` and ``activations``.
"""

from __future__ import annotations

from tensorgraph.nn.activations import Activation, Identity, ReLU, Sigmoid, Softmax, Tanh
from tensorgraph.nn.dense import Dense
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.layer import Layer, Regularizer

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Identity",
    "Layer",
    "ReLU",
    "Regularizer",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
