"""PyTorch, where no optimizer takes part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

torch.set_num_threads(1)


def operation(name: str) -> Callable[[], Any]:
    x, y = torch.full((4,), 0.5, requires_grad=True), torch.full((4,), 0.5, requires_grad=True)
    g = torch.ones(4)

    def multiply() -> Any:
        z = x * y
        z.backward(g)
        return z

    def exp() -> Any:
        z = torch.exp(x)
        z.backward(g)
        return z

    return {"multiply": multiply, "exp": exp}[name]


def chain(length: int) -> Callable[[], Any]:
    x, one, small = (torch.full((4,), value, requires_grad=True) for value in (0.5, 1.0, 1e-6))

    def call() -> None:
        z = x
        for _ in range(length // 2):
            z = z * one + small
        z.sum().backward()

    return call
