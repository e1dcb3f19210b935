"""A data set as a sweep uses it: training and validation images with labels, and a content hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np

from trainables.arrays import Images, Labels
from trainables.data.points import Modes
from trainables.data.selection import subset

FEW_HELD_OUT = 20  # validation images, under which a number says little


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
    """Training and validation parts of a data set: what a sweep may see, never the test part. `classes` are the names
    of labels 0..k-1; the hash stands for everything in here.

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
        train, val = frozen(x, np.concatenate([self.train.y, self.val.y])), frozen(self.val.x[:0], self.val.y[:0])
        content_hash = content_hash_of(train, val, self.classes, self.split_seed)
        return replace(self, train=train, val=val, content_hash=content_hash)

    def limited(self, train_size: int) -> Dataset:
        """The same with a stratified part of the training images, as `load_dataset` gives it for that `train_size`."""
        rows = np.arange(len(self.train))
        chosen = subset(rows, self.train.y, self.classes, train_size, self.split_seed, self.name)
        if len(chosen) == len(self.train):
            return self
        train = frozen(self.train.x[chosen], self.train.y[chosen])
        content_hash = content_hash_of(train, self.val, self.classes, self.split_seed)
        return replace(self, train=train, content_hash=content_hash)


def frozen(x: Images, y: Labels) -> Split:
    """A split whose arrays nobody may write to."""
    for array in (x, y):
        array.flags.writeable = False  # as in a trial, where all share the same memory
    return Split(x, y)


def content_hash_of(train: Split, val: Split, classes: tuple[str, ...], seed: int) -> str:
    """sha256 of what a model is given and how it was divided; None and the full train_size are the same data."""
    digest = hashlib.sha256(json.dumps([train.x.shape, val.x.shape, classes, seed]).encode())
    for array in (train.x, train.y, val.x, val.y):
        digest.update(array.reshape(-1).data)
    return digest.hexdigest()
