"""Where frames go: a GIF, an MP4, a folder of pictures, or one picture of the last frame.

Everything is written beside its place, as "name.partial.gif" and the like, and put there when the
training is over. If it is stopped, even by a power cut, the file that was there is whole, and the
frames so far are in the partial one. Read next: ``screens``.
"""

from __future__ import annotations

import os
import shutil
import weakref
from abc import ABC, abstractmethod
from pathlib import Path
from typing import BinaryIO, TypeAlias

from PIL import Image

from tensorgraph.errors import ArgumentError, MissingDependencyError
from tensorgraph.typing import Array
from tensorgraph.viz.training.encoder import Encoder, ffmpeg_is_there
from tensorgraph.viz.training.gif import GifWriter

FRAME_MS = 100
LAST_FRAME_MS = 2000

PathLike: TypeAlias = str | os.PathLike[str]


class Movie(ABC):
    """Frames on their way to ``path``; opening one makes the folders that it needs."""

    animated = True
    """Whether it wants the frames of the training, or only the last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path.with_name(f"{path.stem}.partial{path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def add(self, frame: Array, colors: Array) -> None:
        """Append ``frame`` (height, width, 4), uint8; ``colors`` (n, 3) may come in later ones."""

    @abstractmethod
    def close(self) -> None:
        """End the partial file; with no frames, leave none."""

    def finish(self) -> None:
        """End the file and put it in its place."""
        self.close()
        if self.partial.exists():
            self.partial.replace(self.path)


class Gif(Movie):
    """An animated GIF."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        file = self.partial.open("wb")
        self.writer = GifWriter(file, FRAME_MS)
        # Also where nobody gets to close it.
        self._close = weakref.finalize(self, file.close)

    def add(self, frame: Array, colors: Array) -> None:
        if not self.writer.n_frames:
            self.writer.begin(frame, colors)
        self.writer.add(frame)

    def close(self) -> None:
        if self.writer.n_frames:
            self.writer.hold(LAST_FRAME_MS)
        self._close()
        if not self.writer.n_frames:
            self.partial.unlink()


class Mp4(Movie):
    """A video."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.encoder: Encoder | None = None

    def add(self, frame: Array, colors: Array) -> None:
        if self.encoder is None:
            height, width = frame.shape[:2]
            self.encoder = Encoder(width, height, 1000 // FRAME_MS, self.partial)
        self.last = frame
        self.encoder.write(frame)

    def close(self) -> None:
        if self.encoder is not None:
            for _ in range(LAST_FRAME_MS // FRAME_MS - 1):
                self.encoder.write(self.last)
            self.encoder.close()


class Frames(Movie):
    """A folder of numbered pictures, one for each frame."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if self.partial.exists():
            shutil.rmtree(self.partial)
        self.partial.mkdir()
        self.n_frames = 0

    def add(self, frame: Array, colors: Array) -> None:
        self.n_frames += 1
        write_png(frame, self.partial / f"frame_{self.n_frames:04d}.png")

    def close(self) -> None:
        if not self.n_frames:
            self.partial.rmdir()

    def finish(self) -> None:
        self.close()
        if not self.n_frames:
            return
        self.path.mkdir(exist_ok=True)
        # Those of an earlier training would come after ours.
        for old in self.path.glob("frame_[0-9]*.png"):
            old.unlink()
        for new in self.partial.iterdir():
            new.replace(self.path / new.name)
        self.partial.rmdir()


class Still(Movie):
    """One picture: the last frame."""

    animated = False

    def add(self, frame: Array, colors: Array) -> None:
        write_png(frame, self.partial)

    def close(self) -> None:
        pass


KINDS: dict[str, type[Movie]] = {".gif": Gif, ".mp4": Mp4, ".png": Still}


def movie_kind(save: PathLike) -> type[Movie]:
    """Return what ``save`` asks for by its ending, or say why it cannot be written."""
    path = Path(save).expanduser()
    if str(save).endswith(("/", os.sep)) or path.is_dir() or not path.suffix:
        return Frames
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise ArgumentError(
            f"save={str(save)!r}: end it with .gif, .mp4 or .png, or with / for a folder of frames"
        )
    if kind is Mp4 and not ffmpeg_is_there():
        raise MissingDependencyError(
            f"save={str(save)!r} needs the program ffmpeg on PATH, which is not there: install it "
            "(https://ffmpeg.org), or save a .gif, which needs nothing else"
        )
    return kind


def open_movie(save: PathLike) -> Movie:
    """Open the file or folder that ``save`` names."""
    return movie_kind(save)(Path(save).expanduser())


def write_png(frame: Array, path: Path | BinaryIO) -> None:
    """Write ``frame`` (height, width, 4), uint8, as a picture."""
    # Level 1 takes a third of the time of the default and a fifth more space.
    Image.fromarray(frame).convert("RGB").save(path, format="png", compress_level=1)
