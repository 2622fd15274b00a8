"""What the shapes, colours and lines of a picture mean, below it. Read next: ``dot``."""

from __future__ import annotations

from html import escape

from tensorgraph.viz.graphs.picture import FAILED, Picture
from tensorgraph.viz.palette import Theme

_KINDS = {
    "op": "operation",
    "layer": "layer, folded",
    "operations": "operations, folded",
    "variable": "variable",
    "parameter": "parameter",
    "input": "input",
    "read": "memory that is read",
    "written": "memory that is written",
    "constant": "constant",
    "output": "result",
    "backward": "rules of an operation, backward",
    "gradient": "gradient",
    "saved": "value saved before",
}

_STATUSES = {
    "added": "bold line",
    "removed": "dashed",
    "changed": "dotted",
    FAILED: "it raised the error",
}
FILLS = {
    "bytes": "the fuller, the more bytes",
    "gradient": "the fuller, the greater the gradient",
    "kept": "the fuller, the more bytes are kept for the backward pass",
    "time": "the fuller, the more time: forward and backward, measured again",
    "dead": "the fuller, the more units are 0 for every example",
}


def legend(picture: Picture, theme: Theme) -> str:
    """Return a row of coloured cells, one for each kind of thing on ``picture``, as HTML."""
    wash = 0.0 if picture.overlay else theme.wash
    kinds = {node.kind for node in picture.nodes if not node.is_number}
    cells = [
        _cell(text, theme.color(kind), theme.tint(theme.color(kind), wash))
        for kind, text in _KINDS.items()
        if kind in kinds
    ]
    if any(edge.label for edge in picture.edges):
        cells.append(_words("number on an edge: the gradient that comes back", theme.gradient))
    if any(edge.lit for edge in picture.edges):
        cells.append(_words("bold: the path asked for", theme.highlight))
    if any(node.heat for node in picture.nodes):
        cells += _scale(theme)
    if any(edge.saved for edge in picture.edges):
        cells.append(_words("dotted: used in the backward pass", theme.operation))
    statuses = {node.status for node in picture.nodes} | {edge.status for edge in picture.edges}
    for status, line in _STATUSES.items():
        if status in statuses:
            cells.append(_words(f"{status}: {line}", theme.status(status)))
    if picture.overlay:
        cells.append(_words(FILLS[picture.overlay], theme.ink))
    return f'<table border="0" cellspacing="6" cellpadding="4"><tr>{"".join(cells)}</tr></table>'


def _scale(theme: Theme) -> list[str]:
    """Return what the colours of heat maps say."""
    colors = [theme.heat(share / 2) for share in range(-2, 3)]
    cells = "".join(f'<td width="8" height="8" bgcolor="{color}"></td>' for color in colors)
    strip = (
        f'<table border="1" cellborder="0" cellspacing="0" cellpadding="0" '
        f'color="{theme.faint_ink}"><tr>{cells}</tr></table>'
    )
    words = "heat map: negative, 0, positive; each value has a scale of its own"
    return [f'<td border="0">{strip}</td>', _words(words, theme.ink)]


def _cell(text: str, color: str, fill: str) -> str:
    return (
        f'<td border="1" color="{color}" bgcolor="{fill}">'
        f'<font point-size="10">{escape(text)}</font></td>'
    )


def _words(text: str, color: str) -> str:
    return f'<td border="0"><font point-size="10" color="{color}">{escape(text)}</font></td>'
