"""Where the time of a step goes: a profile of the eager step, of a program's lines, of long graphs.

cd benchmarks && python -m performance.parts
python -m performance.parts --seconds 2 --output ../docs/where_time_goes.md
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from performance.settings import ENVIRONMENT, take_one_core

os.environ.update(ENVIRONMENT)

import numpy as np

import tensorgraph as tg
from performance.contenders import planned
from performance.contenders.tensorgraph import setting_of
from performance.machine import description
from performance.networks import NETWORKS, Network, start
from performance.report import head, line
from tensorgraph.penalties import penalty
from tensorgraph.tape import Node, tape
from tensorgraph.viz.graphs.gradients import gradients_of
from tensorgraph.viz.graphs.timing import run_forward, run_rules

Call = Callable[[], Any]

# --- the eager step, in parts --------------------------------------------------------------------


class Step:
    """A step as somebody would write it, cut into parts: each is a call."""

    def __init__(self, network: Network) -> None:
        self.X, self.y, *_ = start(network)
        self.layers, self.parameters, self.loss_of, self.adam = setting_of(network)
        self.parts: dict[str, Call] = {
            "layers": self.forward,
            "loss": self.loss,
            "penalty, and the sum": self.total,
            "backward()": self.backward,
            "Adam": self.update,
        }

    def forward(self) -> None:
        self.output: Any = self.X
        for layer in self.layers:
            self.output = layer(self.output, training=True)

    def loss(self) -> None:
        self.value: Any = self.loss_of(self.output, self.y)

    def total(self) -> None:
        self.value = self.value + penalty(self.layers)

    def backward(self) -> None:
        self.value.backward()

    def update(self) -> None:
        self.adam.step(self.parameters)
        self.adam.zero_grad(self.parameters)

    def kernels(self) -> dict[str, list[Call]]:
        """NumPy's part of each: what the rows compute, on the arrays of the last step, again."""
        for call in list(self.parts.values())[:-1]:
            call()
        recording = tape(self.value)
        gradients = gradients_of(recording).totals
        found: dict[str, list[Call]] = {name: [] for name in self.parts}
        for node in recording:
            if node.primitive is not None:
                found[_part_of(node)].append(partial(run_forward, node))
                if node in gradients:
                    found["backward()"].append(partial(run_rules, node, gradients[node]))
        found["Adam"] = [update.run for _, update in self.adam._updates]
        return found


def _part_of(node: Node) -> str:
    if node.layer == "loss":
        return "loss"
    return "layers" if node.layer and node.layer != "penalty" else "penalty, and the sum"


# --- counting and timing -------------------------------------------------------------------------


def counted(calls: dict[str, Call]) -> dict[str, tuple[int, int, int]]:
    """How many bytecodes each takes, and how many calls of functions in Python and in C."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in calls}
    for name, call in calls.items():
        seen = counts[name]

        def trace(frame: FrameType, event: str, argument: Any, seen: Counter[str] = seen) -> Any:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            seen[event] += 1
            return trace

        sys.settrace(trace)
        call()
        sys.settrace(None)
    for name, call in calls.items():
        sys.setprofile(lambda frame, event, argument, seen=counts[name]: seen.update([event]))
        call()
        sys.setprofile(None)
    # setprofile itself is a call in C; calls in Python were seen by both.
    return {
        name: (seen["opcode"], seen["call"] // 2, seen["c_call"] - 1)
        for name, seen in counts.items()
    }


def timed(calls: dict[str, Call], seconds: float) -> dict[str, float]:
    """The median time of each, in microseconds; they take turns."""
    for _ in range(20):
        for call in calls.values():
            call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    now = time.perf_counter
    end = now() + seconds
    while now() < end:
        for name, call in calls.items():
            begin = now()
            call()
            times[name].append((now() - begin) * 1e6)
    return {name: statistics.median(found) for name, found in times.items()}


def eager_step(title: str, network: Network, seconds: float) -> Iterator[str]:
    step = Step(network)
    for _ in range(60):  # until Python has specialized the code, and the checks have settled
        for call in step.parts.values():
            call()
    kernels = step.kernels()
    calls: dict[str, Call] = {"planned": planned.step(network)}
    calls |= step.parts
    calls |= {f"kernels of {name}": _one_after_the_other(k) for name, k in kernels.items()}
    times = timed(calls, seconds)
    counts = counted(step.parts)
    rows = [(name, times[name], times[f"kernels of {name}"], *counts[name]) for name in counts]
    sums = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
    yield f"## {title}, eager"
    heads = ("part", "µs", "of it its kernels", "bytecodes", "calls in Python", "calls in C")
    body = [(name, f"{t:.0f}", f"{k:.0f}", f"{b:,}", *rest) for name, t, k, b, *rest in rows]
    total, own, bytecodes, *rest = sums
    yield table(heads, [*body, ("**all**", f"{total:.0f}", f"{own:.0f}", f"{bytecodes:,}", *rest)])
    share = times["planned"]
    yield (
        f"The planned NumPy took {share:.0f} µs: the kernels alone are {own / share:.2f} of it, "
        f"the step is {total / share:.2f}.\nWhat is no kernel took {total - own:.0f} µs, "
        f"{(total - own) / bytecodes * 1000:.0f} ns a bytecode."
    )


def _one_after_the_other(calls: list[Call]) -> Call:
    def run() -> None:
        for call in calls:
            call()

    return run


# --- the lines of a program ----------------------------------------------------------------------


def program_lines(title: str, network: Network, seconds: float, most: int = 14) -> Iterator[str]:
    step = Step(network)

    def whole(X: Any, y: Any) -> Any:
        step.X, step.y = X, y
        for call in step.parts.values():
            call()
        return step.value

    arguments = step.X, step.y
    compiled = tg.compile(whole)
    compiled(*arguments)
    lines, run, spent = _clocked(compiled.source())
    count = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        run(*arguments)
        count += 1
    found = sorted(zip(spent, lines, strict=True), reverse=True)
    total = sum(spent)
    yield f"## {title}, compiled: the lines that take most"
    rows = [(f"`{line}`", f"{t / count * 1e6:.1f}", f"{t / total:.0%}") for t, line in found[:most]]
    rest = sum(t for t, _ in found[most:])
    rows.append((f"{len(found) - most} others", f"{rest / count * 1e6:.1f}", f"{rest / total:.0%}"))
    yield table(("line", "µs", "share"), rows)


def _clocked(source: str) -> tuple[list[str], Callable[..., Any], list[float]]:
    """The lines of a program's ``step``, the same function with clocks, and the times of lines."""
    before, _, rest = source.partition("def step(")
    signature, *body = rest.split("\n\n\nif __name__")[0].split("\n")
    lines, clocked = [], [f"def step({signature}"]
    for written in body:
        text = written.strip()
        if not text or text.startswith(("#", "return")):
            continue
        clocked += ["    begin = now()", written, f"    spent[{len(lines)}] += now() - begin"]
        lines.append(re.sub(r"\s+", " ", text))
    spent = [0.0] * len(lines)
    names: dict[str, Any] = {"now": time.perf_counter, "spent": spent, "__name__": "a program"}
    exec("\n".join([before, *clocked]), names)
    return lines, names["step"], spent


# --- long graphs ---------------------------------------------------------------------------------


def long_graphs(sizes: tuple[int, ...]) -> Iterator[str]:
    rows = []
    for collector in (True, False):
        (gc.enable if collector else gc.disable)()
        for size in sizes:
            forward, backward = _chain(size, max(2, 100_000 // size))
            rows.append(
                ("on" if collector else "off", f"{size:,}", f"{forward:.2f}", f"{backward:.2f}")
            )
    gc.enable()
    yield "## A chain of operations on four numbers, a time for each operation"
    yield table(("Python's cycle collector", "operations", "recorded, µs", "swept, µs"), rows)


def _chain(size: int, repeated: int) -> tuple[float, float]:
    x, one, small = (tg.Tensor(np.full(4, value, np.float32)) for value in (0.5, 1.0, 1e-6))
    times = []
    for _ in range(repeated):
        begin = time.perf_counter()
        z: Any = x
        for _ in range(size // 2):
            z = z * one + small
        total = z.sum()
        middle = time.perf_counter()
        total.backward()
        times.append((middle - begin, time.perf_counter() - middle))
        x.grad = one.grad = small.grad = None
        del z, total
    columns = zip(*times, strict=True)
    forward, backward = (statistics.median(column) / size * 1e6 for column in columns)
    return forward, backward


def table(heads: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    return "\n".join([*head(*map(str, heads)), *(line(*map(str, row)) for row in rows)])


# --- the page ------------------------------------------------------------------------------------


def page(seconds: float, longest: int) -> Iterator[str]:
    yield "# Where the time of a step goes"
    yield (
        "`make parts` measures this and writes this page. It says what is behind the figures of\n"
        "[performance.md](performance.md). What a table compares takes turns in one process, with\n"
        "one thread on one core; times are medians."
    )
    facts = description()
    yield table(("measured on", ""), [(k, facts[k]) for k in ("processor", "Python", "BLAS")])
    yield from eager_step("Spiral", NETWORKS["spiral"], seconds)
    yield from eager_step("Fashion-MNIST at 128", NETWORKS["fashion-128"], seconds)
    yield (
        "A part is timed with all that it does for the user: operations are recorded with their\n"
        "line and layer, labels are looked at, arrays that may change are remembered. Its kernels\n"
        "are the same calls of NumPy on the same arrays, without a tape, results newly allocated,\n"
        "one after the other. What lies between is Python: some 200 bytecodes to record an\n"
        "operation and as many to go back through it. Each is run once a step: its code and\n"
        "branches are seldom in the processor's first caches."
    )
    large = NETWORKS["spiral"]._replace(batch=3000)
    yield from program_lines("Spiral at 3,000 points", large, seconds)
    yield (
        "64 columns of 3,000 points are 768 KB, more than a core's own caches commonly hold: a\n"
        "line that passes over them waits for memory."
    )
    yield from long_graphs((1000, 100_000, longest))
    yield (
        "Of each operation the collector sees the node and the tuple of its operands; it looks\n"
        "through all that is there again whenever a quarter has come new."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m performance.parts")
    parser.add_argument("--seconds", type=float, default=10, help="for each table")
    parser.add_argument("--longest", type=int, default=1_000_000, help="graph, in operations")
    parser.add_argument("--output", type=Path, help="the page to write; else it is printed")
    options = parser.parse_args()
    take_one_core()
    text = "\n\n".join(page(options.seconds, options.longest)) + "\n"
    if options.output is None:
        print(text)
    else:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
