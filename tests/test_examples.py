"""Every example is run as a reader would run it, and every walkthrough as the notebook it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image, ImageOps

from tensorgraph import data

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
WALKTHROUGHS = EXAMPLES / "walkthroughs"
LABELS = data.FASHION_MNIST_LABELS


def start(
    example: str, *arguments: str | Path, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run an example in a process of its own, where warnings are errors."""
    command = [sys.executable, "-W", "error", EXAMPLES / example, *arguments]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=110
    )


def run(example: str, *arguments: str | Path, cwd: Path, **environment: str) -> str:
    """Return what an example prints."""
    done = start(example, *arguments, cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_named(printed: str) -> list[str]:
    """Return the files that an example says it wrote."""
    return printed.partition("\nwrote\n")[2].split()


# --- the small examples --------------------------------------------------------------------------

DRAWN: dict[str, tuple[list[str], list[str], str]] = {
    "spiral.py": (
        ["--epochs", "20"],
        [
            "spiral.gif",
            "spiral_graph.svg",
            "spiral_graph.png",
            "spiral_network.svg",
            "spiral_network.png",
        ],
        r"on 300 other points: accuracy 0\.\d{3}, loss \d\.\d{3}\n",
    ),
    "binary_spiral.py": (
        ["--epochs", "20"],
        ["binary_spiral.gif"],
        r"on 200 other points: accuracy 0\.\d{3}, loss \d\.\d{3}\n",
    ),
    "sine.py": (
        ["--epochs", "20"],
        ["sine.gif"],
        r"largest distance between the fitted curve and the sine: \d\.\d{4}\n",
    ),
    "surface.py": (
        ["--epochs", "3"],
        ["surface.gif"],
        r"typical distance from the exact surface: 0\.\d{4}, where the noise has 0\.01\n",
    ),
    "expression.py": (
        [],
        ["expression.svg", "expression.png"],
        r"f\(x, y, z\) = exp\(-x y\) \+ x sin²\(z\) = 2\.530411\n",
    ),
}


def test_every_example_is_run_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*DRAWN, "fashion_mnist.py"}


@pytest.mark.parametrize("example", DRAWN)
def test_example_prints_its_result_and_names_its_files(example: str, tmp_path: Path) -> None:
    arguments, files, text = DRAWN[example]
    printed = run(example, *arguments, cwd=tmp_path)
    assert re.search(text, printed)
    assert files_named(printed) == [os.path.join("pictures", name) for name in files]
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == set(files)


@pytest.mark.parametrize("example", DRAWN)
def test_example_writes_where_it_is_told(example: str, tmp_path: Path) -> None:
    arguments, files, _ = DRAWN[example]
    run(example, *arguments, "--output", tmp_path / "a" / "b", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a"}
    for name in files:
        assert_is_a_picture(tmp_path / "a" / "b" / name)


def assert_is_a_picture(path: Path) -> None:
    """A film of more than one frame, or a picture with more in it than its ground."""
    if path.suffix == ".svg":
        assert "<svg" in path.read_text(encoding="utf-8")
        return
    with Image.open(path) as image:
        frames = getattr(image, "n_frames", 1)
        assert frames > 1 if path.suffix == ".gif" else frames == 1
        assert min(image.size) >= 300
        assert len(set(image.convert("L").resize((60, 60)).tobytes())) > 10


def test_expression_s_gradient_is_that_of_differences(tmp_path: Path) -> None:
    printed = run("expression.py", cwd=tmp_path)
    rows = re.findall(r"^[xyz] +\S+ +(\S+) +(\S+)$", printed, re.MULTILINE)
    tape, differences = np.array(rows, float).T
    np.testing.assert_allclose(tape, differences, rtol=1e-6)
    x, y, z = 0.5, -1.5, 2.0
    by_hand = [-y * np.exp(-x * y) + np.sin(z) ** 2, -x * np.exp(-x * y), x * np.sin(2 * z)]
    np.testing.assert_allclose(tape, by_hand, atol=1e-8)


# --- Fashion-MNIST -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Path:
    """The folder with the real files of Fashion-MNIST."""
    folder = ROOT.parent / "shared/data"
    if not folder.is_dir():
        pytest.skip(f"needs the real files in {folder}")
    return folder


@pytest.fixture(scope="module")
def pictures(real: Path) -> Any:
    """The test pictures (10000, 28, 28) and their labels."""
    return data.fashion_mnist(real)[2:]


@pytest.fixture(scope="module")
def trained(real: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the example was run with its own settings, and what it printed."""
    folder = tmp_path_factory.mktemp("fashion")
    return folder, run("fashion_mnist.py", "--data", real, cwd=folder)


def confidences(printed: str) -> dict[str, float]:
    """Return the table that the example prints, in its order."""
    rows = re.findall(r"^  (\S+(?: \S+)*) +(\d+\.\d)%$", printed, re.MULTILINE)
    return {label: float(percent) for label, percent in rows}


def test_fashion_mnist_is_learnt(trained: tuple[Path, str]) -> None:
    (accuracy,) = re.findall(r"on 10,000 other pictures: accuracy (0\.\d{4})", trained[1])
    assert float(accuracy) >= 0.885


def test_fashion_mnist_classifies_a_test_picture_where_none_is_given(
    trained: tuple[Path, str],
) -> None:
    folder, printed = trained
    names = [os.path.join("pictures", name) for name in ("shirt.png", "shirt_confidences.png")]
    assert files_named(printed) == names
    for name in names:
        assert_is_a_picture_of(folder / name)
    assert (folder / "fashion_mnist.safetensors").is_file()


def assert_is_a_picture_of(path: Path) -> None:
    with Image.open(path) as image:
        assert min(image.size) >= 280


def test_fashion_mnist_prints_the_ten_confidences_largest_first(
    trained: tuple[Path, str],
) -> None:
    table = confidences(trained[1])
    assert sorted(table) == sorted(LABELS)
    assert list(table.values()) == sorted(table.values(), reverse=True)
    assert sum(table.values()) == pytest.approx(100, abs=0.5)
    assert f"shirt.png shows: {next(iter(table))}\n" in trained[1]


# Each form takes a light grey picture on black, 28 x 28, to one that a reader might have.
Form = Callable[[Image.Image], Image.Image]


def enlarged(picture: Image.Image, size: int = 280) -> Image.Image:
    return picture.resize((size, size), Image.Resampling.BICUBIC)


def on_paper(picture: Image.Image) -> Image.Image:
    sheet = Image.new("L", (300, 400), "white")
    sheet.paste(enlarged(ImageOps.invert(picture)), (10, 70))
    return sheet


def in_colour(picture: Image.Image) -> Image.Image:
    wall = Image.new("RGB", (640, 360), (20, 30, 60))
    shape = enlarged(picture)
    wall.paste(ImageOps.colorize(shape, (20, 30, 60), (250, 220, 180)), (330, 40))
    return wall


def transparent(picture: Image.Image) -> Image.Image:
    clothes = enlarged(ImageOps.invert(picture)).convert("RGBA")
    clothes.putalpha(enlarged(picture.point(lambda brightness: 255 * (brightness > 5))))
    return clothes


def light_on_transparent(picture: Image.Image) -> Image.Image:
    clothes = Image.new("RGBA", (280, 280), "white")
    clothes.putalpha(enlarged(picture))
    return clothes


def with_a_palette(picture: Image.Image) -> Image.Image:
    return enlarged(ImageOps.invert(picture)).convert("P")


def of_sixteen_bits(picture: Image.Image) -> Image.Image:
    return Image.fromarray(257 * np.asarray(ImageOps.invert(picture), np.uint16))


FORMS: list[Form] = [
    Image.Image.copy,
    ImageOps.invert,
    on_paper,
    in_colour,
    transparent,
    light_on_transparent,
    with_a_palette,
    of_sixteen_bits,
]


@pytest.mark.parametrize("label", ["Trouser", "Ankle boot"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_fashion_mnist_recognises_a_picture_in_the_form(
    form: Form, label: str, trained: tuple[Path, str], pictures: Any, tmp_path: Path
) -> None:
    X_test, y_test = pictures
    picture = Image.fromarray(X_test[np.flatnonzero(y_test == LABELS.index(label))[0]])
    form(picture).save(tmp_path / "mine.png")
    model = trained[0] / "fashion_mnist.safetensors"
    printed = run("fashion_mnist.py", "mine.png", "--model", model, cwd=tmp_path)
    assert f"the network is the one in {model}; --train would train it anew\n" in printed
    assert f"mine.png shows: {label}\n" in printed
    assert files_named(printed) == ["mine_confidences.png"]
    assert_is_a_picture(tmp_path / "mine_confidences.png")


def test_fashion_mnist_trains_anew_where_asked(
    trained: tuple[Path, str], real: Path, tmp_path: Path
) -> None:
    model = tmp_path / "new" / "model.safetensors"
    arguments = ["--model", model, "--train", "--epochs", "1"]
    printed = run("fashion_mnist.py", *arguments, cwd=tmp_path, TENSORGRAPH_DATA=str(real))
    assert f"saved the network as {model}\n" in printed
    before = model.read_bytes()
    printed = run("fashion_mnist.py", *arguments, "--data", real, cwd=tmp_path)
    assert "epoch: 1" in printed
    assert model.read_bytes() == before  # same seed, same run


def blank(path: Path) -> None:
    Image.new("L", (50, 50), 200).save(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_text("no picture"), "cannot identify image file"),
        (blank, "nothing stands out from the ground of this picture"),
    ],
    ids=["missing", "no picture", "blank"],
)
def test_fashion_mnist_refuses_before_it_trains(
    make: Callable[[Path], Any], said: str, tmp_path: Path
) -> None:
    make(tmp_path / "mine.png")
    done = start("fashion_mnist.py", "mine.png", cwd=tmp_path)
    assert done.returncode == 2
    assert f"error: mine.png: {said}" in done.stderr or said in done.stderr
    assert done.stdout == ""


def test_fashion_mnist_scales_pixels_to_mean_0_and_deviation_1(real: Path) -> None:
    X = data.fashion_mnist(real)[0]
    assert round(float(X.mean())) == 73
    assert round(float(X.std())) == 90


# --- walkthroughs --------------------------------------------------------------------------------


def executed(name: str, folder: Path) -> list[Any]:
    """Return the outputs of a walkthrough's cells, executed in a kernel of this interpreter."""
    notebook = jupytext.read(WALKTHROUGHS / name)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, kernel_name="python3", timeout=100, resources=resources)
    inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    client.execute(env=os.environ | inline)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def texts(outputs: list[Any]) -> str:
    """Return all that the cells print or show as text."""
    parts = [out["text"] if "text" in out else out["data"].get("text/plain", "") for out in outputs]
    return "\n".join(parts)


def shown(outputs: list[Any], kind: str) -> int:
    """Return how many outputs are shown as ``kind``."""
    return sum(kind in output.get("data", {}) for output in outputs)


def test_every_walkthrough_is_executed_here() -> None:
    assert {path.name for path in WALKTHROUGHS.iterdir()} == {"derivative.py", "spiral.py"}


def test_walkthrough_of_a_derivative(tmp_path: Path) -> None:
    outputs = executed("derivative.py", tmp_path)
    assert shown(outputs, "image/svg+xml") == 1
    assert "by tape         1.3670786294\n" in texts(outputs)
    assert "by hand         1.3670786294\n" in texts(outputs)
    assert "2000 calls by differences\n" in texts(outputs)


def test_walkthrough_of_the_spiral(tmp_path: Path) -> None:
    outputs = executed("spiral.py", tmp_path)
    assert shown(outputs, "image/svg+xml") == 3
    assert shown(outputs, "image/png") == 2
    rows = re.findall(
        r"^(?:formula|tensors|layers|model) +(\S+)  (\S+)$", texts(outputs), re.MULTILINE
    )
    losses = np.array(rows, float)
    assert losses.shape == (4, 2)
    np.testing.assert_allclose(losses[1:], np.tile(losses[0], (3, 1)), rtol=1e-8)
    (accuracy,) = re.findall(r"(\d\d\.\d)% of 300 new points", texts(outputs))
    assert float(accuracy) > 80
