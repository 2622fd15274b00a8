"""Rows of ``ops.arrange``. Read next: ``op_specs_sorting``."""

from __future__ import annotations

from op_cases import OpSpec

SPECS: tuple[OpSpec, ...] = ()
