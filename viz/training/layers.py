"""Three artists that make frames cheap: pictures that are drawn once and then only copied.

Read next: ``panels``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.image import AxesImage
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

from tensorgraph.typing import Array

# matplotlib leaves its renderers without annotations.
new_renderer: Any = RendererAgg

# Digits one by one, and what stands between them as it is.
PARTS = re.compile(r"\d|\D+")

# Pixels around a picture of a text, for what reaches over its box.
MARGIN = 2


class Overlay(Artist):
    """Artists that stand still, but on top of some that move: drawn once on clear film."""

    def __init__(self, artists: Sequence[Artist]) -> None:
        super().__init__()
        self.artists = artists
        self.film: Array | None = None
        self.corner = (0, 0)

    def develop(self, renderer: Any) -> None:
        """Draw the artists anew, at the size of ``renderer``."""
        film: Any = new_renderer(renderer.width, renderer.height, renderer.dpi)
        for artist in self.artists:
            artist.draw(film)
        # A renderer keeps its top row first, but takes pictures to copy from the bottom row up.
        pixels = np.asarray(film.buffer_rgba())[::-1]
        rows, columns = (np.flatnonzero(pixels[:, :, 3].any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            self.film = None
            return
        self.corner = (int(columns[0]), int(rows[0]))
        self.film = np.array(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])

    def draw(self, renderer: Any) -> None:
        """Copy the film onto what was drawn before."""
        if self.film is not None:
            renderer.draw_image(renderer.new_gc(), *self.corner, self.film)


class QuickText(Artist):
    """A line of text at its right end, put together from pictures of its digits and words.

    matplotlib draws every letter anew every time, which would be a third of a frame's time.
    """

    def __init__(self, text: Text) -> None:
        super().__init__()
        self.text = text
        self.films: dict[str, tuple[Array, float]] = {}
        self.corner = (0.0, 0.0)

    def develop(self, renderer: Any) -> None:
        """Find the place of the text anew, at the size of ``renderer``."""
        self.films.clear()
        box = self.text.get_window_extent(renderer)
        self.corner = (box.x1, box.y0)

    def draw(self, renderer: Any) -> None:
        """Copy the pictures side by side, so that the last ends where the text does."""
        parts = [self._film(part, renderer) for part in PARTS.findall(self.text.get_text())]
        left, bottom = self.corner
        left -= sum(width for _, width in parts)
        for film, width in parts:
            place = (round(left) - MARGIN, int(bottom) - MARGIN)
            renderer.draw_image(renderer.new_gc(), *place, film)
            left += width

    def _film(self, part: str, renderer: Any) -> tuple[Array, float]:
        """Return the picture of a digit or a word, and how wide it is in the text."""
        if part not in self.films:
            figure = self.text.get_figure(root=True)
            assert figure is not None
            # On the same part of a pixel as the whole text, so that they are rounded alike.
            bottom = MARGIN + self.corner[1] % 1
            text = Text(MARGIN, bottom, part, va="bottom", color=self.text.get_color())
            text.set_fontproperties(self.text.get_fontproperties())
            text.set_figure(figure)
            box = text.get_window_extent(renderer)
            size = np.ceil((box.width, box.height)).astype(int) + 2 * MARGIN + 1
            film = new_renderer(*size, renderer.dpi)
            text.draw(film)
            self.films[part] = np.array(np.asarray(film.buffer_rgba())[::-1]), box.width
        return self.films[part]


class PixelImage(AxesImage):
    """A square of ``side`` by ``side`` colours, the outer ones centred on -size and size.

    Pillow scales it in a third of the time that matplotlib takes.
    """

    def __init__(self, axes: Axes, size: float, side: int) -> None:
        edge = size + size / (side - 1)
        extent = (-edge, edge, -edge, edge)
        super().__init__(axes, origin="lower", extent=extent, interpolation="bilinear")
        self.whole = (-size, size)
        self.set_data(np.full((side, side, 3), 255, dtype=np.uint8))

    def make_image(
        self, renderer: Any, magnification: float = 1.0, unsampled: bool = False
    ) -> tuple[Any, float, float, Affine2D]:
        """Return the scaled pixels (height, width, 4), and where they go on the canvas."""
        axes = self.axes
        assert axes is not None
        if unsampled or axes.get_xlim() != self.whole or axes.get_ylim() != self.whole:
            # Zoomed in, or for a vector file: rare, so matplotlib's own way will do.
            return super().make_image(renderer, magnification, unsampled)
        left, bottom = np.floor(axes.bbox.p0)
        width, height = np.ceil(magnification * (axes.bbox.p1 - (left, bottom))).astype(int)
        colors = np.asarray(self.get_array())
        # The view ends in the middle of the outer colours.
        view = (0.5, 0.5, len(colors) - 0.5, len(colors) - 0.5)
        # Four bytes a colour are what the renderer takes; X means that the fourth is not looked at.
        small = Image.fromarray(colors).convert("RGBX")
        picture = small.resize((width, height), Image.Resampling.BILINEAR, view)
        return np.array(picture), left, bottom, Affine2D()
