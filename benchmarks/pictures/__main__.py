"""Draw the network, 2-16-3 with ReLU and softmax cross-entropy, with each library, into a folder.

cd benchmarks && python -m pictures --output ../docs/pictures
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"  # read when Keras is imported

import keras
import torch
import torchview
import torchviz
from PIL import Image

from pictures import __doc__ as about
from tensorgraph import losses, nn, viz
from tensorgraph.models import Model

ROWS, INPUTS, HIDDEN, CLASSES = 2, 2, 16, 3


class TorchNetwork(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense_1 = torch.nn.Linear(INPUTS, HIDDEN)
        self.relu_1 = torch.nn.ReLU()
        self.dense_2 = torch.nn.Linear(HIDDEN, CLASSES)
        self.loss = torch.nn.CrossEntropyLoss()

    def forward(self, X: Any, y: Any) -> Any:
        return self.loss(self.dense_2(self.relu_1(self.dense_1(X))), y)


def torch_example() -> tuple[Any, Any]:
    return torch.zeros(ROWS, INPUTS), torch.zeros(ROWS, dtype=torch.long)


def with_torchviz(path: Path) -> None:
    network = TorchNetwork()
    loss = network(*torch_example())
    graph = torchviz.make_dot(loss, params=dict(network.named_parameters()))
    path.write_bytes(graph.pipe("png"))


def with_torchview(path: Path) -> None:
    drawn = torchview.draw_graph(TorchNetwork(), input_data=torch_example(), device="cpu")
    path.write_bytes(drawn.visual_graph.pipe("png"))


def with_keras(path: Path) -> None:
    layers = keras.layers
    hidden = layers.Dense(HIDDEN, activation="relu", name="dense_1")
    output = layers.Dense(CLASSES, activation="softmax", name="dense_2")
    network = keras.Sequential([keras.Input((INPUTS,)), hidden, output])
    network.compile(loss="sparse_categorical_crossentropy")
    shown = {"show_shapes": True, "show_layer_names": True, "show_layer_activations": True}
    keras.utils.plot_model(network, to_file=path, dpi=96, **shown)


def with_tensorgraph(path: Path) -> None:
    network = Model(
        [nn.Dense(INPUTS, HIDDEN), nn.ReLU(), nn.Dense(HIDDEN, CLASSES), nn.Softmax()], seed=0
    )
    network.set(loss=losses.CategoricalCrossentropy())
    network.finalize()
    viz.graph(network).save(path)


LIBRARIES: dict[str, Callable[[Path], None]] = {
    "torchviz": with_torchviz,
    "torchview": with_torchview,
    "keras": with_keras,
    "tensorgraph": with_tensorgraph,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pictures", description=about)
    parser.add_argument("--output", type=Path, default=Path("pictures"), help="the folder")
    folder: Path = parser.parse_args().output
    if shutil.which("dot") is None:
        sys.exit(
            "torchviz, torchview and Keras need Graphviz's dot: install your system's graphviz"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in LIBRARIES.items():
        path = folder / f"beside_{name}.png"
        draw(path)
        Image.open(path).convert("RGB").save(path, optimize=True)  # smaller, and the same to see
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
