"""A training that is interrupted by Ctrl-C, in a process of its own.

    python tests/interrupted.py model|hand SEED PRESSES

A thread sends the process a real SIGINT at a moment drawn at random; training is then taken up
again, ``PRESSES`` times. After each it is compared with a training that nobody interrupts: the
parameters and the optimizer's state must be, to the bit, those after as many steps as were
counted. Of what is not, the process prints a line, and at the end how many interrupts came.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from typing import Any

import numpy as np

from networks import X, Y, classifier
from tensorgraph import losses, optim
from tensorgraph.models import Model
from tensorgraph.train import Callback, StepRecord

LONGEST = 0.03  # seconds until Ctrl-C is pressed


class Count(Callback):
    """How many steps callbacks were told of."""

    def __init__(self) -> None:
        self.steps = 0

    def on_step(self, record: StepRecord) -> None:
        self.steps += 1


def everything(model: Model) -> list[bytes]:
    """All bits that a step writes to."""
    assert model.optimizer is not None
    found: list[Any] = []
    for p in model.parameters().values():
        found += [p.data, *model.optimizer.state(p).values()]
    return [np.asarray(array).tobytes() for array in found]


def by_model(model: Model, count: Count, steps: int = 10**9) -> None:
    """Train with ``Model.train``."""
    model.train(X, Y, epochs=steps, print_every=0, callbacks=[count])


def by_hand(model: Model, count: Count, steps: int = 10**9) -> None:
    """Take steps of the optimizer and nothing else: by the gradient of the first one."""
    assert model.optimizer is not None
    parameters = model.parameters()
    if not model.optimizer.iterations:
        losses.CategoricalCrossentropy()(model.forward(X), Y).backward()
    for _ in range(steps):
        model.optimizer.step(parameters)


def press_after(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGINT)


def network() -> Model:
    return classifier(optim.Adam(0.01, decay=1e-4), dropout=0.2)


def main(kind: str, seed: int, presses: int) -> int:
    rng = random.Random(seed)
    train = {"model": by_model, "hand": by_hand}[kind]
    interrupted, whole = network(), network()
    assert interrupted.optimizer is not None
    assert whole.optimizer is not None
    count, came, steps = Count(), 0, 1
    train(interrupted, count, 1)
    train(whole, Count(), 1)
    while came < presses:
        try:
            threading.Thread(target=press_after, args=(rng.uniform(0, LONGEST),)).start()
            train(interrupted, count)
        except KeyboardInterrupt:
            came += 1
        steps = interrupted.optimizer.iterations
        if steps > whole.optimizer.iterations:
            train(whole, Count(), steps - whole.optimizer.iterations)
        if everything(whole) != everything(interrupted):
            print(f"after interrupt {came}, at step {steps}: not what {steps} steps give")
            return 1
        if kind == "model" and count.steps != steps:
            print(f"after interrupt {came}: {steps} steps were taken, and {count.steps} told of")
            return 1
    print(f"{came} interrupts, {steps} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
