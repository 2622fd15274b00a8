"""Differences, gradients and integrals on a grid, interpolation, polynomials.

Read next: ``special``.
"""

from __future__ import annotations

__all__: list[str] = []
