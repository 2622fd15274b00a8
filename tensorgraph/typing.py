"""The names that annotations share. Read next: ``random``."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A NumPy array of any dtype."""

Shape: TypeAlias = tuple[int, ...]
"""The sizes of an array's axes."""

Axis: TypeAlias = int | tuple[int, ...] | None
"""One axis, several, or None for all of them."""

Seed: TypeAlias = int | np.random.Generator | None
"""Where randomness comes from: a seed, a generator, or None for the library's default generator."""

DType: TypeAlias = npt.DTypeLike | None
"""Whatever ``np.dtype`` takes; None leaves the choice."""
