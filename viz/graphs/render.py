"""Pictures in files: DOT laid out and drawn as SVG, PNG or PDF, or a page in HTML.

The layout is done by the Graphviz that pygraphviz brings, in a process of its own: whatever happens
there, the program that asked for a picture goes on.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tensorgraph.errors import ArgumentError, LayoutError
from tensorgraph.serialize import Pathlike
from tensorgraph.viz.drawing import PNG_DPI, Drawing
from tensorgraph.viz.graphs.diff import difference
from tensorgraph.viz.graphs.dot import to_dot
from tensorgraph.viz.graphs.failed import frames
from tensorgraph.viz.graphs.fold import Collapse, collapsed, drawable
from tensorgraph.viz.graphs.graph import Source, picture_of
from tensorgraph.viz.graphs.page import to_page, unfolds
from tensorgraph.viz.graphs.picture import Node, Picture
from tensorgraph.viz.graphs.reading import Reading, with_names_of
from tensorgraph.viz.graphs.show import Shown, checked, relabelled, shown, without_constants
from tensorgraph.viz.graphs.views import checked as checked_view
from tensorgraph.viz.palette import THEMES

TIME_LIMIT = 60.0
"""Seconds that a layout may take."""

_DRAW = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
if sys.argv[1] == "png":
    graph.graph_attr["dpi"] = sys.argv[2]
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
"""


def layout(dot: str, format: str, dpi: float = PNG_DPI) -> bytes:
    """Return DOT text drawn as ``format``: "svg", "pdf", or "png" with ``dpi`` dots an inch.

    Raises ``LayoutError`` where Graphviz fails, crashes, or takes over ``TIME_LIMIT`` seconds.
    """
    # With -P, no file in the working folder is taken for pygraphviz.
    command = [sys.executable, "-P", "-c", _DRAW, format, str(dpi)]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise LayoutError(
            f"Graphviz was stopped after {TIME_LIMIT:g} s: the graph is too large"
        ) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing was said"]
        raise LayoutError(f"Graphviz failed (exit status {done.returncode}): {said[-1]}")
    return done.stdout


class Graph(Drawing):
    """A drawn compute graph: ``save`` it, or let a notebook show it.

    ``picture`` holds what is drawn, as data, and ``dot`` the text that Graphviz draws. Facts
    that nobody has asked for yet, as a page does for all, hold on to the tape.
    """

    formats = ("svg", "png", "pdf", "dot", "html")

    def __init__(
        self,
        picture: Picture,
        rankdir: str = "TB",
        theme: str | None = None,
        *,
        legend: bool = False,
        whole: Callable[[], Picture] | None = None,
    ) -> None:
        if theme is not None and theme not in THEMES:
            raise ArgumentError(
                f"graph(): theme is {theme!r}, and must be one of {', '.join(map(repr, THEMES))}"
            )
        self.picture = picture
        self._whole = whole
        self.dot = to_dot(picture, rankdir, THEMES[theme or "light"], with_legend=legend)
        self._look = (rankdir, theme)
        self._legend = legend

    @cached_property
    def whole(self) -> Picture:
        """What a page shows: all that was folded too, where it can be unfolded."""
        return self.picture if self._whole is None else self._whole()

    def drawn(self, format: str, dpi: float = PNG_DPI) -> bytes:
        """Return the picture as ``format``; "dot" and "html" need no layout by Graphviz."""
        if format == "html":
            return to_page(self.whole, *self._look, with_legend=self._legend).encode()
        return self.dot.encode() if format == "dot" else layout(self.dot, format, dpi)

    def save(self, path: Pathlike, *, dpi: float = PNG_DPI) -> Path:
        """Write the picture to ``path``, in the format that its ending names, and return the path.

        ``dpi`` is how many dots an inch a PNG has. Where the layout fails, the DOT text is saved
        beside, and a ``LayoutError`` says so.
        """
        try:
            return super().save(path, dpi=dpi)
        except LayoutError as error:
            text = super().save(f"{path}.dot")
            raise LayoutError(f"{error}. The graph is kept as {text}, for any Graphviz") from error


def graph(
    source: Source,
    *,
    show: Shown = ("shapes",),
    depth: int | None = None,
    collapse: Collapse = None,
    names: bool = True,
    constants: bool = True,
    highlight: Sequence[Any] = (),
    overlay: str | None = None,
    view: str | None = None,
    label: Callable[[Node], str | None] | None = None,
    rankdir: str = "TB",
    theme: str | None = None,
    legend: bool = False,
) -> Graph:
    """Draw the compute graph of a tensor, a tape, a program, or that of a finalized model's loss.

    Of an error it is the pass that died, up to the operation, layer or loss that raised: it is red,
    with the message and the shapes of its operands in it. Of an error in ``backward()`` it is the
    whole graph, and the operation whose derivative failed is red. At the prompt Python keeps the
    last error as ``sys.last_exc`` (before 3.12 as ``sys.last_value``).

    A model is drawn with two example rows. What is too large to look at is folded, and a note below
    says how: each layer in one box, what repeats drawn once, long stretches in boxes. Raises
    ``GraphError`` where a variable has changed since it was recorded.

    ``show`` names what is written into the boxes, one or several of:

    - "shapes", with the dtype where it is not one of floats, and "dtypes", in any case;
    - "values", small ones in full, larger ones as the least, the greatest and their mean, and as a
      heat map of at most 8 × 8 cells, each the mean of a block, coloured from its own greatest down
      to its negative; above 200 such values only the page has the maps;
    - "gradients": of variables what ``.grad`` holds; of values in between, which a scalar result
      has, those of a sweep that changes nothing; "not yet" until ``backward()`` has run. Where a
      value is used several times, each use says what it contributes;
    - "parameters", how many there are; "bytes" of each value; the "line" that recorded it;
    - "flops", the floating-point operations of the forward pass: 2 m n k for a product of matrices,
      one for each element of an elementwise result, one for each element that is summed up, none
      where values only move; a layer has the sum of its own (``viz.graphs.flops`` has the table).

    ``view`` is what is drawn of a tape or a model: "forward", the default; "backward", the sweep
    that gradients are found in, where each operation has its rules as one node; or "both", the one
    beside the other, with dotted lines from values of the forward pass to the rules that use them.
    Of a program, which is drawn whole by default, it selects the phases; it may be "update" too.

    ``depth`` is how many layers within layers are unfolded: with 0 each outermost layer is one box,
    or each phase. ``collapse`` is "layers", for which each layer is one box, "repeats", for which
    what comes again and again is drawn once, or a function that is called with each cluster (see
    ``viz.graphs.picture.Cluster``) and tells whether it is to be one box. If it chooses none, it is
    called with each node (``viz.graphs.picture.Node``; both have a label, a kind and a parent):
    chosen nodes of one cluster that use each other's values are one box.

    With ``names``, values without a name are called what the variables of the calling function, or
    of the notebook, call them. Without ``constants``, numbers and arrays are left out.
    ``highlight`` is two tensors: the path between them is drawn bold and in a colour of its own.
    ``overlay`` fills each box the more,

    - the more "bytes" its value has, or are "kept" of it for the backward pass, which its rules are
      run to find out;
    - the greater the norm of its "gradient" is;
    - the more "time" it takes, forward and backward together: each operation is run again on what
      it was recorded with, the median of five counts;
    - the more of a ReLU's units are "dead", 0 for every example.

    The number is written in the box. Of programs, bytes and kept bytes are known. ``label`` is
    called with each node (see ``viz.graphs.picture.Node``) and returns its text, or None to leave
    it as it is.

    ``rankdir`` is "TB", from the top down, or "LR", from left to right. ``theme`` is "light",
    "dark" or "print", which does without colours; None is light, and on a page light or dark as its
    reader likes it. With ``legend``, what colours and shapes mean stands below.

    Saved as .html, it is a page that needs no network: layers fold and unfold, and a click on a box
    shows everything about it.
    """
    wanted = checked(show)
    reading = Reading(
        "gradients" in wanted,
        "values" in wanted,
        highlight=highlight,
        overlay=overlay,
        view=checked_view(view),
    )
    if names:
        for frame in (*frames(source), sys._getframe(1)):
            reading = with_names_of(frame.f_locals, reading)
    picture = picture_of(source, reading)
    if not constants:
        picture = without_constants(picture)

    def written(part: Picture) -> Picture:
        part = shown(part, wanted)
        return part if label is None else relabelled(part, label)

    return _drawn(collapsed(picture, depth, collapse), written, rankdir, theme, legend)


def diff(
    before: Source,
    after: Source,
    *,
    show: Shown = ("shapes",),
    depth: int | None = None,
    collapse: Collapse = None,
    names: bool = True,
    constants: bool = True,
    rankdir: str = "TB",
    theme: str | None = None,
    legend: bool = True,
) -> Graph:
    """Draw two graphs as one: kept, added (bold), removed (dashed), changed (dotted, and how).

    They are tensors, tapes, models, or programs: ``viz.diff(f.program_before, f.program)`` shows
    what compiling did. Nodes are matched by structure; the note below counts what became of them.
    The options are those of ``graph``.
    """
    wanted = checked(show)
    reading = Reading("gradients" in wanted, "values" in wanted)
    if names:
        reading = with_names_of(sys._getframe(1).f_locals, reading)
    pictures = [picture_of(source, reading) for source in (before, after)]
    if not constants:
        pictures = [without_constants(picture) for picture in pictures]
    both = collapsed(difference(*pictures), depth, collapse)
    return _drawn(both, lambda part: shown(part, wanted), rankdir, theme, legend)


def _drawn(
    picture: Picture,
    written: Callable[[Picture], Picture],
    rankdir: str,
    theme: str | None,
    legend: bool,
) -> Graph:
    """Return ``picture`` drawn as ``written`` writes into its boxes, folded where it is large."""
    folded = drawable(picture)
    small = written(folded)

    def whole() -> Picture:
        return written(picture) if folded is not picture and unfolds(picture) else small

    return Graph(small, rankdir, theme, legend=legend, whole=whole)
