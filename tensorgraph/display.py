"""What shows itself as a picture in a notebook, where somebody draws.

Nothing here draws: ``tensorgraph.viz`` does, from when it is imported. Read next: ``config``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Shown:
    """A base of what has a picture besides its text."""

    __slots__ = ()
    _drawn_by: ClassVar[Callable[[Any], str | None]] = staticmethod(lambda shown: None)

    def _repr_svg_(self) -> str | None:
        """Return a picture for the notebook that asks, or None."""
        return Shown._drawn_by(self)
