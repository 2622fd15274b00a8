"""The page of operations says what the registry and the table of tests say."""

from __future__ import annotations

import re

import pytest

import operation_table
from tensorgraph import ops

TEXT = operation_table.page()
LINES = [line for line in TEXT.splitlines() if line.startswith("| `")]


def line_of(name: str) -> list[str]:
    """The cells of the line of a function."""
    (line,) = [line for line in LINES if f"`{name}`" in line.split(" | ")[0]]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_page_is_up_to_date() -> None:
    written = operation_table.PAGE.read_text(encoding="utf-8")
    assert written == TEXT, "docs/operations.md is out of date: make operations"


@pytest.mark.parametrize("name", [name for name in ops.__all__ if name not in {"fft", "linalg"}])
def test_every_operation_has_one_line(name: str) -> None:
    assert len(line_of(name)) == operation_table.COLUMNS.splitlines()[0].count("|") - 1


@pytest.mark.parametrize(
    ("name", "kind", "by", "order", "of_complex", "numpys"),
    [
        ("exp", "elementwise", "`x`", "2", None, "yes"),
        ("conjugate", "elementwise", "`x`", "2", "yes", "yes"),
        ("arctan2", "elementwise", "`y`, `x`", "2", "", "yes"),
        ("where", "elementwise", "`x`, `y`", "2", None, "yes"),
        ("matmul", "bilinear", "`x`, `y`", "3", None, "yes"),
        ("concatenate", "linear", "`arrays`", "2", None, "yes"),
        ("einsum", "bilinear", "`*operands`", "2", "yes", "yes"),
        ("select", "composite", "`choicelist`, `default`", "2", None, "yes"),
        ("linalg.svd", "composite", "`a`", "2", "yes", "yes"),
        ("std", "composite", "`a`", "2", None, "yes"),
        ("greater", "nondifferentiable", "", "0", "", "yes"),
        ("softmax", "custom", "`x`", "3", None, ""),
    ],
)
def test_a_line(
    name: str, kind: str, by: str, order: str, of_complex: str | None, numpys: str
) -> None:
    cells = line_of(name)
    assert cells[2:5] == [kind, by, order]
    assert of_complex is None or cells[5] == of_complex
    assert cells[6] == numpys


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("The sum.", "The sum."),
        ("The sum\n    over all. And more.", "The sum over all."),
        ("1 / x, for ``x`` above 0.5 only. More.", "1 / x, for `x` above 0.5 only."),
        ("|x| of a * b\n\nMore.", r"\|x\| of a \* b"),
        (None, ""),
    ],
)
def test_a_sentence_of_a_docstring(docstring: str | None, sentence: str) -> None:
    assert operation_table.first_sentence(docstring) == sentence
