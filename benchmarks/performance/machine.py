"""On what it was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "tensorgraph-engine",
    "numpy",
    "torch",
    "jax",
    "autograd",
    "mygrad",
    "micrograd",
    "scikit-learn",
)


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def blas() -> str:
    """What NumPy multiplies matrices with."""
    import numpy as np

    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def description() -> dict[str, str]:
    """A line for each fact."""
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores, of which each contender has one",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "BLAS": blas(),
        "packages": ", ".join(_versions()),
        "not installed": "; ".join(_absent()) or "none",
    }


def _absent() -> list[str]:
    from performance.contenders import CONTENDERS

    return [title for title, contender in CONTENDERS.items() if not contender.is_here]


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue
