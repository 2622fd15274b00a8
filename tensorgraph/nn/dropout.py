"""Dropout. Read next: ``activations``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.nn.layer import Layer, Regularizer
from tensorgraph.random import generator
from tensorgraph.recording import random_numbers, recording
from tensorgraph.typing import Seed


class Dropout(Layer):
    """In training, set a random fraction ``rate`` of the inputs to 0, divide the rest by 1 - rate.

    Inverted dropout (Srivastava et al., 2014): the expected value is that of the input, so that
    outside training the layer does nothing. A new mask is drawn at each call, for each element.
    """

    def __init__(self, rate: float, *, name: str | None = None, rng: Seed = None) -> None:
        if not 0 <= rate < 1:
            raise ArgumentError(
                f"Dropout: rate is {rate!r}, and is the fraction dropped: at least 0, less than 1"
            )
        self.rate = float(rate)
        self.name = name
        self.rng = generator(rng)

    def regularizers(self) -> list[Regularizer]:
        return []

    def forward(self, x: Any, training: bool) -> Any:
        if not training:
            return x
        capture = recording().capture
        if capture is not None:
            capture.depends_on(self, ("rate", "rng"))
        if self.rate == 0:
            return x
        kept = random_numbers(self.rng, x.shape, np.float32) >= self.rate
        real = np.result_type(x.dtype, 1.0)  # whole numbers become float64, as in NumPy
        return x * (kept * real.type(1 / (1 - self.rate)))
