"""A network learns a surface: z = sin(x y) over a disc, from points with a little noise on z.

With a window on the screen, the surface can be turned with the mouse.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import viz
from tensorgraph.models import Model

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=100)
parser.add_argument("--output", type=Path, default=Path("pictures"), help="folder for the pictures")
options = parser.parse_args()

NOISE = 0.01  # its standard deviation

# Batches follow the order of the data, which goes around the disc: mix it first.
tg.seed(0)
X, y = tg.data.shuffle(*tg.data.surface(25, NOISE))
X_val, y_val = tg.data.surface(20, NOISE)

model = Model()
model.add(tg.nn.Dense(2, 64))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 64))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 1))
model.add(tg.nn.Identity())

film = options.output / "surface.gif"
visualizer = viz.Visualizer(
    model=model,
    X=X,
    y=y,
    n_inputs=2,
    n_outputs=1,
    period=1,
    animate=True,
    validation=True,
    graph=True,
    save=film,
)
# A prediction counts as right within two standard deviations of the noise.
model.set(
    loss=tg.losses.MeanSquaredError(),
    optimizer=tg.optim.Adam(learning_rate=0.0025, decay=2e-2),
    accuracy=tg.metrics.RegressionAccuracy(precision=2 * NOISE),
    visualizer=visualizer,
)
model.finalize()
model.summary()
model.train(X, y, epochs=options.epochs, batch_size=64, validation_data=(X_val, y_val))

exact = np.sin(X[:, :1] * X[:, 1:])
error = np.sqrt(np.mean((model.predict(X) - exact) ** 2))
print(f"typical distance from the exact surface: {error:.4f}, where the noise has {NOISE}")
print("wrote", film, sep="\n  ")
