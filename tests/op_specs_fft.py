"""Rows of ``ops.fft``. Read next: ``op_specs_nn``."""

from __future__ import annotations

from op_cases import OpSpec

SPECS: tuple[OpSpec, ...] = ()
