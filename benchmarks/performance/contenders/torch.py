"""PyTorch, with each of its Adams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from performance.networks import EPSILON, L2, Array, Network, start

torch.set_num_threads(1)

ADAMS: dict[str, dict[str, bool]] = {
    "default": {},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}


def model_of(network: Network) -> torch.nn.Sequential:
    _, _, weights, biases = start(network)
    layers: list[torch.nn.Module] = []
    for W, b in zip(weights, biases, strict=True):
        linear = torch.nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b[0]))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def loss_of(model: torch.nn.Sequential) -> Callable[[Any, Any], Any]:
    cross_entropy = torch.nn.CrossEntropyLoss()
    first: Any = model[0]

    def loss(X: Any, y: Any) -> Any:
        penalty = L2 * ((first.weight**2).sum() + (first.bias**2).sum())
        return cross_entropy(model(X), y) + penalty

    return loss


def taker(
    network: Network, adam: str, compile: Callable[[Any], Any] = lambda f: f
) -> Callable[[Any, Any], float]:
    model = model_of(network)
    loss_on = compile(loss_of(model))
    optimizer = torch.optim.Adam(model.parameters(), network.rate, eps=EPSILON, **ADAMS[adam])

    def take(X: Any, y: Any) -> float:
        optimizer.zero_grad()
        loss = loss_on(X, y)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return take


def step(network: Network, *, adam: str) -> Callable[[], float]:
    X, y, *_ = start(network)
    take, inputs, targets = taker(network, adam), torch.from_numpy(X), torch.from_numpy(y)
    return lambda: take(inputs, targets)


def fit(network: Network, X: Array, y: Array, *, adam: str) -> None:
    take, inputs, targets = taker(network, adam), torch.from_numpy(X), torch.from_numpy(y)
    for batch in zip(inputs.split(network.batch), targets.split(network.batch), strict=True):
        take(*batch)
