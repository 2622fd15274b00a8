"""Where weights start: functions of a generator and (inputs, neurons). Read next: ``dense``.

The aim of the scaled ones is that a signal keeps its variance through the layers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.typing import Array, Shape

Initializer = Callable[[np.random.Generator, Shape], Array]


def glorot_uniform(rng: np.random.Generator, shape: Shape) -> Array:
    """U(-a, a), a = sqrt(6 / (inputs + neurons)), for tanh and softmax: Glorot and Bengio, 2010."""
    bound = np.sqrt(6 / (shape[0] + shape[1]))
    return rng.uniform(-bound, bound, shape)


def he_normal(rng: np.random.Generator, shape: Shape) -> Array:
    """N(0, 2 / inputs): He et al., 2015; for ReLU, which halves the variance."""
    return np.sqrt(2 / shape[0]) * rng.standard_normal(shape)


def normal(scale: float) -> Initializer:
    """N(0, scale²), whatever the shape."""

    def draw(rng: np.random.Generator, shape: Shape) -> Array:
        return scale * rng.standard_normal(shape)

    return draw


INITIALIZERS: dict[str, Initializer] = {"glorot_uniform": glorot_uniform, "he_normal": he_normal}


def initializer(which: str | Initializer) -> Initializer:
    """The initializer of that name, or the function itself."""
    if callable(which):
        return which
    if which not in INITIALIZERS:
        raise ArgumentError(f"no initializer {which!r}: there are {', '.join(INITIALIZERS)}")
    return INITIALIZERS[which]
