"""Pages as they were asked for: a theme, a direction, a legend, what failed; and two fingers."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import Repeated, formula
from networks import Block, classifier
from pages import Visitor
from tensorgraph import nn, viz
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.picture import Picture
from tensorgraph.viz.palette import THEMES, rgb

Visit = Callable[..., Visitor]
NARROW = {"width": 390, "height": 844}


def background(visitor: Visitor) -> list[int]:
    return parts(visitor.page.evaluate("getComputedStyle(document.body).backgroundColor"))


def parts(color: str) -> list[int]:
    """Return the red, green and blue of a browser's "rgb(1, 2, 3)"."""
    return [int(part) for part in re.findall(r"\d+", color)]


def themed(color: str, theme: str = "light") -> list[int]:
    return [round(255 * part) for part in rgb(getattr(THEMES[theme], color))]


# --- themes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", ["light", "dark"])
@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_that_was_chosen_stays(visit: Visit, theme: str, screen: str) -> None:
    visitor = visit(viz.graph(formula(), theme=theme), color_scheme=screen)
    assert background(visitor) == themed("paper", theme)


@pytest.mark.parametrize("screen", ["light", "dark"])
def test_without_one_it_is_that_of_the_screen(visit: Visit, screen: str) -> None:
    assert background(visit(viz.graph(formula()), color_scheme=screen)) == themed("paper", screen)


@pytest.mark.parametrize(("theme", "drawn"), [("dark", "dark"), ("print", "light")])
def test_fields_and_scroll_bars_are_of_the_theme(visit: Visit, theme: str, drawn: str) -> None:
    page = visit(viz.graph(formula(), theme=theme), color_scheme="light").page
    assert page.get_attribute("meta[name=color-scheme]", "content") == drawn


def test_a_dark_page_is_printed_on_white_paper(visit: Visit) -> None:
    visitor = visit(viz.graph(formula(), theme="dark"))
    visitor.page.emulate_media(media="print")
    assert background(visitor) == themed("paper")


@pytest.mark.parametrize("theme", THEMES)
def test_small_print_on_a_fill_is_in_ink(visit: Visit, theme: str) -> None:
    visitor = visit(viz.graph(tg.sin(formula()), overlay="bytes", theme=theme))
    fill = visitor.page.eval_on_selector(".op .small", "it => getComputedStyle(it).fill")
    assert parts(fill) == themed("ink", theme)


# --- from left to right --------------------------------------------------------------------------


GRAPHS: dict[str, Callable[[], Any]] = {
    "formula": formula,
    "classifier": lambda: classifier(dropout=0.1, weight_regularizer_l2=0.1),
    "nested": lambda: Block(4)(tg.Tensor(np.ones((2, 4), np.float32), "x")),
    "program": lambda: compiled().program,
}


def compiled() -> Any:
    """A function of which the backward phase uses what the forward phase made."""
    step = tg.compile(lambda x: tg.grad(lambda x: tg.sum(tg.sin(x) * x))(x))
    step(np.ones(3))
    return step


def to_the_right(source: Any, **options: Any) -> viz.graphs.render.Graph:
    return viz.graph(source, rankdir="LR", **options)


def test_values_flow_to_the_right(visit: Visit) -> None:
    picture = picture_of(formula())
    places = visit(to_the_right(formula())).places()
    number = {node.key: f"n{i}" for i, node in enumerate(picture.nodes)}
    flow = [edge for edge in picture.edges if edge.tail != "n3"]  # the number 2 stands above
    for edge in flow:
        assert places[number[edge.tail]]["right"] < places[number[edge.head]]["left"]


def test_a_number_stands_above_its_user(visit: Visit) -> None:
    visitor = visit(to_the_right(formula()))
    places = visitor.places()
    number, user = (places[visitor.ids(label)[0]] for label in ("2", "a − b"))
    assert number["bottom"] < user["top"]
    assert user["left"] < (number["left"] + number["right"]) / 2 < user["right"]


@pytest.mark.parametrize("name", GRAPHS)
def test_no_box_overlaps_another(visit: Visit, name: str) -> None:
    visitor = visit(to_the_right(GRAPHS[name]()))
    if visitor.page.is_visible("#unfold"):
        visitor.page.click("#unfold")
    for (a, one), (b, other) in combinations(visitor.places().items(), 2):
        beside = one["left"] >= other["right"] or other["left"] >= one["right"]
        above = one["top"] >= other["bottom"] or other["top"] >= one["bottom"]
        assert beside or above, f"{a} overlaps {b}"


@pytest.mark.parametrize("name", ["nested", "program"])
def test_layers_hold_their_boxes_and_their_titles(visit: Visit, name: str) -> None:
    visitor = visit(to_the_right(GRAPHS[name]()))
    frames, titles, boxes = (
        visitor.page.eval_on_selector_all(
            selector, "all => all.map(it => it.getBoundingClientRect().toJSON())"
        )
        for selector in ("#boxes rect", ".title .shape", ".node.op .shape")
    )
    for box in [*titles, *boxes]:
        assert any(
            frame["left"] <= box["left"]
            and frame["top"] <= box["top"]
            and frame["right"] >= box["right"]
            and frame["bottom"] >= box["bottom"]
            for frame in frames
        )


def test_operands_enter_at_the_left(visit: Visit) -> None:
    x = tg.Tensor(np.ones((2, 2)), "x")
    y = tg.tanh(x) @ tg.exp(x)
    page = visit(to_the_right(y, names=False)).page
    texts = page.eval_on_selector_all(
        ".node.op text",
        "all => all.map(it => [it.textContent, it.getBoundingClientRect().toJSON()])",
    )
    places = {text: place for text, place in texts if text in ("a", "b", "a @ b")}
    assert places["a"]["bottom"] < places["b"]["top"]
    assert places["a"]["right"] < places["a @ b"]["left"]
    assert places["b"]["right"] < places["a @ b"]["left"]


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        ("×", "ArrowLeft", "a"),
        ("×", "ArrowRight", "a − b"),
        ("b", "ArrowUp", "a"),
        ("b", "ArrowDown", "×"),
    ],
)
def test_arrows_go_the_way_of_the_values(visit: Visit, start: str, key: str, end: str) -> None:
    visitor = visit(to_the_right(formula()))
    visitor.page.focus(visitor.box(start))
    visitor.page.keyboard.press(key)
    assert visitor.focused() == end


def test_the_gradients_stand_between_the_boxes(visit: Visit) -> None:
    x = tg.Tensor([1.0, 2.0, 3.0], "x")
    y = tg.sum(x * x + tg.sin(x))
    y.backward()
    visitor = visit(to_the_right(y, show="gradients"))
    labels = visitor.page.eval_on_selector_all(
        ".line .back", "all => all.map(it => it.getBoundingClientRect().toJSON())"
    )
    assert labels
    for label in labels:
        for box in visitor.places().values():
            beside = label["left"] >= box["right"] or box["left"] >= label["right"]
            assert beside or label["top"] >= box["bottom"] or box["top"] >= label["bottom"]


def test_a_long_one_begins_at_its_left(visit: Visit) -> None:
    y: Any = tg.Tensor(1.0, "x")
    for _ in range(60):
        y = tg.sin(y)
    visitor = visit(to_the_right(y))
    places = visitor.places()
    assert 0 < places[visitor.ids("x")[0]]["left"] < 60


# --- the legend ----------------------------------------------------------------------------------


def legend(visitor: Visitor) -> list[str]:
    return visitor.page.locator("#legend li").all_inner_texts()


def test_the_legend_stays_while_a_node_is_looked_at(visit: Visit) -> None:
    visitor = visit(viz.graph(formula(), legend=True))
    visitor.click("×")
    assert legend(visitor) == ["operation", "variable", "constant", "output"]
    assert visitor.page.is_visible("#legend")


def test_without_it_the_panel_says_what_is_what(visit: Visit) -> None:
    visitor = visit(viz.graph(formula()))
    assert not visitor.page.is_visible("#legend")
    assert visitor.page.locator("#panel .legend .op").count() == 1


def test_it_says_what_is_there(visit: Visit) -> None:
    x = tg.Tensor(3.0, "x")
    y = x * x + 2.0 * x
    y.backward()
    options: dict[str, Any] = {"show": "gradients", "overlay": "bytes", "highlight": (x, y)}
    said = legend(visit(viz.graph(y, legend=True, **options)))
    assert said[-3:] == [
        "the gradient that comes back along a line",
        "the path asked for",
        "the fuller, the more bytes",
    ]


def test_of_two_graphs_it_says_what_became_of_the_first(visit: Visit) -> None:
    x = tg.Tensor(3.0, "x")
    said = legend(visit(viz.diff(tg.exp(tg.sin(x)), tg.exp(tg.cos(x)))))
    assert {"added", "removed"} <= set(said)


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_it_fits_a_narrow_screen(visit: Visit, rankdir: str) -> None:
    graph = viz.graph(classifier(), legend=True, rankdir=rankdir)
    page = visit(graph, viewport=NARROW).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("#legend").bounding_box()
    assert box is not None
    assert box["height"] < 60


# --- what failed ---------------------------------------------------------------------------------


def misfit() -> viz.graphs.render.Graph:
    """Picture of a pass of 40 layers that died in the last."""
    x: Any = tg.Tensor(np.ones((1, 2), np.float32), "x")
    for i in range(40):
        layer = Repeated(3)
        layer.name = f"layer {i}"
        x = layer(x)
    with pytest.raises(ValueError, match="takes shape") as raised:
        nn.Dense(9, 1, name="layer 40")(x)
    return viz.graph(raised.value)


def test_what_failed_is_in_sight_with_its_message(visit: Visit) -> None:
    visitor = visit(misfit())
    assert visitor.labels(".failed") == ["Dense"]
    box = visitor.page.locator(".node.failed .shape").bounding_box()
    assert box is not None
    assert 0 < box["y"] < box["y"] + box["height"] < 800
    assert "1 × 2" in visitor.page.locator(".node.failed .small").all_text_contents()
    assert "failed: layer 'layer 40'" in visitor.page.inner_html(".node.failed")


def arrowhead(visitor: Visitor, line: str) -> list[int]:
    """Return the colour of the arrowhead on the first line of this class."""
    return parts(
        visitor.page.eval_on_selector(
            f".line.{line} path.ends",
            "it => getComputedStyle(document.querySelector("
            'getComputedStyle(it).markerEnd.slice(5, -2) + " path")).fill',
        )
    )


def test_the_arrow_to_what_failed_has_its_colour(visit: Visit) -> None:
    assert arrowhead(visit(misfit(), color_scheme="light"), "failed") == themed("failed")


@pytest.mark.parametrize("line", ["added", "removed"])
def test_arrows_have_the_colour_of_what_became_of_their_line(visit: Visit, line: str) -> None:
    x = tg.Tensor(1.0, "x")
    visitor = visit(viz.diff(tg.sin(tg.exp(x)), tg.sin(tg.log(x))), color_scheme="light")
    assert arrowhead(visitor, line) == themed(line)


def test_arrows_of_a_path_have_its_colour(visit: Visit) -> None:
    x = tg.Tensor(1.0, "x")
    y = tg.sin(x)
    visitor = visit(viz.graph(y, highlight=(x, y)), color_scheme="light")
    assert arrowhead(visitor, "asked") == themed("highlight")


def test_the_others_are_folded(visit: Visit) -> None:
    assert "layer 0" in visit(misfit()).labels(".layer")


def test_a_click_shows_the_whole_message(visit: Visit) -> None:
    visitor = visit(misfit())
    visitor.click("Dense")
    assert visitor.facts()["status"] == "failed"
    assert "or give the layer before it 9 outputs" in visitor.facts()["error"]


def test_a_folded_layer_is_marked_for_what_failed_in_it(visit: Visit) -> None:
    visitor = visit(misfit())
    visitor.page.click("#fold")
    assert visitor.labels(".failed") == ["layer 40"]


# --- sums ----------------------------------------------------------------------------------------


def test_phases_are_open_whatever_is_summed_over_them(visit: Visit) -> None:
    visitor = visit(viz.graph(classifier(), view="both", show="flops"))
    visitor.page.click("#fold")
    assert {"forward", "backward"} <= set(visitor.labels(".title"))


def test_a_folded_layer_shows_its_class_and_its_sums(visit: Visit) -> None:
    visitor = visit(viz.graph(classifier(), show="parameters"))
    visitor.page.click("#fold")
    texts = visitor.page.locator(".node.layer .small").all_text_contents()
    assert "Dense · 24 parameters" in texts


def test_a_layer_that_was_folded_before_has_no_sign_that_it_unfolds(visit: Visit) -> None:
    visitor = visit(viz.graph(classifier(), depth=0))
    assert visitor.page.locator(".node.layer").count() == 5
    assert visitor.page.locator(".node[aria-expanded], .node .sign").count() == 0


def test_it_tells_what_it_holds(visit: Visit) -> None:
    visitor = visit(viz.graph(classifier(), depth=0))
    visitor.click("dense_1")
    assert visitor.facts()["holds"] == "1 operation"


# --- two fingers ---------------------------------------------------------------------------------


Points = list[tuple[float, float]]


def touched(visitor: Visitor, *steps: Points) -> None:
    """Put fingers down at the first points, move them to the next ones, and take them off."""
    session = visitor.context.new_cdp_session(visitor.page)

    def send(kind: str, points: Points) -> None:
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    send("touchStart", steps[0])
    for points in steps[1:]:
        send("touchMove", points)
    send("touchEnd", [])
    visitor.page.wait_for_timeout(50)


def window(visitor: Visitor) -> list[float]:
    """Return which part of the picture is seen: left, top, width, height."""
    return [float(it) for it in (visitor.page.get_attribute("#picture", "viewBox") or "").split()]


def touch_screen(visit: Visit, picture: Any) -> Visitor:
    return visit(picture, viewport=NARROW, has_touch=True, is_mobile=True)


APART: list[Points] = [[(150, 300), (240, 300)], [(130, 300), (260, 300)], [(105, 300), (285, 300)]]


def test_two_fingers_apart_zoom_in_where_they_are(visit: Visit) -> None:
    visitor = touch_screen(visit, viz.graph(formula()))
    left, top, width, height = window(visitor)
    picture = visitor.page.locator("#picture").bounding_box()
    assert picture is not None
    x, y = 195 / picture["width"], (300 - picture["y"]) / picture["height"]
    held = (left + x * width, top + y * height)
    touched(visitor, *APART)
    left, top, closer, height = window(visitor)
    assert closer == pytest.approx(width / 2, rel=0.02)
    assert (left + x * closer, top + y * height) == pytest.approx(held, abs=3)


def test_two_fingers_together_zoom_out(visit: Visit) -> None:
    visitor = touch_screen(visit, viz.graph(classifier()))
    before = window(visitor)[2]
    touched(visitor, *reversed(APART))
    assert window(visitor)[2] > 1.5 * before


def test_two_fingers_side_by_side_move_the_picture(visit: Visit) -> None:
    visitor = touch_screen(visit, viz.graph(formula()))
    left, top, width, _ = window(visitor)
    touched(visitor, *([(150 + d, 300 + d), (240 + d, 300 + d)] for d in (0, 20, 40)))
    moved = window(visitor)
    scale = 390 / width
    assert moved[2] == pytest.approx(width, rel=0.02)
    assert (left - moved[0]) * scale == pytest.approx(40, abs=3)
    assert (top - moved[1]) * scale == pytest.approx(40, abs=3)


def test_a_pinch_chooses_nothing(visit: Visit) -> None:
    visitor = touch_screen(visit, viz.graph(classifier()))
    touched(visitor, *APART)
    assert visitor.page.inner_text("#panel h2") == "What is what"


def test_one_finger_goes_on_after_the_other_is_off(visit: Visit) -> None:
    visitor = touch_screen(visit, viz.graph(formula()))
    touched(visitor, *APART, [(105, 300)], [(105, 330)], [(105, 360)])
    top = window(visitor)[1]
    touched(visitor, [(105, 300)], [(105, 330)], [(105, 360)])
    assert window(visitor)[1] < top


def test_a_tap_chooses(visit: Visit) -> None:
    visitor = touch_screen(visit, viz.graph(formula()))
    visitor.page.tap(visitor.box("×"), position={"x": 12, "y": 7})
    assert visitor.page.inner_text("#panel h2") == "×"


def test_an_empty_picture_has_an_empty_legend(visit: Visit) -> None:
    graph = viz.graphs.render.Graph(Picture(), legend=True)
    assert legend(visit(graph)) == []
