"""Measure how long pictures of large tapes take, and print the table of docs/pictures.md.

cd benchmarks && python -m pictures.speed

Of several runs the fastest counts: what else the machine does makes a run slower, never faster.
User time is that of the processor, Graphviz's child process included. A network is recorded, with
two example rows, as it is drawn.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tensorgraph as tg
from tensorgraph import losses, nn, viz
from tensorgraph.models import Model

WIDTH = 8
TURNS = 16
LAYERS, LAYERS_UNFOLDED = 200, 14


class Layer(nn.Layer):
    """A dense layer and 16 residual steps, from plain operations: 50 of them."""

    n_inputs = WIDTH

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.weights = tg.Tensor(rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) / WIDTH)
        self.biases = tg.Tensor(np.zeros((1, WIDTH), np.float32))

    def forward(self, x: Any, training: bool) -> Any:
        x = x @ self.weights + self.biases
        for _ in range(TURNS):
            x = x + 0.5 * tg.tanh(x)
        return x


def network(layers: int) -> Model:
    """A network of 50 operations a layer, and a few for the loss."""
    model = Model([Layer() for _ in range(layers)])
    model.set(loss=losses.MeanSquaredError())
    model.finalize()
    return model


def chain(operations: int) -> tg.Tensor:
    """A tape without layers."""
    x = tg.Tensor(0.5, "x")
    for _ in range(operations):
        x = tg.sin(x)
    x.backward()
    return x


class Case(NamedTuple):
    what: str
    made: Callable[[], Model | tg.Tensor]
    ending: str
    goal: str


def cases(size: float) -> list[Case]:
    """Return what is measured; ``size`` is 1 but for a quick look."""
    layers, unfolded = int(LAYERS * size), int(LAYERS_UNFOLDED * size)

    def deep() -> Model:
        return network(layers)

    thousands = f"{50 * layers:,} operations in {layers} layers"
    tens = f"{500 * layers:,} operations in"
    return [
        Case(thousands, deep, "html", "3 s, 5 MB"),
        Case(thousands, deep, "svg", "3 s, 5 MB"),
        Case(f"{50 * unfolded:,} operations, not folded", lambda: network(unfolded), "svg", "3 s"),
        Case(f"{tens} {10 * layers:,} layers", lambda: network(10 * layers), "svg", "seconds"),
        Case(f"{tens} a chain", lambda: chain(500 * layers), "html", "seconds"),
    ]


def user_time() -> float:
    """Return the seconds that the processor has worked for this process and its children."""
    times = os.times()
    return times.user + times.children_user


def measured(case: Case, runs: int, folder: Path) -> str:
    """Return a row of the table."""
    source = case.made()
    path = folder / f"graph.{case.ending}"
    seconds, worked = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), user_time()
        graph = viz.graph(source)
        graph.save(path)
        seconds.append(time.perf_counter() - start)
        worked.append(user_time() - before)
    nodes = f"{len(graph.picture.nodes):,}"
    size = f"{path.stat().st_size / 1e6:.2g} MB"
    times = f"{min(seconds):.1f} s | {min(worked):.1f} s"
    return f"| {case.what} | {case.ending} | {nodes} | {size} | {times} | {case.goal} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pictures.speed", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of which the fastest counts")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, to try it out")
    options = parser.parse_args()
    print("| tape | file | nodes drawn | size | time | user time | goal |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(0.1 if options.quick else 1):
            print(measured(case, options.runs, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
