"""NumPy's ``linalg``: inverses, decompositions, norms. Read next: ``fft``."""

from __future__ import annotations

__all__: list[str] = []
