"""Rows of ``ops.linalg``. Read next: ``op_specs_fft``."""

from __future__ import annotations

from op_cases import OpSpec

SPECS: tuple[OpSpec, ...] = ()
