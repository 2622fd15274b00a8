"""Arrays and their description in one safetensors file; nothing loaded is ever executed.

A file is written beside its place and then renamed, so that what was saved before is whole until
the new one is.
"""

from __future__ import annotations

import hashlib
import json
import os
import reprlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from tensorgraph.errors import ArgumentError, FileError
from tensorgraph.typing import Array

Pathlike = str | os.PathLike[str]

_KEY = "tensorgraph"
_CHECKSUM = "sha256"

LIMIT = 1 << 23
"""Bytes that the header may have, names and description in all: 8 MiB, some 50,000 arrays.

As Python's objects the header takes up to 30 times its size, whatever it says.
"""


@contextmanager
def written_beside(path: Pathlike) -> Iterator[Path]:
    """A path beside ``path`` to write to; it takes the place of ``path`` once all is written."""
    target = Path(path)
    if not target.parent.is_dir():
        raise ArgumentError(f"cannot write {target}: there is no folder {target.parent}")
    handle, name = tempfile.mkstemp(
        prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent
    )
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o666 & ~_umask())  # a temporary file is private, a saved one is not
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def save(path: Pathlike, arrays: Mapping[str, Array], description: Mapping[str, Any]) -> Path:
    """Write named arrays and a description (what JSON can hold, and NumPy's numbers) to ``path``.

    Raises ``OSError`` where the disk does not take it; what was at ``path`` then stays.
    """
    plain = {
        name: np.asarray(array, array.dtype.newbyteorder("<"), order="C")
        for name, array in arrays.items()
    }
    text = json.dumps(description, default=np.generic.item)
    metadata = {_KEY: text, _CHECKSUM: _checksum(plain, text)}
    with written_beside(path) as beside:
        try:
            safetensors.numpy.save_file(plain, beside, metadata=metadata)
        except safetensors.SafetensorError as error:
            raise OSError(f"cannot write {path}: {error}") from error
        if _header_size(beside) > LIMIT:
            raise ArgumentError(
                f"cannot write {path}: the names of its {len(plain)} arrays and the description "
                f"of {len(text)} characters are more than the {LIMIT} bytes that a file can hold: "
                "keep long lists as arrays"
            )
    return Path(path)


def _checksum(arrays: Mapping[str, Array], text: str) -> str:
    """The SHA-256 of all that a file says: the format itself would not notice a changed number."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.name} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def load(path: Pathlike, kind: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read what ``save`` wrote: the arrays, and the description, whose "kind" must be ``kind``.

    Memory follows the size of the file, whatever its header promises. Raises ``FileError`` where
    the file is damaged or was not written for this, ``FileNotFoundError`` where there is none.
    """
    source = Path(path)
    if not source.is_file():
        raise FileNotFoundError(f"there is no file {source}")
    try:
        _check_header(source)
        with safetensors.safe_open(source, framework="np") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text = metadata.get(_KEY, "null")
        description = json.loads(text, object_pairs_hook=_distinct)
    except Exception as error:  # the reader raises errors of many kinds on damaged bytes
        raise FileError(
            f"{source} is damaged, or is no safetensors file: {brief(error)}"
        ) from error
    if not isinstance(description, dict) or description.get("kind") != kind:
        found = description.get("kind") if isinstance(description, dict) else None
        what = f"holds {brief(found)}" if found else "was not written by tensorgraph"
        raise FileError(f"{source} {what}, and {kind} was expected")
    if metadata.get(_CHECKSUM) != _checksum(arrays, text):
        raise FileError(f"{source} is damaged: its contents are not those that were saved")
    return arrays, description


def _header_size(path: Path) -> int:
    """What the first eight bytes say of the size of the header."""
    with path.open("rb") as file:
        return int.from_bytes(file.read(8), "little")


def _check_header(path: Path) -> None:
    """Refuse what the reader of the format would take: a huge header, and two things of one name.

    Of two things it takes the last, so that other programs could see another file than we do.
    """
    size = _header_size(path)
    if size > LIMIT:
        raise ValueError(f"it says that its header has {size} bytes, and {LIMIT} is the most")
    with path.open("rb") as file:
        file.seek(8)
        json.loads(file.read(size).decode(), object_pairs_hook=_distinct)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object that JSON spells with these keys and values, no key twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"it says twice what {brief(key)!r} is")
        found[key] = value
    return found


def brief(said: object) -> str:
    """What a file says, short and on one line: a message must not be as long as a hostile file."""
    text = str(said) if isinstance(said, (str, Exception)) else reprlib.repr(said)
    shown = text if text.isprintable() else repr(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


_SHOWN = 300
