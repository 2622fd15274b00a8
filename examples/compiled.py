"""A training step is recorded once, printed as NumPy, and run from then on as that program.

The folder ``pictures`` gets the program as a file. Read it from the top of ``step`` down: it is the
forward pass, the backward pass and Adam, line by line. It also runs by itself, on made-up data.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorgraph as tg
from tensorgraph.penalties import penalty
from tensorgraph.threads import blas_threads_for

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=1000)
parser.add_argument("--output", type=Path, default=Path("pictures"), help="folder for the program")
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)

tg.seed(0)
X, y = tg.data.spiral(100, 3)
layers = [
    tg.nn.Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4, name="dense_1"),
    tg.nn.ReLU(name="relu"),
    tg.nn.Dense(64, 3, name="dense_2"),
    tg.nn.Softmax(name="softmax"),
]
parameters = {f"{layer.name}.{k}": p for layer in layers for k, p in layer.parameters().items()}
for name, parameter in parameters.items():
    parameter.name = name
cross_entropy, adam = tg.losses.CategoricalCrossentropy(), tg.optim.Adam(0.01)


def step(X: Any, y: Any) -> Any:
    """One step of training: forward, loss, penalty, backward, update."""
    output = X
    for layer in layers:
        output = layer(output, training=True)
    loss = cross_entropy(output, y) + penalty(layers)
    loss.backward()
    adam.step(parameters)
    adam.zero_grad(parameters)
    return loss


compiled = tg.compile(step)


def microseconds(f: Callable[..., Any]) -> float:
    """What a step takes, the first two left out: the program is recorded in those."""
    f(X, y), f(X, y)
    start = time.perf_counter()
    for _ in range(options.steps):
        loss = f(X, y)
    print(f"after {adam.iterations} steps the loss is {loss:.3f}")
    return (time.perf_counter() - start) / options.steps * 1e6


with blas_threads_for(0):  # one thread: products as small as these gain nothing by a second one
    as_it_is = microseconds(step)
    as_program = microseconds(compiled)
print(f"a step takes {as_it_is:.0f} us as it is, and {as_program:.0f} us compiled")
print(compiled.memory())

file = options.output / "spiral_step.py"
file.write_text(compiled.source())
print("wrote", file, sep="\n  ")
