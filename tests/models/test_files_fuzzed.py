"""Model files that are damaged, forged or hostile: loaded right or refused, and nothing executed.

The bits of a file are under its checksum, so that a damaged one is never loaded as something else.
A forged one, whose checksum fits, loads as exactly what it says, or not at all.
"""

from __future__ import annotations

import functools
import io
import json
import os
import pickle
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from damage import safetensors_file
from fuzzing import MODEL_TARGETS, faults, loaded_apart
from networks import classifier, numbers, same
from tensorgraph import serialize
from tensorgraph.errors import ArgumentError, DataError, FileError
from tensorgraph.models import Model
from verdicts import content_of, model_file


@pytest.mark.parametrize("name", MODEL_TARGETS)
def test_a_spoiled_file_loads_right_or_is_refused(name: str, tmp_path: Path) -> None:
    assert faults(name, 20, tmp_path) == []


# --- bounded time and memory ---------------------------------------------------------------------


def described_as(description: str) -> bytes:
    """A file without arrays whose description is this text."""
    return safetensors_file({"__metadata__": {"tensorgraph": description}})


def claims(shape: list[int], stop: int) -> bytes:
    """A file that claims an array of that shape, and holds no byte of it."""
    return safetensors_file({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, stop]}})


def forged(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Path:
    """A model whose arrays and description were changed; the checksum fits."""
    arrays, about = content_of(path, "model", model_file())
    change(arrays, about)
    return serialize.save(path, arrays, about)


def dense_of(inputs: int, neurons: int) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    """Make the first layer that large in the description."""

    def change(_: dict[str, Any], about: dict[str, Any]) -> None:
        about["layers"][0]["arguments"] |= {"n_inputs": inputs, "n_neurons": neurons}

    return change


def many_layers(_: dict[str, Any], about: dict[str, Any]) -> None:
    about["layers"][1:1] = [{"class": "ReLU", "arguments": {}}] * 30_000


HOSTILE: dict[str, bytes | Callable[..., Any]] = {
    "2^40 elements": claims([2**40], 2**42),
    "2^40 elements in no bytes": claims([2**40], 0),
    "2^62 elements by wrapping round": claims([2**31, 2**31, 4], 0),
    "no rows of 2^60": claims([0, 2**60], 0),
    "a header of 2^40 bytes": safetensors_file({}, size=2**40),
    "a header of 2^64 - 1 bytes": safetensors_file({}, size=2**64 - 1),
    "a header of 20 MB": safetensors_file(b"{" + b" " * 20_000_000 + b"}"),
    "a nested header": safetensors_file(b'{"a":' * 500_000),
    "a nested description": described_as("[" * 500_000),
    "a description of lists": described_as("[" + "[]," * 10_000_000 + "[]]"),
    "a description of as many lists as are allowed": described_as("[" + "[]," * 2_700_000 + "0]"),
    "a number of a million digits": described_as("1" * 1_000_000),
    "a kind of a million letters": described_as(json.dumps({"kind": "x\n" * 1_000_000})),
    "Dense of 2^34 weights": dense_of(2**17, 2**17),
    "Dense of 2^60 weights": dense_of(2**30, 2**30),
    "many layers": many_layers,
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory, and /proc")
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_takes_little_time_and_memory(case: str, tmp_path: Path) -> None:
    path, content = tmp_path / "hostile", HOSTILE[case]
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        forged(path, content)
    found = loaded_apart("model", path)
    allowed = "loaded" if case == "many layers" else "FileError"
    assert found["outcome"] == allowed, found
    assert not found["memory"], found
    assert found["MiB"] < 600, found
    assert found["seconds"] < 20, found
    assert len(found["message"]) < 1000


# --- read one way only ---------------------------------------------------------------------------


def array_said(dtype: str) -> str:
    return f'"a":{{"dtype":"{dtype}","shape":[1],"data_offsets":[0,4]}}'


SAID_TWICE = {
    "an array": f"{{{array_said('F32')},{array_said('I32')}}}",
    "a description": '{"__metadata__":{"tensorgraph":"{}","tensorgraph":"[]"},'
    + array_said("F32")
    + "}",
}


@pytest.mark.parametrize("case", SAID_TWICE)
def test_a_header_that_says_something_twice_is_refused(case: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(safetensors_file(SAID_TWICE[case].encode(), bytes(4)))
    with pytest.raises(FileError, match=r"it says twice what '(a|tensorgraph)' is"):
        serialize.load(path, "model")


def test_a_description_that_says_something_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(described_as('{"kind": "model", "iterations": 1, "iterations": 2}'))
    with pytest.raises(FileError, match="it says twice what 'iterations' is"):
        serialize.load(path, "model")


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    about = {"kind": "test", "table": "x" * serialize.LIMIT}
    with pytest.raises(ArgumentError, match=r"more than the \d+ bytes that a file can hold"):
        serialize.save(tmp_path / "x", {}, about)
    assert os.listdir(tmp_path) == []


# --- forged, and contradicting itself ------------------------------------------------------------


def state_of_one_row(arrays: dict[str, Any], _: Any) -> None:
    name = "optimizer/dense_1.weights/cache"
    arrays[name] = arrays[name][:1]


def half_of_the_state(arrays: dict[str, Any], _: Any) -> None:
    del arrays["optimizer/dense_1.weights/cache"]


def state_without_an_optimizer(_: Any, about: dict[str, Any]) -> None:
    about["optimizer"] = None


def parameters_elsewhere(arrays: dict[str, Any], _: Any) -> None:
    arrays["elsewhere/dense_1.weights"] = arrays.pop("parameters/dense_1.weights")


def whole_numbers(arrays: dict[str, Any], _: Any) -> None:
    arrays["parameters/dense_1.weights"] = arrays["parameters/dense_1.weights"].astype(int)


def with_key(*way: Any, value: Any) -> Callable[[Any, Any], None]:
    """Put ``value`` at that place of the description."""

    def change(_: Any, about: Any) -> None:
        inner = functools.reduce(lambda found, key: found[key], way[:-1], about)
        inner[way[-1]] = value

    return change


CONTRADICTIONS: Mapping[str, tuple[Callable[[Any, Any], None], str]] = {
    "state that would be stretched": (state_of_one_row, "the optimizer keeps"),
    "half of the state": (half_of_the_state, "the optimizer keeps"),
    "state without an optimizer": (state_without_an_optimizer, "which nothing takes"),
    "parameters elsewhere": (parameters_elsewhere, "which nothing takes"),
    "parameters of another dtype": (whole_numbers, "is int64, and should be float32"),
    "a dtype that is null": (with_key("dtype", value=None), "dtype is None"),
    "objects": (with_key("dtype", value="object"), "dtype is object"),
    "whole numbers": (with_key("dtype", value="int64"), "dtype is int64"),
    "steps and a half": (with_key("iterations", value=2.5), "must be a count"),
    "steps as text": (with_key("iterations", value="7"), "must be a count"),
    "steps before the first": (with_key("iterations", value=-1), "must be a count"),
    "steps without end": (with_key("iterations", value=10**400), "must be a count"),
    "what is not known here": (with_key("device", value="gpu"), r"\['device'\] of the description"),
    "text for truth": (
        with_key("loss", "arguments", "from_logits", value="no"),
        "has from_logits='no', and takes bool",
    ),
    "text for a number": (with_key("optimizer", "arguments", "epsilon", value="1"), "takes float"),
    "NaN for the learning rate": (
        with_key("optimizer", "arguments", "learning_rate", value=np.nan),
        "learning_rate is nan",
    ),
    "more beside class and arguments": (with_key("loss", "code", value="1"), "a loss has a class"),
    "arguments in a row": (with_key("loss", "arguments", value=[]), "a loss has a class and"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_model_that_contradicts_itself_is_refused(case: str, tmp_path: Path) -> None:
    change, message = CONTRADICTIONS[case]
    with pytest.raises(FileError, match=f"(?s)forged.*{message}"):
        Model.load(forged(tmp_path / "forged", change))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        pytest.param(lambda a: a.astype(np.complex64), FileError, "complex64", id="complex"),
        pytest.param(lambda a: a.astype(int), FileError, "is int64 in the file", id="integers"),
        pytest.param(
            lambda a: np.full(a.shape, 1e300), DataError, r"has 1e\+300, which is beyond", id="huge"
        ),
    ],
)
def test_parameters_that_would_lose_their_values_are_refused_and_change_nothing(
    change: Any, error: type[Exception], message: str, tmp_path: Path
) -> None:
    model = classifier()
    arrays = {name: p.data for name, p in model.parameters().items()}
    arrays["dense_2.weights"] = change(arrays["dense_2.weights"])
    path = serialize.save(tmp_path / "x", arrays, {"kind": "parameters"})
    other = classifier(seed=2)
    before = numbers(other)
    with pytest.raises(error, match=f"'dense_2.weights' .*{message}"):
        other.load_parameters(path)
    assert same(before, numbers(other))


def test_nan_and_infinity_of_parameters_are_loaded_as_they_are(tmp_path: Path) -> None:
    model = classifier()
    model.parameters()["dense_1.weights"].data[0, :3] = np.nan, np.inf, -0.0
    other = classifier(seed=2)
    other.load_parameters(model.save_parameters(tmp_path / "x"))
    assert same(numbers(model), numbers(other))


# --- nothing is executed -------------------------------------------------------------------------


class Canary:
    """What makes a folder where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def object_array(canary: Canary) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([canary], object), allow_pickle=True)
    return file.getvalue()


def archive(canary: Canary) -> bytes:
    file = io.BytesIO()
    np.savez(file, a=np.array([canary], object))
    return file.getvalue()


def as_torch_saves(canary: Canary) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("archive/data.pkl", pickle.dumps(canary))
    return file.getvalue()


LIVE: dict[str, Callable[[Canary], bytes]] = {
    "pickle": pickle.dumps,
    "old pickle": lambda canary: pickle.dumps(canary, 0),
    "npy": object_array,
    "npz": archive,
    "torch": as_torch_saves,
    "pickle in the arrays": lambda canary: safetensors_file({}, pickle.dumps(canary)),
    "pickle as description": lambda canary: described_as(pickle.dumps(canary, 0).decode()),
    "python as description": lambda canary: described_as(
        f"__import__('os').mkdir({str(canary.folder)!r})"
    ),
}


@pytest.mark.parametrize("load", ["model", "parameters"])
@pytest.mark.parametrize("case", LIVE)
def test_a_file_that_would_act_is_refused_and_does_not(
    case: str, load: str, tmp_path: Path
) -> None:
    canary, path = Canary(tmp_path / "canary"), tmp_path / "x"
    path.write_bytes(LIVE[case](canary))
    with pytest.raises(FileError, match=str(path)):
        Model.load(path) if load == "model" else classifier().load_parameters(path)
    assert not canary.folder.exists()


@pytest.mark.parametrize("role", ["layer", "loss", "optimizer", "accuracy"])
@pytest.mark.parametrize("name", ["os.mkdir", "mkdir", "Path", "Model", "open", "print", "Tensor"])
def test_a_class_of_that_name_is_not_called(name: str, role: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    thing = {"class": name, "arguments": {"path": str(canary), "file": str(canary), "mode": "w"}}
    place = ("layers", 0) if role == "layer" else (role,)
    with pytest.raises(FileError, match=f"has a {role} of class '{name}', which is not one of"):
        Model.load(forged(tmp_path / "forged", with_key(*place, value=thing)))
    assert not canary.exists()


def test_the_canary_sings_where_a_pickle_is_loaded(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Canary(tmp_path / "canary")))
    assert (tmp_path / "canary").exists()
