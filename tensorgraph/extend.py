"""The names that a primitive of your own needs.

    from tensorgraph.extend import elementwise
    import numpy as np

    cube = elementwise(lambda x: x**3, lambda g, y, x: g * 3 * x**2, name="cube")

``tensorgraph.primitive`` explains the kinds and what a rule is given.
"""

from __future__ import annotations

from tensorgraph.primitive import (
    Primitive,
    bilinear,
    custom,
    elementwise,
    fused,
    linear,
    nondifferentiable,
)

__all__ = ["Primitive", "bilinear", "custom", "elementwise", "fused", "linear", "nondifferentiable"]
