"""Damaged and hostile files from a seed, and the judgement of what the loaders make of them.

    python tests/fuzzing.py --rounds 2000            every target, and the faults that were found
    python tests/fuzzing.py --rounds 50 --only gzip --seed 7

A target spoils a good file in one way (``damage``) and loads it. Right is an error of ours, short
and with the file's name in it, or to load exactly what the file says (``verdicts``): for the files
of models that is what was saved, since a checksum covers all of it; for one forged with a checksum
that fits, what saving the loaded model writes again; for IDX, which has no checksum, what
``stated`` reads. Anything else is a fault, as is a file that takes longer than ``SECONDS``. The
exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from damage import SPOILS, Spoil, forge, forged_arrays, idx_file, spoiled_header
from networks import classifier
from tensorgraph import data, serialize
from tensorgraph.data import idx
from tensorgraph.errors import DataError, FileError
from tensorgraph.models import Model
from verdicts import (
    content_of,
    load_idx,
    load_model,
    load_parameters,
    load_set,
    model_file,
    parameters_file,
    unlike_saved,
)

SECONDS = 5.0
LONGEST = 1500  # characters of a message

# --- targets -------------------------------------------------------------------------------------

Target = Callable[[random.Random, Path], str]
"""Write a spoiled file into the folder, load it, and say what is wrong, or "" where nothing is."""


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
