"""Compute graphs drawn: their DOT text, where things lie, files, and what can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from drawings import SVG, chain, deep, formula, svg_of, texts
from networks import Block, classifier
from tensorgraph import nn, viz
from tensorgraph.errors import ArgumentError, GraphError, LayoutError
from tensorgraph.models import Model
from tensorgraph.viz.drawing import Drawing
from tensorgraph.viz.graphs import render

# --- DOT -----------------------------------------------------------------------------------------

SNAPSHOTS = Path(__file__).parent / "snapshots"


def test_dot_of_a_small_expression() -> None:
    graph = viz.graph(nn.ReLU()(tg.Tensor([1.0], "x")))
    assert graph.dot == (SNAPSHOTS / "relu.dot").read_text(encoding="utf-8")


def test_two_runs_give_the_same_text() -> None:
    assert viz.graph(classifier()).dot == viz.graph(classifier()).dot


def test_no_address_gets_into_the_text() -> None:
    x = tg.Tensor(np.ones((3, 4)), "x")
    assert "0x" not in viz.graph(x[[0, 1]] * np.ones(4)).dot


# --- where things lie ----------------------------------------------------------------------------


def boxes(graph: render.Graph) -> dict[str, tuple[float, float, float, float]]:
    """Return the left, right, lower and upper end of each node, in inches."""
    found = {}
    for line in render.layout(graph.dot, "plain").decode().splitlines():
        if line.startswith("node "):
            x, y, width, height = (float(word) for word in line.split()[2:6])
            found[line.split()[1]] = (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
    return found


def keys(graph: render.Graph, *labels: str) -> list[str]:
    """Return the key of the first node with each label."""
    return [next(n.key for n in graph.picture.nodes if n.label == label) for label in labels]


GRAPHS = {
    "formula": lambda: viz.graph(formula()),
    "formula to the right": lambda: viz.graph(formula(), rankdir="LR"),
    "classifier": lambda: viz.graph(classifier(dropout=0.1, weight_regularizer_l2=0.1)),
    "classifier to the right": lambda: viz.graph(classifier(), rankdir="LR"),
    "nested": lambda: viz.graph(Block(4)(tg.Tensor(np.ones((2, 4), np.float32), "x"))),
    "folded": lambda: viz.graph(deep(layers=20, times=100)),
    "repeated": lambda: viz.graph(chain(2000)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_overlaps(name: str) -> None:
    for (a, one), (b, other) in combinations(boxes(GRAPHS[name]()).items(), 2):
        beside = one[0] >= other[1] or other[0] >= one[1]
        above = one[2] >= other[3] or other[2] >= one[3]
        assert beside or above, f"{a} overlaps {b}"


def test_a_network_is_a_column() -> None:
    graph = viz.graph(classifier())
    places = boxes(graph)
    middles = [sum(places[key][:2]) / 2 for key in keys(graph, "x", "dense", "relu")]
    assert np.ptp(middles) < 0.05


@pytest.mark.parametrize("parameter", ["weights", "biases"])
def test_parameters_stand_beside_their_operation(parameter: str) -> None:
    graph = viz.graph(classifier(weight_regularizer_l2=0.1))
    places = boxes(graph)
    here, dense = (places[key] for key in keys(graph, parameter, "dense"))
    assert sum(here[2:]) == pytest.approx(sum(dense[2:]), abs=0.01)
    assert here[1] < dense[0]


def test_from_left_to_right_is_wider_than_high() -> None:
    root = svg_of(viz.graph(formula(), rankdir="LR"))
    width, height = (float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    assert width > height


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def nothing_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every program, `dot` among them."""
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("nothing_on_path")
@pytest.mark.parametrize(
    ("ending", "magic"),
    [
        (".svg", b"<?xml"),
        (".png", b"\x89PNG\r\n\x1a\n"),
        (".pdf", b"%PDF-"),
        (".dot", b"digraph"),
        (".PNG", b"\x89PNG"),
    ],
)
def test_the_ending_says_the_format(tmp_path: Path, ending: str, magic: bytes) -> None:
    path = viz.graph(formula()).save(str(tmp_path / f"graph{ending}"))
    assert path.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [path]


def test_svg_says_what_the_picture_says() -> None:
    graph = viz.graph(classifier())
    named = [*graph.picture.nodes, *graph.picture.clusters]
    assert {thing.label for thing in named} <= texts(graph)


def test_svg_has_a_title_for_every_node() -> None:
    graph = viz.graph(classifier())
    titles = {title.text for title in svg_of(graph).iter(f"{SVG}title")}
    assert {node.key for node in graph.picture.nodes} <= titles


@pytest.mark.parametrize("name", ["<b>&amp;</b>", 'a "quoted" & b', r"\N \G", "<>", "größe × ∂"])
def test_names_are_shown_as_they_are(name: str) -> None:
    assert name in texts(viz.graph(tg.Tensor(1.0, name) * 2))


def test_names_of_layers_are_shown_as_they_are() -> None:
    layer = nn.ReLU(name=r"<i> & \N")
    assert r"<i> & \N" in texts(viz.graph(layer(tg.Tensor([1.0], "x"))))


def test_png_is_large_enough_to_read(tmp_path: Path) -> None:
    path = viz.graph(formula()).save(tmp_path / "graph.png")
    width, height = np.frombuffer(path.read_bytes()[16:24], ">u4")
    assert 300 < width < 2000  # which of the two is larger depends on the fonts of the machine
    assert 300 < height < 2000


@pytest.mark.parametrize("draw", [lambda: viz.graph(formula()), lambda: viz.network(classifier())])
def test_a_png_has_as_many_dots_as_are_asked_for(
    tmp_path: Path, draw: Callable[[], Drawing]
) -> None:
    widths = []
    for dpi in (72, 216):
        path = draw().save(tmp_path / f"{dpi}.png", dpi=dpi)
        widths.append(int.from_bytes(path.read_bytes()[16:20]))
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.02)


@pytest.mark.parametrize("dpi", [0, -72, float("nan"), float("inf")])
def test_dots_an_inch_are_a_number_above_0(tmp_path: Path, dpi: float) -> None:
    with pytest.raises(ArgumentError, match=r"save\(\): dpi is .*, and must be a number above 0"):
        viz.graph(formula()).save(tmp_path / "graph.png", dpi=dpi)


def test_a_notebook_shows_it() -> None:
    assert viz.graph(formula())._repr_svg_().startswith("<?xml")


# --- what can go wrong ---------------------------------------------------------------------------


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"graph\.jpeg.*\.svg, \.png, \.pdf, \.dot"):
        viz.graph(formula()).save(tmp_path / "graph.jpeg")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"no folder .*missing"):
        viz.graph(formula()).save(tmp_path / "missing" / "graph.svg")


def test_an_array_has_no_graph() -> None:
    with pytest.raises(ArgumentError, match=r"not a ndarray.*no tape"):
        viz.graph(np.ones(3))  # type: ignore[arg-type]


def test_an_unknown_direction_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"rankdir is 'UP'.*'TB' or 'LR'"):
        viz.graph(formula(), rankdir="UP")


def test_a_model_is_finalized_first() -> None:
    with pytest.raises(GraphError, match="finalize"):
        viz.graph(Model([nn.Dense(2, 3)]))


def test_a_tape_of_older_values_is_refused() -> None:
    w = tg.Tensor(1.0, "w")
    y = w * 2
    w.data = 3.0
    with pytest.raises(GraphError, match="'w' has changed"):
        viz.graph(y)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.abort()", "exit status -6"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import time; time.sleep(60)", "stopped after 0.5 s"),
    ],
    ids=["crash", "error", "hang"],
)
def test_a_layout_that_dies_leaves_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    monkeypatch.setattr(render, "_DRAW", program)
    monkeypatch.setattr(render, "TIME_LIMIT", 0.5)
    (tmp_path / "graph.svg").write_text("before")
    graph = viz.graph(formula())
    with pytest.raises(LayoutError, match=f"{reason}.*graph.svg.dot"):
        graph.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg.dot").read_text(encoding="utf-8") == graph.dot
    assert (tmp_path / "graph.svg").read_text() == "before"


def test_a_file_in_the_working_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pygraphviz.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    assert viz.graph(formula()).svg()
    assert "pygraphviz" not in sys.modules
