"""Running an example as a reader does, for the tests of examples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"


def start(example: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run an example in a process of its own, where warnings are errors."""
    command = [sys.executable, "-W", "error", EXAMPLES / example, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=110)


def run(example: str, *arguments: str | Path, cwd: Path) -> str:
    """Return what an example prints."""
    done = start(example, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_named(printed: str) -> list[str]:
    """Return the files that an example says it wrote."""
    return printed.partition("\nwrote\n")[2].split()


def in_pictures(*names: str) -> list[str]:
    """Return where the named files are if an example is not told where to write."""
    return [os.path.join("pictures", name) for name in names]


def assert_is_sound(path: Path) -> None:
    """A film of more than one frame, a picture with more in it than its ground, or a program."""
    if path.suffix == ".py":
        subprocess.run([sys.executable, "-W", "error", path], check=True, capture_output=True)
        return
    if path.suffix == ".svg":
        assert "<svg" in path.read_text(encoding="utf-8")
        return
    with Image.open(path) as image:
        frames = getattr(image, "n_frames", 1)
        assert frames > 1 if path.suffix == ".gif" else frames == 1
        assert min(image.size) >= 280
        assert len(set(image.convert("L").resize((60, 60)).tobytes())) > 10
