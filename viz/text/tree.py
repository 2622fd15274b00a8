"""``tree(x)``: what a value is computed from, as text.

    z = a − b       scalar  10
    ├─ ×            scalar  12
    │  ├─ a         scalar  3
    │  └─ b         scalar  4
    └─ 2

A value that is used more than once is written once, where it is nearest to the result, with a mark
such as [1]; its other uses refer to the mark. "…" stands for what is not written.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from tensorgraph.compiler.program import Program
from tensorgraph.errors import ArgumentError
from tensorgraph.tape import Tape, Traced, tape
from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.graph import Expressible
from tensorgraph.viz.text.terms import (
    Constant,
    Expression,
    Operand,
    ProgramExpression,
    TapeExpression,
    Term,
)

MOST_OPERANDS = 8
"""Of operations of more operands, the first ones are written."""

WIDEST = 72
"""Where the columns of sizes and values begin at the latest; what is wider pushes them on."""


class Tree:
    """An expression as text: ``print`` it, or let it show itself."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def tree(
    source: Traced | Tape | Program | Expressible, *, depth: int = 24, lines: int = 200
) -> Tree:
    """Write the expression of a recorded tensor, a tape, a program or a finalized model as text.

    Below ``depth`` levels, and beyond about ``lines`` lines, what is further from the result is
    cut, and a note says how much. Raises ``GraphError`` where a variable has changed since it was
    recorded.
    """
    for name, value in (("depth", depth), ("lines", lines)):
        if value < 1:
            raise ArgumentError(f"tree(): {name}={value} leaves nothing to write: 1 is the least")
    return Tree(_written(_expression(source), depth, lines))


def _expression(source: Traced | Tape | Program | Expressible) -> Expression:
    if isinstance(source, Program):
        return ProgramExpression(source)
    if isinstance(source, Tape):
        return TapeExpression(source)
    if isinstance(source, Traced):
        return TapeExpression(tape(source))
    if isinstance(source, Expressible):
        return TapeExpression(tape(source.expression()))
    raise ArgumentError(
        f"tree() writes a Tensor, a tape, a Program or a Model, not a {type(source).__name__}: "
        "plain arrays have no tape, what is computed from a tg.Tensor has"
    )


# --- what is written -----------------------------------------------------------------------------


@dataclass(eq=False)
class _Line:
    """One line: a term, or the use of one that is written elsewhere."""

    term: Term
    role: str
    level: int
    written: _Line | None = None
    mark: int = 0
    below: list[_Line] = field(default_factory=list)
    more: int = 0  # operands that are left out


def _written(expression: Expression, depth: int, lines: int) -> str:
    roots, n_written = _grown(expression, depth, lines)
    ordered = list(_ordered(roots))
    _mark(line for _, line in ordered)
    rows = [(front + _text(line), line.term) for front, line in ordered]
    text = _aligned(rows)
    hidden = expression.size - n_written
    if hidden:
        total = words.count(expression.size, "value")
        limits = f"{depth} levels, {lines} lines, {MOST_OPERANDS} operands"
        text.append(f"… {hidden:,} of {total} are not written: cut at {limits}")
    return "\n".join(text)


def _grown(expression: Expression, depth: int, lines: int) -> tuple[list[_Line], int]:
    """Return the lines of the roots, with theirs below them, and how many values they write.

    Level by level, so that each value is written where it is nearest to a root.
    """
    first: dict[Hashable, _Line] = {}

    def line_of(operand: Operand, level: int) -> _Line:
        written = first.get(operand.key)
        if written is not None:
            return _Line(Term(written.term.label), operand.role, level, written)
        line = _Line(expression.term(operand.key), operand.role, level)
        first[operand.key] = line
        growing.append(line)
        return line

    growing: list[_Line] = []
    roots = [line_of(root, 1) for root in expression.roots]
    n_lines = len(roots)
    for line in growing:  # which grows
        operands = line.term.operands
        shown = operands[:MOST_OPERANDS] if line.level < depth and n_lines < lines else ()
        line.below = [line_of(operand, line.level + 1) for operand in shown]
        line.more = len(operands) - len(shown)
        n_lines += len(shown)
    return roots, sum(not isinstance(key, Constant) for key in first)


def _ordered(roots: list[_Line]) -> Iterator[tuple[str, _Line]]:
    """Give the lines in the order of reading, each with the branches before it."""
    waiting = [("", "", line) for line in reversed(roots)]
    while waiting:
        front, indent, line = waiting.pop()
        yield front, line
        last = len(line.below) - 1
        for i in range(last, -1, -1):
            branch, trunk = ("└─ ", "   ") if i == last else ("├─ ", "│  ")
            waiting.append((indent + branch, indent + trunk, line.below[i]))


def _mark(lines: Iterator[_Line]) -> None:
    """Number the values that other lines refer to, in the order of reading."""
    everything = list(lines)
    used_again = {line.written for line in everything if line.written}
    numbered = [line for line in everything if line in used_again]
    for number, line in enumerate(numbered, 1):
        line.mark = number


def _text(line: _Line) -> str:
    role = f"{line.role}: " if line.role and line.role != _last_name(line.term) else ""
    if line.written is not None:
        return f"{role}→ [{line.written.mark}] {line.term.label.partition(' = ')[0]}"
    mark = f"[{line.mark}] " if line.mark else ""
    n_left = f" {words.count(line.more, 'more operand')}" if line.more and line.below else ""
    return f"{role}{mark}{line.term.label}{' …' if line.more else ''}{n_left}"


def _last_name(term: Term) -> str:
    """Return "weights" for the variable "dense_1.weights"."""
    return term.label.rpartition(".")[2]


def _aligned(rows: list[tuple[str, Term]]) -> list[str]:
    """Return the lines, with sizes, values and layers in columns."""
    width = max((len(text) for text, _ in rows if len(text) <= WIDEST), default=0)
    sizes = max(len(term.size) for _, term in rows)
    values = max(len(term.value) for _, term in rows)
    return [
        f"{text:{width}}  {term.size:{sizes}}  {term.value:{values}}{'  ' if values else ''}"
        f"{term.layer}".rstrip()
        for text, term in rows
    ]
