"""A network that reads real pictures: trained, saved, loaded, and asked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tensorgraph import data, losses, metrics, nn, optim
from tensorgraph.data.datasets import Split
from tensorgraph.models import Model

TRAINED = 6000


@pytest.fixture(scope="module")
def pictures() -> Split:
    """Fashion-MNIST as rows of numbers from -1 to 1, from files that are here already."""
    folders = [Path(__file__).parents[3] / "shared" / "data" / "fashion-mnist"]
    if given := os.environ.get("TENSORGRAPH_DATA"):
        folders += [Path(given) / "fashion-mnist", Path(given)]
    found = [folder for folder in folders if any(folder.glob("t10k-images-idx3-ubyte*"))]
    if not found:
        pytest.skip("no Fashion-MNIST files here: $TENSORGRAPH_DATA can name a folder with them")
    X, y, X_test, y_test = data.fashion_mnist(found[0])
    rows = [x.reshape(len(x), -1) / np.float32(127.5) - 1 for x in (X[:TRAINED], X_test)]
    return rows[0], y[:TRAINED], rows[1], y_test


def test_a_network_trained_on_real_pictures_is_saved_loaded_and_classifies(
    pictures: Split, tmp_path: Path
) -> None:
    X, y, X_test, y_test = pictures
    model = Model([nn.Dense(784, 32), nn.ReLU(), nn.Dense(32, 10), nn.Softmax()], seed=0)
    model.set(
        loss=losses.CategoricalCrossentropy(),
        optimizer=optim.Adam(0.003),
        accuracy=metrics.CategoricalAccuracy(),
    )
    model.finalize()
    model.train(X, y, epochs=2, batch_size=64, print_every=0)
    loaded = Model.load(model.save(tmp_path / "fashion.model"))
    assert np.array_equal(loaded.predict(X_test), model.predict(X_test))
    _, accuracy = loaded.evaluate(X_test, y_test)
    assert accuracy is not None
    assert accuracy > 0.72  # seeds 0 to 9 give 0.785 and more
    # A picture by itself is read as among the others.
    one = loaded.predict(X_test[:1])
    np.testing.assert_allclose(one, loaded.predict(X_test)[:1], atol=1e-5)
    assert one.sum() == pytest.approx(1, abs=1e-5)
