"""What the tests of pages share: a browser, and somebody who opens pages in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from pages import Visitor, chromium, saved


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return one browser for all tests of a module."""
    with chromium() as it:
        yield it


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a page; at the end, nothing may have gone wrong in any."""
    visitors = []

    def open_page(source: Any, **look: Any) -> Visitor:
        # Moved at once, so that a test sees where things end up.
        look = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | look
        visitors.append(Visitor(browser, saved(source, tmp_path), **look))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.page.wait_for_timeout(20)
        visitor.context.close()
        assert visitor.troubles == []
