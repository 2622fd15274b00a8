"""PyTorch; torchviz draws for it, where that is installed."""

from __future__ import annotations

import importlib.util
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from probes.library import Function, Missing, Taped


class PyTorch(Taped):
    log, sqrt, where = map(staticmethod, (torch.log, torch.sqrt, torch.where))

    def constant(self, array: np.ndarray) -> Any:
        return torch.from_numpy(array)

    def looking_for_nan(self) -> Any:
        return torch.autograd.detect_anomaly()

    def leaf(self, name: str, x: Any) -> Any:
        return torch.tensor(np.asarray(x), requires_grad=True)

    def optimizer(self, names: Sequence[str]) -> Callable[[], None]:
        return torch.optim.SGD(self.leaves, lr=1e-3).step

    def changes(self) -> dict[str, Callable[[], None]]:
        def in_place() -> None:
            with torch.no_grad():
                self.leaves[0] += 1

        def behind() -> None:
            self.leaves[0].data += 1

        return {"in place": in_place, ".data": behind}

    def dense(self, n_inputs: int, n_outputs: int) -> Function:
        layer = torch.nn.Linear(n_inputs, n_outputs, dtype=torch.float64)
        return torch.nn.Sequential(OrderedDict(hidden=layer))

    def draw(self, f: Function, x: Any) -> int:
        if not importlib.util.find_spec("torchviz"):
            raise Missing("no torchviz")
        from torchviz import make_dot

        return len(make_dot(f(self.leaf("x", x))).source)


library = PyTorch
