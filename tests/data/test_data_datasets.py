"""Reading IDX files, and finding, downloading and checking the data sets made of them."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pooch
import pytest

from tensorgraph import data
from tensorgraph.data import idx
from tensorgraph.errors import FileError
from tensorgraph.typing import Array

CANONICAL_MD5 = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
NAMES = list(CANONICAL_MD5)
LOADERS = [
    pytest.param(data.fashion_mnist, id="fashion-mnist"),
    pytest.param(data.mnist, id="mnist"),
]
Loader = Callable[..., tuple[Array, Array, Array, Array]]


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder with the four real files of Fashion-MNIST."""
    folder = Path(__file__).parents[3] / "shared/data/fashion-mnist"
    if not folder.is_dir():
        pytest.skip(f"needs the real files in {folder}")
    return folder


def packed(array: Any) -> bytes:
    """The array as an IDX file."""
    array = np.asarray(array, np.uint8)
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + bytes(array.tobytes())


def write(folder: Path, n: int = 3, n_test: int = 2, label: int = 9) -> Path:
    """Write a small data set into ``folder``: pictures full of 1, all of the class ``label``."""
    folder.mkdir(parents=True, exist_ok=True)
    for images, labels, count in [(NAMES[0], NAMES[1], n), (NAMES[2], NAMES[3], n_test)]:
        (folder / images).write_bytes(gzip.compress(packed(np.ones((count, 28, 28)))))
        (folder / labels).write_bytes(gzip.compress(packed(np.full(count, label))))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the user's files: the cache is this empty folder, and no variable is set."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "caches" / project)
    monkeypatch.delenv("TENSORGRAPH_DATA", raising=False)
    return tmp_path / "caches" / "tensorgraph"


# ---- IDX files -----------------------------------------------------------------------------------

CUBE = np.arange(24).reshape(2, 3, 4)
GOOD = packed(CUBE)


@pytest.mark.parametrize("name", ["cube", "cube.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_content_decides_whether_to_unpack(
    name: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(pack(GOOD))
    array = idx.read(path, axes=3)
    assert array.dtype == np.uint8
    assert np.array_equal(array, CUBE)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_the_array_may_be_written_to(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "cube"
    path.write_bytes(pack(GOOD))
    array = idx.read(path, axes=3)
    array[0, 0, 0] = 200
    assert idx.read(path, axes=3)[0, 0, 0] == 0


def test_a_gzip_file_of_several_members_is_one_stream(tmp_path: Path) -> None:
    path = tmp_path / "cube"
    path.write_bytes(gzip.compress(GOOD[:21]) + gzip.compress(GOOD[21:]))
    assert np.array_equal(idx.read(path, axes=3), CUBE)


def sized(*sizes: int) -> bytes:
    """An IDX file of three axes whose header says ``sizes``, with the elements of CUBE."""
    return GOOD[:4] + b"".join(size.to_bytes(4, "big") for size in sizes) + GOOD[16:]


DAMAGES = {
    "empty": (b"", 0, "0x00000803 (unsigned bytes on 3 axes), found an empty file"),
    "one byte": (b"\0", 0, "0x00000803 (unsigned bytes on 3 axes), found 0x00"),
    "text": (b"<html>404", 0, "found 0x3c68746d, which is not an IDX file"),
    "labels": (packed([1, 2]), 0, "found 0x00000801 (type 0x08 on 1 axes)"),
    "floats": (b"\0\0\x0d\3" + GOOD[4:], 0, "found 0x00000d03 (type 0x0d on 3 axes)"),
    "header cut": (GOOD[:10], 10, "the sizes of 3 axes, found the end of the file"),
    "no element": (GOOD[:16], 16, "24 elements for sizes (2, 3, 4), found the end of the file"),
    "cut": (GOOD[:-1], 39, "24 elements for sizes (2, 3, 4), found the end of the file after 23"),
    "trailing byte": (GOOD + b"\0", 40, "the end of the file for sizes (2, 3, 4), found more data"),
    "zero size": (sized(2, 0, 4), 4, "sizes for 1 to 268435456 elements, found sizes (2, 0, 4)"),
    "absurd": (sized(*[2**32 - 1] * 3), 4, "sizes for 1 to 268435456 elements, found sizes (4294"),
    # The product is 2**64 + 4.
    "sizes that wrap round": (sized(769546, 494770, 48448661), 4, "found sizes (769546, 494770"),
    "just too many": (sized(2**26 + 1, 2, 2), 4, "found sizes (67108865, 2, 2)"),
}


@pytest.mark.parametrize("case", DAMAGES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_damaged_file_is_named_with_offset_and_expectation(
    case: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    content, offset, message = DAMAGES[case]
    path = tmp_path / "cube"
    path.write_bytes(pack(content))
    expected = rf"{re.escape(str(path))}: at byte {offset} of its data: .*{re.escape(message)}"
    with pytest.raises(FileError, match=expected):
        idx.read(path, axes=3)


def flipped(content: bytes, position: int) -> bytes:
    """The content with one byte changed."""
    changed = bytearray(content)
    changed[position] ^= 0xFF
    return bytes(changed)


BROKEN_GZIPS = {
    "two bytes": (b"\x1f\x8b", 0),
    "header cut": (gzip.compress(GOOD)[:8], 0),
    "trailer cut": (gzip.compress(GOOD)[:-4], 40),
    "checksum": (flipped(gzip.compress(GOOD), -8), 40),
    "length": (flipped(gzip.compress(GOOD), -4), 40),
    "garbage behind": (gzip.compress(GOOD) + b"garbage", 40),
    "second member cut": (gzip.compress(GOOD[:21]) + gzip.compress(GOOD[21:])[:5], 21),
}


@pytest.mark.parametrize("case", BROKEN_GZIPS)
def test_a_broken_gzip_stream_is_named_with_the_offset_of_the_break(
    case: str, tmp_path: Path
) -> None:
    content, offset = BROKEN_GZIPS[case]
    path = tmp_path / "cube"
    path.write_bytes(content)
    expected = rf"cube: at byte {offset} of its data: expected an intact gzip stream, found \w+"
    with pytest.raises(FileError, match=expected):
        idx.read(path, axes=3)


def test_deflate_data_that_makes_no_sense(tmp_path: Path) -> None:
    path = tmp_path / "cube"
    path.write_bytes(gzip.compress(b"")[:10] + b"\xff" * 40)
    with pytest.raises(FileError, match="at byte 0 of its data: expected an intact gzip stream"):
        idx.read(path, axes=3)


BOMBS = {
    "header says little": (GOOD, 64 << 20),
    "header says too much": (sized(2**15, 2**15, 2**15), 64 << 20),
    "header says much, little follows": (sized(2**28, 1, 1), 0),
}


@pytest.mark.parametrize("case", BOMBS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_bomb_is_refused_without_memory(
    case: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "bomb"
    start, zeros = BOMBS[case]
    path.write_bytes(pack(start + bytes(zeros)))
    tracemalloc.start()
    try:
        with pytest.raises(FileError, match=r"bomb: at byte \d+ of its data"):
            idx.read(path, axes=3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A buffer of 1 MiB is all that reading takes; the bombs hold 64 MiB, or promise 256 or more.
    assert peak < 3 << 20


def test_the_limit_is_on_the_number_of_elements(tmp_path: Path) -> None:
    path = tmp_path / "cube"
    path.write_bytes(GOOD)
    assert idx.read(path, axes=3, limit=24).size == 24
    with pytest.raises(FileError, match="sizes for 1 to 23 elements"):
        idx.read(path, axes=3, limit=23)


# ---- the data sets, from folders -----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_real_files_are_the_canonical_ones(name: str, real: Path) -> None:
    content = (real / name).read_bytes()
    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == CANONICAL_MD5[name]


def test_fashion_mnist_is_what_its_authors_describe(real: Path) -> None:
    X, y, X_test, y_test = data.fashion_mnist(real)
    assert (X.shape, X_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert {array.dtype for array in (X, y, X_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y).tolist() == [6000] * 10
    assert np.bincount(y_test).tolist() == [1000] * 10
    # The mean and deviation that everybody normalises by.
    assert round(X.mean() / 255, 4) == 0.286
    assert round(X.std() / 255, 4) == 0.353
    # The first picture of the training set is an ankle boot, the second a T-shirt.
    assert [data.FASHION_MNIST_LABELS[c] for c in y[:2]] == ["Ankle boot", "T-shirt/top"]


def test_labels_are_named_by_ten_names() -> None:
    assert len(set(data.FASHION_MNIST_LABELS)) == 10
    assert data.FASHION_MNIST_LABELS[6] == "Shirt"


@pytest.mark.parametrize("load", LOADERS)
def test_files_directly_in_the_folder(load: Loader, tmp_path: Path) -> None:
    X, y, X_test, y_test = load(write(tmp_path, n=3, n_test=2))
    assert (X.shape, y.shape, X_test.shape, y_test.shape) == ((3, 28, 28), (3,), (2, 28, 28), (2,))


@pytest.mark.parametrize("as_given", [str, Path])
def test_the_folder_may_be_text_or_a_path(as_given: Callable[[Path], Any], tmp_path: Path) -> None:
    assert len(data.mnist(as_given(write(tmp_path)))[0]) == 3


def test_each_data_set_has_its_sub_folder(tmp_path: Path) -> None:
    write(tmp_path / "fashion-mnist", n=4)
    write(tmp_path / "mnist", n=5)
    assert len(data.fashion_mnist(tmp_path)[0]) == 4
    assert len(data.mnist(tmp_path)[0]) == 5


def test_a_sub_folder_goes_before_the_folder(tmp_path: Path) -> None:
    write(tmp_path, n=4)
    write(tmp_path / "mnist", n=5)
    assert len(data.mnist(tmp_path)[0]) == 5


def test_an_empty_sub_folder_hides_nothing(tmp_path: Path) -> None:
    (write(tmp_path, n=4) / "mnist").mkdir()
    assert len(data.mnist(tmp_path)[0]) == 4


def test_unpacked_files_go_by_their_own_names(tmp_path: Path) -> None:
    for name in NAMES[:3]:
        file = write(tmp_path) / name
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    assert len(data.mnist(tmp_path)[0]) == 3


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORGRAPH_DATA", str(tmp_path))
    write(tmp_path / "fashion-mnist", n=4)
    assert len(data.fashion_mnist()[0]) == 4


def test_path_goes_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORGRAPH_DATA", str(write(tmp_path / "variable", n=4)))
    assert len(data.mnist(write(tmp_path / "path", n=5))[0]) == 5


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write(tmp_path / "pictures", n=4)
    assert len(data.mnist("~/pictures")[0]) == 4


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    (write(tmp_path / "mnist") / name).unlink()
    with pytest.raises(
        FileError, match=rf"mnist: no {name} in {re.escape(str(tmp_path / 'mnist'))};"
    ):
        data.mnist(tmp_path)


@pytest.mark.parametrize("load", LOADERS)
def test_a_folder_without_files_says_what_to_do(load: Loader, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"put the four files there.*\$TENSORGRAPH_DATA unset") as e:
        load(tmp_path / "nowhere")
    assert all(name in str(e.value) for name in NAMES)


def test_a_variable_that_leads_nowhere_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENSORGRAPH_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileError, match=r"in .*nowhere"):
        data.mnist(url="http://127.0.0.1:9/")


# ---- the data sets, damaged ----------------------------------------------------------------------

MISFITS = {
    "pictures for labels": (1, packed(np.ones((3, 28, 28))), 0, "0x00000801"),
    "labels for pictures": (0, packed([1, 2, 3]), 0, "0x00000803"),
    "pictures of another size": (0, packed(np.ones((3, 28, 32))), 8, "28 x 28, found 28 x 32"),
    "too few labels": (
        1,
        packed([1, 2]),
        4,
        f"3 labels, one for each picture in {NAMES[0]}, found 2",
    ),
    "too many labels": (3, packed([1, 2, 3]), 4, "2 labels, one for each picture in t10k"),
    "a class out of range": (3, packed([9, 10]), 9, "a class from 0 to 9, found 10"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_files_that_do_not_belong_together(case: str, tmp_path: Path) -> None:
    which, content, offset, message = MISFITS[case]
    path = write(tmp_path) / NAMES[which]
    path.write_bytes(content)
    expected = rf"{re.escape(str(path))}: at byte {offset} of its data: expected .*{message}"
    with pytest.raises(FileError, match=expected):
        data.fashion_mnist(tmp_path)


# ---- the data sets, downloaded -------------------------------------------------------------------


class Recorder(SimpleHTTPRequestHandler):
    """Serves a folder, and writes down what was asked for."""

    asked: list[str]

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


class Dying(Recorder):
    """Promises more bytes than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"a beginning")


class Server:
    """An HTTP server on loopback: its folder, its address, and what it was asked for."""

    def __init__(self, folder: Path, handler: type[Recorder]) -> None:
        self.folder = folder
        self.asked: list[str] = []
        recorder = type("Handler", (handler,), {"asked": self.asked})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), partial(recorder, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.http.server_port}/files/"


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Start a server of an empty folder ``files``; all are stopped after the test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started: list[tuple[Server, threading.Thread]] = []

    def start(handler: type[Recorder] = Recorder) -> Server:
        (tmp_path / "site" / "files").mkdir(parents=True)
        server = Server(tmp_path / "site", handler)
        thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def fill(server: Server, real: Path) -> None:
    """Put the real files on the server."""
    for name in NAMES:
        shutil.copyfile(real / name, server.folder / "files" / name)


@pytest.mark.parametrize("end", ["", "/"])
def test_the_files_are_downloaded_into_the_cache(
    end: str, serve: Callable[..., Server], real: Path, cache: Path
) -> None:
    server = serve()
    fill(server, real)
    X, y, X_test, y_test = data.fashion_mnist(url=server.url.rstrip("/") + end)
    assert (len(X), len(y), len(X_test), len(y_test)) == (60000, 60000, 10000, 10000)
    assert server.asked == [f"/files/{name}" for name in NAMES]
    assert sorted(file.name for file in (cache / "fashion-mnist").iterdir()) == sorted(NAMES)


def test_a_second_call_asks_for_nothing(
    serve: Callable[..., Server], real: Path, cache: Path
) -> None:
    server = serve()
    shutil.copytree(real, cache / "fashion-mnist")
    assert len(data.fashion_mnist(url=server.url)[0]) == 60000
    assert server.asked == []


def test_a_file_damaged_in_the_cache_is_downloaded_again(
    serve: Callable[..., Server], real: Path, cache: Path
) -> None:
    server = serve()
    fill(server, real)
    shutil.copytree(real, cache / "fashion-mnist", copy_function=shutil.copyfile)
    (cache / "fashion-mnist").chmod(0o755)
    (cache / "fashion-mnist" / NAMES[3]).write_bytes(b"damaged")
    assert len(data.fashion_mnist(url=server.url)[3]) == 10000
    assert server.asked == [f"/files/{NAMES[3]}"]


@pytest.mark.parametrize("load", LOADERS)
def test_other_content_is_refused_by_its_sum(
    load: Loader, serve: Callable[..., Server], cache: Path
) -> None:
    server = serve()
    write(server.folder / "files")
    with pytest.raises(FileError, match="SHA256 hash of downloaded file"):
        load(url=server.url)
    assert [file for file in cache.rglob("*") if file.is_file()] == []


ADVICE = r"(?s)by hand, put them into one folder, and pass that folder as path or set \$TENSORGRAPH"


@pytest.mark.parametrize("load", LOADERS)
def test_a_file_that_the_server_has_not(
    load: Loader, serve: Callable[..., Server], cache: Path
) -> None:
    server = serve()
    with pytest.raises(FileError, match=ADVICE) as e:
        load(url=server.url)
    assert f"could not download {server.url}{NAMES[0]} to {cache}" in str(e.value)
    assert "404" in str(e.value)


def test_a_connection_that_breaks_leaves_nothing_behind(
    serve: Callable[..., Server], cache: Path
) -> None:
    server = serve(Dying)
    with pytest.raises(FileError, match=ADVICE):
        data.mnist(url=server.url)
    assert [file for file in cache.rglob("*") if file.is_file()] == []


def test_a_server_that_does_not_answer(serve: Callable[..., Server]) -> None:
    server = serve()
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(FileError, match=ADVICE):
        data.mnist(url=server.url)


@pytest.mark.parametrize("url", ["no address", "", "nowhere://host/"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(FileError, match=ADVICE):
        data.mnist(url=url)


def test_a_cache_that_cannot_be_written(serve: Callable[..., Server], cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    with pytest.raises(FileError, match=ADVICE):
        data.mnist(url=serve().url)
