"""The catalogue of data sets: the named ones, and any .npz file or folder of images by its path."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from basics.text import did_you_mean
from trainables.data.folders import has_test_part, read_folder
from trainables.data.npz_files import read_npz
from trainables.data.points import GRID, POINTS_TEST, POINTS_TRAIN, POINTS_VAL, RING, Modes, read_points
from trainables.data.sources import DataError, StoredImages, read_digits, read_torchvision
from trainables.data.stacked import CLASSES, STACKED, TEST_EACH, TRAIN_EACH, VAL_EACH, read_stacked_mnist


@dataclass(frozen=True)
class Source:
    """A named data set: what a listing shows (sizes in images), how it is read and divided.

    `read(folder, train)` gives the official part; where there is none, `test_share` of the whole is held out.
    `image_shape` is (channels, height, width), or (2,) of points, which have `modes` to be counted.
    """

    description: str
    image_shape: tuple[int, ...]
    n_classes: int
    train: int
    val: int
    test: int
    read: Callable[[Path, bool], StoredImages]
    test_share: float = 0.0
    val_share: float = 0.1
    files: tuple[str, ...] = ()  # below the data folder, none of what needs no file
    modes: Modes | None = None
    licence: str = ""  # of the images, as far as it is known

    @property
    def holds_points(self) -> bool:
        return len(self.image_shape) == 1


OF_MNIST = "CC BY-SA 3.0 (LeCun, Cortes and Burges 1998)"
CIFAR_FILES = tuple(f"cifar-10-batches-py/{name}" for name in ("test_batch", *(f"data_batch_{i}" for i in range(1, 6))))


def _idx_files(kind: str) -> tuple[str, ...]:
    kinds = ("images-idx3", "labels-idx1")
    return tuple(f"{kind}/raw/{part}-{what}-ubyte" for part in ("train", "t10k") for what in kinds)


def _points(description: str, modes: Modes) -> Source:
    sizes = (POINTS_TRAIN, POINTS_VAL, POINTS_TEST)
    share = POINTS_VAL / (POINTS_TRAIN + POINTS_VAL)
    return Source(
        description,
        (2,),
        len(modes.centres),
        *sizes,
        partial(read_points, modes),
        val_share=share,
        modes=modes,
        licence="none needed, the points are drawn here",
    )


DATASETS: dict[str, Source] = {
    "digits": Source(
        "handwritten digits inside scikit-learn; no file, no download",
        (1, 8, 8),
        10,
        1149,
        288,
        360,
        read_digits,
        test_share=0.2,
        val_share=0.2,
        licence="CC BY 4.0 (UCI, Optical Recognition of Handwritten Digits; Alpaydin and Kaynak 1998)",
    ),
    "mnist": Source(
        "handwritten digits",
        (1, 28, 28),
        10,
        54_000,
        6_000,
        10_000,
        partial(read_torchvision, "MNIST"),
        files=_idx_files("MNIST"),
        licence=OF_MNIST,
    ),
    "fashion_mnist": Source(
        "grey pictures of clothes and shoes",
        (1, 28, 28),
        10,
        54_000,
        6_000,
        10_000,
        partial(read_torchvision, "FashionMNIST"),
        files=_idx_files("FashionMNIST"),
        licence="MIT (Zalando SE 2017)",
    ),
    "cifar10": Source(
        "colour photographs of animals and vehicles",
        (3, 32, 32),
        10,
        45_000,
        5_000,
        10_000,
        partial(read_torchvision, "CIFAR10"),
        files=CIFAR_FILES,
        licence="none stated by its authors (Krizhevsky 2009)",
    ),
    "ring": _points("points of 8 Gaussians on a circle, to count modes; no file", RING),
    "grid": _points("points of 25 Gaussians on a grid, to count modes; no file", GRID),
    STACKED: Source(
        "three digits of mnist as red, green and blue, to count modes",
        (3, 28, 28),
        CLASSES,
        CLASSES * TRAIN_EACH,
        CLASSES * VAL_EACH,
        CLASSES * TEST_EACH,
        read_stacked_mnist,
        val_share=VAL_EACH / (TRAIN_EACH + VAL_EACH),
        files=_idx_files("MNIST"),
        licence=OF_MNIST,
    ),
}


@dataclass(frozen=True)
class FoundDataset:
    """A data set found, not read yet: `read(train)` reads the official part, `path` is a user's own file or folder."""

    name: str
    read: Callable[[bool], StoredImages]
    test_share: float
    val_share: float
    path: Path | None = None
    modes: Modes | None = None


def find_dataset(name_or_path: str | Path, data_dir: Path | None = None) -> FoundDataset:
    """The data set of this name, or the file or folder at this path (relative: from here, then from the data folder).

    Reads no image. A string that is a known name means that data set; write ./digits for a folder of your own.
    """
    folder = _data_folder(data_dir)
    if isinstance(name_or_path, str) and (source := DATASETS.get(name_or_path)):
        read = partial(source.read, folder)
        return FoundDataset(name_or_path, read, source.test_share, source.val_share, modes=source.modes)
    given = _given(name_or_path)
    for path in dict.fromkeys((given.absolute(), folder / given)):
        if path.is_dir():
            return FoundDataset(path.name, partial(read_folder, path), 0.0 if has_test_part(path) else 0.2, 0.1, path)
        if path.is_file():
            return _npz_origin(path)
    raise DataError(_not_found(name_or_path, given, folder))


def _given(name_or_path: str | Path) -> Path:
    """The path that was meant; DataError for one that no file system has."""
    try:
        path = Path(name_or_path).expanduser()
        path.absolute().stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return path
    except (RuntimeError, ValueError, OSError) as error:  # ~nobody, a NUL, a name of more than 255 bytes
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{str(name_or_path)[:80]!r} is the path of no file or folder: {reason}") from None
    return path


def is_there(name: str, data_dir: Path | None = None) -> bool:
    """Whether the files of a named data set are in the data folder."""
    return all((_data_folder(data_dir) / file).is_file() for file in DATASETS[name].files)


def _npz_origin(path: Path) -> FoundDataset:
    if path.suffix != ".npz":
        raise DataError(
            f"{path}: not a data set; valid: an .npz file, or a folder with one sub-folder of images a class"
        )
    return FoundDataset(path.stem, partial(read_npz, path), 0.0, 0.1, path)


def _not_found(name: str | Path, given: Path, folder: Path) -> str:
    if given.suffix or len(given.parts) > 1:
        return f"{name}: no such file or folder; looked for {given.absolute()} and {folder / given}"
    valid = f"{', '.join(DATASETS)}, or the path of an .npz file or of a folder of images"
    return f"unknown dataset {str(name)!r}; valid: {valid}{did_you_mean(name, DATASETS)}"


def _data_folder(data_dir: Path | None) -> Path:
    if folder := data_dir or os.environ.get("SWEEPS_DATA"):
        return Path(folder).expanduser().absolute()
    return cache_folder()


def cache_folder() -> Path:
    """Where what can be made or fetched again is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gdsweeps"
