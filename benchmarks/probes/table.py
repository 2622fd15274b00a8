"""The table, as Markdown: a row for each probe, a column for each library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from probes.seen import Seen

MARKS = {True: "✓", False: "✗", None: "–"}


class Row(NamedTuple):
    """A probe, what right means there, and what each library did."""

    probe: str
    means: str
    cells: list[Seen]


def marks(headers: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The lines of the table with a mark a cell; each as soon as its row is there."""
    yield _line("probe", *headers)
    yield _line("---", *[":-:"] * len(headers))
    seen = []
    for row in rows:
        seen.append(row)
        yield _line(row.probe, *[MARKS[cell.right] for cell in row.cells])
    yield _line("right", *_sums(seen))


def words(headers: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The same, with what right means beside each probe, and words beside each mark."""
    yield _line("probe", "right is", *headers)
    yield _line(*["---"] * (len(headers) + 2))
    seen = []
    for row in rows:
        seen.append(row)
        cells = [f"{MARKS[cell.right]} {cell.words}" for cell in row.cells]
        yield _line(row.probe, row.means, *cells)
    yield _line("right", "", *_sums(seen))


def _sums(rows: Sequence[Row]) -> list[str]:
    """How often each library was right."""
    columns = zip(*(row.cells for row in rows), strict=True)
    return [f"{sum(cell.right is True for cell in column)} of {len(rows)}" for column in columns]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
