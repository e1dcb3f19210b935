"""Loads a data set by name or path: finds it, reads it, and divides it into train, validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainables.arrays import Images
from trainables.data.catalogue import FoundDataset, find_dataset, is_there
from trainables.data.dataset import Dataset, Split, content_hash_of, frozen
from trainables.data.folders import pictures_in, read_flat
from trainables.data.selection import renumbered, selected_labels, subset
from trainables.data.sources import DataError, StoredImages
from trainables.data.splits import TEST, VALIDATION, Rows, held_out

UNLABELLED_SHARE = 0.2  # of a folder without classes is held out: nobody but the judge reads it
FEWEST_IMAGES = 3  # of a class: one to train on whatever validation and test take


def load_dataset(
    name_or_path: str | Path,
    *,
    data_dir: Path | None = None,
    train_size: int | None = None,
    classes: Sequence[int | str] | None = None,
    split_seed: int = 0,
) -> Dataset:
    """Train and validation of a named data set, or of a user's own .npz file or folder of images.

    `data_dir`: where named data sets lie or are downloaded to; else SWEEPS_DATA, else a cache folder. `classes`: some
    only, by index or name, numbered anew in the data set's own order. `train_size`: a stratified part of train; under
    one split seed the smaller lies in the larger, and validation stays. DataError says in one line what is wrong.
    """
    origin = find_dataset(name_or_path, data_dir)
    part = _read(origin, train=True)
    selected = selected_labels(part.classes, classes, origin.name)
    train, val, _ = _rows(part, origin, split_seed, selected)
    train, val = _of_classes(train, part, selected), _of_classes(val, part, selected)
    labels, names = renumbered(part.labels[train], selected), tuple(part.classes[label] for label in selected)
    train = subset(train, labels, names, train_size, split_seed, origin.name)
    splits = (
        _split(part, train, selected, f"{origin.name}: train"),
        _split(part, val, selected, f"{origin.name}: validation"),
    )
    modes = origin.modes.of(selected) if origin.modes else None
    return Dataset(origin.name, *splits, names, content_hash_of(*splits, names, split_seed), split_seed, modes)


def load_unlabelled(folder: Path, split_seed: int = 0) -> Dataset:
    """Train and validation of a folder of images without classes, all of one: for whoever needs none."""
    images, names = read_flat(folder), ("image",)
    labels = np.zeros(len(images), np.int64)
    if len(images) < FEWEST_IMAGES:
        raise DataError(f"{folder}: {len(images)} images to split; at least {FEWEST_IMAGES} are needed")
    part = StoredImages(images, labels, names)
    both = held_out(labels, UNLABELLED_SHARE, split_seed, VALIDATION)
    train, val = (_split(part, rows, [0], str(folder)) for rows in both)
    return Dataset(folder.name, train, val, names, content_hash_of(train, val, names, split_seed), split_seed)


def is_unlabelled(folder: Path) -> bool:
    """Whether it is a folder of images alone, without a sub-folder for each class."""
    entries = pictures_in(folder) if folder.is_dir() else []
    return bool(entries) and not any(entry.is_dir() for entry in entries)


def load_test(
    name_or_path: str | Path,
    *,
    data_dir: Path | None = None,
    classes: Sequence[int | str] | None = None,
    split_seed: int = 0,
) -> Split:
    """The test part, labels numbered as `load_dataset` numbers them with the same arguments."""
    origin = find_dataset(name_or_path, data_dir)
    if origin.test_share:
        part = _read(origin, train=True)
        selected = selected_labels(part.classes, classes, origin.name)
        rows = _rows(part, origin, split_seed, selected)[2]
    else:
        part = _read(origin, train=False)
        selected = selected_labels(part.classes, classes, origin.name)
        rows = np.arange(len(part.labels))
    return _split(part, _of_classes(rows, part, selected), selected, f"{origin.name}: test")


def some_images(name: str, n: int, data_dir: Path | None = None) -> Images | None:
    """Up to `n` training images of a named data set, evenly spread; None if it is not there: nothing is downloaded."""
    if not is_there(name, data_dir):
        return None
    images = _read(find_dataset(name, data_dir), train=True).images
    return _float_images(images[np.linspace(0, len(images) - 1, min(n, len(images))).astype(int)])


def _read(origin: FoundDataset, train: bool) -> StoredImages:
    try:
        return origin.read(train)
    except OSError as error:  # a file without permission, a disk that fails
        raise DataError(
            f"{error.filename or origin.path or origin.name}: cannot be read ({error.strerror or error})"
        ) from None


def _rows(part: StoredImages, origin: FoundDataset, seed: int, selected: list[int]) -> tuple[Rows, Rows, Rows]:
    """Rows of train, validation and (where it is held out from the same images) test, of all classes.

    DataError where one of the selected classes has too few images to be divided.
    """
    if not 0 <= seed < 2**32:
        raise DataError(f"split seed {seed}; valid: 0 to {2**32 - 1}")
    counts = np.bincount(part.labels, minlength=len(part.classes))[selected]
    if counts.min() < FEWEST_IMAGES:
        name = part.classes[selected[int(counts.argmin())]]
        raise DataError(
            f"{origin.name}: class {name!r} has {counts.min()} images to split; at least {FEWEST_IMAGES} are needed, "
            "or leave it out with 'classes'"
        )
    rest, test = held_out(part.labels, origin.test_share, seed, TEST)
    train, val = held_out(part.labels[rest], origin.val_share, seed, VALIDATION)
    return rest[train], rest[val], test


def _of_classes(rows: Rows, part: StoredImages, selected: list[int]) -> Rows:
    return rows[np.isin(part.labels[rows], selected)]


def _split(part: StoredImages, rows: Rows, selected: list[int], where: str) -> Split:
    if len(rows) == 0:
        raise DataError(
            f"{where} has no image of {', '.join(part.classes[label] for label in selected)}; take more classes"
        )
    return frozen(_float_images(part.images[rows]), renumbered(part.labels[rows], selected))


def _float_images(images: NDArray[np.generic]) -> Images:
    """float32 in [-1, 1], C-contiguous; in place, for the images of a sweep are its largest thing in memory."""
    floats = images.astype(np.float32, order="C", copy=False)
    if images.dtype == np.uint8:
        floats /= 127.5
        floats -= 1
    return floats
