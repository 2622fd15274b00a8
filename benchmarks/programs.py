"""Whole programs: how well the spiral and Fashion-MNIST are learnt, and how long it takes.

    python benchmarks/programs.py spiral      validation figures, medians over seeds 0 to 8
    python benchmarks/programs.py animated    the spiral with 100 frames and its GIF, in seconds
    python benchmarks/programs.py fashion     examples/fashion_mnist.py, in a process of its own
    python benchmarks/programs.py             all of them

BLAS threads are left as a user has them. Fashion-MNIST is found as the example finds it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tensorgraph as tg
from tensorgraph.models import nnfs

EXAMPLES = Path(__file__).parents[1] / "examples"


def spiral_model(seed: int, gif: Path | None) -> tuple[nnfs.Model, tuple, tuple]:
    """The book's network for three arms of 1,000 points, and the data, drawn after ``seed``."""
    tg.seed(seed)
    training, validation = nnfs.spiral_data(1000, 3), nnfs.spiral_data(100, 3)
    model = nnfs.Model()
    model.add(nnfs.Layer_Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
    model.add(nnfs.Activation_ReLU())
    model.add(nnfs.Layer_Dense(64, 3))
    model.add(nnfs.Activation_Softmax())
    if gif is not None:
        visualizer = nnfs.Visualizer(
            model=model,
            animate=True,
            X=validation[0],
            y=validation[1],
            n_inputs=2,
            n_outputs=3,
            colorgraph=True,
            validation=True,
            save=gif,
        )
        model.set(visualizer=visualizer)
    model.set(
        loss=nnfs.Loss_CategoricalCrossentropy(),
        optimizer=nnfs.Optimizer_Adam(learning_rate=0.01, decay=5e-7),
        accuracy=nnfs.Accuracy_Categorical(),
    )
    model.finalize()
    return model, training, validation


def spiral() -> None:
    accuracies, losses = [], []
    for seed in range(9):
        model, (X, y), validation = spiral_model(seed, None)
        last = model.train(X, y, epochs=1000, validation_data=validation, print_every=0).last
        accuracies.append(last.validation_accuracy)
        losses.append(last.validation_loss)
    accuracy, loss = statistics.median(accuracies), statistics.median(losses)
    print(f"spiral, medians over 9 seeds: validation accuracy {accuracy:.3f}, loss {loss:.3f}")


def animated() -> None:
    with tempfile.TemporaryDirectory() as folder:
        model, (X, y), validation = spiral_model(0, Path(folder) / "spiral.gif")
        start = time.perf_counter()
        model.train(X, y, epochs=1000, validation_data=validation, print_every=0)
        print(f"spiral, 1,000 epochs with an animated GIF: {time.perf_counter() - start:.1f} s")


def fashion() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(EXAMPLES / "fashion_mnist.py"), "--train"]
        model = str(Path(folder) / "fashion_mnist.safetensors")
        subprocess.run([*command, "--output", folder, "--model", model], check=True)


PROGRAMS = {"spiral": spiral, "animated": animated, "fashion": fashion}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "programs", nargs="*", choices=[*PROGRAMS, []], help="all, if none is named"
    )
    for program in parser.parse_args().programs or PROGRAMS:
        PROGRAMS[program]()
