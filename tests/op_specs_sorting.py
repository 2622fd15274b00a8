"""Rows of ``ops.sorting``. Read next: ``op_specs_calculus``."""

from __future__ import annotations

from op_cases import OpSpec

SPECS: tuple[OpSpec, ...] = ()
