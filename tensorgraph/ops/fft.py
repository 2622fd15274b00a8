"""NumPy's ``fft``: discrete Fourier transforms. Read next: ``nn``."""

from __future__ import annotations

__all__: list[str] = []
