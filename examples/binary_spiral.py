"""A network with a single output learns to tell two arms of a spiral apart.

Its last layer is a sigmoid: the output is the probability that a point lies on the second arm.
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

tg.seed(0)
X, y = tg.data.spiral(1000, 2)
X_val, y_val = tg.data.spiral(100, 2)

model = Model()
model.add(tg.nn.Dense(2, 64, weight_regularizer_l2=5e-4, bias_regularizer_l2=5e-4))
model.add(tg.nn.ReLU())
model.add(tg.nn.Dense(64, 1))
model.add(tg.nn.Sigmoid())

film = options.output / "binary_spiral.gif"
visualizer = viz.Visualizer(
    model=model,
    X=X_val,
    y=y_val,
    n_inputs=2,
    n_outputs=1,
    animate=True,
    validation=True,
    colorgraph=True,
    save=film,
)
model.set(
    loss=tg.losses.BinaryCrossentropy(),
    optimizer=tg.optim.Adam(learning_rate=0.02, decay=5e-7),
    accuracy=tg.metrics.BinaryAccuracy(),
    visualizer=visualizer,
)
model.finalize()
model.summary()
model.train(X, y, epochs=options.epochs, validation_data=(X_val, y_val))

loss, accuracy = model.evaluate(X_val, y_val)
print(f"on {len(X_val)} other points: accuracy {accuracy:.3f}, loss {loss:.3f}")
print("wrote", film, sep="\n  ")
