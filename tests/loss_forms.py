"""Losses of logits, by three ways each, and examples for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph.losses import BinaryCrossentropy, CategoricalCrossentropy

P = np.array([[0.7, 0.1, 0.2], [0.1, 0.5, 0.4], [0.02, 0.9, 0.08]])  # rows sum to 1
CLASSES = np.array([0, 1, 1])
ONE_HOT = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]])
SOFT = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0]])
Q = np.array([[0.9, 0.2], [0.4, 0.6]])  # probabilities of their own
BITS = np.array([[1, 0], [0, 1]])
A, B = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 2.5], [5.0, 2.0]])

# Three ways to the same loss of logits z: each takes another path through the code.
Form = Callable[[Any, Any], Any]
CATEGORICAL_FORMS: dict[str, Form] = {
    "from_logits": lambda z, t: CategoricalCrossentropy(from_logits=True)(z, t),
    "after softmax": lambda z, t: CategoricalCrossentropy()(tg.softmax(z), t),
    "of probabilities": lambda z, t: CategoricalCrossentropy()(tg.softmax(z) * 1.0, t),
}
BINARY_FORMS: dict[str, Form] = {
    "from_logits": lambda z, t: BinaryCrossentropy(from_logits=True)(z, t),
    "after sigmoid": lambda z, t: BinaryCrossentropy()(tg.sigmoid(z), t),
    "of probabilities": lambda z, t: BinaryCrossentropy()(tg.sigmoid(z) * 1.0, t),
}
