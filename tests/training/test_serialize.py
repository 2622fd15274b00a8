"""Files of arrays and a description: written whole or not at all, and read only where undamaged."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from tensorgraph import serialize
from tensorgraph.errors import ArgumentError, FileError

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b/c": np.array([1, 2], np.int64)}
ABOUT = {"kind": "test", "number": 0.1, "names": ["x", "y"]}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file that was saved."""
    return serialize.save(tmp_path / "saved.safetensors", ARRAYS, ABOUT)


def is_whole(path: Path) -> bool:
    """Whether the file is still the one that was saved, with nothing beside it."""
    arrays, about = serialize.load(path, "test")
    return (
        about == ABOUT
        and sorted(arrays) == sorted(ARRAYS)
        and os.listdir(path.parent) == [path.name]
    )


# --- there and back ------------------------------------------------------------------------------


def test_what_was_saved_is_loaded(saved: Path) -> None:
    arrays, about = serialize.load(saved, "test")
    assert about == ABOUT
    assert sorted(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.float32(0.1) * np.ones(()), id="a number"),
        pytest.param(np.zeros((0, 3)), id="no rows"),
        pytest.param(np.arange(12.0).reshape(3, 4).T, id="columns first"),
        pytest.param(np.arange(12.0)[::3], id="every third"),
        pytest.param(np.array([np.nan, np.inf, -0.0]), id="NaN and infinity"),
        pytest.param(np.array([1.5, 2.5], ">f4"), id="the other byte order"),
        pytest.param(np.array([True, False]), id="truth values"),
        pytest.param(np.array([0.1, 1e-7], np.float16), id="half precision"),
    ],
)
def test_an_array_comes_back_the_same(array: Any, tmp_path: Path) -> None:
    serialize.save(tmp_path / "x", {"a": array}, ABOUT)
    loaded = serialize.load(tmp_path / "x", "test")[0]["a"]
    assert loaded.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(loaded, array)
    assert loaded.shape == array.shape


def test_numbers_of_numpy_are_saved_as_numbers(tmp_path: Path) -> None:
    about = {"kind": "test", "rate": np.float32(0.5), "n": [np.int64(3)], "flag": np.bool_(True)}
    serialize.save(tmp_path / "x", {}, about)
    loaded = serialize.load(tmp_path / "x", "test")[1]
    assert loaded == {"kind": "test", "rate": 0.5, "n": [3], "flag": True}


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    path = serialize.save(str(tmp_path / "x"), ARRAYS, ABOUT)
    assert path == tmp_path / "x"
    assert serialize.load(str(path), "test")[1] == ABOUT


def test_other_programs_read_the_arrays(saved: Path) -> None:
    np.testing.assert_array_equal(safetensors.numpy.load_file(saved)["a"], ARRAYS["a"])


# --- written whole or not at all -----------------------------------------------------------------


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let this process write no file beyond ``size`` bytes."""
    resource = pytest.importorskip("resource", reason="needs limits on the size of files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_leaves_the_older_file(saved: Path) -> None:
    with full_disk(1000), pytest.raises(OSError, match="File too large") as raised:
        serialize.save(saved, {"a": np.zeros(1000)}, ABOUT)
    assert str(saved) in str(raised.value)
    assert is_whole(saved)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_while_writing_leaves_the_older_file(
    saved: Path, error: type[BaseException]
) -> None:
    def write_half() -> None:
        with serialize.written_beside(saved) as beside:
            beside.write_text("half of")
            raise error

    with pytest.raises(error):
        write_half()
    assert is_whole(saved)


def test_what_json_cannot_hold_leaves_the_older_file(saved: Path) -> None:
    with pytest.raises(TypeError):
        serialize.save(saved, ARRAYS, {"kind": "test", "function": print})
    assert is_whole(saved)


def test_a_new_file_takes_the_place_of_the_older_one(saved: Path) -> None:
    serialize.save(saved, {"a": np.ones(2)}, ABOUT)
    arrays, _ = serialize.load(saved, "test")
    assert arrays["a"].tolist() == [1, 1]
    assert os.listdir(saved.parent) == [saved.name]


def test_who_is_reading_the_older_file_reads_it_to_its_end(saved: Path) -> None:
    content = saved.read_bytes()
    with saved.open("rb") as reader:
        serialize.save(saved, {"a": np.ones(200)}, ABOUT)
        assert reader.read() == content


def test_the_older_file_is_there_until_the_new_one_is(saved: Path) -> None:
    with serialize.written_beside(saved) as beside:
        beside.write_text("new")
        assert beside.parent == saved.parent
        assert serialize.load(saved, "test")[1] == ABOUT
    assert saved.read_text() == "new"


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_saved_file_has_the_permissions_of_any_other(saved: Path) -> None:
    other = saved.with_name("other")
    other.touch()
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"cannot write .*there is no folder .*nowhere"):
        serialize.save(tmp_path / "nowhere" / "x", ARRAYS, ABOUT)


# --- damaged files -------------------------------------------------------------------------------


def refused(path: Path, message: str = "") -> bool:
    """Whether reading raises FileError, naming the file."""
    try:
        serialize.load(path, "test")
    except FileError as error:
        return str(path) in str(error) and message in str(error)
    return False


def test_a_changed_bit_in_any_byte_is_noticed(tmp_path: Path) -> None:
    saved = serialize.save(tmp_path / "x", {"a": np.arange(3.0)}, {"kind": "test", "rate": 0.125})
    good, damaged = saved.read_bytes(), tmp_path / "damaged"
    unnoticed = []
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        damaged.write_bytes(bad)
        if not refused(damaged):
            unnoticed.append(place)
    assert unnoticed == []


def test_a_file_cut_anywhere_is_noticed(saved: Path, tmp_path: Path) -> None:
    good, damaged = saved.read_bytes(), tmp_path / "damaged"
    unnoticed = []
    for size in range(0, len(good), 3):
        damaged.write_bytes(good[:size])
        if not refused(damaged, "damaged"):
            unnoticed.append(size)
    assert unnoticed == []


def test_bytes_at_the_end_are_noticed(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes() + b"\0")
    assert refused(saved, "damaged")


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 1000, b"hello world, this is text", b"\xff" * 8 + b"{}", pickle.dumps(ARRAYS)],
    ids=["nothing", "zeros", "text", "an endless header", "pickle"],
)
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    assert refused(tmp_path / "x", "is damaged, or is no safetensors file")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        pytest.param(None, "was not written by tensorgraph, and test was expected", id="none"),
        pytest.param({"format": "pt"}, "was not written by tensorgraph", id="another program's"),
        pytest.param({"tensorgraph": json.dumps(ABOUT)}, "is damaged", id="no checksum"),
        pytest.param({"tensorgraph": "[1, 2]"}, "was not written by tensorgraph", id="a list"),
        pytest.param({"tensorgraph": "{"}, "is damaged", id="half of it"),
    ],
)
def test_a_safetensors_file_is_refused_whose_description_is(
    metadata: Any, message: str, tmp_path: Path
) -> None:
    safetensors.numpy.save_file(ARRAYS, tmp_path / "x", metadata=metadata)
    assert refused(tmp_path / "x", message)


def test_a_file_of_another_purpose_is_refused_with_both_named(saved: Path) -> None:
    with pytest.raises(FileError, match="holds test, and model was expected"):
        serialize.load(saved, "model")


@pytest.mark.parametrize("what", ["nothing", "folder"])
def test_where_there_is_no_file_it_says_so(what: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError, match=f"there is no file .*{what}"):
        serialize.load(tmp_path / what, "test")
