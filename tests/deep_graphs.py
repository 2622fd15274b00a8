"""Graphs of very many operations, forward, backward and freed, where the stack is small.

    python tests/deep_graphs.py --operations 1000000

Each runs in a thread with ``STACK`` bytes of stack and a low limit on Python's recursion: whatever
recurses along a graph, be it in C where objects are freed, ends the process. The garbage collector
is off, so that a graph is freed by its last reference or not at all. Prints a line for each graph;
the time for an operation should be about that of a graph of a tenth of the size.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import tensorgraph as tg

STACK = 128 << 10
CALLS = 100  # how deep Python may call


def chain(x: Any, n: int) -> Any:
    """One after the other."""
    for _ in range(n):
        x = x * 1.0
    return x


def ladder(x: Any, n: int) -> Any:
    """Each value used twice, so that there are 2 ** (n / 2) paths."""
    for _ in range(n // 2):
        x = x * 0.5
        x = x + x
    return x


def fan(x: Any, n: int) -> Any:
    """One value used by half of the operations, and their results added up one by one."""
    total = x
    for _ in range(n // 2):
        total = total + x * 0.0
    return total


def tree(x: Any, n: int) -> Any:
    """Results added up in pairs, and those in pairs."""
    level = [x * 1.0 for _ in range(n // 2 + 1)]
    scale = 1.0 / len(level)
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], level[1::2], strict=False)] + (
            level[-1:] if len(level) % 2 else []
        )
    return level[0] * scale


GRAPHS: dict[str, Callable[[Any, int], Any]] = {
    graph.__name__: graph for graph in (chain, ladder, fan, tree)
}


def run(name: str, n: int) -> None:
    """Record, sweep and free one; all of them are the identity."""
    started = time.perf_counter()
    x = tg.Tensor(1.0)
    y = GRAPHS[name](x, n)
    forward = time.perf_counter()
    y.backward()
    backward = time.perf_counter()
    assert abs(y.item() - 1.0) < 1e-9, y
    assert abs(x.grad - 1.0) < 1e-9, x.grad
    assert len(tg.tape(y)) >= n, len(tg.tape(y))
    node = weakref.ref(x._node)
    del x
    assert node() is not None
    held = time.perf_counter()
    del y
    freed = time.perf_counter()
    assert node() is None
    parts = [forward - started, backward - forward, freed - held]
    figures = ", ".join(f"{1e6 * part / n:.2f}" for part in parts)
    print(f"{name}, {n} operations: {figures} us each forward, backward, freed", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--only", choices=GRAPHS, default=None)
    options = parser.parse_args()
    done = []

    def work() -> None:
        for name in [options.only] if options.only else GRAPHS:
            run(name, options.operations)
            done.append(name)

    gc.disable()
    run("chain", 10)  # what the first operations of a process import and look up
    sys.setrecursionlimit(CALLS)
    threading.stack_size(STACK)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return 0 if done == ([options.only] if options.only else list(GRAPHS)) else 1


if __name__ == "__main__":
    sys.exit(main())
