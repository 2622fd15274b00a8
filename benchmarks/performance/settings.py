"""What is the same for all contenders. It must be settled before NumPy is imported."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]

FLOOR = ROOT / os.environ.get("TENSORGRAPH_FLOOR", "../shared/floor.py")
"""Somebody else's planned NumPy, where there is any: a file with ``make_step(network)``."""

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    # The time to the first step is that of a program that has never run here.
    "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",
    "MPLBACKEND": "Agg",
}
"""One thread each, on the processor."""


def take_one_core() -> None:
    """Keep this process, and all of its threads to come, on one core: the same for all."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
