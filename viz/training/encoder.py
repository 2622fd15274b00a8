"""Video by the ffmpeg program, which encodes while the training goes on. Read next: ``movie``."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import weakref
from pathlib import Path

from tensorgraph.errors import FileError
from tensorgraph.typing import Array


class Encoder:
    """A running ffmpeg that turns frames (height, width, 4), uint8, into the video ``path``."""

    def __init__(self, width: int, height: int, frames_per_second: int, path: Path) -> None:
        self.path = path
        source = ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}"]
        rate = ["-r", str(frames_per_second), "-i", "-"]
        # The pixel format that every player knows, which wants even sizes.
        target = ["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0", "-pix_fmt", "yuv420p", str(path)]
        self.process = subprocess.Popen(
            ["ffmpeg", "-y", "-loglevel", "error", *source, *rate, *target],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C is for the training: ffmpeg then finds its input closed, and ends the file.
            start_new_session=True,
        )
        # Also where nobody gets to close it.
        self._end = weakref.finalize(self, _end, self.process)

    def write(self, frame: Array) -> None:
        """Hand over a frame; if ffmpeg has gone, ``close`` will say why."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(frame.tobytes())

    def close(self) -> None:
        """End the file, or raise FileError with what ffmpeg complained of."""
        complaint = self._end()
        if self.process.returncode:
            raise FileError(f"ffmpeg could not write {self.path}: {complaint}")


def ffmpeg_is_there() -> bool:
    """Tell whether the ffmpeg program is on PATH."""
    return shutil.which("ffmpeg") is not None


def _end(process: subprocess.Popen[bytes]) -> str:
    """Close ffmpeg's input, wait for it, and return what it complained of."""
    _, complaint = process.communicate()
    return complaint.decode(errors="replace").strip()
