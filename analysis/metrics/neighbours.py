"""Nearest-neighbour metrics in features: precision, recall, density, coverage, near-duplicates, diversity of classes.

Written here rather than taken from `prdc`, against whose figures the tests hold it: that package computes every
matrix of distances again for each call, starts eight processes for it and prints, where the judge has one core and
real images that stay the same for a whole sweep. Distances are scikit-learn's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference, once

Array = NDArray[Any]
K = 5  # neighbours that make a ball, as in the paper
NEAREST = 0.05  # share of real images whose neighbour is so near that a sample's would be a near-duplicate
MOST = 2000  # images of either side that are compared each with each


@dataclass(frozen=True)
class Prdc:
    """Precision, recall, density and coverage of two sets, see `prdc`."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Array, fake: Array, k: int = K) -> Prdc:
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020, equations 4 and 5).

    Of vectors (n, d) and (m, d), more than `k` of each. A ball around an image reaches to its k-th neighbour of the
    same set. Precision: share of fakes in a real ball; recall: share of reals in a fake ball; density: real balls
    around a fake, over k; coverage: share of real balls with a fake inside.
    """
    if min(len(real), len(fake)) <= k:
        raise ValueError(f"{k} neighbours need {k + 1} of each, not {len(real)} real and {len(fake)} fake")
    return _prdc(distances(real, fake), radii(real, k), radii(fake, k), k)


def _prdc(between: Array, real_radii: Array, fake_radii: Array, k: int) -> Prdc:
    in_real = between < real_radii[:, None]
    return Prdc(
        precision=float(in_real.any(axis=0).mean()),
        recall=float((between < fake_radii).any(axis=1).mean()),
        density=float(in_real.sum(axis=0).mean() / k),
        coverage=float(in_real.any(axis=1).mean()),
    )


def expected_coverage(n: int, m: int, k: int = K) -> float:
    """Coverage of n real by m fake ones of the same distribution (Naeem et al. 2020, lemma 2): near 1 - 2^-k if n = m.

    One minus the chance that the k nearest of a real one, among the n - 1 + m others, are all real.
    """
    i = np.arange(1, k + 1)
    return float(1 - np.prod((n - i) / (n + m - i)))


def precision(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of samples within the neighbourhood of a held-out image, in [0, 1]: how many look real."""
    return four(reference, fake).precision


def recall(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of held-out images within the neighbourhood of a sample, in [0, 1]: how much of the data is covered."""
    return four(reference, fake).recall


def density(reference: Reference, fake: ExtractedFeatures) -> float:
    """How densely held-out images lie around samples: 1 is right, over 1 samples crowd where the data is densest."""
    return four(reference, fake).density


def coverage(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of held-out images with a sample nearby, in [0, 1]: as many real ones reach `expected_coverage`, 0.97."""
    return four(reference, fake).coverage


@once
def four(reference: Reference, fake: ExtractedFeatures) -> Prdc:
    """All four on as many held-out images as samples, up to MOST, since all of them hang on the numbers."""
    n = compared(reference, fake)
    real, some = real_balls(n, reference), fake.some(n).vectors
    return _prdc(distances(real.vectors, some), real.radii, radii(some), K)


def duplicates(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of samples that have a nearer neighbour among the samples than all but a twentieth of real images have.

    In [0, 1]: 0.05 is right, near 1 the model repeats itself. Of equally many held-out images and samples.
    """
    n = compared(reference, fake)
    return float((radii(fake.some(n).vectors, 1) <= real_balls(n, reference).near).mean()) if n > 1 else math.nan


def compared(reference: Reference, fake: ExtractedFeatures) -> int:
    """How many samples, and as many held-out images, are compared pairwise."""
    return min(MOST, len(fake), len(reference.held_out))


@dataclass(frozen=True)
class Neighbourhoods:
    """Features of held-out images, (n, d), the distance of each to its K-th neighbour, (n,), and that of
    near-duplicates."""

    vectors: Array
    radii: Array
    near: float


@once
def real_balls(n: int, reference: Reference) -> Neighbourhoods:
    """The neighbourhoods of `n` held-out images."""
    vectors = reference.held_out.some(n).vectors
    return Neighbourhoods(vectors, radii(vectors), float(np.quantile(radii(vectors, 1), NEAREST)))


def class_diversity(reference: Reference, fake: ExtractedFeatures) -> float:
    """Spread of samples around the mean of the class they are taken for, over that of held-out images: 1 is right."""
    real = _spread(reference.held_out)
    present = np.isfinite(fake_spread := _spread(fake)) & np.isfinite(real) & (real > 0)
    return float(np.sqrt(np.mean(fake_spread[present] / real[present]))) if present.any() else math.nan


def _spread(extracted: ExtractedFeatures) -> Array:
    """Mean squared distance to the class's mean, (classes,); NaN for a class of fewer than two images."""
    spread = np.full(extracted.probabilities.shape[1], math.nan)
    for label, count in enumerate(np.bincount(extracted.predicted, minlength=len(spread))):
        if count > 1:
            spread[label] = extracted.vectors[extracted.predicted == label].astype(np.float64).var(axis=0, ddof=1).sum()
    return spread


def distances(a: Array, b: Array) -> Array:
    """Euclidean distances, (n, m)."""
    from sklearn.metrics.pairwise import euclidean_distances  # a second to import, and only a judge needs it

    found: Array = euclidean_distances(a, b)
    return found


def radii(vectors: Array, k: int = K) -> Array:
    """Distance of each to its k-th neighbour among the others, the farthest if there are fewer, (n,)."""
    from sklearn.neighbors import NearestNeighbors

    if len(vectors) < 2:
        return np.zeros(len(vectors))
    k = min(k, len(vectors) - 1)
    found: Array = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(vectors).kneighbors()[0][:, -1]
    return found
