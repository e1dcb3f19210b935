"""What the judge sees stacked MNIST with: the extractor of single digits, on each channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures
from sweeps.evaluation.extractor import Extractor
from trainables.arrays import Images, Labels


class ChannelExtractor:
    """`digits` looks at each channel; an image's class is a digit a channel, as the names of `classes` have them."""

    def __init__(self, digits: Extractor, classes: Sequence[str]) -> None:
        self.name = digits.name
        self._digits = digits
        self._codes = np.array([[int(digit) for digit in name] for name in classes])  # (classes, channels)

    def see(self, images: Images, labels: Labels | None = None) -> ExtractedFeatures:
        """Images (n, c, h, w) with the features of their channels one after the other, (n, c * d)."""
        n, channels, height, width = images.shape
        seen = self._digits.see(images.reshape(n * channels, 1, height, width))
        return ExtractedFeatures(images, *self.joined(seen.vectors, seen.probabilities), labels)

    def joined(self, vectors: NDArray[Any], probabilities: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of images, (n, c * d) and (n, classes), what is given of their channels, (n * c, d) and (n * c, digits)."""
        channels = self._codes.shape[1]
        each = probabilities.reshape(-1, channels, probabilities.shape[1])
        product = np.ones((len(each), len(self._codes)), np.float32)
        for channel in range(channels):
            product *= each[:, channel, self._codes[:, channel]]
        return vectors.reshape(len(each), -1), product
