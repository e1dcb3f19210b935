"""Memorisation metrics: the share of samples that are copies of training images, by nearest-neighbour distances.

Distances are taken between images projected on the main axes of the real pixels, where 50,000 images are compared
within a second, and noise on a copy nearly vanishes while another image stays another. Not in an extractor's features,
which are trained to forget what tells two images of a class apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference, TrainingImages, once

Array = NDArray[Any]
AXES = 40
FITTED = 2000  # training images the axes are taken from
NEAR = 0.5  # a copy lies nearer to its original than half as far as to any other training image


@dataclass(frozen=True)
class NearestNeighbours:
    """For each image the nearest training image, its distance and that of the second nearest, if there is one; (n,)."""

    row: NDArray[np.int64]
    distance: Array
    second: Array

    @property
    def copied(self) -> NDArray[np.bool_]:
        """Which lie so much nearer to one training image than to any other that they were made from it, (n,).

        The ratio of both distances (Carlini et al. 2023, section 4.2, scale by the mean of many) does not mistake
        the blurred for copied: those are near to all.
        """
        found: NDArray[np.bool_] = (self.distance <= NEAR * self.second) | (self.distance == 0)
        return found


def train_distance(reference: Reference, fake: ExtractedFeatures) -> float:
    """Median distance of samples to the nearest training image, over that of held-out images: 1 is right, 0
    memorised."""
    usual = np.median(held_out_nearest(reference).distance)
    return float(np.median(nearest(reference, fake).distance) / usual) if usual > 0 else math.nan


def copies(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of samples that are copies of training images, beyond that of held-out images: 0 is right, 1 is all."""
    usual = held_out_nearest(reference).copied.mean()
    found = nearest(reference, fake).copied.mean()
    return float(max(0.0, (found - usual) / (1 - usual))) if usual < 1 else math.nan


@once
def nearest(reference: Reference, fake: ExtractedFeatures) -> NearestNeighbours:
    """The nearest training images of the samples."""
    near = min(2, len(reference.train))
    distance, rows = _index(reference).kneighbors(projected(reference, fake), near)
    return NearestNeighbours(rows[:, 0], distance[:, 0], distance[:, -1])


@once
def held_out_nearest(reference: Reference) -> NearestNeighbours:
    """The nearest training images of held-out images, of 2,000 at most."""
    return nearest(reference, reference.held_out.some(FITTED))


def projected(reference: Reference, extracted: ExtractedFeatures | TrainingImages) -> Array:
    """Images projected on the principal axes of the training images, (n, up to AXES)."""
    found: Array = extracted.images.reshape(len(extracted), -1) @ axes(reference)
    return found


@once
def axes(reference: Reference) -> Array:
    """The principal axes of the training images' pixels, (pixels, up to AXES); of points, the coordinate axes."""
    if reference.train.images.ndim == 2:
        return np.eye(reference.train.images.shape[1], dtype=np.float32)
    from sklearn.utils.extmath import randomized_svd  # a second to import, and only a judge needs it

    flat = reference.train.some(FITTED).images.reshape(-1, reference.train.images[0].size)
    _, _, axes = randomized_svd(flat - flat.mean(axis=0), min(AXES, *flat.shape), random_state=0)
    found: Array = axes.T
    return found


@once
def _index(reference: Reference) -> Any:
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=2, algorithm="brute").fit(projected(reference, reference.train))
