"""Graphs of very many operations: nothing recurses, and the work grows as the graph does.

``make depth`` runs the same graphs with a million operations each.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tensorgraph as tg
from deep_graphs import GRAPHS

PROGRAM = Path(__file__).parents[1] / "deep_graphs.py"

every_graph = pytest.mark.parametrize("name", GRAPHS)


@every_graph
def test_a_deep_graph_forward_backward_and_freed_on_a_small_stack(name: str) -> None:
    command = [sys.executable, str(PROGRAM), "--operations", "50000", "--only", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    assert done.stdout.splitlines()[-1].startswith(f"{name}, 50000 operations: ")


def lines_run(work: Callable[[], Any]) -> int:
    """How many lines of Python ``work`` runs."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def recorded(name: str, n: int) -> tg.Tensor:
    x = tg.Tensor(1.0)
    y: tg.Tensor = GRAPHS[name](x, n)
    return y


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda name, n: lambda: recorded(name, n), id="forward"),
        pytest.param(lambda name, n: recorded(name, n).backward, id="backward"),
        pytest.param(lambda name, n: functools.partial(tg.tape, recorded(name, n)), id="tape"),
        pytest.param(
            lambda name, n: lambda: tg.grad(lambda x: GRAPHS[name](x, n))(1.0), id="tg.grad"
        ),
        pytest.param(
            lambda name, n: lambda: tg.jvp(lambda x: GRAPHS[name](x, n), (1.0,), (1.0,)),
            id="tg.jvp",
        ),
    ],
)
@every_graph
def test_as_many_more_operations_are_as_much_more_work(
    name: str, part: Callable[[str, int], Callable[[], Any]]
) -> None:
    part(name, 16)()
    small, middle, large = (lines_run(part(name, n)) for n in (128, 256, 512))
    assert large - middle == pytest.approx(2 * (middle - small), rel=0.01)
    assert large > 512
