"""Data sets: named ones and a user's own, divided once into train, validation and test.

`load_dataset` gives what a sweep may see, train and validation; `load_test` the test part, for the final training
alone. The division depends on the source and the split seed only: neither `train_size` nor `classes` moves an image
from one part to another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainables.base import Images, Labels
from trainables.data.catalogue import DATASETS, FoundDataset, Source, cache_folder, find_dataset, is_there
from trainables.data.points import Modes
from trainables.data.selection import renumbered, selected_labels, subset
from trainables.data.sources import DataError, StoredImages
from trainables.data.splits import TEST, VALIDATION, Rows, held_out
from trainables.data.stacked import STACKED, unstacked

__all__ = [
    "DATASETS",
    "STACKED",
    "DataError",
    "Dataset",
    "Modes",
    "Origin",
    "Source",
    "Split",
    "cache_folder",
    "find_dataset",
    "load_dataset",
    "load_test",
    "some_images",
    "unstacked",
]

FEW_HELD_OUT = 20  # validation images, under which a number says little
FEWEST_IMAGES = 3  # of a class: one to train on whatever validation and test take


@dataclass(frozen=True)
class Split:
    """Images x, float32 in [-1, 1], (n, c, h, w), and their labels y, int64 in 0..k-1, (n,); both read-only.

    Points are a modality of their own: x (n, 2), in [-1, 1] as well, and the labels are their modes.
    """

    x: Images
    y: Labels

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Dataset:
    """What a sweep may see. `classes` are the names of labels 0..k-1; the hash stands for everything in here.

    `modes`: of points, where the Gaussians lie that they were drawn from, one a class.
    """

    name: str
    train: Split
    val: Split
    classes: tuple[str, ...]
    content_hash: str
    split_seed: int
    modes: Modes | None = None

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(channels, height, width) of images, (2,) of points."""
        return self.train.x.shape[1:]

    @property
    def holds_points(self) -> bool:
        return len(self.image_shape) == 1

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes numbers of the validation images little worth, in sentences; nothing where none are held out."""
        missing = [
            self.classes[label] for label in np.flatnonzero(np.bincount(self.val.y, minlength=self.n_classes) == 0)
        ]
        found = []
        if 0 < len(self.val) < FEW_HELD_OUT:
            found.append(
                f"{self.name}: only {len(self.val)} validation images; what is measured on them is mostly chance"
            )
        if len(self.val) and missing:
            found.append(
                f"{self.name}: no validation image of {', '.join(missing[:5])}{' and others' * (len(missing) > 5)}"
            )
        return tuple(found)

    def whole(self) -> Dataset:
        """The same with the validation images among those to train on, and none held out."""
        x = np.concatenate([self.train.x, self.val.x])
        train, val = _frozen(x, np.concatenate([self.train.y, self.val.y])), _frozen(self.val.x[:0], self.val.y[:0])
        content_hash = _content_hash(train, val, self.classes, self.split_seed)
        return replace(self, train=train, val=val, content_hash=content_hash)

    def limited(self, train_size: int) -> Dataset:
        """The same with a stratified part of the training images, as `load_dataset` gives it for that `train_size`."""
        rows = np.arange(len(self.train))
        chosen = subset(rows, self.train.y, self.classes, train_size, self.split_seed, self.name)
        if len(chosen) == len(self.train):
            return self
        train = _frozen(self.train.x[chosen], self.train.y[chosen])
        content_hash = _content_hash(train, self.val, self.classes, self.split_seed)
        return replace(self, train=train, content_hash=content_hash)


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
    return Dataset(origin.name, *splits, names, _content_hash(*splits, names, split_seed), split_seed, modes)


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
    return _frozen(_float_images(part.images[rows]), renumbered(part.labels[rows], selected))


def _frozen(x: Images, y: Labels) -> Split:
    for array in (x, y):
        array.flags.writeable = False  # as in a trial, where all share the same memory
    return Split(x, y)


def _float_images(images: NDArray[np.generic]) -> Images:
    """float32 in [-1, 1], C-contiguous; in place, for the images of a sweep are its largest thing in memory."""
    floats = images.astype(np.float32, order="C", copy=False)
    if images.dtype == np.uint8:
        floats /= 127.5
        floats -= 1
    return floats


def _content_hash(train: Split, val: Split, classes: tuple[str, ...], seed: int) -> str:
    """sha256 of what a model is given and how it was divided; None and the full train_size are the same data."""
    digest = hashlib.sha256(json.dumps([train.x.shape, val.x.shape, classes, seed]).encode())
    for array in (train.x, train.y, val.x, val.y):
        digest.update(array.reshape(-1).data)
    return digest.hexdigest()
