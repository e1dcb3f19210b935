"""Stacked MNIST: three digits of `mnist` as red, green and blue of one image, a thousand classes.

As Metz et al. 2017 (unrolled GANs) and Srivastava et al. 2017 (VEEGAN) count modes on it. Theirs draw the digits at
random, 50,000 or 128,000 images; here every class has as many, and the images take as much memory as `mnist` does.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainables.data.dataset import Dataset, Split
from trainables.data.sources import DataError, StoredImages, read_torchvision

STACKED = "stacked_mnist"  # the data set's name
CLASSES = 1000
TRAIN_EACH, VAL_EACH, TEST_EACH = 20, 2, 5  # images a class
SEED = 0


def read_stacked_mnist(folder: Path, train: bool) -> StoredImages:
    """Images (n, 3, 28, 28) of digits of one part of `mnist`; class 347 has a 3 in red, a 4 in green, a 7 in blue."""
    try:
        mnist = read_torchvision("MNIST", folder, train)
    except DataError as error:
        raise DataError(f"stacked_mnist is made of mnist: {error}") from None
    labels = np.arange(CLASSES * (TRAIN_EACH + VAL_EACH if train else TEST_EACH)) % CLASSES
    digits = np.stack([labels // 100, labels // 10 % 10, labels % 10], axis=1)
    images = np.empty((len(labels), 3, *mnist.images.shape[2:]), np.uint8)
    generator = np.random.RandomState([SEED, int(train)])  # whose streams are frozen for good
    for digit in range(10):
        wanted = digits == digit
        chosen = generator.choice(np.flatnonzero(mnist.labels == digit), wanted.sum())
        images[wanted] = mnist.images[chosen, 0]
    return StoredImages(images, labels.astype(np.int64), tuple(f"{label:03d}" for label in range(CLASSES)))


def unstacked(data: Dataset) -> Dataset:
    """The digits of a stacked data set, each channel an image (3 n, 1, h, w) of one of ten classes; no copy."""
    digits = np.array([[int(digit) for digit in name] for name in data.classes])

    def part(split: Split) -> Split:
        x = split.x.reshape(-1, 1, *split.x.shape[2:])
        return replace(split, x=x, y=digits[split.y].reshape(-1))

    content_hash = hashlib.sha256(f"channels of {data.content_hash}".encode()).hexdigest()
    train, val, classes = part(data.train), part(data.val), tuple("0123456789")
    return replace(data, name=f"{data.name}_digits", train=train, val=val, classes=classes, content_hash=content_hash)
