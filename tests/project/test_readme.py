"""The README's programs run, and print what stands below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", README.read_text(), re.DOTALL)
NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.mark.parametrize(("program", "printed"), BLOCKS, ids=range(len(BLOCKS)))
def test_a_program_of_the_readme_runs(program: str, printed: str, tmp_path: Path) -> None:
    short = program.replace("epochs=1000", "epochs=3")
    run = subprocess.run(
        [sys.executable, "-c", short], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    if short == program:
        expected = [float(number) for number in NUMBER.findall(printed)]
        assert [float(n) for n in NUMBER.findall(run.stdout)] == pytest.approx(expected, rel=1e-9)


def test_the_pictures_of_the_readme_are_there() -> None:
    pictures = re.findall(r"\]\((docs/[^)]*)\)", README.read_text())
    assert pictures
    assert [name for name in pictures if not (README.parent / name).is_file()] == []
