"""Heat maps of larger values: their cells are means of the tape's, their colours those of cells."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import SVG, chain, svg_of, texts
from pages import Visitor
from tensorgraph import viz
from tensorgraph.viz.graphs.dot import MOST_MAPS
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.heat import heat_of
from tensorgraph.viz.graphs.page import to_data
from tensorgraph.viz.graphs.picture import Node
from tensorgraph.viz.palette import THEMES


def wave() -> tg.Tensor:
    """The sine of twelve numbers on both sides of 0, in three rows."""
    x = tg.Tensor(np.linspace(-3, 3, 12).reshape(3, 4), "x")
    return tg.sin(x)


def op(graph: Any) -> Node:
    return next(node for node in graph.picture.nodes if node.kind == "op")


# --- cells ---------------------------------------------------------------------------------------


def test_a_cell_is_an_element_where_they_are_few() -> None:
    y = wave()
    heat = op(viz.graph(y, show="values")).heat
    assert heat is not None
    assert heat.cells == tuple(map(tuple, y.data))
    assert heat.block == (1, 1)


@pytest.mark.parametrize("shape", [(16, 24), (80, 3), (2, 4, 8), (400, 400)])
def test_a_cell_is_the_mean_of_a_block(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    heat = heat_of(x)
    assert heat is not None
    rows, columns = len(heat.cells), len(heat.cells[0])
    height, width = heat.block
    blocks = x.reshape(rows, height, columns, width)
    np.testing.assert_allclose(heat.cells, blocks.mean(axis=(1, 3)))


@pytest.mark.parametrize("length", [17, 23, 100])
def test_blocks_of_other_lengths_are_means_too(length: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, length))
    heat = heat_of(x)
    assert heat is not None
    starts = [i * length // 8 for i in range(9)]
    expected = [x[:, i:j].mean(axis=1) for i, j in pairwise(starts)]
    np.testing.assert_allclose(heat.cells, np.transpose(expected))


@pytest.mark.parametrize(
    ("shape", "cells"),
    [
        ((7,), (1, 7)),
        ((300,), (1, 16)),
        ((300, 1), (16, 1)),
        ((1000, 1000), (8, 8)),
        ((2, 9), (2, 8)),
    ],
)
def test_there_are_few_cells(shape: tuple[int, ...], cells: tuple[int, int]) -> None:
    heat = heat_of(np.ones(shape))
    assert heat is not None
    assert (len(heat.cells), len(heat.cells[0])) == cells


@pytest.mark.parametrize("value", [1.5, [1.0, 2.0], np.ones((2, 3)), np.ones((0, 9)), ["a"] * 9])
def test_small_values_and_words_have_none(value: Any) -> None:
    assert heat_of(value) is None


def test_what_is_not_finite_is_no_number() -> None:
    heat = heat_of([1.0, -2.0, np.inf, np.nan, 0.0, 0.5, 1.0])
    assert heat is not None
    assert heat.shares()[0] == [0.5, -1.0, None, None, 0.0, 0.25, 0.5]
    assert heat.encoded() == "ma..ikm"


def test_truths_are_ones_and_zeros() -> None:
    heat = heat_of(np.arange(8) % 2 == 0)
    assert heat is not None
    assert heat.cells == ((1, 0) * 4,)


def test_of_complex_numbers_it_is_the_absolute_value() -> None:
    heat = heat_of(np.full(7, 3 + 4j))
    assert heat is not None
    assert heat.cells == ((5.0,) * 7,)


def test_zeros_have_no_colour() -> None:
    heat = heat_of(np.zeros(7))
    assert heat is not None
    assert heat.shares() == [[0.0] * 7]


# --- drawn ---------------------------------------------------------------------------------------


def squares(graph: Any) -> list[str]:
    """The colours of the cells on an SVG, in their order."""
    found = []
    for group in svg_of(graph).iter(f"{SVG}g"):
        if group.get("class") == "node":
            for shape in group.iter(f"{SVG}polygon"):
                points = [
                    tuple(map(float, p.split(","))) for p in (shape.get("points") or "").split()
                ]
                width = max(x for x, _ in points) - min(x for x, _ in points)
                if width == pytest.approx(9) and shape.get("fill") != "none":
                    found.append(shape.get("fill") or "")
    return found


@pytest.mark.parametrize("theme", THEMES)
def test_the_colours_are_those_of_the_tapes_values(theme: str) -> None:
    y = wave()
    y = y * 1.0  # a constant has no cells
    colors = squares(viz.graph(y, show="values", theme=theme))
    expected = []
    for node in tg.tape(y):
        greatest = np.abs(node.value).max()
        expected += [THEMES[theme].heat(x / greatest) for x in node.value.ravel()]
    assert [color.replace("white", "#ffffff") for color in colors] == expected


def test_values_that_were_not_asked_for_are_not_drawn() -> None:
    assert squares(viz.graph(wave())) == []


def test_the_legend_says_what_the_colours_are() -> None:
    written = texts(viz.graph(wave(), show="values", legend=True))
    assert any(text.startswith("heat map: negative, 0, positive") for text in written)


def test_the_legend_is_silent_where_there_is_none() -> None:
    x = tg.Tensor(1.0, "x")
    assert not any("heat map" in t for t in texts(viz.graph(x * x, show="values", legend=True)))


def test_sideways_too() -> None:
    assert len(squares(viz.graph(wave(), show="values", rankdir="LR"))) == 24


def test_what_repeats_has_none() -> None:
    x = tg.Tensor(np.ones(9), "x")
    for _ in range(12):
        x = x * 1.1
    picture = viz.graph(x, show="values", collapse="repeats").picture
    assert [n.heat for n in picture.nodes if n.kind == "op"] == [None]


def test_of_very_many_the_page_alone_has_them() -> None:
    x = tg.Tensor(np.ones(9), "x")
    for _ in range(MOST_MAPS + 1):
        x = tg.sin(x)
    graph = viz.graph(x, show="values")
    assert 'bgcolor="#0072b2"' not in graph.dot
    assert all(len(row) == 15 for row in to_data(graph.whole)["nodes"][:-1])


def test_a_long_chain_of_numbers_has_none() -> None:
    assert not any(node.heat for node in viz.graph(chain(20), show="values").picture.nodes)


# --- on the page ---------------------------------------------------------------------------------


def test_the_panel_has_the_map(visit: Callable[..., Visitor]) -> None:
    y = wave()
    visitor = visit(viz.graph(y, show="values"))
    visitor.click("sin")
    assert visitor.page.locator("#panel .heat rect").count() == 12
    words = visitor.page.inner_text("#panel figcaption")
    assert words == f"each cell is one element; the fullest is ±{np.abs(y.data).max():.4g}"
    assert visitor.troubles == []


def test_the_panel_has_the_colours(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viz.graph(tg.Tensor([1.0, -1.0, 0.0] * 3, "x") * 2.0, show="values"))
    visitor.click("×")
    colors = visitor.page.eval_on_selector_all(
        "#panel .heat rect", "all => all.map(it => getComputedStyle(it).fill)"
    )
    theme = THEMES["light"]
    wanted = [theme.positive, theme.negative, theme.zero] * 3
    for color, hex_color in zip(colors, wanted, strict=True):
        parts = [float(x) for x in color.partition("srgb ")[2].rstrip(")").split()]
        np.testing.assert_allclose(
            parts, [int(hex_color[i : i + 2], 16) / 255 for i in (1, 3, 5)], atol=0.01
        )


def test_other_values_have_no_map(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viz.graph(tg.Tensor(2.0, "x") * 2.0, show="values"))
    visitor.click("×")
    assert visitor.page.locator("#panel .heat").count() == 0


def test_structure_alone_has_none() -> None:
    assert not any(node.heat for node in picture_of(wave()).nodes)
