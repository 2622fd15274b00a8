"""Files to damage, and ways to damage them: bytes that are changed, headers and arrays forged.

Every choice is drawn from the ``random.Random`` that is handed in. Read next: ``verdicts``.
"""

from __future__ import annotations

import copy
import json
import math
import random
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

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


# --- data as IDX has it --------------------------------------------------------------------------


def idx_file(array: Any) -> bytes:
    """The array as an IDX file."""
    array = np.asarray(array, np.uint8)
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + bytes(array.tobytes())
    )
