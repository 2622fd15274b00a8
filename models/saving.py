"""A model as data and back: arrays, and the description that a saved file carries beside them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tensorgraph import losses, metrics, nn, optim, serialize
from tensorgraph.config import constructor_arguments
from tensorgraph.errors import ArgumentError, FileError
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
    arrays = {f"parameters/{name}": p.data for name, p in model.parameters().items()}
    optimizer = model.optimizer
    if optimizer is not None:
        for name, p in model.parameters().items():
            for key, array in optimizer.state(p).items():
                arrays[f"optimizer/{name}/{key}"] = array
    description = {
        "kind": "model",
        "dtype": model.dtype.name,
        "layers": [described("layer", layer) for layer in model.layers],
        "loss": described("loss", model.loss),
        "optimizer": described("optimizer", optimizer),
        "iterations": optimizer.iterations if optimizer else 0,
        "accuracy": described("accuracy", model.accuracy),
    }
    return serialize.save(path, arrays, description)


def load(path: Pathlike, model: Savable, classes: Mapping[str, type]) -> None:
    """Make the empty ``model`` what the file describes, with its parameters and optimizer state."""
    arrays, description = serialize.load(path, "model")
    try:
        _restore(model, arrays, description, classes, path)
    except FileError:
        raise
    except Exception as error:  # whatever constructors raise at arguments that nobody ever gave
        raise FileError(f"{path} does not describe a model that can be built: {error!r}") from error


def _restore(
    model: Savable,
    arrays: Mapping[str, Array],
    description: Mapping[str, Any],
    classes: Mapping[str, type],
    path: Pathlike,
) -> None:
    def made(role: str, thing: Any) -> Any:
        return rebuilt(role, thing, classes, path)

    model.dtype = np.dtype(description["dtype"])
    for layer in description["layers"]:
        model.add(made("layer", layer))
    model.loss = made("loss", description["loss"])
    model.optimizer = made("optimizer", description["optimizer"])
    model.accuracy = made("accuracy", description["accuracy"])
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


_BASES: dict[str, tuple[Any, type]] = {
    "layer": (nn, Layer),
    "loss": (losses, losses.Loss),
    "optimizer": (optim, Optimizer),
    "accuracy": (metrics, metrics.Accuracy),
    "schedule": (optim, Schedule),
}


def _concrete(module: Any, base: type) -> dict[str, type]:
    """The classes of ``module`` that a file may name, by name: those below ``base``."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if isinstance(thing, type)
        and issubclass(thing, base)
        and not getattr(thing, "__abstractmethods__", None)
    }


_KNOWN = {role: _concrete(module, base) for role, (module, base) in _BASES.items()}


def described(role: str, thing: Any) -> dict[str, Any] | None:
    """The class name of ``thing`` and its constructor's arguments.

    Raises ``ArgumentError`` where a file could not say with them what ``thing`` is.
    """
    if thing is None:
        return None
    cls = getattr(thing, "saved_as", None) or type(thing)
    arguments = thing.config() if isinstance(thing, Layer) else constructor_arguments(thing, cls)
    if isinstance(thing, Optimizer) and isinstance(thing.learning_rate, Schedule):
        arguments["learning_rate"] = described("schedule", thing.learning_rate)
    _check_described(role, getattr(thing, "name", None), cls, arguments)
    return {"class": cls.__name__, "arguments": arguments}


def _check_described(role: str, name: str | None, cls: type, arguments: dict[str, Any]) -> None:
    what = f"{role}{f' {name!r}' if name else ''} of class {cls.__name__}"
    if _KNOWN[role].get(cls.__name__, cls) is not cls:
        raise ArgumentError(
            f"save(): the {what} would be taken for the one of tensorgraph: rename your class"
        )
    for key, argument in inspect.signature(cls).parameters.items():
        needed = argument.default is argument.empty and argument.kind not in _VARIADIC
        if needed and key not in arguments:
            raise ArgumentError(
                f"save(): the {what} could not be made again: its constructor needs {key!r}, and "
                f"there is no attribute of that name that JSON can hold: keep it as self.{key}; "
                "save_parameters() writes the parameters alone"
            )


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def rebuilt(role: str, description: Any, classes: Mapping[str, type], path: Pathlike) -> Any:
    """The object that was ``described``. Only classes known for its role are ever called."""
    if description is None:
        return None
    known = {**_KNOWN[role], **classes}
    name, arguments = description["class"], dict(description["arguments"])
    if name not in known:
        raise FileError(
            f"{path} has a {role} of class {name!r}, which is not one of tensorgraph's: "
            f"Model.load(path, layers={{{name!r}: {name}}}) reads it"
        )
    if isinstance(arguments.get("learning_rate"), dict):
        arguments["learning_rate"] = rebuilt("schedule", arguments["learning_rate"], classes, path)
    thing = known[name](**arguments)
    if not isinstance(thing, _BASES[role][1]):
        raise FileError(f"{path} gives a {name} as {role}")
    return thing
