"""Rearranging, joining, splitting and padding, composed of rows. Read next: ``sorting``."""

from __future__ import annotations

__all__: list[str] = []
