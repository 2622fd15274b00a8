"""Data to learn from: made up, read from files, downloaded; and cut into batches.

Reading order: ``checks``, ``generators``, ``curves``, ``batches``, ``idx``, ``datasets``.
"""

from __future__ import annotations

from tensorgraph.data.batches import batches, shuffle
from tensorgraph.data.curves import plane, sine, surface
from tensorgraph.data.datasets import FASHION_MNIST_LABELS, fashion_mnist, mnist
from tensorgraph.data.generators import blobs, circles, moons, spiral, vertical, wave, xor

__all__ = [
    "FASHION_MNIST_LABELS",
    "batches",
    "blobs",
    "circles",
    "fashion_mnist",
    "mnist",
    "moons",
    "plane",
    "shuffle",
    "sine",
    "spiral",
    "surface",
    "vertical",
    "wave",
    "xor",
]
