"""Contenders take turns, a block of calls each; what counts are ratios of neighbours in time.

Most work in one process, so that whatever changes from process to process is the same for all. Read
next: ``workloads``.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from performance.contenders import Contender
from performance.settings import ENVIRONMENT, ROOT

TURN = 0.02
"""Seconds that a contender works before it is the next one's turn."""

LIMIT = 240.0
"""Seconds that a worker has for an answer."""


class Failed(Exception):
    """The message stands in the contender's cell; it is empty if it has no such thing."""


class Entry(NamedTuple):
    """A contender and what it is to do; the time of a call is divided by ``operations``."""

    title: str
    contender: Contender
    function: str
    arguments: dict[str, Any]
    operations: int = 1


Times = dict[str, list[float] | str]
"""By title: seconds a call in each round, or why there are none."""


class Helper:
    """A worker process, from the side of whoever asks."""

    def __init__(self, verbose: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "performance.worker"],
            cwd=ROOT / "benchmarks",
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if verbose else subprocess.DEVNULL,
            text=True,
        )

    def ask(self, kind: str, **arguments: Any) -> Any:
        """Raises ``Failed``, also where the worker dies or does not answer."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([kind, arguments]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed("its process has ended") from None
        answer = json.loads(self._line())
        if "value" not in answer:
            raise Failed(answer.get("error") or answer["missing"])
        return answer["value"]

    def make(self, entry: Entry) -> None:
        """Get an entry ready."""
        self.ask(
            "make",
            title=entry.contender.title,
            function=entry.function,
            arguments=entry.arguments,
            entry=entry.title,
        )

    def _line(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(LIMIT):
                self.process.kill()
                raise Failed(f"no answer in {LIMIT:g} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"its process ended with {self.process.wait()}")
        return line

    def close(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


class Stable:
    """The workers of one race, made as they are needed."""

    def __init__(self, apart: bool, verbose: bool) -> None:
        self.apart = apart
        self.verbose = verbose
        self.helpers: dict[str, Helper] = {}

    def __enter__(self) -> Stable:
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self.helpers.values():
            helper.close()

    def of(self, contender: Contender) -> Helper:
        """The worker of a contender: its own, or that of all others."""
        name = contender.title if self.apart or contender.alone else ""
        if name not in self.helpers:
            self.helpers[name] = Helper(self.verbose)
        return self.helpers[name]


def made(entries: Sequence[Entry], stable: Stable, times: Times) -> list[Entry]:
    """Those that are ready to run; the others say in ``times`` why not."""
    ready = []
    for entry in entries:
        try:
            stable.of(entry.contender).make(entry)
            ready.append(entry)
        except Failed as failed:
            times[entry.title] = str(failed)
    return ready


def race(
    entries: Sequence[Entry],
    seconds: float,
    *,
    turn: float = TURN,
    rounds: int = 3,
    longest: float = 30.0,
    apart: bool = False,
    verbose: bool = False,
) -> Times:
    """Run for about so many seconds, and so many rounds at least.

    A block takes about ``turn`` seconds; an entry whose call takes longer than ``longest`` is left
    out, and so is what comes after it from the same contender. ``apart`` gives each a process.
    """
    times: Times = {}
    with Stable(apart, verbose) as stable:
        blocks: dict[str, int] = {}
        slow: set[str] = set()
        for entry in made(entries, stable, times):
            if entry.contender.title in slow:
                times[entry.title] = f"a call would take more than {longest:g} s"
                continue
            try:
                blocks[entry.title], took = _warmed(entry, stable, turn)
            except Failed as failed:
                times[entry.title] = str(failed)
                continue
            times[entry.title] = []
            if 10 * took > longest:
                slow.add(entry.contender.title)
        for helper in stable.helpers.values():
            try:
                helper.ask("settle")
            except Failed:
                continue  # said at the next turn
        runners = [entry for entry in entries if entry.title in blocks]
        _rounds(runners, stable, blocks, times, seconds, rounds)
    return _in_order(entries, times)


def _warmed(entry: Entry, stable: Stable, turn: float) -> tuple[int, float]:
    """How many calls make a turn, and how long one takes."""
    ask = stable.of(entry.contender).ask
    for n in (1, 3):  # the first ones record and compile
        took = ask("run", entry=entry.title, n=n) / n
        if took > turn * 100:
            return 1, took
    block = max(1, round(turn / took))
    for _ in range(4):
        took = ask("run", entry=entry.title, n=block) / block
        block = max(1, round(turn / took))
    return block, took


def _rounds(
    runners: list[Entry],
    stable: Stable,
    blocks: dict[str, int],
    times: Times,
    seconds: float,
    rounds: int,
) -> None:
    end, done = time.perf_counter() + seconds, 0
    while runners and (done < rounds or time.perf_counter() < end):
        for entry in list(runners) if done % 2 else runners[::-1]:
            title, block = entry.title, blocks[entry.title]
            try:
                took = stable.of(entry.contender).ask("run", entry=title, n=block)
            except Failed as failed:
                times[title] = str(failed)
                runners.remove(entry)
                continue
            series = times[title]
            assert isinstance(series, list)
            series.append(took / block / entry.operations)
        done += 1


def fresh(
    entries: Sequence[Entry], asked: Callable[[Helper, Entry], Any], repeats: int, verbose: bool
) -> dict[str, Any]:
    """The same question to a new process for each entry and repeat: by title, the answers."""
    answers: dict[str, Any] = {}
    for _ in range(repeats):
        for entry in entries:
            if isinstance(answers.get(entry.title), str):
                continue
            helper = Helper(verbose)
            try:
                answers.setdefault(entry.title, []).append(asked(helper, entry))
            except Failed as failed:
                answers[entry.title] = str(failed)
            finally:
                helper.close()
    return _in_order(entries, answers)


def _in_order(entries: Sequence[Entry], times: dict[str, Any]) -> dict[str, Any]:
    """Without those that had nothing to take part with."""
    return {entry.title: times[entry.title] for entry in entries if times[entry.title] != ""}


def first_calls(helper: Helper, entry: Entry) -> float:
    """Seconds from the first call to the end of the second."""
    helper.make(entry)
    return helper.ask("run", entry=entry.title, n=2)
