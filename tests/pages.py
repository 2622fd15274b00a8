"""How the tests of pages see one: in a real Chromium, with the network watched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tensorgraph import viz

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; skip the test where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(
            "no Chromium is installed, which shows the pages (Debian: apt install chromium)"
        )
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Visitor:
    """Somebody who looks at the page of a graph: a window on it, and what went wrong in there."""

    def __init__(self, browser: Browser, path: Path, **look: Any) -> None:
        self.context = browser.new_context(**look)
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        self.page.on("request", lambda request: self._note(request.url, path))
        self.page.goto(path.as_uri())

    def _note(self, url: str, path: Path) -> None:
        if url != path.as_uri() and not url.startswith("data:"):
            self.troubles.append(f"asked for {url}")

    def focused(self) -> str | None:
        """Return the label of the box that has the focus."""
        return self.page.evaluate(
            "document.activeElement.querySelector?.(':scope > .label')?.textContent ?? null"
        )

    def box(self, text: str) -> str:
        """Return how to find the first box with ``text`` as its label."""
        return f"#{self.ids(text)[0]}"

    def ids(self, text: str) -> list[str]:
        """Return the id of each box with ``text`` as its label, in the order of the tape."""
        return self.page.eval_on_selector_all(
            "#nodes > g",
            "(all, text) => all.filter(it => it.querySelector('.label').textContent === text)"
            ".map(it => it.id)",
            text,
        )

    def labels(self, selector: str = "") -> list[str]:
        """Return the labels of the boxes that ``selector`` fits, in the order of the tape."""
        return self.page.eval_on_selector_all(
            f"#nodes > g{selector}", "all => all.map(it => it.querySelector('.label').textContent)"
        )

    def click(self, text: str) -> None:
        """Click at a corner of the box, beside its text."""
        self.page.click(self.box(text), position={"x": 12, "y": 7})

    def facts(self) -> dict[str, str]:
        """Return what the panel says of a node."""
        return dict(
            self.page.eval_on_selector_all(
                "#panel dl.facts dt",
                "all => all.map(it => [it.textContent, it.nextSibling.textContent])",
            )
        )

    def places(self) -> dict[str, dict[str, float]]:
        """Return where each box is on the screen."""
        return self.page.eval_on_selector_all(
            ".node",
            "all => Object.fromEntries(all.map(it => [it.id, "
            "it.querySelector('.shape').getBoundingClientRect().toJSON()]))",
        )


def saved(source: Any, folder: Path) -> Path:
    """Return the page of ``source``, a tensor, a model or a drawn graph."""
    graph = source if isinstance(source, viz.graphs.render.Graph) else viz.graph(source)
    return graph.save(folder / "graph.html")
