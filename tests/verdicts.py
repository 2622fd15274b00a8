"""Good files of each kind, and what is wrong with what a loader makes of one that was damaged.

A verdict is a text that says what is wrong, or "" where nothing is. The loaders' own errors pass
through. Read next: ``fuzzing``.
"""

from __future__ import annotations

import functools
import gzip
import math
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from damage import Content
from networks import X, Y, classifier, numbers, same
from tensorgraph import data, optim, serialize
from tensorgraph.data import idx
from tensorgraph.errors import DataError, FileError
from tensorgraph.models import Model


@functools.cache
def model_file() -> bytes:
    """A model that was trained and saved."""
    model = classifier(optim.Adam(0.1), dropout=0.1, weight_regularizer_l2=0.01)
    model.train(X, Y, epochs=2, print_every=0)
    with tempfile.TemporaryDirectory() as folder:
        return model.save(Path(folder) / "x").read_bytes()


@functools.cache
def parameters_file() -> bytes:
    """Parameters that were saved."""
    with tempfile.TemporaryDirectory() as folder:
        return classifier(seed=1).save_parameters(Path(folder) / "x").read_bytes()


def content_of(path: Path, kind: str, content: bytes | None = None) -> tuple[Content, Content]:
    """What the file of models says; ``content`` is written to it before."""
    if content is not None:
        path.write_bytes(content)
    return serialize.load(path, kind)


def differs(ours: Any, theirs: Any) -> bool:
    """Whether two arrays differ in shape, dtype or a bit."""
    return (ours.shape, ours.dtype, ours.tobytes()) != (
        theirs.shape,
        theirs.dtype,
        theirs.tobytes(),
    )


def unlike_saved(path: Path, kind: str, good: bytes) -> str:
    """What a file of models that loads says otherwise than the good one."""
    arrays, about = content_of(path, kind)
    wanted, wanted_about = content_of(path.with_name("good"), kind, good)
    if about != wanted_about or set(arrays) != set(wanted):
        return "loads, and says something else than was saved"
    return next((f"{k} is changed" for k in wanted if differs(arrays[k], wanted[k])), "")


def load_model(path: Path) -> str:
    """What is wrong with the model: what it would be saved as is not what its file says."""
    model = Model.load(path)
    arrays, about = content_of(path, "model")
    again, about_again = content_of(model.save(path.with_name("again")), "model")
    for name in {*arrays, *again}:
        if name not in again or (name in arrays and differs(arrays[name], again[name])):
            return f"{name} is not what the file says"
        if name not in arrays and again[name].any():
            return f"{name} is invented"
    return unlike(about, about_again)


def unlike(said: Any, made: Any, key: str = "") -> str:
    """Where ``made`` contradicts what was ``said``; what was not said may be any default."""
    if isinstance(said, dict) and isinstance(made, dict):
        # A seed is used, and not kept.
        faults = (unlike(v, made.get(k, "nothing"), k) for k, v in said.items() if k != "rng")
    elif isinstance(said, list) and isinstance(made, list) and len(said) == len(made):
        faults = (unlike(*pair, key) for pair in zip(said, made, strict=True))
    elif (key == "name" and not said) or (key == "dtype" and same_dtype(said, made)):
        return ""
    else:
        return (
            "" if said == made or repr(said) == repr(made) else f"{key}: {said!r} became {made!r}"
        )
    return next((fault for fault in faults if fault), "")


def same_dtype(said: Any, made: Any) -> bool:
    """Whether both are names of one dtype: f4 is said, float32 is kept."""
    try:
        return bool(np.dtype(said) == np.dtype(made))
    except TypeError:
        return False


def load_parameters(path: Path) -> str:
    """What is wrong with the parameters: not those of the file, or changed by a file refused."""
    model = classifier(seed=2)
    before = numbers(model)
    try:
        model.load_parameters(path)
    except (FileError, DataError):
        if not same(before, numbers(model)):
            return "a refused file changed parameters"
        raise
    arrays, _ = content_of(path, "parameters")
    for name, p in model.parameters().items():
        if not np.array_equal(p.data, arrays[name].astype(p.dtype), equal_nan=True):
            return f"{name} is not what the file says"
        if np.isinf(p.data).sum() != np.isinf(arrays[name]).sum():
            return f"{name} overflowed"
    return ""


def stated(content: bytes, axes: int) -> Any:
    """The array that an IDX file says, read another way than ours; None where it is damaged."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error, struct.error):
            return None
    start = 4 + 4 * axes
    if content[:4] != bytes([0, 0, 8, axes]) or len(content) < start:
        return None
    shape = struct.unpack(f">{axes}I", content[4:start])
    if not 0 < math.prod(shape) == len(content) - start:
        return None
    return np.array(list(content[start:]), np.uint8).reshape(shape)


def load_idx(path: Path, axes: int = 3) -> str:
    """What is wrong with the array of an IDX file."""
    expected = stated(path.read_bytes(), axes)
    try:
        array = idx.read(path, axes)
    except FileError:
        if expected is not None:
            return "a good file is refused"
        raise
    return "" if expected is not None and not differs(array, expected) else "another array"


def load_set(path: Path) -> str:
    """What is wrong with a data set one of whose four files is ``path``."""
    arrays = data.mnist(path.parent)
    names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    for name, array in zip(names, arrays, strict=True):
        file = path.with_name(f"{name}-ubyte.gz")
        expected = stated(file.read_bytes(), array.ndim)
        if expected is None or differs(array, expected):
            return f"{file.name} is not what it says"
    return "" if all((y < 10).all() for y in arrays[1::2]) else "a class out of range"
