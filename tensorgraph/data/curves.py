"""Curves and surfaces to fit: made-up data to learn regression on.

Every function takes ``sigma``, the standard deviation of normal noise (N) on the targets: with 0
nothing is drawn. ``seed`` is an integer, an ``np.random.Generator``, or None for the default
generator; ``dtype`` is that of features and targets, which are computed in float64 and rounded
once. Bad arguments raise ArgumentError, or DTypeError for the dtype. Read next: ``batches``.
"""

from __future__ import annotations

import numpy as np

from tensorgraph.data import checks
from tensorgraph.random import generator
from tensorgraph.typing import Array, DType, Seed


def sine(
    samples: int = 1000, sigma: float = 0.0, *, seed: Seed = None, dtype: DType = np.float32
) -> tuple[Array, Array]:
    """Return one period of a sine.

    X (samples, 1) = 0, 1 / samples, ... (1 itself left out), y (samples, 1) = sin(2 pi X)
    + sigma * N.
    """
    samples = checks.count("sine", "samples", samples)
    X = np.arange(samples).reshape(-1, 1) / samples
    return _targets("sine", X, np.sin(2 * np.pi * X), sigma, seed, dtype)


def plane(
    samples: int = 50, sigma: float = 0.0, *, seed: Seed = None, dtype: DType = np.float32
) -> tuple[Array, Array]:
    """Return a tilted plane over a square grid.

    X (samples^2, 2) is every pair (a, b) of linspace(0, 1, samples), b running fastest; y
    (samples^2, 1) = a - b + sigma * N.
    """
    samples = checks.count("plane", "samples", samples)
    side = np.linspace(0.0, 1.0, samples)
    a, b = np.meshgrid(side, side, indexing="ij")
    X = np.stack([a.ravel(), b.ravel()], axis=1)
    return _targets("plane", X, X[:, :1] - X[:, 1:], sigma, seed, dtype)


def surface(
    samples: int = 50, sigma: float = 0.0, *, seed: Seed = None, dtype: DType = np.float32
) -> tuple[Array, Array]:
    """Return a saddle over a disc.

    X (samples^2 + 1, 2) is the origin, then every point r (cos t, sin t) of a polar grid with
    r = linspace(0, 1, samples) and ``samples`` angles t evenly spaced from 0, t running fastest;
    y (samples^2 + 1, 1) = sin(a b) + sigma * N at the point (a, b).
    """
    samples = checks.count("surface", "samples", samples)
    radii = np.linspace(0.0, 1.0, samples)
    angles = np.linspace(0.0, 2 * np.pi, samples, endpoint=False)
    r, t = np.meshgrid(radii, angles, indexing="ij")
    grid = np.stack([(r * np.cos(t)).ravel(), (r * np.sin(t)).ravel()], axis=1)
    X = np.concatenate([np.zeros((1, 2)), grid])
    return _targets("surface", X, np.sin(X[:, :1] * X[:, 1:]), sigma, seed, dtype)


def _targets(
    function: str, X: Array, y: Array, sigma: float, seed: Seed, dtype: DType
) -> tuple[Array, Array]:
    """Return ``X`` and ``y`` + sigma * N in ``dtype``."""
    real = checks.floating(function, dtype)
    rng = generator(seed)
    # Exact data takes nothing from the generator, so it moves no run that shares it.
    if checks.deviation(function, "sigma", sigma) > 0:
        y = y + sigma * rng.standard_normal(y.shape)
    return X.astype(real), y.astype(real)
