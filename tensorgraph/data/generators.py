"""Points of the plane in classes, made up: small data to learn classification on.

Every function takes ``seed`` (an integer, an ``np.random.Generator``, or None for the default
generator) and ``dtype``, that of the features; all is computed in float64 and rounded once. N
stands for standard normal draws, U for uniform ones in [0, 1). The samples come as one block per
class, in the order of the classes (``shuffle`` mixes them); labels are uint8, as the book's are.
Bad arguments raise ArgumentError, or DTypeError for the dtype. Read next: ``curves``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.data import checks
from tensorgraph.errors import ArgumentError
from tensorgraph.random import generator
from tensorgraph.typing import Array, DType, Seed

# As many as uint8 labels can tell apart.
_MAX_CLASSES = 256


def spiral(
    samples: int = 100,
    classes: int = 3,
    *,
    noise: float = 0.2,
    seed: Seed = None,
    dtype: DType = np.float32,
) -> tuple[Array, Array]:
    """Return ``samples`` points on each of ``classes`` arms of a spiral in the unit disc.

    X (samples * classes, 2), y uint8 (samples * classes,). Arm c is r (sin 2.5 t, cos 2.5 t) with
    r = linspace(0, 1, samples) and t = linspace(4 c, 4 (c + 1), samples) + noise * N, drawn arm by
    arm. The formula is Andrej Karpathy's (CS231n case study, 2015).
    """
    samples = checks.count("spiral", "samples", samples)
    classes = checks.count("spiral", "classes", classes, _MAX_CLASSES)
    noise = checks.deviation("spiral", "noise", noise)
    real = checks.floating("spiral", dtype)
    rng = generator(seed)
    r = np.linspace(0.0, 1.0, samples)
    arms = []
    for c in range(classes):
        t = np.linspace(4.0 * c, 4.0 * (c + 1), samples) + noise * rng.standard_normal(samples)
        arms.append(_columns(r * np.sin(2.5 * t), r * np.cos(2.5 * t)))
    return _classes(arms, real)


def vertical(
    samples: int = 100,
    classes: int = 3,
    *,
    noise: float = 0.1,
    seed: Seed = None,
    dtype: DType = np.float32,
) -> tuple[Array, Array]:
    """Return ``samples`` points around each of ``classes`` centres side by side.

    X (samples * classes, 2), y uint8 (samples * classes,). Class c is (noise * N + c / 3,
    noise * N + 1 / 2): all first coordinates of a class are drawn before its second ones.
    """
    samples = checks.count("vertical", "samples", samples)
    classes = checks.count("vertical", "classes", classes, _MAX_CLASSES)
    noise = checks.deviation("vertical", "noise", noise)
    real = checks.floating("vertical", dtype)
    rng = generator(seed)
    centres = [(c / 3, 0.5) for c in range(classes)]
    return _classes([_cloud(rng, centre, samples, noise) for centre in centres], real)


def blobs(
    samples: int = 100,
    classes: int = 3,
    *,
    spread: float = 0.2,
    seed: Seed = None,
    dtype: DType = np.float32,
) -> tuple[Array, Array]:
    """Return ``samples`` points around each of ``classes`` centres, evenly spaced on a circle.

    X (samples * classes, 2), y uint8 (samples * classes,). Class c is (cos a, sin a) + spread * N
    with a = 2 pi c / classes; ``spread`` is the standard deviation of each coordinate.
    """
    samples = checks.count("blobs", "samples", samples)
    classes = checks.count("blobs", "classes", classes, _MAX_CLASSES)
    spread = checks.deviation("blobs", "spread", spread)
    real = checks.floating("blobs", dtype)
    rng = generator(seed)
    angles = 2 * np.pi * np.arange(classes) / classes
    centres = zip(np.cos(angles), np.sin(angles), strict=True)
    return _classes([_cloud(rng, centre, samples, spread) for centre in centres], real)


def moons(
    samples: int = 100, *, noise: float = 0.1, seed: Seed = None, dtype: DType = np.float32
) -> tuple[Array, Array]:
    """Return ``samples`` points on each of two half circles that reach into one another.

    X (2 * samples, 2), y uint8 (2 * samples,). With t = linspace(0, pi, samples), class 0 is
    (cos t, sin t) and class 1 is (1 - cos t, 1 / 2 - sin t), each coordinate + noise * N.
    """
    samples = checks.count("moons", "samples", samples)
    noise = checks.deviation("moons", "noise", noise)
    real = checks.floating("moons", dtype)
    rng = generator(seed)
    t = np.linspace(0.0, np.pi, samples)
    curves = [(np.cos(t), np.sin(t)), (1 - np.cos(t), 0.5 - np.sin(t))]
    return _classes([_cloud(rng, curve, samples, noise) for curve in curves], real)


def circles(
    samples: int = 100,
    *,
    noise: float = 0.05,
    factor: float = 0.5,
    seed: Seed = None,
    dtype: DType = np.float32,
) -> tuple[Array, Array]:
    """Return ``samples`` points on each of two circles, one inside the other.

    X (2 * samples, 2), y uint8 (2 * samples,). Class 0 is (cos t, sin t) with ``samples`` angles t
    evenly spaced from 0, class 1 is ``factor`` (0 <= factor < 1) times that, each coordinate
    + noise * N.
    """
    samples = checks.count("circles", "samples", samples)
    noise = checks.deviation("circles", "noise", noise)
    if checks.deviation("circles", "factor", factor) >= 1:
        raise ArgumentError(f"circles: factor must be below 1, the outer radius, got {factor!r}")
    real = checks.floating("circles", dtype)
    rng = generator(seed)
    t = np.linspace(0.0, 2 * np.pi, samples, endpoint=False)
    curves = [(radius * np.cos(t), radius * np.sin(t)) for radius in (1.0, factor)]
    return _classes([_cloud(rng, curve, samples, noise) for curve in curves], real)


def xor(
    samples: int = 100, *, noise: float = 0.05, seed: Seed = None, dtype: DType = np.float32
) -> tuple[Array, Array]:
    """Return ``samples`` points of each of two classes, told apart by the signs of their features.

    X (2 * samples, 2), y uint8 (2 * samples,). Points are uniform in the square [-1, 1]^2; class 0
    has coordinates of one sign, class 1 of two signs, before noise * N is added to each.
    """
    samples = checks.count("xor", "samples", samples)
    noise = checks.deviation("xor", "noise", noise)
    real = checks.floating("xor", dtype)
    rng = generator(seed)
    quadrants = []
    for side in (1, -1):
        a = rng.uniform(-1, 1, samples)
        b = side * np.sign(a) * rng.uniform(0, 1, samples)
        quadrants.append(_cloud(rng, (a, b), samples, noise))
    return _classes(quadrants, real)


def wave(
    samples: int = 1000, *, seed: Seed = None, dtype: DType = np.float32
) -> tuple[Array, Array]:
    """Return ``samples`` points in all, in two classes that mix along wavy borders.

    X (samples, 2) uniform in [-4, 4]^2, y uint8 (samples,): 1 where cos(a b) + 2 (U - 1/2)
    > sin(a b) for the point (a, b), otherwise 0. Not in blocks: every point draws its class.
    """
    samples = checks.count("wave", "samples", samples)
    real = checks.floating("wave", dtype)
    rng = generator(seed)
    X = rng.uniform(-4, 4, (samples, 2))
    product = X[:, 0] * X[:, 1]
    y = np.cos(product) + 2 * (rng.random(samples) - 0.5) > np.sin(product)
    return X.astype(real), y.astype(np.uint8)


# ---- what they share -----------------------------------------------------------------------------


def _columns(a: Array, b: Array) -> Array:
    """Return the points (n, 2) whose coordinates are ``a`` and ``b``, each (n,)."""
    return np.stack([a, b], axis=1)


def _cloud(
    rng: np.random.Generator,
    centre: tuple[Array | float, Array | float],
    samples: int,
    noise: float,
) -> Array:
    """Return ``samples`` points around a point or along a curve; first coordinates drawn first."""
    first, second = centre
    a = first + noise * rng.standard_normal(samples)
    b = second + noise * rng.standard_normal(samples)
    return _columns(a, b)


def _classes(blocks: list[Array], dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the blocks, one class each and all of one length, under each other, and labels."""
    labels = np.arange(len(blocks), dtype=np.uint8)
    return np.concatenate(blocks).astype(dtype), np.repeat(labels, len(blocks[0]))
