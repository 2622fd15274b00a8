"""Rows of ``ops.calculus``. Read next: ``op_specs_special``."""

from __future__ import annotations

from op_cases import OpSpec

SPECS: tuple[OpSpec, ...] = ()
