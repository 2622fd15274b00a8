"""Sorting, and searching in sorted arrays. Read next: ``calculus``."""

from __future__ import annotations

__all__: list[str] = []
