"""What every still picture can do: be saved, show itself in a notebook. Read next: ``render``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from tensorgraph.errors import ArgumentError
from tensorgraph.serialize import Pathlike, written_beside

PNG_DPI = 144.0
"""The dots an inch of a picture in PNG, if nothing else is asked for."""


class Drawing(ABC):
    """A picture that can be drawn in several formats, ``formats``; "svg" is one of them."""

    formats: ClassVar[tuple[str, ...]] = ("svg", "png", "pdf")

    @abstractmethod
    def drawn(self, format: str, dpi: float = PNG_DPI) -> bytes:
        """Return the content of a file in ``format``; a PNG has ``dpi`` dots an inch."""

    def svg(self) -> str:
        """Return the picture as SVG text."""
        return self.drawn("svg").decode()

    def save(self, path: Pathlike, *, dpi: float = PNG_DPI) -> Path:
        """Write the picture to ``path``, in the format that its ending names, and return the path.

        ``dpi`` is how many dots an inch a PNG has. A file that is there already stays whole until
        the new one is complete.
        """
        path = Path(path)
        format = path.suffix.lower().removeprefix(".")
        if format not in self.formats:
            endings = ", ".join(f".{format}" for format in self.formats)
            raise ArgumentError(
                f"cannot save a picture as {path.name!r}: its ending is one of {endings}"
            )
        if not 0 < dpi < float("inf"):
            raise ArgumentError(f"save(): dpi is {dpi!r}, and must be a number above 0")
        content = self.drawn(format, dpi)
        with written_beside(path) as file:
            file.write_bytes(content)
        return path

    def _repr_svg_(self) -> str:
        return self.svg()
