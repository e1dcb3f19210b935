"""The feature extractor for stacked MNIST: the extractor of single digits, applied to each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures
from sweeps.evaluation.extractor import Extractor
from trainables.arrays import Images, Labels


class ChannelExtractor:
    """Applies the extractor `digits` to each channel; an image's class is the digits of its channels, such as 042."""

    def __init__(self, digits: Extractor, classes: Sequence[str]) -> None:
        self.name = digits.name
        self._digits = digits
        self._codes = np.array([[int(digit) for digit in name] for name in classes])  # (classes, channels)

    def extract(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures:
        """Features of images (n, c, h, w): those of the channels, concatenated, (n, c * d)."""
        n, channels, height, width = images.shape
        extracted = self._digits.extract(images.reshape(n * channels, 1, height, width))
        return ExtractedFeatures(images, *self.joined(extracted.vectors, extracted.probabilities), labels)

    def joined(self, vectors: NDArray[Any], probabilities: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Features (n, c * d) and probabilities (n, classes) of images from those of their channels, (n * c, d) and (n
        * c, digits)."""
        channels = self._codes.shape[1]
        each = probabilities.reshape(-1, channels, probabilities.shape[1])
        product = np.ones((len(each), len(self._codes)), np.float32)
        for channel in range(channels):
            product *= each[:, channel, self._codes[:, channel]]
        return vectors.reshape(len(each), -1), product
