"""Compute graphs as pages: seen, clicked and typed at in a real browser, at two widths."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import chain, deep, formula
from networks import Block, classifier
from pages import Visitor, saved
from tensorgraph import losses, nn, viz
from tensorgraph.models import Model
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.page import to_data, to_page
from tensorgraph.viz.graphs.picture import Cluster, Edge, Node, Picture
from tensorgraph.viz.graphs.render import Graph

EVIL = "</script><img src=x onerror=alert(1)>&lt;'\"\\n${alert(2)}"
NARROW = {"width": 390, "height": 844}


def twenty() -> Model:
    """A network of 20 layers."""
    model = Model()
    for i in range(10):
        model.add(nn.Dense(8 if i else 2, 8, weight_regularizer_l2=0.01 if i == 3 else 0))
        model.add(nn.ReLU())
    model.set(loss=losses.MeanSquaredError())
    model.finalize()
    return model


def straight(length: int) -> Picture:
    """A picture of one layer with so many operations."""
    nodes = [Node("x", "variable", "x", "scalar", "float64")]
    nodes += [Node(f"n{i}", "op", "tanh", "scalar", "float64", cluster="c0") for i in range(length)]
    edges = [Edge(one.key, other.key) for one, other in pairwise(nodes)]
    return Picture(nodes, edges, [Cluster("c0", "long", "Long")])


def with_facts() -> Picture:
    """Picture of a product that knows its value and gradient."""
    facts = (("value", "12"), ("gradient", "1.5"), ("formula", "a * b"), ("line", "z = a * b"))
    return Picture(
        [
            Node("n0", "variable", "a", "scalar", "float64"),
            Node("n1", "variable", "b", "scalar", "float64"),
            Node("n2", "op", "×", "scalar", "float64", name="z", facts=facts),
        ],
        [Edge("n0", "n2"), Edge("n1", "n2")],
    )


# --- the file ------------------------------------------------------------------------------------


def data_of(page: str) -> dict[str, Any]:
    """Return the data in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_page_holds_the_picture() -> None:
    picture = with_facts()
    data = data_of(to_page(picture))
    assert data.items() >= to_data(picture).items()
    words = data["words"]
    assert [words[node[1]] for node in data["nodes"]] == ["a", "b", "×"]
    *_, facts, _, _, _ = data["nodes"][2]
    assert [words[place] for place in facts][:4] == ["value", "12", "gradient", "1.5"]
    assert [edge[:2] for edge in data["edges"]] == [[0, 2], [1, 2]]


def test_words_with_signs_of_html_are_data_alone() -> None:
    page = to_page(Picture([Node("n0", "variable", EVIL, "scalar", "float64")]))
    assert "<img" not in page
    assert EVIL in data_of(page)["words"]


def test_twenty_layers_take_under_a_megabyte(tmp_path: Path) -> None:
    assert saved(twenty(), tmp_path).stat().st_size < 1_000_000


def test_ten_thousand_operations_take_under_five_megabytes(tmp_path: Path) -> None:
    path = saved(deep(layers=200, times=50), tmp_path)
    assert len(data_of(path.read_text(encoding="utf-8"))["nodes"]) > 10_000
    assert path.stat().st_size < 5_000_000


def test_what_cannot_be_unfolded_is_folded_as_in_other_formats() -> None:
    graph = viz.graph(chain(5000))
    data = data_of(graph.drawn("html").decode())
    assert data.items() >= to_data(graph.picture).items()


def test_two_runs_give_the_same_page() -> None:
    assert viz.graph(classifier()).drawn("html") == viz.graph(classifier()).drawn("html")


# --- how it opens --------------------------------------------------------------------------------

GRAPHS: dict[str, Callable[[], Any]] = {
    "one node": lambda: Graph(Picture([Node("n0", "variable", "x", "scalar", "float64")])),
    "formula": formula,
    "classifier": lambda: classifier(dropout=0.1, weight_regularizer_l2=0.1),
    "nested": lambda: Block(4)(tg.Tensor(np.ones((2, 4), np.float32), "x")),
    "twenty layers": twenty,
    "chain": lambda: chain(5000),
    "ten thousand operations": lambda: deep(layers=200, times=50),
}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", GRAPHS)
def test_opens_and_shows_boxes(visit: Callable[..., Visitor], name: str, width: int) -> None:
    visitor = visit(GRAPHS[name](), viewport={"width": width, "height": 800})
    assert any(0 < box["left"] < box["right"] < width for box in visitor.places().values())
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", [name for name in GRAPHS if name != "ten thousand operations"])
def test_no_box_overlaps_another(visit: Callable[..., Visitor], name: str) -> None:
    visitor = visit(GRAPHS[name]())
    if visitor.page.is_visible("#unfold"):
        visitor.page.click("#unfold")
    for (a, one), (b, other) in combinations(visitor.places().items(), 2):
        beside = one["left"] >= other["right"] or other["left"] >= one["right"]
        above = one["top"] >= other["bottom"] or other["top"] >= one["bottom"]
        assert beside or above, f"{a} overlaps {b}"


def test_a_network_is_a_column(visit: Callable[..., Visitor]) -> None:
    visitor = visit(classifier())
    places = visitor.places()
    boxes = [places[visitor.ids(label)[0]] for label in ("x", "dense", "relu")]
    middles = [(box["left"] + box["right"]) / 2 for box in boxes]
    assert np.ptp(middles) < 2


def test_values_flow_down(visit: Callable[..., Visitor]) -> None:
    picture = picture_of(formula())
    places = visit(Graph(picture)).places()
    number = {node.key: f"n{i}" for i, node in enumerate(picture.nodes)}
    flow = [edge for edge in picture.edges if edge.tail != "n3"]  # the number 2 stands beside
    for edge in flow:
        assert places[number[edge.tail]]["bottom"] < places[number[edge.head]]["top"]


def test_the_panel_is_below_on_a_narrow_screen(visit: Callable[..., Visitor]) -> None:
    page = visit(formula(), viewport=NARROW).page
    picture, panel = (page.locator(it).bounding_box() for it in ("#picture", "#panel"))
    assert picture is not None
    assert panel is not None
    assert panel["y"] >= picture["y"] + picture["height"] > 300
    assert panel["width"] == 390


def test_dark_where_the_reader_likes_it_dark(visit: Callable[..., Visitor]) -> None:
    page = visit(formula(), color_scheme="dark").page
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", color))) < 60


def test_printed_as_a_whole(visit: Callable[..., Visitor]) -> None:
    page = visit(twenty()).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible("#query")
    box = page.locator("#picture").bounding_box()
    content = page.locator("#nodes").bounding_box()
    assert box is not None
    assert content is not None
    assert box["height"] >= content["height"] > 800


# --- clicks --------------------------------------------------------------------------------------


def test_click_shows_every_fact(visit: Callable[..., Visitor]) -> None:
    visitor = visit(Graph(with_facts()))
    visitor.click("×")
    facts = visitor.facts()
    wanted = {"name": "z", "shape": "scalar", "dtype": "float64"}
    assert facts == wanted | dict(with_facts().nodes[2].facts)


def test_gradients_are_on_lines_and_in_the_panel(visit: Callable[..., Visitor]) -> None:
    x = tg.Tensor(3.0, "x")
    y = x * x + 2.0 * x
    y.backward()
    visitor = visit(viz.graph(y, show="gradients"))
    assert set(visitor.page.locator(".line .back").all_text_contents()) == {"3 + 3", "2"}
    visitor.click("x")
    assert visitor.facts()["value"] == "3"
    assert visitor.facts()["gradient"] == "8 = 3 + 3 + 2"
    assert "gradient 2" in visitor.page.inner_text("#panel .links")


def test_a_path_that_was_asked_for_is_marked(visit: Callable[..., Visitor]) -> None:
    a, b = tg.Tensor(3.0, "a"), tg.Tensor(4.0, "b")
    z = (a * b - 2.0) * b
    visitor = visit(viz.graph(z, highlight=(a, z)))
    assert visitor.labels(".asked")[:2] == ["a", "×"]
    assert "b" not in visitor.labels(".asked")


def test_what_became_of_a_graph_is_marked(visit: Callable[..., Visitor]) -> None:
    x = tg.Tensor(3.0, "x")
    visitor = visit(viz.diff(tg.exp(tg.sin(x)), tg.exp(tg.cos(x) * 2.0)))
    assert visitor.labels(".op.removed") == ["sin"]
    assert set(visitor.labels(".op.added")) == {"cos", "×"}


def test_a_program_opens_its_phases(visit: Callable[..., Visitor]) -> None:
    step = tg.compile(lambda x: tg.grad(lambda x: tg.sum(tg.sin(x) * x))(x))
    step(np.ones(3))
    visitor = visit(step.program)
    assert {"sin", "cos"} <= set(visitor.labels(".op"))


def test_panel_leads_to_operands_and_back(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    visitor.click("×")
    visitor.page.click("#panel .links button:has-text('a')")
    assert visitor.page.inner_text("#panel h2") == "a"
    visitor.page.click("#panel .links button:has-text('×')")
    assert visitor.page.inner_text("#panel h2") == "×"


@pytest.mark.parametrize("label", ["a", "b", "×", "a − b", "z"])
def test_panel_has_the_numbers_of_the_tape(visit: Callable[..., Visitor], label: str) -> None:
    visitor = visit(formula())
    visitor.click(label)
    wanted = {"a": "3", "b": "4", "×": "12", "a − b": "10", "z": "10"}
    assert visitor.facts()["value"] == wanted[label]


def test_click_unfolds_a_layer_and_its_title_folds_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    assert "dense" not in visitor.labels()
    before = visitor.page.locator(visitor.box("dense_2")).bounding_box()
    visitor.click("dense_2")
    assert visitor.labels().count("dense") == 1
    assert visitor.facts()["class"] == "Dense"
    after = visitor.page.locator(visitor.box("dense_2")).bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 8
    visitor.click("dense_2")
    assert "dense" not in visitor.labels()


def test_all_layers_at_once(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    folded = visitor.labels()
    visitor.page.click("#unfold")
    assert visitor.labels(".op").count("dense") == 10
    visitor.page.click("#fold")
    assert visitor.labels() == folded


def test_too_many_nodes_are_not_unfolded_at_once(visit: Callable[..., Visitor]) -> None:
    visitor = visit(deep(layers=200, times=50))
    visitor.page.click("#unfold")
    assert "too many" in visitor.page.inner_text("#status")
    assert len(visitor.labels()) < 300


def test_a_thousand_nodes_unfold_and_answer(visit: Callable[..., Visitor]) -> None:
    visitor = visit(Graph(straight(1000)))
    visitor.page.click("#fold")
    visitor.click("long")
    assert visitor.labels().count("tanh") == 1000
    visitor.click("long")
    assert "tanh" not in visitor.labels()


@pytest.mark.parametrize("label", ["long", EVIL])
def test_text_is_never_read_as_html(visit: Callable[..., Visitor], label: str) -> None:
    node = Node(
        "n0", "op", EVIL, EVIL, EVIL, name=EVIL, detail=EVIL, cluster="c0", facts=((EVIL, EVIL),)
    )
    picture = Picture([node], [], [Cluster("c0", label, EVIL)], note=EVIL)
    visitor = visit(Graph(picture))
    assert EVIL in visitor.page.inner_text("#panel .note")
    visitor.page.focus("#n0")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.text_content("#panel h2") == EVIL
    assert visitor.facts()[EVIL] == EVIL
    visitor.page.keyboard.press("Escape")
    visitor.page.click("#list summary")
    assert visitor.page.locator("img").count() == 0


def test_text_can_be_selected(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    text = visitor.page.locator(f"{visitor.box('z')} .small").bounding_box()
    assert text is not None
    visitor.page.mouse.move(text["x"] + 1, text["y"] + 6)
    visitor.page.mouse.down()
    visitor.page.mouse.move(text["x"] + text["width"] - 1, text["y"] + 6, steps=4)
    visitor.page.mouse.up()
    assert visitor.page.evaluate("String(getSelection())") == "output · scalar"
    assert visitor.page.inner_text("#panel h2") == "What is what"


# --- what lights up ------------------------------------------------------------------------------


def lit(visitor: Visitor) -> tuple[set[str], set[str]]:
    """Return the labels of what is lit as coming before, and as coming after."""
    return set(visitor.labels(".before")), set(visitor.labels(".after"))


def test_hover_lights_what_comes_before_and_after(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    visitor.page.hover(visitor.box("×"))
    assert lit(visitor) == ({"a", "b"}, {"a − b", "z"})
    assert visitor.page.locator(".line.before").count() == 2
    assert visitor.page.locator(".line.after").count() == 2
    visitor.page.mouse.move(5, 400)
    assert lit(visitor) == (set(), set())


def test_focus_lights_them_too(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    visitor.page.focus(visitor.box("a"))
    assert lit(visitor) == (set(), {"×", "a − b", "z"})


def test_a_folded_layer_lights_up_for_what_is_in_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    visitor.page.hover(visitor.box("relu_1"))
    before, after = lit(visitor)
    assert {"x", "dense_1"} & before == before - {"array"}
    assert {"dense_2", "relu_10", "loss"} <= after
    assert "penalty" not in after


# --- search --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "number"), [("biases", 10), ("DENSE_4", 3), ("relu", 10), ("1 × 8", 10), ("zzz", 0)]
)
def test_search_finds_names_layers_and_shapes(
    visit: Callable[..., Visitor], query: str, number: int
) -> None:
    visitor = visit(twenty())
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type(query)
    assert visitor.page.inner_text("#found") == str(number)
    assert bool(visitor.labels(".found")) is (number > 0)


def test_enter_goes_through_what_was_found(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    visitor.page.keyboard.press("/")
    visitor.page.keyboard.type("biases")
    seen = []
    for key in ("Enter", "Enter", "Shift+Enter"):
        visitor.page.keyboard.press(key)
        seen.append((visitor.page.inner_text("#found"), visitor.facts()["layer"]))
    assert seen == [("1 of 10", "dense_1"), ("2 of 10", "dense_2"), ("1 of 10", "dense_1")]
    visitor.page.keyboard.press("Escape")
    assert visitor.page.input_value("#query") == ""


# --- keys ----------------------------------------------------------------------------------------


def test_tab_goes_along_the_tape(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    visitor.page.focus("#picture")
    seen = []
    for _ in range(6):
        visitor.page.keyboard.press("Tab")
        seen.append(visitor.focused())
    assert seen == ["a", "b", "×", "2", "a − b", "z"]


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        ("×", "ArrowUp", "a"),
        ("×", "ArrowDown", "a − b"),
        ("a − b", "ArrowUp", "×"),
        ("b", "ArrowLeft", "a"),
        ("b", "ArrowRight", "×"),
        ("z", "ArrowDown", "z"),
    ],
)
def test_arrows_go_to_operands_and_users(
    visit: Callable[..., Visitor], start: str, key: str, end: str
) -> None:
    visitor = visit(formula())
    visitor.page.focus(visitor.box(start))
    visitor.page.keyboard.press(key)
    assert visitor.focused() == end


def test_enter_opens_and_escape_closes(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    visitor.page.focus(visitor.box("×"))
    visitor.page.keyboard.press("Enter")
    assert visitor.page.inner_text("#panel h2") == "×"
    visitor.page.keyboard.press("Escape")
    assert visitor.page.inner_text("#panel h2") == "What is what"
    assert visitor.focused() == "×"


def test_enter_unfolds_a_layer_and_the_focus_stays_on_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    for expanded in ("true", "false"):
        visitor.page.focus(visitor.box("dense_2"))
        visitor.page.keyboard.press("Enter")
        assert visitor.focused() == "dense_2"
        assert visitor.page.get_attribute(visitor.box("dense_2"), "aria-expanded") == expanded


def window(visitor: Visitor) -> list[float]:
    """Return which part of the picture is seen: left, top, width, height."""
    return [float(it) for it in (visitor.page.get_attribute("#picture", "viewBox") or "").split()]


@pytest.mark.parametrize(
    ("key", "place", "grows"),
    [("+", 2, False), ("-", 2, True), ("ArrowRight", 0, True), ("ArrowUp", 1, False)],
)
def test_keys_zoom_and_pan(
    visit: Callable[..., Visitor], key: str, place: int, grows: bool
) -> None:
    visitor = visit(twenty())
    before = window(visitor)[place]
    visitor.page.keyboard.press(key)
    assert (window(visitor)[place] > before) is grows


def test_zero_shows_everything(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    visitor.page.keyboard.press("0")
    assert all(46 < box["top"] < box["bottom"] < 800 for box in visitor.places().values())


def test_wheel_zooms_about_the_pointer(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    box = visitor.box("×")
    visitor.page.hover(box)
    before = visitor.page.locator(f"{box} .shape").bounding_box()
    visitor.page.mouse.wheel(0, -300)
    visitor.page.wait_for_function(f"document.querySelector('{box}').getBBox().width > 0")
    after = visitor.page.locator(f"{box} .shape").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 1.3 * before["width"]
    middles = [it["x"] + it["width"] / 2 for it in (before, after)]
    assert abs(middles[0] - middles[1]) < 2


def test_drag_pans(visit: Callable[..., Visitor]) -> None:
    visitor = visit(formula())
    left, top, *_ = window(visitor)
    visitor.page.mouse.move(100, 300)
    visitor.page.mouse.down()
    visitor.page.mouse.move(160, 340, steps=4)
    visitor.page.mouse.up()
    moved = window(visitor)
    assert moved[0] < left
    assert moved[1] < top


# --- for those who listen ------------------------------------------------------------------------


def test_boxes_say_what_they_are(visit: Callable[..., Visitor]) -> None:
    page = visit(formula()).page
    assert page.get_by_role("button", name="operation, ×, scalar").count() == 1
    assert page.get_by_role("button", name="variable, a, scalar").count() == 1


def test_what_happened_is_said(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    visitor.page.focus(visitor.box("dense_2"))
    visitor.page.keyboard.press("Enter")
    status = visitor.page.locator("[role=status][aria-live=polite]")
    assert status.inner_text().startswith("layer dense_2")


def test_all_nodes_are_a_list_too(visit: Callable[..., Visitor]) -> None:
    visitor = visit(twenty())
    visitor.page.click("#list summary")
    items = visitor.page.locator("#list ol li")
    assert items.count() == len(picture_of(twenty()).nodes)
    items.nth(3).locator("button").click()
    assert visitor.page.locator("#panel.node").count() == 1
