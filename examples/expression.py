"""A formula without any network: its value, its gradient beside central differences, its graph."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import tensorgraph as tg
from tensorgraph import viz

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", type=Path, default=Path("pictures"), help="folder for the pictures")
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)


def f(x: Any, y: Any, z: Any) -> Any:
    """Plain Python: it takes numbers, arrays and tensors alike."""
    return tg.exp(-x * y) + x * tg.sin(z) ** 2


# Tensors remember what is computed from them.
x = tg.Tensor(0.5, name="x")
y = tg.Tensor(-1.5, name="y")
z = tg.Tensor(2.0, name="z")
result = f(x, y, z)
result.name = "f(x, y, z)"
print(f"f(x, y, z) = exp(-x y) + x sin²(z) = {result:.6f}")

# Back along the tape: each tensor gets the derivative of the result by itself.
result.backward()

# The same by trying: how much does f change when one number changes a little?
h = 1e-6
point = {"x": x.item(), "y": y.item(), "z": z.item()}
print(f"\n{'':4}{'value':>8}{'tape':>14}{'differences':>14}")
for variable in (x, y, z):
    ahead = point | {variable.name: variable.item() + h}
    behind = point | {variable.name: variable.item() - h}
    difference = (f(**ahead) - f(**behind)) / (2 * h)
    print(f"{variable.name:4}{variable:8.2f}{variable.grad:14.8f}{difference:14.8f}")

graph = viz.graph(result)
files = [graph.save(options.output / f"expression.{ending}") for ending in ("svg", "png")]
print("\nwrote", *files, sep="\n  ")
