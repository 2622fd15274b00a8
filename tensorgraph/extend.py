"""The names that a primitive of your own needs.

    from tensorgraph.extend import elementwise
    import numpy as np

    cube = elementwise(lambda x: x**3, lambda g, y, x: g * 3 * x**2, name="cube")
    tg.testing.check_rule(cube, np.array([-1.0, 0.5, 2.0]))

``tensorgraph.primitive`` explains the kinds and what a rule is given. An operand whose rule is
``NO_RULE`` (or a row without any rules) is refused when it is recorded with a tensor there.
"""

from __future__ import annotations

from tensorgraph.primitive import (
    ELEMENTWISE,
    LEADING,
    NO_RULE,
    Primitive,
    bilinear,
    custom,
    elementwise,
    fused,
    linear,
    nondifferentiable,
)

__all__ = [
    "ELEMENTWISE",
    "LEADING",
    "NO_RULE",
    "Primitive",
    "bilinear",
    "custom",
    "elementwise",
    "fused",
    "linear",
    "nondifferentiable",
]
