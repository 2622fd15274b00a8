"""A model as data and back: arrays, and the description that a saved file carries beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tensorgraph import losses, metrics, nn, optim, serialize
from tensorgraph.config import constructor_arguments
from tensorgraph.errors import ArgumentError, FileError, TensorGraphError
from tensorgraph.nn import Layer
from tensorgraph.optim import Optimizer, Schedule
from tensorgraph.serialize import Pathlike
from tensorgraph.tensor import Tensor
from tensorgraph.typing import Array


class Savable(Protocol):
    """What saving sees of a model."""

    layers: list[Layer]
    loss: losses.Loss | None
    optimizer: Optimizer | None
    accuracy: metrics.Accuracy | None
    dtype: np.dtype[Any]

    def add(self, layer: Layer) -> None: ...
    def finalize(self) -> None: ...
    def parameters(self) -> dict[str, Tensor]: ...


# --- parameters alone ----------------------------------------------------------------------------


def save_parameters(path: Pathlike, parameters: Mapping[str, Tensor]) -> Path:
    """Write the parameters by name."""
    return serialize.save(
        path, {name: p.data for name, p in parameters.items()}, {"kind": "parameters"}
    )


def load_parameters(path: Pathlike, parameters: Mapping[str, Tensor]) -> None:
    """Read them back, into parameters of the same names and shapes."""
    arrays, _ = serialize.load(path, "parameters")
    _copy_in(arrays, parameters, path)


def _copy_in(arrays: Mapping[str, Array], parameters: Mapping[str, Tensor], path: Pathlike) -> None:
    """Copy all of the arrays into the parameters, or none."""
    for name in sorted({*parameters, *arrays}):
        theirs = arrays[name].shape if name in arrays else "nothing"
        ours = parameters[name].shape if name in parameters else "nothing"
        if theirs != ours:
            raise FileError(f"{path}: for {name!r} the model has {ours}, the file {theirs}")
    for name, parameter in parameters.items():
        parameter.data = arrays[name].astype(parameter.dtype)


# --- the whole model -----------------------------------------------------------------------------


def save(path: Pathlike, model: Savable) -> Path:
    """Write layers, parameters, loss, accuracy, and the optimizer with its state."""
    check_saveable(model.layers)
    arrays = {f"parameters/{name}": p.data for name, p in model.parameters().items()}
    optimizer = model.optimizer
    if optimizer is not None:
        for name, p in model.parameters().items():
            for key, array in optimizer.state(p).items():
                arrays[f"optimizer/{name}/{key}"] = array
    description = {
        "kind": "model",
        "dtype": model.dtype.name,
        "layers": [described(layer) for layer in model.layers],
        "loss": described(model.loss),
        "optimizer": described(optimizer),
        "iterations": optimizer.iterations if optimizer else 0,
        "accuracy": described(model.accuracy),
    }
    return serialize.save(path, arrays, description)


def load(path: Pathlike, model: Savable, layers: Mapping[str, type[Layer]]) -> None:
    """Make the empty ``model`` what the file describes, with its parameters and optimizer state."""
    arrays, description = serialize.load(path, "model")
    try:
        _restore(model, arrays, description, layers, path)
    except FileError:
        raise
    except (
        TensorGraphError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        MemoryError,
    ) as error:
        raise FileError(f"{path} does not describe a model that can be built: {error!r}") from error


def _restore(
    model: Savable,
    arrays: Mapping[str, Array],
    description: Mapping[str, Any],
    layers: Mapping[str, type[Layer]],
    path: Pathlike,
) -> None:
    model.dtype = np.dtype(description["dtype"])
    for layer in description["layers"]:
        model.add(rebuilt("layer", layer, layers))
    model.loss = rebuilt("loss", description["loss"])
    model.optimizer = rebuilt("optimizer", description["optimizer"])
    model.accuracy = rebuilt("accuracy", description["accuracy"])
    model.finalize()
    values: dict[str, Array] = {}
    state: dict[str, dict[str, Array]] = {}
    for key, array in arrays.items():
        kind, _, name = key.partition("/")
        if kind == "optimizer":
            name, _, which = name.rpartition("/")
            state.setdefault(name, {})[which] = array
        else:
            values[name] = array
    _copy_in(values, model.parameters(), path)
    if model.optimizer is not None:
        model.optimizer.restore(model.parameters(), state)
        model.optimizer.iterations = int(description["iterations"])


# --- objects as descriptions ---------------------------------------------------------------------


def _concrete(module: Any, base: type) -> dict[str, type]:
    """The classes of ``module`` that a file may name, by name: those below ``base``."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and not getattr(thing, "__abstractmethods__", None)
    }


_KNOWN: dict[str, dict[str, type]] = {
    "layer": _concrete(nn, Layer),
    "loss": _concrete(losses, losses.Loss),
    "optimizer": _concrete(optim, Optimizer),
    "accuracy": _concrete(metrics, metrics.Accuracy),
    "schedule": _concrete(optim, Schedule),
}


def described(thing: Any) -> dict[str, Any] | None:
    """The class name of ``thing`` and its constructor's arguments."""
    if thing is None:
        return None
    if isinstance(thing, Layer):
        return {"class": (thing.saved_as or type(thing)).__name__, "arguments": thing.config()}
    arguments = constructor_arguments(thing, type(thing))
    if isinstance(thing, Optimizer) and isinstance(thing.learning_rate, Schedule):
        arguments["learning_rate"] = described(thing.learning_rate)
    return {"class": type(thing).__name__, "arguments": arguments}


def rebuilt(role: str, description: Any, more: Mapping[str, type] | None = None) -> Any:
    """The object that was ``described``. Only classes known for its role are ever called."""
    if description is None:
        return None
    known = {**_KNOWN[role], **(more or {})}
    name, arguments = description["class"], dict(description["arguments"])
    if name not in known:
        remedy = (
            f"Model.load(path, layers={{{name!r}: {name}}})"
            if role == "layer"
            else "a newer version"
        )
        raise FileError(
            f"the file has a {role} of class {name!r}, which is not known here: {remedy} reads it"
        )
    if isinstance(arguments.get("learning_rate"), dict):
        arguments["learning_rate"] = rebuilt("schedule", arguments["learning_rate"])
    return known[name](**arguments)


def check_saveable(layers: list[Layer]) -> None:
    """Two classes of one name could not be told apart when the file is read."""
    for layer in layers:
        cls = layer.saved_as or type(layer)
        if _KNOWN["layer"].get(cls.__name__, cls) is not cls:
            raise ArgumentError(
                f"layer {layer.name!r} is of a class called {cls.__name__!r}, as is a "
                f"layer of tensorgraph: "
                "rename yours to save it"
            )
