"""An operation of your own: five lines, checked; a wrong one, caught; its derivatives, drawn."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph import viz
from tensorgraph.extend import NO_RULE, custom, elementwise, linear

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", type=Path, default=Path("pictures"), help="folder for the pictures")
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)

x = np.array([-1.0, 0.5, 2.0])

# What NumPy computes, and the rule: from the cotangent g of the result y, that of x.
swish = elementwise(
    lambda x: x / (1 + np.exp(-x)),
    lambda g, y, x: g * (y + (1 - y) / (1 + tg.exp(-x))),
    name="swish",
)
tg.testing.check_rule(swish, x)
print("swish agrees with central differences, to second order, alone and in batches")

# The rule is made of operations, so there are all further derivatives.
slope = tg.elementwise_grad(swish)
print("its first and second derivative at 0.5:", slope(0.5), tg.grad(slope)(0.5))

# A wrong rule does not get far: here somebody forgot the inner derivative of sin(3 x).
wrong = elementwise(lambda x: np.sin(3 * x), lambda g, y, x: g * tg.cos(3 * x), name="wrong")
try:
    tg.testing.check_rule(wrong, x)
except tg.errors.GradientError as error:
    print(f"\n{error}")

# An operand that nobody has a rule for may be a constant, and must not be a tensor.
scaled = custom(lambda x, by: x * by, lambda g, y, x, by: g * by, NO_RULE, name="scaled")
try:
    scaled(x, tg.Tensor(2.0))
except tg.errors.RuleError as error:
    print(f"\n{error}")


# What vmap is to do: the first axis of a batch counts the examples, so turn the one after it.
def turned(x: Any) -> Any:
    """The elements in reverse order."""
    return x[::-1]


turn = linear(turned, lambda g, y, x: g[::-1], batch=lambda mapped, x: x[:, ::-1])
tg.testing.check_rule(turn, x)
print("\nturned, each row of a matrix:", tg.vmap(turn)(np.array([[1, 2, 3], [4, 5, 6]])).tolist())

point = tg.Tensor(x, name="x")
total = tg.sum(swish(point) * turn(point))
total.name = "total"
graph = viz.graph(total)
files = [graph.save(options.output / f"own_primitive.{ending}") for ending in ("svg", "png")]
print("\nwrote", *files, sep="\n  ")
