"""Pixel metrics: high-frequency content and background of samples against real images; identical images.

Functions of images, (n, c, h, w); points, (n, 2), have no pixels and give NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference, once

Array = NDArray[Any]
LEVELS = 32  # of brightness, to find the one the background has
NEAR = 2 / LEVELS  # how far from it a pixel still counts as background
LEAST = 1e-6  # variance of an image below which it is one flat colour
SAME = 2 / 127.5  # root mean square of the difference up to which two images are one to the eye: two levels of 255
CANDIDATES = 20  # images that all are compared with: of one that makes up two fifths, none is among them once in 27,000


def high_frequency(reference: Reference, fake: ExtractedFeatures) -> float:
    """High-frequency content (grain) of samples over that of held-out images of the same classes, geometric mean.

    1 is right, well over 1 noise, well under 1 blur. Of the same classes, since a bag has more of it than trousers.
    """
    if fake.images.ndim != 4:
        return math.nan
    return float(np.exp(np.mean(log_grain_ratio(reference, fake))))


def background(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of pixels as bright as the background of real images, over theirs of the same classes.

    1 is right, less is not clean.
    """
    if fake.images.ndim != 4:
        return math.nan
    level, shares = _real_background(reference)
    return float(_at_level(fake, level).mean() / shares[fake.predicted].mean())


@once
def one_image(fake: ExtractedFeatures) -> float:
    """Share of images that are one and the same, or of one colour each, in [0, 1]; of points: the very same point."""
    from scipy.spatial.distance import cdist  # takes half a second to import, which only generated images are worth

    flat, tolerance = fake.images.reshape(len(fake), -1), SAME if fake.images.ndim == 4 else 0.0
    # Not scikit-learn's distances, which leave a rounding error between equal points.
    apart = cdist(flat, flat[_candidates(len(flat))]) / math.sqrt(flat.shape[1])
    alike = float((apart <= tolerance).mean(axis=0).max())
    return max(alike, float((_colours_deviation(fake.images) <= SAME).mean())) if fake.images.ndim == 4 else alike


def _candidates(n: int) -> Array:
    chosen: Array = np.random.default_rng(0).permutation(n)[:CANDIDATES]
    return chosen


def _colours_deviation(images: Array) -> Array:
    """How far the pixels of each image are from the mean of their channel, root mean square, (n,)."""
    deviation: Array = np.sqrt(images.var(axis=(2, 3)).mean(axis=1))
    return deviation


def grain(images: Array) -> Array:
    """Share of an image's variance that is in the finest diagonal detail, (n,): 1 of white noise, 0 of a flat image.

    The detail is (a - b - c + d) / 2 of each square of four pixels, the diagonal part of a Haar wavelet; on white noise
    it has the variance of a pixel (Donoho and Johnstone 1994 estimate noise by it). As a share it does not depend on
    contrast. An image of less than two pixels a side has none.
    """
    if min(images.shape[2:]) < 2:
        return np.zeros(len(images))
    detail = images[..., :-1, :-1] - images[..., 1:, :-1] - images[..., :-1, 1:] + images[..., 1:, 1:]
    fine = np.square(detail / 2).mean(axis=(1, 2, 3), dtype=np.float64)
    variance = images.var(axis=(2, 3), dtype=np.float64).mean(axis=1)
    return np.where(variance > LEAST, fine / np.maximum(variance, LEAST), 0.0)


@once
def held_out_grain(reference: Reference) -> Array:
    """`grain` of each held-out image."""
    return grain(reference.held_out.images)


@once
def grain_of(reference: Reference, fake: ExtractedFeatures) -> Array:
    """`grain` of each sample (the reference says nothing to it, but keeps the answer)."""
    return grain(fake.images)


@once
def log_grain_ratio(reference: Reference, fake: ExtractedFeatures) -> Array:
    """Logarithm of each sample's grain over the median of held-out images taken for the same class, (n,)."""
    usual = class_grain(reference)[fake.predicted]
    ratio: Array = np.log(np.maximum(grain_of(reference, fake), LEAST) / usual)
    return ratio


@once
def class_grain(reference: Reference) -> Array:
    """Median grain of held-out images by the class they are taken for, (classes,)."""
    real = reference.held_out
    usual = _by_class(real.predicted, held_out_grain(reference), real.probabilities.shape[1], np.median)
    return np.maximum(usual, LEAST)


@once
def _real_background(reference: Reference) -> tuple[float, Array]:
    """The most frequent brightness of held-out pixels and the share of pixels near it by class, (classes,)."""
    real = reference.held_out
    counts, edges = np.histogram(real.images, LEVELS, (-1, 1))
    inside = real.images[np.abs(real.images - edges[counts.argmax()] - 1 / LEVELS) <= 1 / LEVELS]
    level = float(np.median(inside))
    return level, _by_class(real.predicted, _at_level(real, level), real.probabilities.shape[1], np.mean)


def _at_level(extracted: ExtractedFeatures, level: float) -> Array:
    """Share of each image's pixels near that brightness, (n,)."""
    share: Array = (np.abs(extracted.images - level) <= NEAR).mean(axis=(1, 2, 3))
    return share


def _by_class(predicted: Array, values: Array, classes: int, summary: Callable[[Array], Any]) -> Array:
    """The summary of the values of each class, (classes,); of all values where a class has none."""
    found = np.full(classes, summary(values))
    for label in np.unique(predicted):
        found[label] = summary(values[predicted == label])
    return found
