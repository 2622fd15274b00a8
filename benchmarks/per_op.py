"""What one operation costs, recorded and swept, and a whole step: this checkout against another.

    python benchmarks/per_op.py
    python benchmarks/per_op.py --against HEAD~1 --seconds 5 --only exp,matmul
    python benchmarks/per_op.py --against 8856a0b --only loop,train

Operands are small: what is measured is the engine, not NumPy. Each revision works in a process of
its own, one thread each, and the two take turns: a block of operations is recorded, then each
result is swept (``y.backward(g)``), by one side and then by the other. What counts is the median of
the ratios of neighbours in time. A chain is 100 operations on end, swept at once; its times are for
one of them. ``loop`` is a step of the spiral written by hand, and ``train`` one of ``Model.train``
with its defaults: they show what a change of defaults costs. Both sides use public names alone, so
that a revision needs no others than these.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEFORE = "db39d75"
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CHAIN = 100

OPERATIONS = ("add", "multiply", "exp", "maximum", "matmul", "sum", "mean", "index", "reshape")
STEPS = ("loop", "train")
CASES = (*OPERATIONS, "chain", *STEPS)

Times = dict[str, float]
"""Microseconds an operation, for "recorded" and for "swept"; of a step, for "step"."""

# --- a worker: one revision ----------------------------------------------------------------------


def cases() -> dict[str, Callable[[], Any]]:
    """A call to record for each name; made where ``tensorgraph`` is the revision to measure."""
    import numpy as np

    import tensorgraph as tg

    x, y = tg.Tensor(np.linspace(0.1, 1.0, 4)), tg.Tensor(np.linspace(1.0, 0.1, 4))
    m, n = tg.Tensor(np.eye(4)), tg.Tensor(np.ones((4, 4)))

    def chain() -> Any:
        z = x
        for _ in range(CHAIN // 4):
            z = tg.exp(-(z * y) + y)
        return z

    return {
        "add": lambda: x + y,
        "multiply": lambda: x * y,
        "exp": lambda: tg.exp(x),
        "maximum": lambda: tg.maximum(x, y),
        "matmul": lambda: m @ n,
        "sum": lambda: tg.sum(m, axis=0),
        "mean": lambda: tg.mean(m, axis=0),
        "index": lambda: m[1],
        "reshape": lambda: tg.reshape(m, (2, 8)),
        "chain": chain,
    }


def steps() -> dict[str, Callable[[int], float]]:
    """For each name, the seconds that so many steps of the spiral take."""
    import numpy as np

    import tensorgraph as tg
    from tensorgraph.models import Model
    from tensorgraph.penalties import penalty
    from tensorgraph.train import Callback

    X, y = tg.data.spiral(100, 3)
    X = np.asarray(X, np.float32)

    def layers() -> list[Any]:
        first = tg.nn.Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4)
        return [first, tg.nn.ReLU(), tg.nn.Dense(64, 3), tg.nn.Softmax()]

    ours, loss_of, adam = layers(), tg.losses.CategoricalCrossentropy(), tg.optim.Adam(0.01)
    parameters = [p for layer in ours for p in layer.parameters().values()]

    def loop(n: int) -> float:
        start = time.perf_counter()
        for _ in range(n):
            output = X
            for layer in ours:
                output = layer(output, training=True)
            loss = loss_of(output, y) + penalty(ours)
            loss.backward()
            adam.step(parameters)
            adam.zero_grad(parameters)
            loss.item()
        return time.perf_counter() - start

    class Clock(Callback):
        def __init__(self) -> None:
            self.times: list[float] = []

        def on_step(self, record: Any) -> None:
            self.times.append(time.perf_counter())

    model = Model()
    for layer in layers():
        model.add(layer)
    model.set(
        loss=tg.losses.CategoricalCrossentropy(),
        optimizer=tg.optim.Adam(0.01),
        accuracy=tg.metrics.CategoricalAccuracy(),
    )
    model.finalize()

    def train(n: int) -> float:
        clock = Clock()  # the checks before the first step are not counted
        model.train(X, y, epochs=n + 1, print_every=0, callbacks=[clock])
        return clock.times[-1] - clock.times[0]

    return {"loop": loop, "train": train}


def measured(call: Callable[[], Any], block: int, operations: int) -> Times:
    """Record ``block`` results, sweep them, and say what each of their operations took."""
    cotangent = call().data * 0 + 1
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    results = [call() for _ in range(block)]
    recorded = time.perf_counter()
    for result in results:
        result.backward(cotangent)
    swept = time.perf_counter()
    gc.enable()
    share = 1e6 / (block * operations)
    return {"recorded": (recorded - start) * share, "swept": (swept - recorded) * share}


def work() -> None:
    """Answer requests, one a line: the name of a case and the size of its block."""
    import tensorgraph

    print(json.dumps(str(Path(tensorgraph.__file__).parents[1])), flush=True)
    calls, runs = cases(), steps()
    for request in sys.stdin:
        name, block = json.loads(request)
        if name in STEPS:
            times = {"step": runs[name](block) / block * 1e6}
        else:
            times = measured(calls[name], block, CHAIN if name == "chain" else 1)
        print(json.dumps(times), flush=True)


# --- both sides ----------------------------------------------------------------------------------


class Side:
    """A worker process whose ``tensorgraph`` lies in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker"],
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        found = self._answer()
        if Path(found).resolve() != folder.resolve():
            raise SystemExit(f"the worker imported tensorgraph from {found}, not from {folder}")

    def measure(self, name: str, block: int) -> Times:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([name, block]) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a worker has ended: its message stands above")
        return json.loads(line)


def unpack(revision: str, folder: Path) -> None:
    """Put the package, as it was at ``revision``, into ``folder``, laid out as installed."""
    archive = subprocess.run(
        ["git", "archive", revision, "tensorgraph", "models", "viz"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        raise SystemExit(
            f"git has no {revision} to compare with: {archive.stderr.decode().strip()}"
        )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    for inner in ("models", "viz"):  # where they lie when they are installed
        (folder / inner).rename(folder / "tensorgraph" / inner)


def compare(
    sides: tuple[Side, Side], name: str, seconds: float, block: int
) -> list[tuple[Times, Times]]:
    """Times of both sides, for each round; they take turns in being the first."""
    for side in sides:
        side.measure(name, block)
    rounds = []
    end = time.perf_counter() + seconds
    while len(rounds) < 2 or time.perf_counter() < end:
        turns = sides if len(rounds) % 2 else sides[::-1]
        times = {side: side.measure(name, block) for side in turns}
        rounds.append((times[sides[0]], times[sides[1]]))
    return rounds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--against", default=BEFORE, help=f"a revision; default: {BEFORE}")
    parser.add_argument("--seconds", type=float, default=3, help="for each case")
    parser.add_argument("--block", type=int, default=2000, help="operations in one turn")
    parser.add_argument("--only", help="names of cases, with commas between")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work()
        return
    names = options.only.split(",") if options.only else CASES
    with tempfile.TemporaryDirectory() as folder:
        unpack(options.against, Path(folder))
        sides = (Side(Path(folder)), Side(ROOT))
        print(f"| operation | | {options.against}, us | now, us | now / then: median (quartiles) |")
        print("|---|---|---|---|---|")
        for name in names:
            is_long = name == "chain" or name in STEPS
            block = max(1, options.block // CHAIN if is_long else options.block)
            rounds = compare(sides, name, options.seconds, block)
            for what in ("step",) if name in STEPS else ("recorded", "swept"):
                then = [times[what] for times, _ in rounds]
                now = [times[what] for _, times in rounds]
                ratios = [b / a for a, b in zip(then, now, strict=True)]
                low, middle, high = statistics.quantiles(ratios, n=4)
                print(
                    f"| {name} | {what} | {statistics.median(then):.2f} "
                    f"| {statistics.median(now):.2f} | {middle:.2f} ({low:.2f} to {high:.2f}) |"
                )
        for side in sides:
            side.close()


if __name__ == "__main__":
    main()
