"""Networks to train: ``Model``, a sequence of layers with a loss, an optimizer and an accuracy.

``nnfs`` has the same under the names of the book *Neural Networks from Scratch*.
"""

from __future__ import annotations

from tensorgraph.models.model import Model

__all__ = ["Model"]
