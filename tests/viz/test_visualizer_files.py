from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tensorgraph.errors import FileError, MissingDependencyError
from tensorgraph.typing import Array
from tensorgraph.viz import Visualizer
from tensorgraph.viz.training.encoder import Encoder
from tensorgraph.viz.training.gif import N_COLORS, GifWriter, choose_palette, five_six_five
from trainings import CORNERS, LABELS, Corners, follow

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def training(save: Path | str, epochs: int, *, until: int | None = None, period: int = 2) -> None:
    visualizer = Visualizer(
        Corners(), CORNERS, LABELS, 2, 3, period=period, colorgraph=True, save=save
    )
    follow(visualizer, epochs, until=until)


def frames_of(path: Path) -> list[Array]:
    with Image.open(path) as image:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


def rgba(picture: Array) -> Array:
    return np.dstack([picture, np.full(picture.shape[:2], 255, dtype=np.uint8)])


# --- GIF -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epochs", "period", "n_frames"), [(1, 2, 1), (4, 2, 3), (5, 2, 4), (3, 1, 3), (3, 10, 2)]
)
def test_a_gif_has_the_first_epoch_each_period_and_the_last(
    tmp_path: Path, epochs: int, period: int, n_frames: int
) -> None:
    training(tmp_path / "x.gif", epochs, period=period)
    assert len(frames_of(tmp_path / "x.gif")) == n_frames
    assert [path.name for path in tmp_path.iterdir()] == ["x.gif"]


def test_a_gif_has_the_size_loops_and_rests_on_its_last_frame(tmp_path: Path) -> None:
    training(tmp_path / "x.gif", 4)
    with Image.open(tmp_path / "x.gif") as image:
        assert image.size == (900, 600)
        assert image.info["loop"] == 0
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    assert durations == [100, 100, 2000]


def local_tables(content: bytes) -> list[bool]:
    """Tell for each frame of a GIF with a global table of 256 colours whether it has its own."""
    place = 13 + 3 * 256
    found = []
    while content[place : place + 1] != b"\x3b":
        if content[place : place + 1] == b"\x2c":
            found.append(bool(content[place + 9] & 0x80))
            place += 11
        else:
            place += 2
        # Blocks, each after its length, up to one of no length.
        while content[place]:
            place += 1 + content[place]
        place += 1
    return found


def test_a_gif_has_one_palette_for_all_frames(tmp_path: Path) -> None:
    training(tmp_path / "x.gif", 4)
    assert local_tables((tmp_path / "x.gif").read_bytes()) == [False, False, False]


def test_a_gif_shows_what_the_picture_shows(tmp_path: Path) -> None:
    training(tmp_path / "x.gif", 4)
    training(tmp_path / "x.png", 4)
    with Image.open(tmp_path / "x.png") as image:
        picture = np.asarray(image).astype(int)
    difference = np.abs(frames_of(tmp_path / "x.gif")[-1] - picture)
    assert difference.mean() < 1.5
    assert np.percentile(difference, 99) <= 12


def test_gif_frames_are_laid_over_each_other_without_loss() -> None:
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 255, (6, 3), dtype=np.uint8)
    pictures = [colors[rng.integers(0, 6, (40, 60))] for _ in range(4)]
    # A frame in which nothing changes, and one in which a corner does.
    pictures.insert(2, pictures[1])
    pictures.append(pictures[-1].copy())
    pictures[-1][3:9, 50:] = colors[0]
    file = io.BytesIO()
    writer = GifWriter(file, 50)
    writer.begin(rgba(pictures[0]), colors)
    for picture in pictures:
        writer.add(rgba(picture))
    with Image.open(file) as image:
        shown = [np.asarray(f.convert("RGB")).copy() for f in ImageSequence.Iterator(image)]
    np.testing.assert_array_equal(shown, pictures)


def test_a_gif_is_whole_after_every_frame() -> None:
    file = io.BytesIO()
    writer = GifWriter(file, 50)
    picture = np.zeros((10, 10, 4), dtype=np.uint8)
    writer.begin(picture, np.empty((0, 3), dtype=np.uint8))
    for n_frames in (1, 2, 3):
        writer.add(picture + np.uint8(80 * n_frames))
        with Image.open(io.BytesIO(file.getvalue())) as image:
            assert getattr(image, "n_frames", 1) == n_frames


def test_a_palette_keeps_the_common_colours_and_covers_those_to_come() -> None:
    rng = np.random.default_rng(0)
    picture = np.full((100, 100, 4), 255, dtype=np.uint8)
    picture[:30] = (36, 41, 47, 255)
    coming = np.linspace((0, 114, 178), (240, 228, 66), 50).astype(np.uint8)
    noise = rng.integers(0, 255, (20, 100, 4), dtype=np.uint8)
    picture[40:60] = noise
    chosen, table = choose_palette(picture, coming)
    assert chosen.shape == (N_COLORS, 3)
    for color in ((255, 255, 255), (36, 41, 47)):
        code = five_six_five(np.array([[[*color, 255]]], dtype=np.uint8))[0, 0]
        assert chosen[table[code]].tolist() == list(color)
    code = five_six_five(rgba(coming[np.newaxis]))[0]
    assert np.abs(chosen[table[code]].astype(int) - coming).max() <= 10


# --- the other kinds -----------------------------------------------------------------------------


def test_a_png_is_the_last_epoch(tmp_path: Path) -> None:
    training(tmp_path / "x.png", 4)
    training(tmp_path / "frames", 4)
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == (900, 600)
        last = (tmp_path / "frames" / "frame_0003.png").read_bytes()
        assert np.array_equal(np.asarray(image), np.asarray(Image.open(io.BytesIO(last))))


@pytest.mark.parametrize("name", ["frames", "frames/", "frames.v2/", "new/frames"])
def test_a_folder_gets_numbered_frames(tmp_path: Path, name: str) -> None:
    training(f"{tmp_path}/{name}", 4)
    names = sorted(path.name for path in (tmp_path / name).iterdir())
    assert names == ["frame_0001.png", "frame_0002.png", "frame_0003.png"]


def test_a_folder_keeps_what_is_not_a_frame_and_loses_old_frames(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    training(tmp_path, 6)
    training(tmp_path, 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["frame_0001.png", "frame_0002.png", "notes.txt"]


@needs_ffmpeg
def test_a_video_has_every_frame_and_rests_on_its_last(tmp_path: Path) -> None:
    training(tmp_path / "x.mp4", 4)
    command = ["ffmpeg", "-loglevel", "error", "-i", str(tmp_path / "x.mp4")]
    pipe = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    content = subprocess.run([*command, *pipe], check=True, capture_output=True).stdout
    frames = np.frombuffer(content, dtype=np.uint8).reshape(-1, 600, 900, 3)
    assert len(frames) == 3 + 19
    training(tmp_path / "x.png", 4)
    with Image.open(tmp_path / "x.png") as image:
        assert np.abs(np.asarray(image).astype(int) - frames[-1]).mean() < 4


@needs_ffmpeg
def test_an_encoder_that_fails_says_why(tmp_path: Path) -> None:
    encoder = Encoder(16, 16, 10, tmp_path / "nowhere" / "x.mp4")
    for _ in range(50):
        encoder.write(np.zeros((16, 16, 4), dtype=np.uint8))
    with pytest.raises(FileError, match=r"x\.mp4.*No such file"):
        encoder.close()


def test_a_video_without_ffmpeg_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"ffmpeg.*save a \.gif"):
        Visualizer(Corners(), CORNERS, LABELS, 2, 3, save="x.mp4")


# --- trainings that stop -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.gif", "x.png", pytest.param("x.mp4", marks=needs_ffmpeg)])
def test_a_stopped_training_leaves_the_file_as_it_was(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    training(path, 4)
    before = path.read_bytes()
    training(path, 100, until=3)
    assert path.read_bytes() == before
    partial = tmp_path / name.replace(".", ".partial.")
    assert partial.stat().st_size > 1000
    assert capsys.readouterr().err == f"Visualizer: stopped; the frames so far are in {partial}\n"


def test_the_frames_of_a_stopped_training_can_be_seen(tmp_path: Path) -> None:
    training(tmp_path / "x.gif", 100, until=5)
    assert len(frames_of(tmp_path / "x.partial.gif")) == 4
    training(tmp_path / "frames", 100, until=5)
    assert len(list((tmp_path / "frames.partial").iterdir())) == 4


@pytest.mark.parametrize("name", ["x.gif", "x.png", "x.mp4", "frames"])
def test_a_training_of_no_epochs_leaves_nothing(tmp_path: Path, name: str) -> None:
    if name == "x.mp4" and shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    training(tmp_path / name, 5, until=0)
    assert not list(tmp_path.iterdir())


KILLED = """
import os, sys
from trainings import CORNERS, LABELS, Corners, epoch_records
from tensorgraph.viz import Visualizer
visualizer = Visualizer(Corners(), CORNERS, LABELS, 2, 3, period=1, save=sys.argv[1])
visualizer.on_train_begin(50)
for record in epoch_records(3):
    visualizer.on_epoch(record)
os._exit(1)
"""


def test_a_gif_can_be_seen_after_a_power_cut(tmp_path: Path) -> None:
    program = [sys.executable, "-c", KILLED, str(tmp_path / "x.gif")]
    subprocess.run(program, cwd=Path(__file__).parents[1], check=False)
    assert len(frames_of(tmp_path / "x.partial.gif")) == 3


class Failing(Corners):
    def predict(self, X: Array) -> Array:
        raise RuntimeError("cannot predict any more")


def test_an_error_in_the_training_is_not_hidden_by_the_last_picture(tmp_path: Path) -> None:
    visualizer = Visualizer(
        Failing(), CORNERS, LABELS, 2, 3, colorgraph=True, save=tmp_path / "x.gif"
    )
    with pytest.raises(KeyError, match="the error itself"):
        stop_with(visualizer, KeyError("the error itself"))


def stop_with(visualizer: Visualizer, error: BaseException) -> None:
    visualizer.on_train_begin(10)
    visualizer.period = 100
    try:
        raise error
    finally:
        visualizer.on_train_end(None)
