"""What can be asked of a graph: names, a path, fills, themes, a legend, labels of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgraph as tg
from drawings import SVG, chain, deep, formula, svg_of, texts
from networks import Block, classifier
from tensorgraph import viz
from tensorgraph.errors import ArgumentError
from tensorgraph.viz.graphs.labels import FULLEST
from tensorgraph.viz.graphs.picture import Node, Picture
from tensorgraph.viz.palette import THEMES


def labels(picture: Picture) -> set[str]:
    return {node.label for node in picture.nodes}


def find(picture: Picture, label: str) -> Node:
    return next(node for node in picture.nodes if node.label == label)


def compiled() -> Any:
    """A program with a backward phase that uses what the forward phase made."""
    w = tg.Tensor(np.ones(3, np.float32), "w")

    @tg.compile
    def step(x: Any) -> Any:
        loss = tg.sum(tg.sin(w * x) * 2.0)
        loss.backward()
        return loss

    step(np.ones(3, np.float32))
    return step


# --- names ---------------------------------------------------------------------------------------


def test_variables_of_the_frame_give_their_names() -> None:
    speed = tg.Tensor(3.0)
    energy = speed * speed
    assert labels(viz.graph(energy).picture) == {"speed", "×", "energy"}


def test_values_in_between_get_names_too() -> None:
    x = tg.Tensor(3.0)
    half = x * 0.5
    assert find(viz.graph(tg.sin(half)).picture, "×").name == "half"


def test_arrays_get_names_too() -> None:
    scale = np.ones(3)
    assert "scale" in labels(viz.graph(tg.Tensor(2.0) * scale).picture)


def test_a_name_of_its_own_comes_first() -> None:
    other = tg.Tensor(3.0, "mass")
    assert "mass" in labels(viz.graph(other * 2).picture)


def test_of_two_names_the_first_counts() -> None:
    first = tg.Tensor(3.0)
    second = first
    assert "first" in labels(viz.graph(second * 2).picture)


def test_names_with_an_underscore_do_not_count() -> None:
    _ = tg.Tensor(3.0)
    assert "variable" in labels(viz.graph(_ * 2).picture)


def test_names_can_be_left_alone() -> None:
    speed = tg.Tensor(3.0)
    assert labels(viz.graph(speed * speed, names=False).picture) == {"variable", "×", "result"}


def test_other_frames_are_not_looked_at() -> None:
    def made() -> tg.Tensor:
        inside = tg.Tensor(3.0)
        return inside * 2.0

    assert "inside" not in labels(viz.graph(made()).picture)


# --- constants, labels ---------------------------------------------------------------------------


def test_constants_are_left_out_on_request() -> None:
    picture = viz.graph(formula() * np.ones(3), constants=False).picture
    assert {node.kind for node in picture.nodes} == {"variable", "op", "output"}
    keys = {node.key for node in picture.nodes}
    assert all(edge.tail in keys and edge.head in keys for edge in picture.edges)


def test_labels_of_ones_own() -> None:
    graph = viz.graph(formula(), label=lambda node: "times" if node.label == "×" else None)
    assert "times" in texts(graph)
    assert {"a", "b", "z"} <= labels(graph.picture)


def test_a_label_is_a_text() -> None:
    with pytest.raises(ArgumentError, match=r"label\(node\) is a text or None, not 3"):
        viz.graph(formula(), label=lambda node: 3)  # type: ignore[arg-type,return-value]


# --- the path between two tensors ----------------------------------------------------------------


def fork() -> tuple[tg.Tensor, tg.Tensor, tg.Tensor]:
    x, y = tg.Tensor(3.0, "x"), tg.Tensor(2.0, "y")
    return x, y, tg.sin(x) * y + tg.cos(x)


def lit(picture: Picture) -> set[str]:
    return {node.label for node in picture.nodes if node.lit}


def test_a_path_is_every_way_between_two_tensors() -> None:
    x, _, z = fork()
    picture = viz.graph(z, highlight=(x, z)).picture
    assert lit(picture) == {"x", "sin", "×", "cos", "+", "z"}
    names = {node.key: node.label for node in picture.nodes}
    assert {(names[e.tail], names[e.head]) for e in picture.edges if e.lit} == {
        ("x", "sin"),
        ("sin", "×"),
        ("×", "+"),
        ("x", "cos"),
        ("cos", "+"),
        ("+", "z"),
    }


def test_a_path_of_another_variable_goes_another_way() -> None:
    _, y, z = fork()
    assert lit(viz.graph(z, highlight=(y, z)).picture) == {"y", "×", "+", "z"}


def test_a_path_that_ends_before_the_result_leaves_it_as_it_is() -> None:
    x, _, z = fork()
    y = tg.sin(z)
    assert lit(viz.graph(y, highlight=(x, z)).picture) == {"x", "sin", "×", "cos", "+"}


def test_a_path_has_no_direction() -> None:
    x, _, z = fork()
    assert viz.graph(z, highlight=(z, x)).picture == viz.graph(z, highlight=(x, z)).picture


def test_a_path_is_bold_as_well_as_coloured() -> None:
    x, _, z = fork()
    widths = [path.get("stroke-width") for path in svg_of(viz.graph(z)).iter(f"{SVG}path")]
    bold = svg_of(viz.graph(z, highlight=(x, z))).iter(f"{SVG}path")
    assert "3" not in widths
    assert [path.get("stroke-width") for path in bold].count("3") >= 5


def test_a_path_through_folded_layers_lights_them() -> None:
    model = deep(layers=20, times=100)
    loss = model.expression()
    weights = tg.tape(loss).leaves[0]
    picture = viz.graph(loss, highlight=(tg.Tensor._of(weights), loss)).picture
    assert {"repeated_1", "repeated_20", "loss"} <= lit(picture)
    assert sum(edge.lit for edge in picture.edges) >= 20


def test_no_path_is_an_error() -> None:
    x, y, z = fork()
    with pytest.raises(ArgumentError, match=r"nothing leads from .*'x'.* to .*'y'"):
        viz.graph(z, highlight=(x, y))


def test_a_tensor_that_is_not_drawn_has_no_path() -> None:
    x, _, z = fork()
    with pytest.raises(ArgumentError, match=r"highlight names <leaf 'w'"):
        viz.graph(z, highlight=(x, tg.Tensor(1.0, "w")))


@pytest.mark.parametrize("highlight", [(1, 2), (tg.Tensor(1.0),), ["x", "y"]])
def test_a_path_has_two_ends(highlight: Any) -> None:
    with pytest.raises(ArgumentError, match="highlight is two tensors"):
        viz.graph(formula(), highlight=highlight)


# --- fills ---------------------------------------------------------------------------------------


def fills(graph: Any) -> dict[str, str]:
    """The fill of each operation and parameter, by key."""
    found = {}
    for group in svg_of(graph).iter(f"{SVG}g"):
        if group.get("class") == "node":
            title = group.find(f"{SVG}title")
            shapes = [s for s in group.iter() if s.get("fill") not in (None, "none")]
            if title is not None and title.text and shapes:
                found[title.text] = shapes[0].get("fill") or ""
    return found


def test_bytes_fill_the_boxes() -> None:
    x = tg.Tensor(np.ones(8), "x")
    graph = viz.graph(tg.sum(tg.sin(x)), overlay="bytes")
    weights = {node.label: node.weight for node in graph.picture.nodes}
    assert (weights["sin"], weights["sum"]) == (64.0, 8.0)
    assert {"64 bytes", "8 bytes"} <= texts(graph)
    sin, total = (find(graph.picture, label).key for label in ("sin", "sum"))
    light = {key: int(fill[5:7], 16) for key, fill in fills(graph).items() if len(fill) == 7}
    assert light[sin] < light[total]


def test_gradients_fill_the_boxes() -> None:
    x = tg.Tensor([3.0, 4.0], "x")
    z = tg.sum(tg.square(x) * 0.5)
    picture = viz.graph(z, overlay="gradient").picture
    assert find(picture, "x²").weight == pytest.approx(np.sqrt(0.5))
    assert "gradient norm 0.7071" in (find(picture, "x²").lines or ())


def test_gradients_fill_variables() -> None:
    x = tg.Tensor([3.0, 4.0], "x")
    picture = viz.graph(tg.sum(tg.square(x) * 0.5), overlay="gradient").picture
    assert find(picture, "x").weight == pytest.approx(5.0)
    assert find(picture, "x").lines == ("length 2", "gradient norm 5")


def test_kept_values_fill_the_boxes() -> None:
    step = compiled()
    picture = viz.graph(step.program_before, overlay="kept").picture
    kept = {node.label for node in picture.nodes if node.weight}
    made = [e for e in step.program_before.equations if e.mark.phase == "forward"]
    later = [e for e in step.program_before.equations if e.mark.phase != "forward"]
    used = {x for e in later for x in e.variables}
    assert len(kept) == len({e.out for e in made if e.out in used}) > 0
    assert "sum" not in kept


def test_an_unknown_fill_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"overlay is 'age'.*'bytes', 'gradient', 'kept'"):
        viz.graph(formula(), overlay="age")


@pytest.mark.parametrize(
    "wish",
    [{"show": "gradients"}, {"overlay": "gradient"}, {"overlay": "time"}, {"overlay": "dead"}],
)
def test_a_program_has_no_values(wish: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="a program has no values"):
        viz.graph(compiled().program, **wish)


# --- themes and legend ---------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_themes_have_their_paper_and_ink(theme: str) -> None:
    dot = viz.graph(classifier(), theme=theme, legend=True).dot
    assert f'bgcolor="{THEMES[theme].paper}"' in dot
    others = {t.operation for name, t in THEMES.items() if name != theme}
    assert not any(color in dot for color in others - {THEMES[theme].operation})


def test_print_has_no_colours() -> None:
    colors = {
        word for word in viz.graph(classifier(), theme="print").dot.split('"') if word[:1] == "#"
    }
    assert all(color[1:3] == color[3:5] == color[5:7] for color in colors)


@pytest.mark.parametrize("theme", THEMES)
def test_ink_can_be_read_on_every_fill(theme: str) -> None:
    colors = THEMES[theme]
    for kind in ("op", "variable", "parameter", "output"):
        assert contrast(colors.ink, colors.tint(colors.color(kind))) > 7
    for text in (colors.faint_ink, colors.gradient):
        assert contrast(text, colors.paper) > 4.5
    assert contrast(colors.ink, colors.tint(colors.gradient, FULLEST)) > 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it."""
    lights = sorted(map(luminance, (one, other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"theme is 'neon'.*'light', 'dark', 'print'"):
        viz.graph(formula(), theme="neon")


def test_a_legend_names_the_kinds_that_are_there() -> None:
    written = texts(viz.graph(formula(), legend=True))
    assert {"operation", "variable", "result"} <= written
    assert "parameter" not in written


def test_a_legend_says_what_is_bold() -> None:
    x, _, z = fork()
    assert "bold: the path asked for" in texts(viz.graph(z, highlight=(x, z), legend=True))


def test_a_legend_stands_beside_the_note() -> None:
    written = texts(viz.graph(chain(5000), legend=True))
    assert "operation" in written
    assert any("5,000" in text or "10,002 nodes" in text for text in written)


# --- folded on request ---------------------------------------------------------------------------


def nested() -> tg.Tensor:
    """Two layers that each have layers in them."""
    x = np.ones((2, 4), np.float32)
    first, second = Block(4), Block(4)
    first.name, second.name = "first", "second"
    return second(first(x))


def folded(picture: Picture) -> list[str]:
    return [node.label for node in picture.nodes if node.kind == "layer"]


def test_depth_0_is_the_outermost_layers() -> None:
    picture = viz.graph(nested(), depth=0).picture
    assert folded(picture) == ["first", "second"]
    assert picture.clusters == []
    assert picture.note == "2 layers are drawn as one box each"


def test_depth_1_is_what_is_in_them() -> None:
    picture = viz.graph(nested(), depth=1).picture
    assert [cluster.label for cluster in picture.clusters] == ["first", "second"]
    clusters = {cluster.key for cluster in picture.clusters}
    assert all(node.cluster in clusters for node in picture.nodes if node.kind == "layer")
    assert len(folded(picture)) > 2


def test_a_large_depth_folds_nothing() -> None:
    y = nested()
    assert viz.graph(y, depth=9).picture == viz.graph(y).picture


def test_layers_can_be_folded_by_name() -> None:
    assert folded(viz.graph(nested(), collapse="layers").picture) == ["first", "second"]


def test_layers_can_be_chosen() -> None:
    picture = viz.graph(nested(), collapse=lambda layer: layer.label == "second").picture
    assert folded(picture) == ["second"]
    assert "first" in {cluster.label for cluster in picture.clusters}


def test_what_repeats_can_be_folded() -> None:
    picture = viz.graph(chain(12), collapse="repeats").picture
    assert [cluster.label for cluster in picture.clusters] == ["× 12"]


def test_nothing_repeats_says_nothing() -> None:
    assert viz.graph(formula(), collapse="repeats").picture.note == ""


def test_phases_of_a_program_can_be_folded() -> None:
    picture = viz.graph(compiled().program_before, depth=0).picture
    assert {"forward", "backward"} <= set(folded(picture))


@pytest.mark.parametrize("depth", [-1, 1.5, "all"])
def test_a_depth_is_a_number_of_layers(depth: Any) -> None:
    with pytest.raises(ArgumentError, match=r"depth is .* must be None or 0, 1, 2"):
        viz.graph(formula(), depth=depth)


def test_an_unknown_way_to_fold_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"collapse is 'all'.*'layers', 'repeats'"):
        viz.graph(formula(), collapse="all")
