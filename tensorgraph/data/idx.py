"""Reading IDX files, the format of MNIST and its kin, gzipped or not.

An IDX file is two zero bytes, a type code, the number of axes, the size of each axis as a
big-endian 32-bit integer, then the elements. Whether it is gzipped shows in its first two bytes,
whatever its name. Read next: ``datasets``.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path

import numpy as np

from tensorgraph.errors import FileError
from tensorgraph.typing import Array, Shape

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_CHUNK = 1 << 20
_OVERHEAD = 1 << 16

LIMIT = 1 << 28
"""Elements that a file may hold at most: 256 MiB, five times MNIST's largest file."""


def read(path: Path, axes: int, *, limit: int = LIMIT) -> Array:
    """Return the unsigned bytes of an IDX file as a new uint8 array of ``axes`` axes.

    Memory follows the data that is really there, up to ``limit`` elements, whatever the header or
    a gzip stream promises; so does time. Raises FileError for a file of another kind, of fewer or
    more elements than its header says, of more than ``limit``, or that cannot be unpacked.
    """
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
        weight = file.seek(0, io.SEEK_END)
        file.seek(0)
        if packed:
            _check_weight(weight, limit, path)
        stream: io.BufferedIOBase = gzip.GzipFile(fileobj=file) if packed else file
        shape = _header(stream, path, axes, limit)
        start, size = 4 + 4 * axes, math.prod(shape)
        if packed:
            _check_weight(weight, size, path)
        data = _take(stream, path, start, size)
        if len(data) < size:
            found = f"the end of the file after {len(data)}"
            raise damaged(path, start + len(data), f"{size} elements for sizes {shape}", found)
        # Asking for one byte too many also makes gzip compare its checksum.
        if _take(stream, path, start + size, 1):
            raise damaged(path, start + size, f"the end of the file for sizes {shape}", "more data")
    return np.frombuffer(data, np.uint8).reshape(shape)


def damaged(path: Path, offset: int, expected: str, found: str) -> FileError:
    """Return the error that says what was expected and found ``offset`` bytes into the data."""
    return FileError(f"{path}: at byte {offset} of its data: expected {expected}, found {found}")


def _check_weight(weight: int, size: int, path: Path) -> None:
    """Refuse a gzip file much bigger than what it can hold: Python skips padding bytewise."""
    most = 2 * size + _OVERHEAD
    if weight > most:
        raise FileError(
            f"{path}: expected at most {most} bytes of gzip for {size} elements, found {weight}"
        )


def _header(stream: io.BufferedIOBase, path: Path, axes: int, limit: int) -> Shape:
    """Return the sizes that the header states, once they can be believed."""
    magic = bytes([0, 0, _UNSIGNED_BYTE, axes])
    start = _take(stream, path, 0, 4)
    if start != magic:
        expected = f"{_hex(magic)} (unsigned bytes on {axes} axes)"
        raise damaged(path, 0, expected, f"{_hex(start)}{_meaning(start)}")
    sizes = _take(stream, path, 4, 4 * axes)
    if len(sizes) < 4 * axes:
        raise damaged(path, 4 + len(sizes), f"the sizes of {axes} axes", "the end of the file")
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    if not 0 < math.prod(shape) <= limit:
        raise damaged(path, 4, f"sizes for 1 to {limit} elements", f"sizes {shape}")
    return shape


def _take(stream: io.BufferedIOBase, path: Path, offset: int, size: int) -> bytearray:
    """Return the next ``size`` bytes, or as many as there are; ``offset`` is where they begin."""
    data = bytearray()
    try:
        while len(data) < size:
            # read1 gives what could be unpacked before a break, so the offset is that of the break.
            chunk = stream.read1(min(_CHUNK, size - len(data)))
            if not chunk:
                break
            data += chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(path, offset + len(data), "an intact gzip stream", str(error)) from error
    return data


def _hex(data: bytes | bytearray) -> str:
    """Return the bytes as one hexadecimal number, the way IDX's magic numbers are written."""
    return f"0x{data.hex()}" if data else "an empty file"


def _meaning(magic: bytes | bytearray) -> str:
    """Return what a wrong magic number stands for, where it is one of IDX."""
    if len(magic) < 4 or magic[:2] != b"\0\0":
        return ", which is not an IDX file"
    return f" (type 0x{magic[2]:02x} on {magic[3]} axes)"
