"""Rows of ``ops.special``. Read next: ``op_specs_linalg``."""

from __future__ import annotations

from op_cases import OpSpec

SPECS: tuple[OpSpec, ...] = ()
