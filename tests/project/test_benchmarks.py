"""The benchmarks run, and their contenders train the same network. Nothing is timed here."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return lambda name: importlib.import_module(f"performance.{name}")


def losses(step: Callable[[], Any]) -> list[Any]:
    return [step() for _ in range(10)]


@pytest.mark.parametrize("network", ["spiral", "fashion-32"])
@pytest.mark.parametrize(
    ("contender", "options"),
    [
        ("naive", {}),
        ("tensorgraph", {"compiled": False}),
        ("tensorgraph", {"compiled": True}),
    ],
)
def test_contenders_see_the_losses_of_the_yardstick(
    module: Callable[[str], Any], network: str, contender: str, options: dict[str, bool]
) -> None:
    chosen = module("networks").NETWORKS[network]
    theirs = module(f"contenders.{contender}").step(chosen, **options)
    planned = module("contenders.planned").step(chosen)
    assert losses(theirs) == pytest.approx(losses(planned), rel=1e-4)


@pytest.mark.parametrize("network", ["spiral", "fashion-128"])
def test_yardstick_agrees_with_the_file_where_there_is_one(
    module: Callable[[str], Any], network: str
) -> None:
    if not module("settings").FLOOR.exists():
        pytest.skip("no file of planned NumPy")
    chosen = module("networks").NETWORKS[network]
    theirs = module("contenders.floor").step(chosen, accuracy=True)
    planned = module("contenders.planned").step(chosen, accuracy=True)
    for _ in range(10):
        assert planned() == pytest.approx(theirs(), rel=1e-6)


def test_the_book_s_way_learns_the_spiral(module: Callable[[str], Any]) -> None:
    history = module("contenders.book").program(epochs=100)().history
    assert history[-1][0] < 0.9 * history[0][0]
    assert history[-1][1] > 0.45


def test_the_parts_of_a_step_are_told(tmp_path: Path) -> None:
    file = tmp_path / "parts.md"
    command = [sys.executable, "-m", "performance.parts", "--seconds", "0.05", "--longest", "4000"]
    subprocess.run([*command, "--output", file], cwd=BENCHMARKS, env=os.environ, check=True)
    page = file.read_text(encoding="utf-8")
    for part in ("layers", "loss", "penalty, and the sum", "backward()", "Adam", "**all**"):
        assert page.count(f"| {part} | ") == 2
    assert "| `X.dot(dense_weights, out=dense)` | " in page
    assert "| off | 4,000 | " in page


def test_a_quick_report_has_its_goal_its_table_and_its_picture(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "performance", "--quick", "--only", "train-spiral"]
    options = ["--seconds", "0.01", "--output", str(tmp_path)]
    subprocess.run([*command, *options], cwd=BENCHMARKS, env=os.environ, check=True)
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    (goal,) = [line for line in page.splitlines() if line.startswith("| a step of Model.train")]
    assert "not measured" not in goal
    for contender in ("**tensorgraph**", "**tensorgraph, compiled**", "NumPy, planned"):
        assert f"| {contender} | " in page
    assert (tmp_path / "pictures" / "performance.png").read_bytes().startswith(b"\x89PNG")


def test_the_speed_of_pictures_is_a_table_with_a_row_for_each() -> None:
    command = [sys.executable, "-m", "pictures.speed", "--quick", "--runs", "1"]
    run = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=True)
    head, _, *rows = run.stdout.splitlines()
    assert len(rows) == 5
    assert {row.count("|") for row in rows} == {head.count("|")}
