"""Where randomness comes from: a generator or a seed handed in, else one default generator.

``seed(n)`` sets the default; ``generator(rng)`` turns what a caller was given into a generator.
NumPy's own global state is never touched. Read next: ``threads``.
"""

from __future__ import annotations

import operator

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.typing import Seed

# Seeded from the operating system until seed() is called.
_default = np.random.default_rng()


def seed(n: int) -> None:
    """Restart the default generator from ``n``, an integer >= 0.

    The generator starts over in place, so that whoever holds it already starts over with it.
    """
    _default.bit_generator.state = _seeded(n).bit_generator.state


def generator(rng: Seed = None) -> np.random.Generator:
    """Return the generator meant by ``rng``.

    None is the default generator, an integer >= 0 a new generator of that seed, and a generator
    is itself: drawing from it moves the caller's on. Anything else raises ArgumentError.
    """
    if rng is None:
        return _default
    return rng if isinstance(rng, np.random.Generator) else _seeded(rng)


def _seeded(n: int) -> np.random.Generator:
    """Return a new generator of seed ``n``."""
    try:
        value = operator.index(n)
    except TypeError:
        value = -1
    # True and False are integers to Python, but never a seed that somebody meant.
    if isinstance(n, bool) or value < 0:
        raise ArgumentError(
            f"a seed must be an integer >= 0 or an np.random.Generator, got {n!r} "
            f"({type(n).__name__})"
        )
    return np.random.default_rng(value)
