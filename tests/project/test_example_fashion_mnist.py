"""The example of Fashion-MNIST: what it learns, and what it makes of pictures of many forms."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from example_runs import assert_is_sound, files_named, in_pictures, run, start
from tensorgraph import data

LABELS = data.FASHION_MNIST_LABELS
MODEL = "fashion_mnist.safetensors"


@pytest.fixture(scope="module")
def real() -> Path:
    """The folder with the real files of Fashion-MNIST."""
    folder = Path(__file__).parents[3] / "shared/data"
    if not folder.is_dir():
        pytest.skip(f"needs the real files in {folder}")
    return folder


@pytest.fixture(scope="module")
def arrays(real: Path) -> tuple[Any, Any, Any, Any]:
    return data.fashion_mnist(real)


@pytest.fixture(scope="module")
def trained(real: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the example was run with its own settings, and what it printed."""
    folder = tmp_path_factory.mktemp("fashion")
    return folder, run("fashion_mnist.py", "--data", real, cwd=folder)


# --- learning ------------------------------------------------------------------------------------


def test_learns_to_be_right_on_885_of_1000_test_pictures(trained: tuple[Path, str]) -> None:
    (accuracy,) = re.findall(r"on 10,000 other pictures: accuracy (0\.\d{4})", trained[1])
    assert float(accuracy) >= 0.885


def test_scales_pixels_to_mean_0_and_deviation_1(arrays: tuple[Any, ...]) -> None:
    assert round(float(arrays[0].mean())) == 73
    assert round(float(arrays[0].std())) == 90


def test_trains_anew_where_asked(trained: tuple[Path, str], real: Path, tmp_path: Path) -> None:
    model = tmp_path / "mine.safetensors"
    shutil.copy(trained[0] / MODEL, model)
    arguments = ["--model", model, "--train", "--epochs", "1", "--data", real]
    printed = run("fashion_mnist.py", *arguments, cwd=tmp_path)
    assert f"saved the network as {model}\n" in printed
    assert model.read_bytes() != (trained[0] / MODEL).read_bytes()


# --- a picture of its own ------------------------------------------------------------------------


def test_takes_a_test_picture_where_none_is_given(trained: tuple[Path, str]) -> None:
    folder, printed = trained
    names = in_pictures("shirt.png", "shirt_confidences.png")
    assert files_named(printed) == names
    assert_is_sound(folder / names[0])
    assert_is_sound(folder / names[1])


def test_prints_the_ten_confidences_the_largest_first(trained: tuple[Path, str]) -> None:
    rows = re.findall(r"^  (\S+(?: \S+)*) +(\d+\.\d)%$", trained[1], re.MULTILINE)
    labels = [label for label, _ in rows]
    confidences = [float(percent) for _, percent in rows]
    assert sorted(labels) == sorted(LABELS)
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(100, abs=0.5)
    assert f"shirt.png shows: {labels[0]}\n" in trained[1]


# --- a reader's picture --------------------------------------------------------------------------


# Each form takes a light picture on black, 28 x 28, to one that a reader might have.
Form = Callable[[Image.Image], Image.Image]


def enlarged(picture: Image.Image) -> Image.Image:
    return picture.resize((280, 280), Image.Resampling.BICUBIC)


def on_paper(picture: Image.Image) -> Image.Image:
    sheet = Image.new("L", (300, 400), "white")
    sheet.paste(enlarged(ImageOps.invert(picture)), (10, 70))
    return sheet


def in_colour(picture: Image.Image) -> Image.Image:
    wall = Image.new("RGB", (640, 360), (20, 30, 60))
    wall.paste(ImageOps.colorize(enlarged(picture), (20, 30, 60), (250, 220, 180)), (330, 40))
    return wall


def dark_on_transparent(picture: Image.Image) -> Image.Image:
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
    dark_on_transparent,
    light_on_transparent,
    with_a_palette,
    of_sixteen_bits,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_recognises_a_boot_in_the_form(
    form: Form, trained: tuple[Path, str], arrays: tuple[Any, ...], tmp_path: Path
) -> None:
    X_test, y_test = arrays[2:]
    boot = X_test[np.flatnonzero(y_test == LABELS.index("Ankle boot"))[0]]
    form(Image.fromarray(boot)).save(tmp_path / "mine.png")
    model = trained[0] / MODEL
    printed = run("fashion_mnist.py", "mine.png", "--model", model, cwd=tmp_path)
    assert f"the network is the one in {model}; --train would train it anew\n" in printed
    assert "mine.png shows: Ankle boot\n" in printed
    assert files_named(printed) == ["mine_confidences.png"]
    assert_is_sound(tmp_path / "mine_confidences.png")


def blank(path: Path) -> None:
    Image.new("L", (50, 50), 200).save(path)


def no_picture(path: Path) -> None:
    path.write_text("words", encoding="utf-8")


def missing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (missing, "No such file or directory"),
        (no_picture, "cannot identify image file"),
        (blank, "nothing stands out from the ground of this picture"),
    ],
)
def test_refuses_before_it_trains(
    make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    make(tmp_path / "mine.png")
    done = start("fashion_mnist.py", "mine.png", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
