"""The look of one node, in Graphviz's attributes and HTML. Read next: ``dot``, which joins them up.

Operations are boxes, values are ellipses, numbers stand bare; small print says what kind of value
it is, and its shape. Where the order of operands matters, each enters at a cell with its name.
"""

from __future__ import annotations

from html import escape

import graphviz

from tensorgraph.viz import palette
from tensorgraph.viz.graphs.picture import Cluster, Node

BOXES = ("op", "layer", "operations")

_SMALL = "10"
# The small print names the kind, so that colour does not carry the meaning alone.
_ELLIPSES = {
    "variable": {"color": palette.VARIABLE, "fillcolor": palette.tint(palette.VARIABLE)},
    "parameter": {"color": palette.PARAMETER, "fillcolor": palette.tint(palette.PARAMETER)},
    "input": {"color": palette.VARIABLE, "fillcolor": palette.tint(palette.VARIABLE)},
    "read": {
        "color": palette.PARAMETER,
        "fillcolor": palette.tint(palette.PARAMETER),
        "shape": "cylinder",
    },
    "written": {
        "color": palette.PARAMETER,
        "fillcolor": palette.tint(palette.PARAMETER),
        "shape": "cylinder",
        "penwidth": "2",
    },
    "constant": {"color": palette.FAINT_INK, "fillcolor": palette.PAPER, "style": "filled,dashed"},
    "output": {
        "color": palette.OUTPUT,
        "fillcolor": palette.tint(palette.OUTPUT),
        "peripheries": "2",
    },
}


def attributes(node: Node, *, sideways: bool) -> dict[str, str]:
    """Return the attributes of a node; ``sideways`` where edges lead from left to right."""
    tooltip = " · ".join(filter(None, (node.kind, node.label, node.detail, node.size)))
    common = {"tooltip": graphviz.escape(tooltip)}
    if node.kind in BOXES:
        return common | {"shape": "plain", "label": _box(node, sideways)}
    if node.is_number:
        label = f"<{_text(node.label)}>"
        return common | {
            "shape": "plaintext",
            "margin": "0.03",
            "width": "0",
            "height": "0",
            "label": label,
        }
    first, *others = _lines(node) or [""]
    kind = " · ".join(filter(None, (node.kind, first)))
    small = "<br/>".join(map(_small, filter(None, (node.detail, kind, *others))))
    label = f"<<b>{_text(node.label)}</b><br/>{small}>"
    ellipse = {"shape": "ellipse", "style": "filled", "margin": "0.05,0.02"}
    return common | ellipse | _ELLIPSES[node.kind] | {"label": label}


def title(cluster: Cluster) -> str:
    """Return the name of a layer, with its class in small print below."""
    end = '<br align="left"/>'
    kind = _small(cluster.kind) + end if cluster.kind else ""
    return f"<<b>{_text(cluster.label)}</b>{end}{kind}>"


def _small(text: str) -> str:
    """Return ``text`` as small print; gradients are in the colour that they have on edges."""
    color = palette.GRADIENT if text.startswith("gradient ") else palette.FAINT_INK
    return f'<font point-size="{_SMALL}" color="{color}">{_text(text)}</font>'


def _box(node: Node, sideways: bool) -> str:
    """Return an operation as a table: its operands' names, what it does, its result's shape."""
    details = map(_small, filter(None, (node.name, node.detail, *_lines(node))))
    text = "<br/>".join([f"<b>{_text(node.label)}</b>", *details])
    cells = [_cell(i, port, "r" if sideways else "b") for i, port in enumerate(node.ports)]
    if sideways and cells:
        rows = [f'{cells[0]}<td rowspan="{len(cells)}">{text}</td>', *cells[1:]]
    elif cells:
        rows = ["".join(cells), f'<td colspan="{len(cells)}">{text}</td>']
    else:
        rows = [f"<td>{text}</td>"]
    color = palette.OPERATION if node.kind == "op" else palette.FAINT_INK
    return (
        '<<table border="1" cellborder="0" cellspacing="0" cellpadding="5" style="rounded" '
        f'color="{color}" bgcolor="{palette.tint(color)}">'
        f"{''.join(f'<tr>{row}</tr>' for row in rows)}</table>>"
    )


def _lines(node: Node) -> list[str]:
    return [node.size] if node.lines is None else list(node.lines)


def _cell(number: int, port: str, ruled: str) -> str:
    """Return the cell where an operand enters, with a line on the side towards the operation."""
    return f'<td port="p{number}" border="1" sides="{ruled}" cellpadding="3">{_small(port)}</td>'


def _text(words: str) -> str:
    """Return ``words`` as they are to be read: not as HTML, nor as Graphviz's escapes."""
    return escape(words).replace("\\", "\\\\")
