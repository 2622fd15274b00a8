"""An animated GIF written frame by frame, with one palette for all of them.

A GIF has 256 colours. One palette, made from the first frame and from the colours that are yet to
come, saves choosing one for every frame, and then only what changed need be written. After each
frame the file is a whole GIF, so an interrupted training leaves what it had. Read next: ``movie``.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

import numpy as np
from PIL import Image

from tensorgraph.typing import Array

N_COLORS = 255
STRIP = 30
TRANSPARENT = 255
"""The index that leaves the pixel of the frame before as it was."""


class GifWriter:
    """Writes frames to an open file, each shown for ``milliseconds``."""

    def __init__(self, file: BinaryIO, milliseconds: int) -> None:
        self.file = file
        self.milliseconds = milliseconds
        self.n_frames = 0
        self.before: Array | None = None
        self.last_control = 0

    def begin(self, frame: Array, colors: Array) -> None:
        """Choose the palette for a first ``frame`` and for ``colors`` (n, 3) that may follow."""
        palette, self.table = choose_palette(frame, colors)
        height, width = frame.shape[:2]
        # 0xF7: a global table of 256 colours, 8 bits for each part.
        self.file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0))
        self.file.write(np.pad(palette, ((0, 256 - len(palette)), (0, 0))).tobytes())
        # Play for ever.
        self.file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")

    def add(self, frame: Array) -> None:
        """Append ``frame`` (height, width, 4), uint8; ``begin`` comes before the first."""
        indices = np.empty(frame.shape[:2], dtype=np.uint8)
        # In strips, for which there is room in the processor's cache: a third of the time.
        for top in range(0, len(frame), STRIP):
            strip = slice(top, top + STRIP)
            indices[strip] = self.table[five_six_five(frame[strip])]
        block, left, top = self._changed(indices)
        self.before = indices
        self.n_frames += 1
        self.last_control = self.file.tell()
        self._write_control(self.milliseconds)
        height, width = block.shape
        self.file.write(b"\x2c" + struct.pack("<HHHHBB", left, top, width, height, 0, 8))
        self.file.write(Image.fromarray(block).tobytes("gif", "L", 8, 0) + b"\x00")
        self._write_end()

    def hold(self, milliseconds: int) -> None:
        """Show the last frame for ``milliseconds`` instead, before the animation starts again."""
        end = self.file.tell()
        self.file.seek(self.last_control)
        self._write_control(milliseconds)
        self.file.seek(end)

    def _changed(self, indices: Array) -> tuple[Array, int, int]:
        """Return the rectangle where ``indices`` differ from the frame before, and its corner."""
        if self.before is None:
            return indices, 0, 0
        changed = indices != self.before
        if not changed.any():
            return np.full((1, 1), TRANSPARENT, dtype=np.uint8), 0, 0
        rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        block = np.where(changed[part], indices[part], np.uint8(TRANSPARENT))
        return block, int(columns[0]), int(rows[0])

    def _write_control(self, milliseconds: int) -> None:
        """Write how long the coming frame stays, and that it is laid over the one before."""
        self.file.write(
            struct.pack("<4sHBB", b"\x21\xf9\x04\x05", milliseconds // 10, TRANSPARENT, 0)
        )

    def _write_end(self) -> None:
        """Write the mark of the end, where the next frame will overwrite it."""
        self.file.write(b"\x3b")
        self.file.flush()
        self.file.seek(-1, 1)


def choose_palette(frame: Array, colors: Array) -> tuple[Array, Array]:
    """Return a palette (255, 3), uint8, and which of it stands for each colour of 5, 6 and 5 bits.

    It serves ``frame`` (height, width, 4) and ``colors`` (n, 3). Its colours start far apart, so
    that none is missing, and then move to where the colours are (k-means, weighted by the logarithm
    of how often a colour is shown).
    """
    codes = five_six_five(frame).ravel()
    counts = np.bincount(codes, minlength=1 << 16)
    shown = np.flatnonzero(counts)
    cells = _cells()
    for part in range(3):
        # What the frame shows is met exactly, not in the middle of its cell: greys stay grey.
        total = np.bincount(codes, frame[:, :, part].ravel(), minlength=1 << 16)
        cells[shown, part] = total[shown] / counts[shown]
    samples = np.concatenate([cells[shown], colors.astype(np.float32)])
    weights = np.concatenate([np.log2(1 + counts[shown]), np.full(len(colors), 8.0)])
    # The most frequent colours, paper and ink among them, are shown as they are.
    fixed = cells[np.argsort(counts)[-4:]]
    centers = _far_apart(samples, fixed, N_COLORS if not len(colors) else N_COLORS // 3)
    if len(colors):
        # Broad, smooth areas need the most colours, or they show bands.
        centers = _far_apart(colors.astype(np.float32), centers, N_COLORS)
    for _ in range(3):
        nearest = _nearest(samples, centers)
        mass = np.bincount(nearest, weights, N_COLORS)
        sums = [np.bincount(nearest, weights * part, N_COLORS) for part in samples.T]
        used = mass > 0
        centers[used] = np.stack(sums, axis=1)[used] / mass[used, np.newaxis]
        centers[: len(fixed)] = fixed
    return np.rint(centers).astype(np.uint8), _nearest(cells, centers).astype(np.uint8)


def _far_apart(samples: Array, centers: Array, count: int) -> Array:
    """Return ``centers`` and the ``samples`` (n, 3) that are farthest from them and each other."""
    chosen = list(centers)
    distances = np.min([((samples - center) ** 2).sum(axis=1) for center in chosen], axis=0)
    while len(chosen) < count:
        chosen.append(samples[distances.argmax()])
        np.minimum(distances, ((samples - chosen[-1]) ** 2).sum(axis=1), out=distances)
    return np.array(chosen, dtype=np.float32)


def _nearest(samples: Array, centers: Array) -> Array:
    """Return the index of the nearest of ``centers`` (m, 3) for each of ``samples`` (n, 3)."""
    # |s - c|^2 less |s|^2, which is the same for every centre.
    return np.asarray(((centers**2).sum(axis=1) - 2 * samples @ centers.T).argmin(axis=1))


def five_six_five(frame: Array) -> Array:
    """Return the colours of ``frame`` (height, width, 4), uint8, as codes of 5, 6 and 5 bits."""
    pixels = np.ascontiguousarray(frame).view("<u4")[:, :, 0]
    return (pixels & 0xF8) << 8 | pixels >> 5 & 0x7E0 | pixels >> 19 & 0x1F


def _cells() -> Array:
    """Return the colours (65536, 3) of all codes, at full scale: the last one is white."""
    code = np.arange(1 << 16)
    parts = np.stack([code >> 11, code >> 5 & 63, code & 31], axis=1)
    return (parts * np.array([255 / 31, 255 / 63, 255 / 31])).astype(np.float32)
