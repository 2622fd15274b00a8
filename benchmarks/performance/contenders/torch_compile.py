"""PyTorch with ``torch.compile`` around forward and loss, and so around backward; fused Adam."""

from __future__ import annotations

from collections.abc import Callable

import torch

from performance.contenders.torch import taker
from performance.networks import Network, start


def step(network: Network) -> Callable[[], float]:
    X, y, *_ = start(network)
    take = taker(network, "fused", torch.compile)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
    return lambda: take(inputs, targets)
