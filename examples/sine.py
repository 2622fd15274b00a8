"""A network learns a curve: one period of a sine, from 1,000 of its points."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import viz
from tensorgraph.models import Model

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=1000)
parser.add_argument("--output", type=Path, default=Path("pictures"), help="folder for the pictures")
options = parser.parse_args()

tg.seed(0)
X, y = tg.data.sine(1000)

model = Model()
model.add(tg.nn.Dense(1, 64))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 64))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 1))
model.add(tg.nn.Identity())

film = options.output / "sine.gif"
visualizer = viz.Visualizer(
    model=model,
    X=X,
    y=y,
    n_inputs=1,
    n_outputs=1,
    animate=True,
    graph=True,
    save=film,
)
model.set(
    loss=tg.losses.MeanSquaredError(),
    optimizer=tg.optim.Adam(learning_rate=0.005, decay=1e-2),
    accuracy=tg.metrics.RegressionAccuracy(precision=0.01),
    visualizer=visualizer,
)
model.finalize()
model.summary()
model.train(X, y, epochs=options.epochs)

worst = np.abs(model.predict(X) - y).max()
print(f"largest distance between the fitted curve and the sine: {worst:.4f}")
print("wrote", film, sep="\n  ")
