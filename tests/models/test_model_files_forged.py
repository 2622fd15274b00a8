"""Model files with a right checksum and a wrong description: they can name only what is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from networks import X, classifier
from tensorgraph import optim, serialize
from tensorgraph.errors import FileError
from tensorgraph.models import Model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A model that was saved."""
    model = classifier(optim.Adam(0.1))
    model.train(X, np.zeros(60, int), print_every=0)
    return model.save(tmp_path / "saved.model")


def rewritten(path: Path, place: str, value: Any) -> Path:
    """The model file with another ``value`` at ``place`` of its description; its checksum fits."""
    arrays, about = serialize.load(path, "model")
    *way, last = (int(step) if step.isdigit() else step for step in place.split("."))
    inner: Any = about
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return serialize.save(path, arrays, about)


FORGED = [
    ("layers.0.class", "os.system"),
    ("layers.0.class", "Model"),
    ("layers.0.class", "Layer"),
    ("layers.0.class", "Adam"),
    ("layers.0.class", "__import__"),
    ("loss.class", "Loss"),
    ("optimizer.class", "Dense"),
    ("accuracy.class", "eval"),
    ("layers.0.class", 3),
    ("layers.0.class", ["Dense"]),
    ("layers.0.arguments", {"n_inputs": 10**30, "n_neurons": 8}),
    ("layers.0.arguments", {"n_inputs": -1, "n_neurons": 8}),
    ("layers.0.arguments", {"n_inputs": 2, "n_neurons": 9}),
    ("layers.0.arguments", {"n_inputs": 2, "n_neurons": 8, "more": 1}),
    ("layers.0.arguments", {"n_neurons": 8}),
    ("layers.0.arguments", [1, 2]),
    ("layers.0", "Dense"),
    ("layers", {}),
    ("layers", 7),
    ("layers", None),
    ("optimizer.arguments.learning_rate", "fast"),
    ("optimizer.arguments.learning_rate", {"class": "SGD", "arguments": {}}),
    ("optimizer.arguments.learning_rate", -1),
    ("iterations", float("inf")),
    ("iterations", "many"),
    ("dtype", "float7"),
    ("dtype", None),
]


@pytest.mark.parametrize(
    ("place", "value"), FORGED, ids=[f"{place}={value}" for place, value in FORGED]
)
def test_a_forged_model_is_refused(place: str, value: Any, saved: Path) -> None:
    rewritten(saved, place, value)
    with pytest.raises(FileError, match=r"saved\.model"):
        Model.load(saved)


@pytest.mark.parametrize("name", ["parameters/dense_1.weights", "optimizer/dense_1.weights/cache"])
@pytest.mark.parametrize("change", ["another shape", "another name"])
def test_a_model_with_arrays_that_do_not_fit_is_refused(
    name: str, change: str, saved: Path
) -> None:
    arrays, about = serialize.load(saved, "model")
    array = arrays.pop(name)
    new = {name: array[:1, :3]} if change == "another shape" else {name.replace("_1", "_7"): array}
    serialize.save(saved, {**arrays, **new}, about)
    with pytest.raises(FileError, match=r"saved\.model"):
        Model.load(saved)
