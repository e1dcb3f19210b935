"""Similarity of samples to training images: shift-tolerant correlation of pixels, and the class it suggests.

The correlation of both images less the mean image, on the principal axes of real pixels: contrast does not count,
grain hardly, and a shift by a fourteenth of the frame is tried away. A net that was never trained on noise or shifts
may assign such images to any class; the most similar training image still tells which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference, once
from analysis.metrics.memorisation import axes

Array = NDArray[Any]
COMPARED = 2000  # training images
SHIFT = 1 / 14  # of the frame: two pixels of 28, one of 8
SMALLEST = 1e-9


@dataclass(frozen=True)
class Similarity:
    """For each image the highest correlation with a training image, in [-1, 1], and the class of that one; (n,)."""

    correlation: Array
    label: NDArray[np.int64]


@once
def similarity(reference: Reference, extracted: ExtractedFeatures) -> Similarity:
    """The most similar of 2,000 training images for each image."""
    real = reference.train.some(COMPARED)
    flat, (unit, mean) = extracted.images.reshape(len(extracted), -1), _real_directions(reference)
    best, row = np.full(len(extracted), -np.inf), np.zeros(len(extracted), np.int64)
    for shifted in _shifted_axes(reference):
        found = _unit(flat @ shifted - mean) @ unit.T
        at = found.argmax(axis=1)
        value = found[np.arange(len(found)), at]
        row, best = np.where(value > best, at, row), np.maximum(best, value)
    return Similarity(best, real.labels[row])


@once
def held_out_similarity(reference: Reference) -> Similarity:
    """The similarity of held-out images to training images, see `usual_images`."""
    return similarity(reference, usual_images(reference))


@once
def usual_images(reference: Reference) -> ExtractedFeatures:
    """At most 2,000 held-out images, whose values tell what is usual of real images."""
    return reference.held_out.some(COMPARED)


@once
def _real_directions(reference: Reference) -> tuple[Array, Array]:
    """Training images without their mean on the axes, each of length 1, and that mean on the axes."""
    flat = reference.train.some(COMPARED).images.reshape(-1, reference.train.images[0].size)
    mean = flat.mean(axis=0) @ axes(reference)
    return _unit(flat @ axes(reference) - mean), mean


@once
def _shifted_axes(reference: Reference) -> list[Array]:
    """The axes, (pixels, axes), shifted in every way that is tried: as good as shifting all images, and cheaper."""
    shape, plain = reference.train.images.shape[1:], axes(reference)
    if len(shape) != 3:
        return [plain]
    pictures = plain.T.reshape(-1, *shape)
    reach = [range(-max(1, round(SHIFT * side)), max(1, round(SHIFT * side)) + 1) for side in shape[1:]]
    return [np.roll(pictures, (y, x), (2, 3)).reshape(len(pictures), -1).T for y in reach[0] for x in reach[1]]


def _unit(vectors: Array) -> Array:
    unit: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), SMALLEST)
    return unit
