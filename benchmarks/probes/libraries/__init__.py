"""The columns of the table; each library has a module here, named after its package.

That module is imported where its library is probed, and there alone.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from importlib.metadata import version

from probes.library import Library


@dataclass(frozen=True)
class Column:
    """A library that may be installed."""

    title: str
    package: str
    distribution: str

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None

    @property
    def header(self) -> str:
        return f"{self.title} {version(self.distribution)}"

    def load(self) -> Library:
        """The library, imported."""
        return importlib.import_module(f"{__name__}.{self.package}").library()


COLUMNS = {
    column.title: column
    for column in (
        Column("tensorgraph", "tensorgraph", "tensorgraph-engine"),
        Column("PyTorch", "torch", "torch"),
        Column("JAX", "jax", "jax"),
        Column("HIPS autograd", "autograd", "autograd"),
        Column("MyGrad", "mygrad", "mygrad"),
        Column("micrograd", "micrograd", "micrograd"),
    )
}
