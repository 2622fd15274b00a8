"""Fashion-MNIST and MNIST: 70,000 small pictures in ten classes, from disk or downloaded once.

Read next: ``tensorgraph.optim``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from tensorgraph.data import idx
from tensorgraph.errors import FileError, require
from tensorgraph.typing import Array

Split: TypeAlias = tuple[Array, Array, Array, Array]
"""X, y, X_test, y_test."""

FASHION_MNIST_LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""The names of Fashion-MNIST's classes 0 to 9."""

_SIDE = 28
_CLASSES = 10
_VARIABLE = "TENSORGRAPH_DATA"


@dataclass(frozen=True)
class _Source:
    """Where a data set's four files come from, and their SHA-256 sums, in the order of a Split."""

    folder: str
    url: str
    sha256: dict[str, str]


_FASHION_MNIST = _Source(
    "fashion-mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    {
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)
_MNIST = _Source(
    "mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    {
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
)


def fashion_mnist(
    path: str | os.PathLike[str] | None = None, *, url: str = _FASHION_MNIST.url
) -> Split:
    """Return Zalando's pictures of clothes, (X, y, X_test, y_test), as they are in the files.

    X uint8 (60000, 28, 28), 0 for the background to 255; y uint8 (60000,), the classes that
    FASHION_MNIST_LABELS names; X_test and y_test the same with 10,000. For a dense network:
    ``X.reshape(len(X), -1) / np.float32(127.5) - 1``.

    The four files (train-images-idx3-ubyte.gz and so on, unpacked or not) are looked for in the
    folder ``path``, or where that is None in ``$TENSORGRAPH_DATA``: in its sub-folder
    fashion-mnist, then in the folder itself. With neither set, they are downloaded once from
    ``url`` (31 MB, checked with SHA-256) and kept in the user's cache. Raises FileError for files
    that are missing, damaged or not of this kind, and for a download that failed.
    """
    return _load(_FASHION_MNIST, path, url)


def mnist(path: str | os.PathLike[str] | None = None, *, url: str = _MNIST.url) -> Split:
    """Return the handwritten digits of LeCun, Cortes and Burges, (X, y, X_test, y_test).

    X uint8 (60000, 28, 28), 0 for the background to 255; y uint8 (60000,), the digit; X_test and
    y_test the same with 10,000. The files are found as those of ``fashion_mnist``, with mnist as
    the name of the sub-folder; the download is 12 MB.
    """
    return _load(_MNIST, path, url)


def _load(source: _Source, path: str | os.PathLike[str] | None, url: str) -> Split:
    """Return the arrays of a data set, wherever its files are."""
    if path is None and os.environ.get(_VARIABLE):
        path = os.environ[_VARIABLE]
    files = _downloaded(source, url) if path is None else _local(source, Path(path).expanduser())
    X, y = _pair(files[0], files[1])
    X_test, y_test = _pair(files[2], files[3])
    return X, y, X_test, y_test


def _local(source: _Source, folder: Path) -> list[Path]:
    """Return the four files in ``folder``, or in its sub-folder of the data set's name."""
    # The sub-folder goes first: it says which data set it holds, and the file names do not.
    for home in (folder / source.folder, folder):
        files = [_either(home / name) for name in source.sha256]
        missing = [file.name for file in files if not file.is_file()]
        if len(missing) < len(files):
            break
    if missing:
        raise FileError(
            f"{source.folder}: no {', '.join(missing)} in {home}; put the four files there, packed "
            f"or not ({source.url} has them), or to have them downloaded, leave path out and "
            f"${_VARIABLE} unset"
        )
    return files


def _either(packed: Path) -> Path:
    """Return ``packed``, or the file of that name without .gz where only that is there."""
    plain = packed.with_suffix("")
    return plain if plain.is_file() and not packed.is_file() else packed


def _downloaded(source: _Source, url: str) -> list[Path]:
    """Return the four files in the user's cache, after downloading what is not there intact."""
    pooch = require("pooch")  # slow to import, and needed once
    cache = Path(pooch.os_cache("tensorgraph")) / source.folder
    downloader = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=1 << 16,
        timeout=30,
        hooks={"response": _close_if_refused},
    )
    files = []
    for name, sha256 in source.sha256.items():
        address = f"{url.rstrip('/')}/{name}"
        try:
            file = pooch.retrieve(address, f"sha256:{sha256}", name, cache, downloader=downloader)
        # Failures of connections and of disks are OSErrors, a wrong SHA-256 is a ValueError.
        except (OSError, ValueError) as error:
            raise FileError(
                f"{source.folder}: could not download {address} to {cache}: {error}\n"
                f"Download the four files {', '.join(source.sha256)} by hand, put them into one "
                f"folder, and pass that folder as path or set ${_VARIABLE} to it."
            ) from error
        files.append(Path(file))
    return files


def _close_if_refused(response: Any, **_: Any) -> None:
    """Close the connection of an error page, which pooch would leave to the garbage collector."""
    if not response.ok:
        response.close()


def _pair(images: Path, labels: Path) -> tuple[Array, Array]:
    """Return pictures and their classes, after checking that they belong together."""
    X, y = idx.read(images, axes=3), idx.read(labels, axes=1)
    if X.shape[1:] != (_SIDE, _SIDE):
        expected = f"pictures of {_SIDE} x {_SIDE}"
        raise idx.damaged(images, 8, expected, f"{X.shape[1]} x {X.shape[2]}")
    if len(y) != len(X):
        expected = f"{len(X)} labels, one for each picture in {images.name}"
        raise idx.damaged(labels, 4, expected, f"{len(y)}")
    if y.max() >= _CLASSES:
        first = int((y >= _CLASSES).argmax())
        raise idx.damaged(labels, 8 + first, f"a class from 0 to {_CLASSES - 1}", f"{y[first]}")
    return X, y
