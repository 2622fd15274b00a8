"""Medians and quartiles of times and of their ratios."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from performance.race import Times


class Spread(NamedTuple):
    """The quartiles and the median between them."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return f"{digits(self.median)} ({digits(self.low)} to {digits(self.high)})"


def spread(values: Sequence[float]) -> Spread:
    """Of one value, the value itself three times."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(low, median, high)


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Of neighbours in time."""
    return spread([a / b for a, b in zip(over, under, strict=False)])


def fastest(times: Times, titles: Sequence[str]) -> list[float] | None:
    """The series of the least median, of those that ran."""
    series = [times.get(title) for title in titles]
    ran = [values for values in series if isinstance(values, list) and values]
    return min(ran, key=statistics.median, default=None)


def digits(value: float) -> str:
    """As many as can be told apart: three above 1, two below."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
