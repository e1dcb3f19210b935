"""Readers of the named data sets' source files: images as stored, with labels and class names."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basics.errors import RequestError
from trainables.arrays import Images, Labels

NO_ANSWER_SECONDS = 30.0


class DataError(RequestError):
    """Data that cannot be used; one line: which file or value, where it was looked for, what to do."""


@dataclass(frozen=True)
class StoredImages:
    """Images as stored, (n, c, h, w), uint8 in 0..255 or float32 in [-1, 1]; labels (n,) that index `classes`.

    Points are stored as they are, (n, 2), float32 in [-1, 1].
    """

    images: Images | NDArray[np.uint8]
    labels: Labels
    classes: tuple[str, ...]

    def check(self, where: Path) -> StoredImages:
        """This part; DataError where images, labels and classes do not belong together."""
        if len(self.images) != len(self.labels):
            raise DataError(
                f"{where}: {len(self.images):,} images but {len(self.labels):,} labels; they must be as many"
            )
        if len(self.labels) == 0:
            raise DataError(f"{where}: holds no images")
        if not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            wrong = self.labels[(self.labels < 0) | (self.labels >= len(self.classes))][0]
            raise DataError(f"{where}: damaged, a label is {wrong}; valid: 0 to {len(self.classes) - 1}")
        return self


def read_digits(folder: Path, train: bool) -> StoredImages:
    """The 1,797 digits inside scikit-learn, 8 x 8, undivided; no file is read from `folder`."""
    from sklearn.datasets import load_digits  # slow to import, and only this source needs it

    digits = load_digits()
    images = (digits.images[:, None] / 8.0 - 1.0).astype(np.float32)  # stored as 0..16
    return StoredImages(images, digits.target.astype(np.int64), tuple(map(str, digits.target_names)))


def read_torchvision(kind: str, folder: Path, train: bool) -> StoredImages:
    """The official part of torchvision's data set `kind` under `folder`, downloaded there if it is not there yet."""
    from torchvision import datasets  # takes seconds to import, and digits must start without it

    source = getattr(datasets, kind)
    data = (
        _open_idx(source, folder, train) if issubclass(source, datasets.MNIST) else _open_cifar(source, folder, train)
    )
    images = np.asarray(data.data)
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    classes = tuple(name.split(" - ")[0] for name in data.classes)  # MNIST's are written "0 - zero"
    return StoredImages(images, np.asarray(data.targets, dtype=np.int64), classes).check(_home(source, folder))


def _open_idx(source: Any, folder: Path, train: bool) -> Any:
    # torchvision does not check these files once they are unpacked: a cut one would give a tensor error, or noise.
    names = [name.removesuffix(".gz") for name, _ in source.resources]
    for path in (_home(source, folder) / name for name in names):
        if path.exists():
            _check_idx(path)
    with _download_faults(source, folder, names):
        return source(folder, train=train, download=True)


def _check_idx(path: Path) -> None:
    """DataError unless the file is as long as its header says: type 8 (uint8), dimensions, then the size of each."""
    dimensions = 3 if path.name.endswith("idx3-ubyte") else 1
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4 + 4 * dimensions)
    if head[:4] != bytes([0, 0, 8, dimensions]) or len(head) < 4 + 4 * dimensions:
        raise DataError(f"{path}: damaged, no idx header of {dimensions}-d bytes ({size:,} bytes); {_delete_it()}")
    promised = len(head) + math.prod(np.frombuffer(head, dtype=">u4")[1:].tolist())
    if size != promised:
        raise DataError(f"{path}: damaged, {size:,} bytes where its header promises {promised:,}; {_delete_it()}")


def _open_cifar(source: Any, folder: Path, train: bool) -> Any:
    try:
        return source(folder, train=train)
    except RuntimeError:  # a file is missing or its md5 is wrong
        files = [*source.train_list, *source.test_list, (source.meta["filename"], source.meta["md5"])]
        _refuse_damaged(_home(source, folder), files)
    with _download_faults(source, folder, [name for name, _ in files]):
        return source(folder, train=train, download=True)


def _refuse_damaged(home: Path, files: list[tuple[str, str]]) -> None:
    from torchvision.datasets.utils import check_integrity

    for name, md5 in files:
        if (home / name).exists() and not check_integrity(home / name, md5):
            raise DataError(f"{home / name}: damaged, its md5 is not {md5}; {_delete_it()}")


def _home(source: Any, folder: Path) -> Path:
    return folder / getattr(source, "base_folder", f"{source.__name__}/raw")


def _delete_it() -> str:
    return "delete it and run again to download it, or replace it by a whole copy"


@contextmanager
def _download_faults(source: Any, folder: Path, names: list[str]) -> Iterator[None]:
    """Turn whatever a failed download raises into one line, and give up on a network that does not answer."""
    waiting = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NO_ANSWER_SECONDS)  # torchvision passes none: it would wait for ever
    try:
        yield
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        home = _home(source, folder)
        missing = [name for name in names if not (home / name).exists()]
        raise DataError(
            f"{home}: {', '.join(missing) or source.__name__} not there, and the download failed"
            f" ({' '.join(str(error).split())}); connect to the network, put the files there,"
            " or name the folder that has them with --data-dir or SWEEPS_DATA"
        ) from None
    finally:
        socket.setdefaulttimeout(waiting)
