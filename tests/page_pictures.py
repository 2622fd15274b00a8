"""Draw the pictures of docs/pictures.md: run its programs, and keep what the page shows.

What it shows of the page in HTML is a screenshot, for which Chromium has to be there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import Visitor, chromium

PAGE = Path(__file__).parents[1] / "docs" / "pictures.md"
PROGRAM = re.compile(r"```python\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"\]\(pictures/([^)]*)\)")

OTHERS = "beside_"
"""The pictures that ``make pictures-beside`` draws."""


def shown() -> list[str]:
    """Return the names of the pictures that are drawn here."""
    names = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    return [name for name in names if not name.startswith(OTHERS)]


def programs() -> list[str]:
    """Return the programs of the page that save something."""
    found = PROGRAM.findall(PAGE.read_text(encoding="utf-8"))
    return [program for program in found if ".save(" in program]


def run(program: str, folder: Path) -> None:
    """Run a program from a file, so that pictures can show its lines."""
    path = folder / "example.py"
    path.write_text(program, encoding="utf-8")
    subprocess.run([sys.executable, path], cwd=folder, check=True)


def maker(picture: str) -> str:
    """Return the name of the file that a program saves for a picture."""
    return picture.replace(".png", ".html")


def screenshot(page: Path, picture: Path) -> None:
    """Take a picture of a page on which somebody has clicked at the first operation or layer."""
    with chromium() as browser:
        size = {"width": 1200, "height": 860}
        visitor = Visitor(browser, page, viewport=size, reduced_motion="reduce")
        visitor.page.click("#nodes > :is(.op, .layer)", position={"x": 12, "y": 7})
        visitor.page.screenshot(path=picture)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for program in programs():
            run(program, folder)
        for picture in shown():
            if picture.endswith(".png"):
                screenshot(folder / maker(picture), folder / picture)
            print(shutil.copy(folder / picture, PAGE.parent / "pictures" / picture))


if __name__ == "__main__":
    main()
