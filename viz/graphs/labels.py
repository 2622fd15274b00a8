"""The look of one node, in Graphviz's attributes and HTML. Read next: ``legend``, ``dot``.

Operations are boxes, values are ellipses, memory is cylinders, numbers stand bare; small print says
what kind of value it is, and its shape. Where the order of operands matters, each enters at a cell
with its name.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import graphviz

from tensorgraph.viz.graphs import words
from tensorgraph.viz.graphs.heat import Heat
from tensorgraph.viz.graphs.picture import FAILED, Cluster, Node
from tensorgraph.viz.palette import Theme

BOXES = ("op", "layer", "operations", "backward")
LIT_WIDTH = "3"
FULLEST = 0.5
"""How much colour the fill of the heaviest node has; more would make it hard to read."""

_SMALL = "10"
_CELL = 9
# The small print names the kind, so that colour does not carry the meaning alone.
_SHAPES = {
    "read": {"shape": "cylinder"},
    "written": {"shape": "cylinder", "penwidth": "2"},
    "constant": {"style": "filled,dashed"},
    "output": {"peripheries": "2"},
    "saved": {"style": "filled,dashed"},
}


class Look(NamedTuple):
    """How nodes are drawn: ``sideways`` where edges lead to the right; the greatest weight.

    Larger values have ``maps``.
    """

    theme: Theme
    sideways: bool = False
    heaviest: float = 0.0
    maps: bool = True

    def border(self, node: Node) -> str:
        """Return the colour of the line around a node."""
        if node.status:
            return self.theme.status(node.status)
        return self.theme.highlight if node.lit else self.theme.color(node.kind)

    def fill(self, node: Node) -> str:
        """Return the colour inside: that of its kind, or more of it the more the node weighs."""
        if self.heaviest:
            return self.theme.tint(self.theme.gradient, FULLEST * node.share(self.heaviest))
        if node.status:
            return self.theme.tint(self.theme.status(node.status))
        if node.kind == "constant":
            return self.theme.paper
        return self.theme.tint(self.theme.color(node.kind))

    def small(self, text: str) -> str:
        """Return ``text`` as small print; gradients are in the colour that they have on edges."""
        color = self.theme.gradient if text.startswith("gradient ") else self.theme.faint_ink
        return _small(text, self.theme.ink if self.heaviest else color)

    def said(self, node: Node) -> list[str]:
        """Return the message of a node that failed, as small print in ink."""
        lines = words.in_lines(f"{FAILED}: {node.change}") if node.status == FAILED else []
        return [_small(line, self.theme.ink) for line in lines]


# Added is bold, removed is dashed, changed is dotted, each in a colour of its own.
STATUS_LINES = {
    "added": {"penwidth": "3"},
    "removed": {"style": "dashed"},
    "changed": {"penwidth": "2", "style": "dotted"},
    FAILED: {"penwidth": "3"},
}


def attributes(node: Node, look: Look) -> dict[str, str]:
    """Return the attributes of a node."""
    heat = node.heat.in_words() if node.heat else ""
    tooltip = " · ".join(filter(None, (node.kind, node.label, node.detail, node.size, heat)))
    common = {"tooltip": graphviz.escape(tooltip)}
    if node.kind in BOXES and node.status:
        return common | _marked(node, look)
    if node.kind in BOXES:
        return common | {"shape": "plain", "label": _box(node, look)}
    if node.is_number:
        status = f"<br/>{look.small(node.status)}" if node.status else ""
        label = f"<{_text(node.label)}{status}>"
        return common | {
            "shape": "plaintext",
            "margin": "0.03",
            "width": "0",
            "height": "0",
            "label": label,
        }
    first, *others = _lines(node) or [""]
    kind = " · ".join(filter(None, (node.kind, first)))
    small = "<br/>".join(map(look.small, filter(None, (node.detail, kind, *others))))
    ellipse = {
        "shape": "ellipse",
        "style": "filled",
        "margin": "0.05,0.02",
        "color": look.border(node),
        "fillcolor": look.fill(node),
    }
    wide = {"penwidth": LIT_WIDTH} if node.lit else {}
    text = f"<b>{_text(node.label)}</b><br/>{small}"
    label = f"<{_with_map(text, node.heat, look)}>"
    marked = _line_around(node)
    return common | ellipse | _SHAPES.get(node.kind, {}) | wide | marked | {"label": label}


def _marked(node: Node, look: Look) -> dict[str, str]:
    """Return the attributes of a box with a line of its own around it."""
    around = {"color": look.border(node), "fillcolor": look.fill(node)}
    margin = {"shape": "box", "margin": "0.06,0.01", "width": "0", "height": "0"}
    style = f"rounded,filled,{STATUS_LINES[node.status].get('style', 'solid')}"
    return around | margin | _line_around(node) | {"style": style, "label": _box(node, look)}


def _line_around(node: Node) -> dict[str, str]:
    """Return the line that tells what became of a node."""
    if not node.status:
        return {}
    line = STATUS_LINES[node.status]
    return line | {"style": f"filled,{line.get('style', 'solid')}"}


def title(cluster: Cluster, look: Look) -> str:
    """Return the name of a layer, with its class and its sums in small print below."""
    end = '<br align="left"/>'
    below = look.small(cluster.subtitle) + end if cluster.subtitle else ""
    return f"<<b>{_text(cluster.label)}</b>{end}{below}>"


def _box(node: Node, look: Look) -> str:
    """Return an operation as a table: its operands' names, what it does, its result's shape."""
    details = map(look.small, filter(None, (node.name, node.detail, *_lines(node))))
    text = "<br/>".join([f"<b>{_text(node.label)}</b>", *details, *look.said(node)])
    text = _with_map(text, node.heat, look)
    cells = [_cell(i, port, look) for i, port in enumerate(node.ports)]
    if look.sideways and cells:
        rows = [f'{cells[0]}<td rowspan="{len(cells)}">{text}</td>', *cells[1:]]
    elif cells:
        rows = ["".join(cells), f'<td colspan="{len(cells)}">{text}</td>']
    else:
        rows = [f"<td>{text}</td>"]
    width = LIT_WIDTH if node.lit else "1"
    border = "0" if node.status else width  # it has one around it already
    background = "" if node.status else f' bgcolor="{look.fill(node)}"'
    return (
        f'<<table border="{border}" cellborder="0" cellspacing="0" cellpadding="5" '
        f'style="rounded" color="{look.border(node)}"{background}>'
        f"{''.join(f'<tr>{row}</tr>' for row in rows)}</table>>"
    )


def _with_map(text: str, heat: Heat | None, look: Look) -> str:
    """Return ``text`` with a larger value below it, a coloured cell for each part."""
    if heat is None or not look.maps:
        return text
    shares = heat.shares()
    size = f'width="{_CELL}" height="{_CELL}" fixedsize="true"'
    rows = [
        "".join(f'<td {size} bgcolor="{look.theme.heat(share)}"></td>' for share in row)
        for row in shares
    ]
    # Of a fixed size, or Graphviz would pull it as wide as the text.
    picture = (
        '<table border="1" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" '
        f'width="{_CELL * len(shares[0]) + 2}" height="{_CELL * len(shares) + 2}" '
        f'color="{look.theme.faint_ink}">'
        f"{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    )
    return (
        '<table border="0" cellborder="0" cellspacing="0" cellpadding="2">'
        f"<tr><td>{text}</td></tr><tr><td>{picture}</td></tr></table>"
    )


def _lines(node: Node) -> list[str]:
    lines = [node.size] if node.lines is None else list(node.lines)
    if node.status == FAILED:  # the message says it
        return lines
    status = f"{node.status}: {node.change}" if node.change else node.status
    return [*lines, status] if status else lines


def _cell(number: int, port: str, look: Look) -> str:
    """Return the cell where an operand enters, with a line on the side towards the operation."""
    side = "r" if look.sideways else "b"
    small = look.small(port)
    return f'<td port="p{number}" border="1" sides="{side}" cellpadding="3">{small}</td>'


def _small(text: str, color: str) -> str:
    return f'<font point-size="{_SMALL}" color="{color}">{_text(text)}</font>'


def _text(text: str) -> str:
    """Return ``text`` as it is to be read: not as HTML, nor as Graphviz's escapes."""
    return escape(text).replace("\\", "\\\\")
