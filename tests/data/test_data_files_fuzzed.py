"""IDX files and data sets that are damaged or hostile: loaded right or refused, in little memory.

IDX has no checksum: an element that was changed in a file that is not packed is what the file says.
In a packed one gzip's own checksum notices it.
"""

from __future__ import annotations

import gzip
import os
import pickle
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from damage import idx_file
from fuzzing import CUBE, DATA_TARGETS, faults, loaded_apart
from tensorgraph.data import idx
from tensorgraph.errors import FileError


@pytest.mark.parametrize("name", DATA_TARGETS)
def test_a_spoiled_file_loads_right_or_is_refused(name: str, tmp_path: Path) -> None:
    assert faults(name, 20, tmp_path) == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_changed_element_is_loaded_as_it_is_or_noticed_by_gzip(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path, changed = tmp_path / "x", CUBE[:-1] + b"\xff"
    if pack is bytes:
        path.write_bytes(changed)
        assert idx.read(path, 3)[-1, -1, -1] == 255
        return
    path.write_bytes(gzip.compress(changed)[:-8] + gzip.compress(CUBE)[-8:])
    with pytest.raises(FileError, match="expected an intact gzip stream, found CRC"):
        idx.read(path, 3)


# --- bounded time and memory ---------------------------------------------------------------------


def sized(*sizes: int) -> bytes:
    """The header of an IDX file of three axes."""
    return b"\0\0\x08\3" + b"".join(size.to_bytes(4, "big") for size in sizes)


def bomb(start: bytes, size: int) -> bytes:
    """A gzip file of ``start`` and ``size`` zeros, made without unpacking: about a thousandth."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = block.compress(bytes(1 << 24)) + block.flush(zlib.Z_FULL_FLUSH)
    return head + zeros * (size >> 24) + packer.flush()


TEN_GB = 10 << 30
HOSTILE: dict[str, Callable[[], bytes]] = {
    "10 GB, and the header says 24": lambda: bomb(sized(2, 3, 4), TEN_GB),
    "10 GB, and the header says so": lambda: bomb(sized(10, 1 << 15, 1 << 15), TEN_GB),
    "10 GB of no IDX": lambda: bomb(b"hello", TEN_GB),
    "2^40 elements": lambda: sized(1 << 20, 1 << 10, 1 << 10),
    "2^96 elements": lambda: sized(*[2**32 - 1] * 3),
    "2^28 elements and no data": lambda: sized(1 << 28, 1, 1),
    "a gzip name without end": lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 1_000_000,
    "50,000 empty members": lambda: gzip.compress(b"") * 50_000,
    "members behind the data": lambda: gzip.compress(CUBE) + gzip.compress(b"") * 500_000,
    "padding behind the data": lambda: gzip.compress(CUBE) + bytes(50_000_000),
}


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory, and /proc")
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_takes_little_time_and_memory(case: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(HOSTILE[case]())
    found = loaded_apart("idx", path)
    assert found["outcome"] == "FileError", found
    assert not found["memory"], found
    assert found["MiB"] < 30, found
    assert found["seconds"] < 10, found


def test_the_limit_on_what_is_packed_refuses_no_good_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    noise = np.random.default_rng(0).integers(0, 256, (50, 60, 70), np.uint8)
    path.write_bytes(gzip.compress(idx_file(noise), 0))
    assert np.array_equal(idx.read(path, 3), noise)


def test_padding_and_empty_members_of_a_usual_size_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(CUBE) + gzip.compress(b"") + bytes(512))
    assert idx.read(path, 3).size == 60


# --- nothing is executed -------------------------------------------------------------------------


class Canary:
    """What makes a folder where it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("case", ["pickle", "npy"])
def test_a_file_that_would_act_is_refused_and_does_not(
    case: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path, canary = tmp_path / "x", Canary(tmp_path / "canary")
    with path.open("wb") as file:
        if case == "pickle":
            pickle.dump(canary, file)
        else:
            np.save(file, np.array([canary], object), allow_pickle=True)
    path.write_bytes(pack(path.read_bytes()))
    with pytest.raises(FileError, match="which is not an IDX file"):
        idx.read(path, 3)
    assert not canary.folder.exists()
