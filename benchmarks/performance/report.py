"""The page: the goals, the picture, a table for each workload, the machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from performance.figures import fastest, ratios, spread
from performance.goals import COMPILED, EAGER, GOALS, Goal
from performance.machine import description
from performance.race import Times
from performance.workloads import SIZES, WORKLOADS, Workload, sized

SCALES = {"µs": 1e6, "ms": 1e3, "s": 1.0, "MB": 1.0}

HEAD = """# How fast, and in how much memory

`make bench` measures all of this and writes this page. The contenders take turns, a block of calls
each, with one thread on one core. A ratio is the median of the ratios of neighbours in time, with
its quartiles; of several contenders to be compared with, the fastest counts. A step is forward,
softmax cross-entropy, L2 penalty on the first layer, backward and Adam; all start at the same
parameters, see the same batch, and read the loss after each step.
[Where the time of a step goes](where_time_goes.md) is a page of its own."""


def page(results: Mapping[str, Times], picture: str | None) -> str:
    """All of it, as Markdown."""
    parts = [HEAD, "\n".join(machine()), "## What it must reach", "\n".join(goals(results))]
    if picture:
        parts.append(
            f"![time of a step for each contender, and what grows with the graph]({picture})"
        )
    for name, times in results.items():
        workload = WORKLOADS[name]
        parts += [f"## {workload.title}", *([workload.about] if workload.about else [])]
        parts.append("\n".join(grown(times) if name == "graphs" else table(workload, times)))
    return "\n\n".join(parts) + "\n"


def machine() -> Iterator[str]:
    yield from head("measured on", "")
    for what, words in description().items():
        yield line(what, words)


# --- goals ---------------------------------------------------------------------------------------


def goals(results: Mapping[str, Times]) -> Iterator[str]:
    """A row for each goal of which something was measured."""
    yield from head("", "eager: goal", "reached", "compiled: goal", "reached")
    for goal in GOALS:
        if goal.workload in results:
            eager = _reached(goal, results, EAGER, goal.eager)
            compiled = _reached(goal, results, COMPILED, goal.compiled)
            yield line(
                goal.what, goal.bound(goal.eager), eager, goal.bound(goal.compiled), compiled
            )


def _reached(goal: Goal, results: Mapping[str, Times], title: str, bound: float | None) -> str:
    seen = goal.reached(results, title)
    if seen is None:
        return "" if bound is None else "not measured"
    if bound is None:
        return str(seen)
    return f"{'✓' if goal.is_met(bound, seen) else '✗'} {seen}"


# --- workloads -----------------------------------------------------------------------------------


def table(workload: Workload, times: Times) -> Iterator[str]:
    """A row for each contender: its own time, and ratios to the yardstick and to us."""
    yardstick = fastest(times, (workload.beside,))
    ours = fastest(times, (COMPILED,))
    headers = ["contender", workload.unit]
    headers += [f"against {workload.beside}"] if yardstick else []
    headers += ["against tensorgraph, compiled"] if ours else []
    yield from head(*headers)
    for title, series in times.items():
        cells = [_cell(series, SCALES[workload.unit])]
        for other in (yardstick, ours):
            if other:
                cells.append("" if isinstance(series, str) else str(ratios(series, other)))
        yield line(_shown(title), *cells)


def grown(times: Times) -> Iterator[str]:
    """A row for each library, a column for each size."""
    yield from head("µs an operation", *[f"{size:,}" for size in SIZES])
    for library in dict.fromkeys(title.rsplit(":", 1)[0] for title in times):
        cells = [_cell(times.get(sized(library, size), "not measured"), 1e6) for size in SIZES]
        yield line(_shown(library), *cells)


def _cell(series: list[float] | str, scale: float) -> str:
    return series if isinstance(series, str) else str(spread([scale * x for x in series]))


def _shown(title: str) -> str:
    """Ours in bold."""
    return f"**{title}**" if title.startswith("tensorgraph") else title


def head(*cells: str) -> Iterator[str]:
    yield line(*cells)
    yield line(*["---"] * len(cells))


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
