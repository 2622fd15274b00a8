"""Whether a long training keeps its size, in a process of its own.

    python tests/long_training.py model|hand STEPS

Prints the resident size in KiB after a fifth of the steps and after all of them. The garbage
collector is off: what one step left for it would add up.
"""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

from networks import X_VAL, Y_VAL, classifier
from tensorgraph import losses
from tensorgraph.models import Model
from tensorgraph.penalties import penalty
from tensorgraph.train import Callback, StepRecord


def resident() -> int:
    """The size of this process in memory, in KiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


class Sizes(Callback):
    """Writes down the resident size when it has heard of so many steps."""

    def __init__(self, at: set[int]) -> None:
        self.at = at
        self.steps = 0
        self.found: list[int] = []

    def on_step(self, record: StepRecord | None) -> None:
        self.steps += 1
        if self.steps in self.at:
            self.found.append(resident())


def by_model(model: Model, steps: int, sizes: Sizes) -> None:
    model.train(
        X_VAL, Y_VAL, epochs=steps // 3, batch_size=7, print_every=0, callbacks=[sizes]
    )  # 21 points


def by_hand(model: Model, steps: int, sizes: Sizes) -> None:
    assert model.optimizer is not None
    loss = losses.CategoricalCrossentropy()
    parameters = model.parameters()
    for _ in range(steps):
        total = loss(model.forward(X_VAL, training=True), Y_VAL) + penalty(model.layers)
        total.backward()
        model.optimizer.step(parameters)
        model.optimizer.zero_grad(parameters)
        sizes.on_step(None)


def main(kind: str, steps: int) -> None:
    sizes = Sizes({steps // 5, steps - steps % 3})
    model = classifier(dropout=0.1, weight_regularizer_l2=1e-3)
    gc.disable()
    {"model": by_model, "hand": by_hand}[kind](model, steps, sizes)
    print(*sizes.found)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
