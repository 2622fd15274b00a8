"""Model files that cannot be read or should not be written: what is said, and that none is lost."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from networks import Scale, X, classifier, numbers, same
from tensorgraph import losses, nn, optim
from tensorgraph.errors import ArgumentError, FileError
from tensorgraph.models import Model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A model that was saved."""
    model = classifier(optim.Adam(0.1))
    model.train(X, np.zeros(60, int), print_every=0)
    return model.save(tmp_path / "saved.model")


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    """Parameters that were saved."""
    return classifier().save_parameters(tmp_path / "saved.parameters")


# --- damage --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 7, 8, 100, -100, -1])
def test_a_truncated_model_is_refused(size: int, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:size])
    with pytest.raises(FileError, match=r"saved\.model is damaged"):
        Model.load(saved)


@pytest.mark.parametrize("where", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_model_with_a_changed_bit_is_refused(where: float, saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[int(where * len(content))] ^= 4
    saved.write_bytes(content)
    with pytest.raises(FileError, match=r"saved.model"):
        Model.load(saved)


def test_a_pickle_is_refused_and_not_executed(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "executed"),)

    path = tmp_path / "x.model"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(FileError, match=r"x\.model is damaged, or is no safetensors file"):
        Model.load(path)
    assert not (tmp_path / "executed").exists()


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none\.model"):
        Model.load(tmp_path / "none.model")


# --- the wrong kind ------------------------------------------------------------------------------


def test_parameters_are_no_model(parameters: Path) -> None:
    with pytest.raises(
        FileError, match=r"saved\.parameters holds parameters, and model was expected"
    ):
        Model.load(parameters)


def test_a_model_is_no_parameters(saved: Path) -> None:
    with pytest.raises(FileError, match=r"saved\.model holds model, and parameters was expected"):
        classifier().load_parameters(saved)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        pytest.param(
            [nn.Dense(2, 9), nn.ReLU(), nn.Dense(9, 3)],
            r"for 'dense_1.biases' the model has \(1, 9\), the file \(1, 8\)",
            id="other shapes",
        ),
        pytest.param(
            [nn.Dense(2, 8)], "for 'dense_2.biases' the model has nothing, the file", id="fewer"
        ),
        pytest.param(
            [nn.Dense(2, 8), nn.Dense(8, 3), nn.Dense(3, 3)],
            "for 'dense_3.biases' the model has .* the file nothing",
            id="more",
        ),
    ],
)
def test_parameters_of_another_network_are_refused_and_change_nothing(
    layers: list[nn.Layer], message: str, parameters: Path
) -> None:
    model = Model(layers)
    model.finalize()
    before = numbers(model)
    with pytest.raises(FileError, match="saved.parameters: " + message):
        model.load_parameters(parameters)
    assert same(before, numbers(model))


# --- layers of one's own -------------------------------------------------------------------------


def with_scale(tmp_path: Path) -> Path:
    model = Model([nn.Dense(2, 3), Scale(3)])
    model.finalize()
    return model.save(tmp_path / "x.model")


def test_an_unknown_layer_is_named_with_the_way_to_read_it(tmp_path: Path) -> None:
    with pytest.raises(
        FileError,
        match=r"x\.model has a layer of class 'Scale'.*load\(path, layers=\{'Scale': Scale\}\)",
    ):
        Model.load(with_scale(tmp_path))


def test_a_class_that_is_no_layer_cannot_stand_for_one(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"x\.model gives a Scale as layer"):
        Model.load(with_scale(tmp_path), layers={"Scale": lambda **arguments: print})  # type: ignore[dict-item]


class Forgetful(nn.Layer):
    """A layer that does not keep what it was made with."""

    def __init__(self, size: int) -> None:
        self.length = size

    def forward(self, x: Any, training: bool) -> Any:
        return x


class Functional(Forgetful):
    """A layer that was made with what no file can hold."""

    def __init__(self, function: Any) -> None:
        self.function = function


def Dense() -> nn.Layer:
    """A layer whose class has a name that is taken."""
    return type("Dense", (Scale,), {})(3)


UNSAVABLE = [
    pytest.param(
        lambda: {"layer": Forgetful(3)},
        "layer 'forgetful_1' of class Forgetful .* needs 'size', .*: keep it as self.size",
        id="argument not kept",
    ),
    pytest.param(
        lambda: {"layer": Functional(print)},
        "needs 'function', and there is no attribute",
        id="a function",
    ),
    pytest.param(
        lambda: {"layer": Dense()},
        "layer 'dense_2' of class Dense would be taken for the one of",
        id="a taken name",
    ),
    pytest.param(
        lambda: {"loss": type("MeanSquaredError", (losses.MeanAbsoluteError,), {})()},
        "the loss of class MeanSquaredError would be taken for",
        id="a loss of a taken name",
    ),
]


@pytest.mark.parametrize(("make", "message"), UNSAVABLE)
def test_a_model_that_could_not_be_loaded_is_not_saved_and_the_older_file_stays(
    make: Any, message: str, saved: Path
) -> None:
    things = make()
    model = Model([nn.Dense(2, 3), things.get("layer", nn.ReLU())])
    model.set(loss=things.get("loss", losses.MeanSquaredError()))
    model.finalize()
    before = saved.read_bytes()
    with pytest.raises(ArgumentError, match=message):
        model.save(saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]
