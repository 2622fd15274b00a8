"""Floating-point operations on pictures: by row, in layers, on the page's data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

import tensorgraph as tg
from drawings import texts
from networks import Block
from pages import Visitor, chromium, saved
from tensorgraph import nn, viz
from tensorgraph.compiler import expand
from tensorgraph.compiler import program as ir
from tensorgraph.primitive import REGISTRY
from tensorgraph.viz.graphs.flops import COUNTS, FREE, PER_ELEMENT, flops
from tensorgraph.viz.graphs.graph import picture_of
from tensorgraph.viz.graphs.page import to_data
from tensorgraph.viz.graphs.picture import Picture

UNCOUNTED = {
    *("argsort", "argpartition", "searchsorted", "digitize", "unwrap"),
    *("fft", "ifft", "rfft", "irfft"),
    *("solve", "inv", "det", "adjugate", "adjugate_slope", "slogdet", "eigh", "eigvalsh", "eig"),
    *("cholesky", "qr", "svd", "svdvals", "matrix_rank", "pinv"),
}

# Those of the library: other tests make rows too.
ROWS = [
    name
    for name, row in REGISTRY.items()
    if isinstance(row.forward, np.ufunc) or row.forward.__module__.startswith("tensorgraph.")
]

a, b = np.ones((4, 3)), np.ones((3, 5))


def counted(name: str, *operands: Any, **params: Any) -> int | None:
    row = REGISTRY[name]
    params = {**row.defaults, **params}
    result = row.forward(*operands, **params)
    return flops(row, [np.shape(x) for x in operands], np.shape(result), params)


def facts(picture: Picture, label: str) -> list[str]:
    return [node.fact("FLOPs") for node in picture.nodes if node.label == label]


# --- rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operands", "params", "count"),
    [
        ("matmul", (a, b), {}, 2 * 4 * 5 * 3),
        ("matmul", (np.ones((7, 4, 3)), b), {}, 2 * 7 * 4 * 5 * 3),
        ("matmul", (a, np.ones(3)), {}, 2 * 4 * 3),
        ("dense", (a, b, np.ones((1, 5))), {}, 2 * 4 * 5 * 3 + 4 * 5),
        ("add", (a, np.ones(3)), {}, 12),
        ("exp", (a,), {}, 12),
        ("greater", (a, 0.0), {}, 12),
        ("sum", (a,), {"axis": 1}, 12),
        ("max", (a,), {"axis": None}, 12),
        ("transpose", (a,), {"axes": (1, 0)}, 0),
        ("reshape", (a,), {"shape": (12,)}, 0),
        ("softmax", (a,), {}, 5 * 12),
        ("relu", (a,), {}, 12),
        ("sum_of_squares", (a, b), {"factors": (0.1, 0.2)}, 2 * 12 + 2 * 15 + 4),
        ("einsum", (a, b), {"subscripts": "ij,jk->ik", "optimize": False}, 2 * 4 * 5 * 3),
        ("einsum", (a, a), {"subscripts": "ij,ij->ij", "optimize": False}, 12),
        ("einsum", (a,), {"subscripts": "ij->ji", "optimize": False}, 0),
        ("solve", (np.eye(3), b), {}, None),
    ],
)
def test_operations_of_a_row(
    name: str, operands: tuple[Any, ...], params: dict[str, Any], count: int | None
) -> None:
    assert counted(name, *operands, **params) == count


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("sizes", [(7, 3), (3, 7), (6, 4), (5, 5)])
def test_a_convolution_counts_each_product(mode: str, sizes: tuple[int, int]) -> None:
    x, y = (np.ones(size) for size in sizes)
    assert counted("convolve", x, y, mode=mode) == 2 * np.convolve(x, y, mode).sum()


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_counted_or_said_not_to_be(name: str) -> None:
    row = REGISTRY[name]
    known = name in {*FREE, *PER_ELEMENT, *COUNTS}
    by_element = row.kind == "elementwise" or isinstance(row.forward, np.ufunc)
    assert (known or by_element) is (name not in UNCOUNTED)


def test_the_tables_name_rows_that_are_there() -> None:
    programs = [ir.load, ir.store, ir.draw, ir.number, ir.advance, expand.pick, expand.subtract_at]
    there = {*REGISTRY, *(row.name for row in programs)}
    assert {*FREE, *PER_ELEMENT, *COUNTS} <= there


# --- pictures ------------------------------------------------------------------------------------


def two_layers() -> tg.Tensor:
    first, second = nn.Dense(3, 5, name="first"), nn.Dense(5, 2, name="second")
    return tg.sum(second(nn.ReLU(name="relu")(first(a.astype(np.float32)))))


def test_a_node_has_its_number_as_a_fact() -> None:
    assert facts(picture_of(two_layers()), "dense") == ["140", "88"]


def test_a_variable_has_none() -> None:
    assert facts(picture_of(two_layers()), "weights") == ["", ""]


def test_numbers_are_written_in_the_boxes() -> None:
    assert {"140 FLOPs", "20 FLOPs", "88 FLOPs", "8 FLOPs"} <= texts(
        viz.graph(two_layers(), show="flops")
    )


def test_one_is_singular() -> None:
    assert "1 FLOP" in texts(viz.graph(tg.sin(tg.Tensor(1.0)), show="flops"))


def test_a_layer_has_the_sum_of_its_operations() -> None:
    y = Block(4)(tg.Tensor(np.ones((2, 4), np.float32), "x"))
    picture = viz.graph(y, show="flops").picture
    inside = [int(n.fact("FLOPs")) for n in picture.nodes if n.kind == "op" and n.cluster]
    (outermost,) = (cluster for cluster in picture.clusters if cluster.parent is None)
    assert outermost.sums == f"{sum(inside)} FLOPs"


def test_a_folded_layer_has_the_sum_too() -> None:
    picture = viz.graph(two_layers(), show="flops", collapse="layers").picture
    lines = {node.label: node.lines for node in picture.nodes if node.kind == "layer"}
    assert lines == {"first": ("140 FLOPs",), "relu": ("20 FLOPs",), "second": ("88 FLOPs",)}


def test_what_is_not_counted_is_said() -> None:
    x = tg.Tensor(np.eye(3), "x")
    assert "FLOPs not counted" in texts(viz.graph(tg.linalg.inv(x), show="flops"))


class Inverse(nn.Layer):
    def forward(self, x: Any, training: bool) -> Any:
        return tg.linalg.inv(x) * 2.0


def test_a_sum_that_lacks_something_says_so() -> None:
    layer = Inverse()
    layer.name = "inverse"
    picture = viz.graph(layer(tg.Tensor(np.eye(3), "x")), show="flops").picture
    assert [cluster.sums for cluster in picture.clusters] == ["9 FLOPs and more"]


def test_equations_of_programs_are_counted() -> None:
    step = tg.compile(lambda x: tg.matmul(x, b) * 2.0)
    step(a)
    picture = viz.graph(step.program_before, show="flops").picture
    assert facts(picture, "a @ b") == ["120"]
    assert facts(picture, "×") == ["20"]


def test_the_page_has_the_number() -> None:
    data = to_data(picture_of(two_layers()))
    assert {"FLOPs", "140"} <= set(data["words"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser."""
    with chromium() as it:
        yield it


def test_the_panel_of_a_layer_has_the_sum(browser: Browser, tmp_path: Path) -> None:
    y = Block(4)(tg.Tensor(np.ones((2, 4), np.float32), "x"))
    visitor = Visitor(browser, saved(y, tmp_path), reduced_motion="reduce")
    visitor.click("block")
    inside = [int(n.fact("FLOPs")) for n in picture_of(y).nodes if n.kind == "op" and n.cluster]
    assert visitor.facts()["FLOPs"] == f"{sum(inside)}"
    assert visitor.troubles == []
