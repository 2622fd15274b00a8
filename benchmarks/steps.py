"""One training step, side by side: tensorgraph, PyTorch with each of its Adams, planned NumPy.

    python benchmarks/steps.py

A step is forward, softmax cross-entropy, L2 penalty on the first layer, backward, Adam. The
contenders take turns in one process, one thread each; what counts is the median of the ratios of
neighbours in time. The planned NumPy step is the yardstick: a file with ``make_step(network)``,
named by $TENSORGRAPH_FLOOR. PyTorch takes part where it is installed.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before NumPy is imported: BLAS reads it once

import argparse
import importlib.util
import itertools
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph.penalties import penalty

NETWORKS = {"spiral": ([2, 64, 3], 300, 0.01), "fashion": ([784, 128, 128, 10], 128, 0.001)}
L2 = 5e-4
FLOOR = Path(os.environ.get("TENSORGRAPH_FLOOR", "../shared/floor.py"))

Step = Callable[[], object]


def batch(network: str) -> tuple[np.ndarray, np.ndarray]:
    sizes, n, _ = NETWORKS[network]
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, sizes[0])).astype(np.float32), rng.integers(0, sizes[-1], n)


def tensorgraph_step(network: str) -> Step:
    sizes, _, rate = NETWORKS[network]
    X, y = batch(network)
    layers: list[tg.nn.Layer] = []
    for n_inputs, n_neurons in itertools.pairwise(sizes):
        factor = 0 if layers else L2
        layers += [
            tg.nn.Dense(
                n_inputs, n_neurons, weight_regularizer_l2=factor, bias_regularizer_l2=factor
            ),
            tg.nn.ReLU(),
        ]
    layers[-1] = tg.nn.Softmax()
    parameters = [p for layer in layers for p in layer.parameters().values()]
    cross_entropy, adam = tg.losses.CategoricalCrossentropy(), tg.optim.Adam(rate)

    def step() -> float:
        output = X
        for layer in layers:
            output = layer(output, training=True)
        loss = cross_entropy(output, y) + penalty(layers)
        loss.backward()
        adam.step(parameters)
        adam.zero_grad(parameters)
        return float(loss.item())

    return step


def torch_step(network: str, **adam: bool) -> Step:
    import torch

    torch.set_num_threads(1)
    sizes, _, rate = NETWORKS[network]
    X, y = (torch.from_numpy(array) for array in batch(network))
    layers: list[torch.nn.Module] = []
    for n_inputs, n_neurons in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n_inputs, n_neurons), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    cross_entropy = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), rate, eps=1e-7, **adam)
    first = layers[0]

    def step() -> float:
        optimizer.zero_grad()
        loss = cross_entropy(model(X), y) + L2 * ((first.weight**2).sum() + (first.bias**2).sum())
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def floor_step(network: str) -> Step:
    spec = importlib.util.spec_from_file_location("floor", FLOOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_step(network)


def contenders(network: str) -> dict[str, Step]:
    found: dict[str, Step] = {"tensorgraph": tensorgraph_step(network)}
    if FLOOR.exists():
        found["planned NumPy"] = floor_step(network)
    if importlib.util.find_spec("torch"):
        found["PyTorch, Adam"] = torch_step(network)
        found["PyTorch, fused Adam"] = torch_step(network, fused=True)
    return found


def measure(steps: dict[str, Step], seconds: float, block: int) -> dict[str, list[float]]:
    """Microseconds a step, for each round: every contender takes ``block`` steps in each."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        for _ in range(50):
            step()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(block):
                step()
            times[name].append((time.perf_counter() - start) / block * 1e6)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="for each network")
    options = parser.parse_args()
    print("| network | contender | median us | min us | tensorgraph / it: median (quartiles) |")
    print("|---|---|---|---|---|")
    for network in NETWORKS:
        times = measure(contenders(network), options.seconds, block=100)
        ours = times["tensorgraph"]
        for name, theirs in times.items():
            low, middle, high = statistics.quantiles(
                [a / b for a, b in zip(ours, theirs, strict=True)], n=4
            )
            print(
                f"| {network} | {name} | {statistics.median(theirs):.0f} | {min(theirs):.0f} "
                f"| {middle:.2f} ({low:.2f} to {high:.2f}) |"
            )


if __name__ == "__main__":
    main()
