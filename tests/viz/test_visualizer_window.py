"""Windows for real: Qt's, on a screen in memory (Xvfb), in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tensorgraph.viz import palette

pytestmark = pytest.mark.skipif(
    shutil.which("Xvfb") is None,
    reason="Xvfb, the screen in memory, is not installed (Debian and Ubuntu: apt install xvfb)",
)

HEAD = """
import sys, time
from trainings import CORNERS, LABELS, Corners, epoch_records, follow
from tensorgraph.viz import Visualizer
from matplotlib import pyplot
folder = sys.argv[1]
visualizer = Visualizer(
    Corners(), CORNERS, LABELS, 2, 3, period=1, animate=True, validation=True, colorgraph=True
)
def window():
    return visualizer.figure.canvas.manager.window
def photograph(name):
    window().screen().grabWindow(0).save(f"{folder}/{name}.png")
"""

LIVE = """
visualizer.on_train_begin(4)
for record in epoch_records(4):
    visualizer.model.sharpness = 4.0 * record.epoch
    visualizer.on_epoch(record)
    photograph(f"epoch{record.epoch}")
    if record.epoch == 2:
        window().resize(700, 560)
        for _ in range(20):
            time.sleep(0.05)
            visualizer.on_step(None)
visualizer.on_train_end(None)
window().close()
"""

CLOSED = """
visualizer.on_train_begin(5)
for record in epoch_records(5):
    visualizer.on_epoch(record)
    visualizer.on_step(None)
    if record.epoch == 2:
        window().close()
visualizer.on_train_end(None)
print(len(visualizer.train_loss_history), pyplot.get_fignums())
"""

KEPT = """
follow(visualizer, 3)
started = time.monotonic()
timer = visualizer.figure.canvas.new_timer(1000)
def close():
    print("closed after", time.monotonic() - started > 0.9)
    window().close()
timer.add_callback(close)
timer.start()
print("the last line of the script", flush=True)
"""

AT_THE_END = """
visualizer.animate = False
visualizer.on_train_begin(3)
for record in epoch_records(3):
    visualizer.on_epoch(record)
    print(visualizer.figure)
visualizer.on_train_end(None)
photograph("end")
follow(visualizer, 2)
print(len(pyplot.get_fignums()))
window().close()
"""

NO_WINDOW = """
follow(visualizer, 3)
print(len(visualizer.train_loss_history))
"""


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """The name of a display of 1000 x 800 pixels."""
    reading, writing = os.pipe()
    # It would start anew whenever the last window is gone, and be deaf for a moment.
    command = ["Xvfb", "-displayfd", str(writing), "-noreset", "-screen", "0", "1000x800x24"]
    server = subprocess.Popen(
        command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def run(
    body: str, folder: Path, screen: str, backend: str = "QtAgg", **changes: str
) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("PySide6", reason="PySide6, the toolkit of the window, is not installed")
    environment = os.environ | {"DISPLAY": screen, "MPLBACKEND": backend} | changes
    environment.pop("WAYLAND_DISPLAY", None)
    return subprocess.run(
        [sys.executable, "-c", HEAD + body, str(folder)],
        cwd=Path(__file__).parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def colored(path: Path, color: str) -> int:
    """Count the pixels of ``color`` in a picture."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    return int(np.all(pixels == np.rint(255 * palette.rgb(color)), axis=2).sum())


def test_a_window_shows_the_training_as_it_goes(tmp_path: Path, screen: str) -> None:
    done = run(LIVE, tmp_path, screen)
    assert done.returncode == 0, done.stderr
    counts = [colored(tmp_path / f"epoch{n}.png", palette.VALIDATION) for n in (1, 2, 3, 4)]
    # The curve grows; from the third epoch on the window is smaller, and drawn anew.
    assert 0 < counts[0] < counts[1]
    assert 0 < counts[2] < counts[3]


def test_a_window_may_be_closed_while_the_training_goes_on(tmp_path: Path, screen: str) -> None:
    done = run(CLOSED, tmp_path, screen)
    assert (done.returncode, done.stdout) == (0, "5 []\n"), done.stderr


def test_a_window_stays_when_the_script_is_over(tmp_path: Path, screen: str) -> None:
    done = run(KEPT, tmp_path, screen)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "the last line of the script\nclosed after True\n"


def test_without_animate_one_window_opens_at_the_end_and_is_used_again(
    tmp_path: Path, screen: str
) -> None:
    done = run(AT_THE_END, tmp_path, screen)
    assert (done.returncode, done.stdout) == (0, "None\nNone\nNone\n1\n"), done.stderr
    assert colored(tmp_path / "end.png", palette.VALIDATION) > 0


@pytest.mark.parametrize(
    ("backend", "changes"),
    [("Agg", {}), ("QtAgg", {"QT_QPA_PLATFORM": "nonsense"}), ("QtAgg", {"DISPLAY": ":9999"})],
    ids=["a backend without windows", "a Qt that aborts", "a display that is not there"],
)
def test_where_no_window_can_open_one_line_says_so(
    tmp_path: Path, screen: str, backend: str, changes: dict[str, str]
) -> None:
    done = run(NO_WINDOW, tmp_path, screen, backend, **changes)
    assert (done.returncode, done.stdout) == (0, "3\n"), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Visualizer: ")
