"""Fréchet distance and kernel inception distance (KID) of samples to real images, in an extractor's features.

Comparable only with the same extractor, on the same data, at the same number of samples: no published FID or KID.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.judge.extracted_features import ExtractedFeatures, Reference, once
from analysis.metrics.generative import Vectors, frechet_distance, gaussian
from analysis.metrics.neighbours import MOST


def frechet(reference: Reference, fake: ExtractedFeatures) -> float:
    """Squared Fréchet distance of Gaussians fitted to the features of held-out images and samples (Heusel 2017)."""
    return frechet_distance(*_held_out_gaussian(reference), *gaussian(fake.vectors.astype(np.float64)))


def kid(reference: Reference, fake: ExtractedFeatures) -> float:
    """Squared kernel distance of held-out images and samples, unbiased, so a little under 0 too; 2,000 of each.

    The MMD with the kernel (x.y / d + 1)^3 (Bińkowski et al. 2018).
    """
    (real, among_real), some = _real_pairs(reference), fake.some(MOST).vectors.astype(np.float64)
    return among_real + _mean_of_pairs(some) - 2 * float(_kernel(real, some).mean())


def _mean_of_pairs(x: Vectors) -> float:
    """Mean kernel over pairs of different rows; NaN for fewer than two rows."""
    if len(x) < 2:
        return math.nan
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))


def _kernel(a: Vectors, b: Vectors) -> Vectors:
    kernel: Vectors = a @ b.T / a.shape[1] + 1
    return kernel * kernel * kernel  # ** 3 takes six times as long


@once
def _real_pairs(reference: Reference) -> tuple[Vectors, float]:
    """The held-out features that are compared, and the mean kernel over pairs of them."""
    real = reference.held_out.some(MOST).vectors.astype(np.float64)
    return real, _mean_of_pairs(real)


@once
def _held_out_gaussian(reference: Reference) -> tuple[Vectors, Vectors]:
    return gaussian(reference.held_out.vectors.astype(np.float64))
