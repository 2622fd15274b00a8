"""A network learns to tell the three arms of a spiral apart, and is drawn while it learns.

Afterwards the folder ``pictures`` holds the training as a film, the graph of everything that one
training step computes, and the network itself with the weights that it has learnt.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import tensorgraph as tg
from tensorgraph import viz
from tensorgraph.models import Model

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=1000)
parser.add_argument("--output", type=Path, default=Path("pictures"), help="folder for the pictures")
options = parser.parse_args()
options.output.mkdir(parents=True, exist_ok=True)

# 1,000 points on each of three arms to learn from, and 100 others to be judged by.
tg.seed(0)
X, y = tg.data.spiral(1000, 3)
X_val, y_val = tg.data.spiral(100, 3)

model = Model()
model.add(tg.nn.Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 3))
model.add(tg.nn.Softmax())

film = options.output / "spiral.gif"
visualizer = viz.Visualizer(
    model=model,
    X=X_val,
    y=y_val,
    n_inputs=2,
    n_outputs=3,
    animate=True,
    validation=True,
    colorgraph=True,
    save=film,
)
model.set(
    loss=tg.losses.CategoricalCrossentropy(),
    optimizer=tg.optim.Adam(learning_rate=0.01, decay=5e-7),
    accuracy=tg.metrics.CategoricalAccuracy(),
    visualizer=visualizer,
)
model.finalize()
model.summary()
model.train(X, y, epochs=options.epochs, validation_data=(X_val, y_val))

loss, accuracy = model.evaluate(X_val, y_val)
print(f"on {len(X_val)} other points: accuracy {accuracy:.3f}, loss {loss:.3f}")

graph = viz.graph(model)
network = viz.network(model)
files = [
    film,
    graph.save(options.output / "spiral_graph.svg"),
    graph.save(options.output / "spiral_graph.png"),
    network.save(options.output / "spiral_network.svg"),
    network.save(options.output / "spiral_network.png"),
]
print("wrote", *files, sep="\n  ")
