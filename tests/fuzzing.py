"""Damaged and hostile files from a seed, and the judgement of what the loaders make of them.

    python tests/fuzzing.py --rounds 2000            every target, and the faults that were found
    python tests/fuzzing.py --rounds 50 --only gzip --seed 7

A target spoils a good file in one way and loads it. Right is an error of ours, short and with the
file's name in it, or to load exactly what the file says: for the files of models that is what was
saved, since a checksum covers all of it; for one forged with a checksum that fits, what saving the
loaded model writes again; for IDX, which has no checksum, what ``stated`` reads. Anything else is
a fault, as is a file that takes longer than ``SECONDS``. The exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import copy
import functools
import gzip
import json
import math
import random
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from networks import X, Y, classifier, numbers, same
from tensorgraph import data, optim, serialize
from tensorgraph.data import idx
from tensorgraph.errors import DataError, FileError
from tensorgraph.models import Model

SECONDS = 5.0
LONGEST = 1500  # characters of a message

Spoil = Callable[[random.Random, bytes], bytes]
Content = dict[str, Any]

# --- bytes ---------------------------------------------------------------------------------------

TOKENS = [b"NaN", b"-Infinity", b"1e999", b"null", b'"', b"{", b"[" * 50, b"\0" * 8, b"\xff" * 8]
EDGES = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**63, 2**64 - 1]


def _place(rng: random.Random, content: bytes) -> int:
    """Where to spoil: half of the time near the beginning, where headers are."""
    return rng.randrange(min(len(content), rng.choice([40, len(content)])))


def flip(rng: random.Random, content: bytes) -> bytes:
    spoiled = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8])):
        spoiled[_place(rng, content)] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def cut(rng: random.Random, content: bytes) -> bytes:
    return content[: _place(rng, content)]


def extend(rng: random.Random, content: bytes) -> bytes:
    return content + rng.choice([b"\0", b"\0" * 1000, rng.randbytes(20), content])


def drop(rng: random.Random, content: bytes) -> bytes:
    start = _place(rng, content)
    return content[:start] + content[start + rng.choice([1, 4, 8, 100]) :]


def repeat(rng: random.Random, content: bytes) -> bytes:
    start = _place(rng, content)
    stop = start + rng.choice([1, 4, 8, 100])
    return content[:stop] + content[start:]


def insert(rng: random.Random, content: bytes) -> bytes:
    start = _place(rng, content)
    return content[:start] + rng.choice(TOKENS) + content[start:]


def overwrite(rng: random.Random, content: bytes) -> bytes:
    start = rng.choice([0, 4, 8, 12, _place(rng, content)])
    kind, bits = rng.choice([("<Q", 64), (">Q", 64), ("<I", 32), (">I", 32)])
    number = struct.pack(kind, rng.choice(EDGES) % 2**bits)
    return content[:start] + number + content[start + len(number) :]


def noise(rng: random.Random, content: bytes) -> bytes:
    start = rng.choice([0, 4, 10, 16])
    return content[:start] + rng.randbytes(rng.randrange(200))


SPOILS: dict[str, Spoil] = {
    spoil.__name__: spoil for spoil in (flip, cut, extend, drop, repeat, insert, overwrite, noise)
}

# --- data as JSON has it -------------------------------------------------------------------------

ABSURD: list[Any] = [
    None, True, False, 0, -1, 1, 3, 0.5, -0.0, 1e308, 2**31, 2**40, 2**63, 10**400,
    math.nan, math.inf, -math.inf, "", "Dense", "Adam", "os.system", "__import__", "__class__",
    "float64", "object", "O", "f8,f8", "x" * 5000, "\x1b[31m", "\ud800", "..", [], {}, [1, 2],
    [[[[]]]], {"class": "CosineDecay", "arguments": {"initial": 0.1, "steps": 5}},
    {"class": "Dense", "arguments": {"n_inputs": 2**20, "n_neurons": 2**20}},
]  # fmt: skip


def forge(rng: random.Random, tree: Any) -> Any:
    """A copy of ``tree`` with a value at a random place replaced, removed or added."""
    tree = copy.deepcopy(tree)
    inner = tree
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = rng.choice(keys)
        if not isinstance(inner[key], (dict, list)) or not inner[key] or rng.random() < 0.2:
            break
        inner = inner[key]
    change = rng.choice(["replace"] * 6 + ["remove", "add"])
    if change == "remove":
        del inner[key]
    elif change == "add" and isinstance(inner, dict):
        inner[rng.choice(["more", "rng", "self", "dtype", "weight_initializer"])] = rng.choice(
            ABSURD
        )
    else:
        inner[key] = rng.choice(ABSURD)
    return tree


def safetensors_file(header: Any, content: bytes = b"", size: int | None = None) -> bytes:
    """A file with that header (bytes as they are, else as JSON), and the ``size`` it is given."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + content


def spoiled_header(rng: random.Random, content: bytes) -> bytes:
    """The header is forged, and its length fits."""
    size = 8 + int.from_bytes(content[:8], "little")
    return safetensors_file(forge(rng, json.loads(content[8:size])), content[size:])


def forged_array(rng: random.Random, array: Any) -> Any:
    """The array with another dtype, shape or value."""
    spoiled = [
        array.astype(rng.choice(["f2", "f4", "f8", "i8", "u1", "?"])),
        array.astype("c8"),
        array.reshape(-1),
        array[:0],
        array.ravel()[:1].reshape(()),
        np.broadcast_to(array, (2, *array.shape)),
        np.full(array.shape, rng.choice([np.nan, np.inf, 1e300, -1e300])),
        np.full_like(array, rng.choice([np.nan, np.inf, -0.0])),
    ]
    return spoiled[rng.randrange(len(spoiled))]


def forged_arrays(rng: random.Random, arrays: Content) -> Content:
    """The arrays with one of them changed, lost, renamed or more."""
    name = rng.choice(sorted(arrays))
    change = rng.choice(["change"] * 4 + ["lose", "rename", "more"])
    others = {key: array for key, array in arrays.items() if key != name}
    if change == "change":
        return {**others, name: forged_array(rng, arrays[name])}
    if change == "lose":
        return others
    other = rng.choice(
        ["", "x", "optimizer/x/cache", "parameters/" + name, "y/" + name, name + "/z"]
    )
    return {**(others if change == "rename" else arrays), other: arrays[name]}


# --- what is right -------------------------------------------------------------------------------


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


# --- targets -------------------------------------------------------------------------------------

Target = Callable[[random.Random, Path], str]
"""Write a spoiled file into the folder, load it, and say what is wrong, or "" where nothing is."""


def idx_file(array: Any) -> bytes:
    """The array as an IDX file."""
    array = np.asarray(array, np.uint8)
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + bytes(array.tobytes())
    )


CUBE = idx_file(np.arange(60).reshape(3, 4, 5))
GZIPPED = {
    "gzip": gzip.compress(CUBE, mtime=0),
    "gzip of two members": gzip.compress(CUBE[:30], mtime=0) + gzip.compress(CUBE[30:], mtime=0),
}


def spoiled_model(spoil: Spoil, rng: random.Random, folder: Path) -> str:
    path = folder / "spoiled"
    path.write_bytes(spoil(rng, model_file()))
    return load_model(path) or unlike_saved(path, "model", model_file())


def spoiled_parameters(spoil: Spoil, rng: random.Random, folder: Path) -> str:
    path = folder / "spoiled"
    path.write_bytes(spoil(rng, parameters_file()))
    return load_parameters(path) or unlike_saved(path, "parameters", parameters_file())


def forged_description(rng: random.Random, folder: Path) -> str:
    arrays, about = content_of(folder / "good", "model", model_file())
    return load_model(serialize.save(folder / "spoiled", arrays, forge(rng, about)))


def forged_model_arrays(rng: random.Random, folder: Path) -> str:
    arrays, about = content_of(folder / "good", "model", model_file())
    return load_model(serialize.save(folder / "spoiled", forged_arrays(rng, arrays), about))


def forged_parameters(rng: random.Random, folder: Path) -> str:
    arrays, about = content_of(folder / "good", "parameters", parameters_file())
    return load_parameters(serialize.save(folder / "spoiled", forged_arrays(rng, arrays), about))


def spoiled_idx(good: bytes, spoil: Spoil, rng: random.Random, folder: Path) -> str:
    path = folder / "spoiled"
    path.write_bytes(spoil(rng, good))
    return load_idx(path)


def spoiled_set(spoil: Spoil, rng: random.Random, folder: Path) -> str:
    """One of the four files is spoiled, packed or not."""
    for name, size in [("train", 3), ("t10k", 2)]:
        for kind, shape in [("images-idx3", (size, 28, 28)), ("labels-idx1", (size,))]:
            file = folder / f"{name}-{kind}-ubyte.gz"
            file.write_bytes(gzip.compress(idx_file(np.full(shape, 9)), mtime=0))
    path = rng.choice(sorted(folder.glob("*.gz")))
    packed = path.read_bytes()
    path.write_bytes(spoil(rng, rng.choice([packed, gzip.decompress(packed)])))
    return load_set(path)


MODEL_TARGETS: dict[str, Target] = {
    **{f"model, {k}": functools.partial(spoiled_model, s) for k, s in SPOILS.items()},
    **{f"parameters, {k}": functools.partial(spoiled_parameters, s) for k, s in SPOILS.items()},
    "model, header": functools.partial(spoiled_model, spoiled_header),
    "parameters, header": functools.partial(spoiled_parameters, spoiled_header),
    "model, description": forged_description,
    "model, arrays": forged_model_arrays,
    "parameters, arrays": forged_parameters,
}
DATA_TARGETS: dict[str, Target] = {
    f"{kind}, {name}": functools.partial(spoiled_idx, good, spoil)
    for kind, good in {"plain": CUBE, **GZIPPED}.items()
    for name, spoil in SPOILS.items()
} | {f"data set, {name}": functools.partial(spoiled_set, spoil) for name, spoil in SPOILS.items()}


def fault(name: str, round_: int, folder: Path, seed: int = 0) -> str:
    """What was wrong in one round of the target of that name, or "" where nothing was."""
    target = {**MODEL_TARGETS, **DATA_TARGETS}[name]
    started = time.perf_counter()
    try:
        wrong = target(random.Random(f"{seed} {name} {round_}"), folder)
    except (FileError, DataError) as error:
        text = str(error)
        named = str(folder) in text and len(text) - len(str(folder)) < LONGEST
        wrong = "" if named else f"a message that is long, or names no file: {text[:300]}"
    except BaseException as error:  # a panic of the reader in Rust is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        wrong = f"raises {type(error).__name__}: {str(error)[:300]}"
    seconds = time.perf_counter() - started
    return wrong or (f"takes {seconds:.1f} s" if seconds > SECONDS else "")


def faults(name: str, rounds: int, folder: Path, seed: int = 0) -> list[str]:
    """What was wrong, with the number of the round, in rounds of the target."""
    found = [(round_, fault(name, round_, folder, seed)) for round_ in range(rounds)]
    return [f"{name}, round {round_}: {wrong}" for round_, wrong in found if wrong]


# --- a second process, whose memory is bounded ---------------------------------------------------

LOADERS: dict[str, Callable[[Path], Any]] = {
    "model": Model.load,
    "parameters": lambda path: classifier().load_parameters(path),
    "idx": lambda path: idx.read(path, 3),
    "data set": lambda path: data.mnist(path.parent),
}
ROOM = 2 << 30


def loaded_apart(loader: str, path: Path) -> dict[str, Any]:
    """What became of a file in a process of its own, with ``ROOM`` more of addresses than it has.

    "outcome" is "loaded" or the name of the error, "message" what it says, "seconds" how long it
    took, "MiB" how much the resident size rose; "memory" is whether anything found none left.
    """
    command = [sys.executable, __file__, "--load", loader, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _load_here(loader: str, path: Path) -> dict[str, Any]:
    """Load the file in this process, and tell ``loaded_apart`` of it."""
    import resource  # there is none on Windows

    warnings.simplefilter("error")
    classifier()  # what the first network of a process takes is not the file's doing
    addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (addresses + ROOM, addresses + ROOM))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    outcome, message, memory = "loaded", "", False
    try:
        LOADERS[loader](path)
    except BaseException as error:
        outcome, message = type(error).__name__, str(error)
        cause: BaseException | None = error
        while cause is not None:
            memory = memory or isinstance(cause, MemoryError)
            cause = cause.__cause__ or cause.__context__
    seconds = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {
        "outcome": outcome,
        "message": message,
        "memory": memory,
        "seconds": seconds,
        "MiB": grown,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=1000, help="files of each target")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--only", default="", help="targets with this in their names")
    parser.add_argument("--load", nargs=2, metavar=("LOADER", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(_load_here(options.load[0], Path(options.load[1]))))
        return 0
    warnings.simplefilter("error")
    names = [name for name in (*MODEL_TARGETS, *DATA_TARGETS) if options.only in name]
    print(f"seed {options.seed}, {len(names)} targets, {options.rounds} files each", flush=True)
    found: list[str] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            new = faults(name, options.rounds, Path(folder), options.seed)
        print(f"{name:40} {len(new)} faults", *new[:5], sep="\n    ", flush=True)
        found += new
    print(f"{len(found)} faults in {len(names) * options.rounds} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
