"""The picture: bars for the steps, a line a library for the graphs that grow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from performance.figures import digits, spread
from performance.race import Times
from performance.report import SCALES
from performance.workloads import SIZES, WORKLOADS, sized

BARS = (
    "spiral",
    "fashion-32",
    "fashion-128",
    "fashion-1024",
    "deep",
    "wide",
    "multiply",
    "first",
    "memory-alone",
    "train-spiral",
    "program",
)
COMPILED, EAGER, YARDSTICK, OTHERS = "#0072b2", "#56b4e9", "#d55e00", "#b8b8b8"
LINES = ("#009e73", "#cc79a7", "#e69f00", "#7f7f7f", "#8c564b")


def colour(title: str) -> str:
    if title.startswith("tensorgraph"):
        return COMPILED if "compiled" in title else EAGER
    return YARDSTICK if "planned" in title else OTHERS


def draw(results: Mapping[str, Times], path: Path) -> None:
    """Write the PNG; a panel for each of these workloads, or of whatever was measured."""
    wanted = (*BARS, "graphs") if results.keys() & {*BARS, "graphs"} else tuple(results)
    names = [name for name in wanted if series_of(results.get(name, {}))]
    columns = max(1, min(3, len(names)))
    rows = max(1, -(-len(names) // columns))
    figure = Figure(figsize=(5.2 * columns, 3.3 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for name, axes in zip(names, panels, strict=False):
        (lines if name == "graphs" else bars)(axes, name, results[name])
    for axes in panels[len(names) :]:
        axes.remove()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def series_of(times: Times) -> dict[str, list[float]]:
    return {title: series for title, series in times.items() if isinstance(series, list)}


def bars(axes: Any, name: str, times: Times) -> None:
    """The fastest above; the axis is logarithmic where the slowest takes 30 times as long."""
    workload = WORKLOADS[name]
    scale = SCALES[workload.unit]
    spreads = {t: spread([scale * value for value in s]) for t, s in series_of(times).items()}
    titles = sorted(spreads, key=lambda title: spreads[title].median)
    medians = [spreads[title].median for title in titles]
    errors = [
        [spreads[title].median - spreads[title].low for title in titles],
        [spreads[title].high - spreads[title].median for title in titles],
    ]
    axes.barh(titles, medians, color=[colour(title) for title in titles])
    axes.errorbar(medians, titles, xerr=errors, fmt="none", ecolor="#404040", elinewidth=1)
    for title in titles:
        words = f"  {digits(spreads[title].median)}"
        axes.text(spreads[title].high, title, words, va="center", fontsize=8)
    axes.invert_yaxis()
    is_wide = max(medians) > 30 * max(min(medians), 1e-9)
    axes.set_xscale("log" if is_wide else "linear")
    if is_wide:
        axes.set_xlim(min(medians) / 2, max(medians) * 4)
    else:
        axes.set_xlim(0, max(spreads[title].high for title in titles) * 1.18)
    axes.tick_params(labelsize=8)
    axes.set_title(workload.title, fontsize=9, loc="left")
    axes.set_xlabel(workload.unit, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def lines(axes: Any, name: str, times: Times) -> None:
    """Microseconds an operation, against the number of operations."""
    workload = WORKLOADS[name]
    libraries = dict.fromkeys(title.rsplit(":", 1)[0] for title in times)
    others = iter(LINES)
    for library in libraries:
        known = [(s, times.get(sized(library, s))) for s in SIZES]
        points = [(s, 1e6 * spread(v).median) for s, v in known if isinstance(v, list)]
        if not points:
            continue
        style = {"color": EAGER, "lw": 2.5} if library == "tensorgraph" else {"color": next(others)}
        axes.plot(*zip(*points, strict=True), marker="o", ms=4, label=library, **style)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=7, frameon=False)
    axes.tick_params(labelsize=8)
    axes.set_title(workload.title, fontsize=9, loc="left")
    axes.set_xlabel("operations", fontsize=8)
    axes.set_ylabel("µs an operation", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
