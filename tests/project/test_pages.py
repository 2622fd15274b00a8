"""The programs of the pages in ``docs/`` run, and print what stands below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from page_pictures import maker, programs, shown

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
NUMBER = re.compile(r"-?\d+\.\d*(?:e-?\d+)?")
PROGRAMS = [
    pytest.param(program, printed, id=f"{page.stem}-{i}")
    for page in sorted(DOCS.glob("*.md"))
    for i, (program, printed) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_a_program_of_a_page_prints_what_stands_below_it(
    program: str, printed: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    if printed:
        assert NUMBER.sub("#", run.stdout).split() == NUMBER.sub("#", printed).split()
        expected = [float(number) for number in NUMBER.findall(printed)]
        assert [float(n) for n in NUMBER.findall(run.stdout)] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_page_points_to_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    sources = re.findall(r"`((?:tensorgraph|examples|tests)/[\w/]+(?:\.py|/))`", text)
    places = [*(page.parent / link for link in links), *(DOCS.parent / name for name in sources)]
    assert [str(place) for place in places if not place.exists()] == []


@pytest.mark.parametrize("picture", shown())
def test_a_picture_of_the_page_is_saved_by_one_of_its_programs(picture: str) -> None:
    saving = [program for program in programs() if f'.save("{maker(picture)}")' in program]
    assert len(saving) == 1
