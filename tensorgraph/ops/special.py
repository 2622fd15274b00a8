"""Special functions: erf, log-gamma and their derivatives. Read next: ``linalg``."""

from __future__ import annotations

__all__: list[str] = []
