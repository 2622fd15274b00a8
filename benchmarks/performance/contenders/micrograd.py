"""micrograd: numbers alone, where the others have arrays of four."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from micrograd.engine import Value

from performance.contenders import Missing


def operation(name: str) -> Callable[[], Any]:
    if name != "multiply":
        raise Missing(f"has no {name}")
    x, y = Value(0.5), Value(0.5)

    def call() -> Any:
        z = x * y
        z.backward()
        return z

    return call


def chain(length: int) -> Callable[[], Any]:
    x, one, small = Value(0.5), Value(1.0), Value(1e-6)

    def call() -> None:
        z = x
        for _ in range(length // 2):
            z = z * one + small
        z.backward()

    return call
