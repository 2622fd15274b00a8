"""A model as data and back: arrays, and the description that a saved file carries beside them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tensorgraph import losses, metrics, nn, optim, serialize
from tensorgraph.config import constructor_arguments
from tensorgraph.errors import ArgumentError, DataError, FileError
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
    """Read them back, into parameters of the same names and shapes, in the dtypes of those.

    Raises ``FileError`` where they do not fit, ``DataError`` where a value is beyond the range of
    the dtype; the parameters are then as before.
    """
    arrays, _ = serialize.load(path, "parameters")
    _copy_in(arrays, parameters, path)


def _copy_in(arrays: Mapping[str, Array], parameters: Mapping[str, Tensor], path: Pathlike) -> None:
    """Copy all of the arrays into the parameters, or none."""
    for name in sorted({*parameters, *arrays}):
        theirs = arrays[name].shape if name in arrays else "nothing"
        ours = parameters[name].shape if name in parameters else "nothing"
        if theirs != ours:
            name = serialize.brief(repr(name))
            raise FileError(f"{path}: for {name} the model has {ours}, the file {theirs}")
    fitting = {
        name: _in_dtype(arrays[name], parameter.dtype, f"{path}: {name!r}")
        for name, parameter in parameters.items()
    }
    for name, parameter in parameters.items():
        parameter.data = fitting[name]


def _in_dtype(array: Array, dtype: np.dtype[Any], what: str) -> Array:
    """A copy in ``dtype``, which may round the values of ``array`` and must not lose any."""
    if array.dtype.kind != dtype.kind:
        raise FileError(f"{what} is {array.dtype} in the file, and {dtype} in the model")
    with np.errstate(over="ignore", invalid="ignore"):
        new = array.astype(dtype)
    lost = np.isfinite(array) & ~np.isfinite(new) if dtype.kind in "fc" else new != array
    if lost.any():
        raise DataError(f"{what} has {array[lost][0]}, which is beyond the range of {dtype}")
    return new


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
        why = serialize.brief(f"{type(error).__name__}: {serialize.brief(error)}")
        raise FileError(f"{path} does not describe a model that can be built: {why}") from error


def _restore(
    model: Savable,
    arrays: Mapping[str, Array],
    description: Mapping[str, Any],
    classes: Mapping[str, type],
    path: Pathlike,
) -> None:
    def made(role: str, thing: Any) -> Any:
        return rebuilt(role, thing, classes, path)

    _check_described_alike(arrays, description, classes, path)
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
    for name, p in model.parameters().items():
        if name in values and values[name].dtype != p.dtype:
            raise FileError(f"{path}: {name!r} is {values[name].dtype}, and should be {p.dtype}")
    _copy_in(values, model.parameters(), path)
    if model.optimizer is not None:
        model.optimizer.restore(model.parameters(), state)
        model.optimizer.iterations = description["iterations"]
        for name, p in model.parameters().items():
            _check_restored(model.optimizer.state(p), state.get(name), f"{path}: for {name!r}")


def _check_described_alike(
    arrays: Mapping[str, Array],
    description: Mapping[str, Any],
    classes: Mapping[str, type],
    path: Pathlike,
) -> None:
    """Refuse, before anything is made, a description that its arrays or itself contradict."""
    if set(description) != _SAID:
        wrong = serialize.brief(sorted(set(description) ^ _SAID))
        raise FileError(f"{path}: {wrong} of the description is missing, or is not known here")
    steps, dtype = description["iterations"], description["dtype"]
    if type(steps) is not int or not 0 <= steps < 2**63:
        raise FileError(f"{path}: iterations is {serialize.brief(steps)}, and must be a count")
    if not isinstance(dtype, str) or np.dtype(dtype).kind != "f" or np.dtype(dtype).name != dtype:
        raise FileError(f"{path}: dtype is {serialize.brief(dtype)}, and must be that of floats")
    roles = {"parameters"} | ({"optimizer"} if description["optimizer"] else set())
    strange = next((key for key in arrays if key.partition("/")[0] not in roles), None)
    if strange is not None:
        raise FileError(f"{path} has an array {serialize.brief(strange)!r}, which nothing takes")
    there = sum(array.size for key, array in arrays.items() if key.startswith("parameters/"))
    needed = (
        sum(_weights(layer) for layer in description["layers"]) if "Dense" not in classes else 0
    )
    if needed > there:
        raise FileError(
            f"{path}: its Dense layers have {needed} weights, and the file holds {there} numbers"
        )


_SAID = {"kind", "dtype", "layers", "loss", "optimizer", "iterations", "accuracy"}


def _weights(layer: Mapping[str, Any]) -> int:
    """How many weights a Dense layer would draw; what is no number its constructor refuses."""
    arguments = layer["arguments"]
    sizes = [arguments.get("n_inputs"), arguments.get("n_neurons")]
    if layer["class"] != "Dense" or not all(isinstance(n, int) and n > 0 for n in sizes):
        return 0
    return int(sizes[0] * sizes[1])


def _check_restored(
    kept: Mapping[str, Array], saved: Mapping[str, Array] | None, what: str
) -> None:
    """Refuse the state that the optimizer had to stretch, to cast or to invent."""
    ours = {key: (array.shape, array.dtype) for key, array in kept.items()}
    theirs = {key: (array.shape, array.dtype) for key, array in (saved or {}).items()}
    if saved is not None and ours != theirs:
        raise FileError(f"{what} the optimizer keeps {ours}, the file has {theirs}")


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
    name, arguments = description["class"], description["arguments"]
    if set(description) != {"class", "arguments"} or not isinstance(arguments, dict):
        found = serialize.brief(repr(description))
        raise FileError(f"{path}: a {role} has a class and arguments by name, not {found}")
    if name not in known:
        shown = serialize.brief(name)
        raise FileError(
            f"{path} has a {role} of class {shown!r}, which is not one of tensorgraph's: "
            f"Model.load(path, layers={{{shown!r}: {shown}}}) reads it"
        )
    if isinstance(arguments.get("learning_rate"), dict):
        rate = rebuilt("schedule", arguments["learning_rate"], classes, path)
        arguments = {**arguments, "learning_rate": rate}
    if name not in classes:
        _check_types(known[name], arguments, path)
    thing = known[name](**arguments)
    if not isinstance(thing, _BASES[role][1]):
        raise FileError(f"{path} gives a {name} as {role}")
    return thing


_TAKES: dict[str, tuple[type, ...]] = {
    "bool": (int,),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "float | Schedule": (int, float, Schedule),
}
"""What JSON may say for an argument, by its annotation: "no" would be taken for true."""


def _check_types(cls: type, arguments: Mapping[str, Any], path: Pathlike) -> None:
    """Refuse an argument of one of our classes that is of another type than it takes."""
    for key, parameter in inspect.signature(cls).parameters.items():
        taken = _TAKES.get(str(parameter.annotation), (object,))
        if key in arguments and not isinstance(arguments[key], taken):
            found = serialize.brief(repr(arguments[key]))
            raise FileError(
                f"{path}: {cls.__name__} has {key}={found}, and takes {parameter.annotation}"
            )
