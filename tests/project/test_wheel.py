"""What people install: the wheel holds every file of the three packages, and works on its own."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {"tensorgraph": "tensorgraph", "models": "tensorgraph/models", "viz": "tensorgraph/viz"}

PROGRAM = """
from tensorgraph import viz
from tensorgraph.models.nnfs import *
X, y = spiral_data(samples=30, classes=3)
model = Model()
model.add(Layer_Dense(2, 8))
model.add(Activation_ReLU())
model.add(Layer_Dense(8, 3))
model.add(Activation_Softmax())
film = Visualizer(model, X, y, 2, 3, animate=True, colorgraph=True, save="spiral.gif")
model.set(loss=Loss_CategoricalCrossentropy(), optimizer=Optimizer_Adam(), visualizer=film)
model.set(accuracy=Accuracy_Categorical())
model.finalize()
model.train(X, y, epochs=20, print_every=0)
viz.graph(model).save("graph.svg")
"""


def run(*command: object, cwd: Path) -> str:
    """Run ``command`` in ``cwd`` and return what it printed; fail with all it said if it fails."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist, and with the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    # From elsewhere, so that the build tool is not mistaken for the folder called build.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """Return the wheel."""
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment in which nothing but the wheel was installed."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "virtualenv", "--quiet", folder, cwd=folder)
    (path,) = [*folder.glob("bin/python"), *folder.glob("Scripts/python.exe")]
    run(path, "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return path


def source_files() -> dict[str, Path]:
    """Return every file of the three packages, under the name that it has once installed."""
    return {
        f"{installed}/{path.relative_to(ROOT / folder).as_posix()}": path
        for folder, installed in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_package_list_is_the_folders_with_code() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = settings["tool"]["setuptools"]["packages"]
    with_code = {name.rsplit("/", 1)[0] for name in source_files() if name.endswith(".py")}
    assert listed == sorted(name.replace("/", ".") for name in with_code)


def test_wheel_holds_every_source_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == set(source_files())


def test_sdist_holds_what_a_build_needs(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    needed = {path.relative_to(ROOT).as_posix() for path in source_files().values()}
    assert needed | {"pyproject.toml", "README.md", "LICENSE"} <= names


@pytest.mark.network
@pytest.mark.timeout(600)
def test_installed_wheel_trains_and_draws(python: Path, tmp_path: Path) -> None:
    run(python, "-c", PROGRAM, cwd=tmp_path)
    assert "<svg" in (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert (tmp_path / "spiral.gif").read_bytes().startswith(b"GIF8")


@pytest.mark.network
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["models", "viz"])
def test_installed_wheel_takes_no_common_name(python: Path, tmp_path: Path, name: str) -> None:
    program = f"import importlib.util; print(importlib.util.find_spec({name!r}))"
    assert run(python, "-c", program, cwd=tmp_path).strip() == "None"


@pytest.mark.network
@pytest.mark.timeout(600)
def test_installed_wheel_says_that_it_is_typed(python: Path, tmp_path: Path) -> None:
    program = "from importlib.resources import files; print(files('tensorgraph') / 'py.typed')"
    assert Path(run(python, "-c", program, cwd=tmp_path).strip()).is_file()
