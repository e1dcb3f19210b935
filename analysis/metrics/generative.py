"""Pixel-space metrics of generated against real images: cheap enough for every evaluation of a trial.

Functions of real images (n, c, h, w) and fake images (m, c, h, w) in [-1, 1]; NaN if a pixel is not finite,
ValueError for shapes that do not fit. Pixels see blur, noise and collapse; they do not see meaning.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Vectors = NDArray[np.float64]

# Numbers an image is pooled to, at most: 14x14 grey, 8x8 RGB. A covariance of that size is well conditioned
# from about a thousand images, and its square root takes milliseconds.
MAX_FEATURES = 196
LEVEL = 1 / 127.5  # of 255, in [-1, 1]


def frechet_pixels(real: Array, fake: Array) -> float:
    """Squared Fréchet distance between Gaussians fitted to average-pooled pixels of both sets (see `pooled`).

    At least 0, and 0 for equal sets. Comparable only with itself, at the same number of images: a pixel is no
    Inception feature, so this is no FID.
    """
    if not _is_usable(real, fake):
        return math.nan
    return frechet_distance(*gaussian(pooled(real)), *gaussian(pooled(fake)))


def mean_image_error(real: Array, fake: Array) -> float:
    """Root mean square difference between the average real and the average fake image, in [0, 2]."""
    if not _is_usable(real, fake):
        return math.nan
    gap = real.mean(axis=0, dtype=np.float64) - fake.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(np.square(gap).mean()))


def pixel_diversity(real: Array, fake: Array) -> float:
    """Root mean square distance between two fakes over that between two real images; 0 if all fakes are equal.

    1 is right, near 0 is collapse, well over 1 is noise. Real images that are all equal count as a level of 255
    apart, and so do fakes beside them: these are right if they are equal too.
    """
    if not _is_usable(real, fake):
        return math.nan
    # The mean squared distance of all pairs is twice the summed variance: no n x n matrix is needed.
    real_spread, fake_spread = (np.var(x.astype(np.float64), axis=0, ddof=1).sum() for x in (real, fake))
    if real_spread == 0:
        real_spread = LEVEL**2 * real[0].size
        fake_spread = max(fake_spread, real_spread)
    return float(np.sqrt(fake_spread / real_spread))


def pooled(images: Array) -> Vectors:
    """Images averaged over equal areas down to at most `MAX_FEATURES` numbers, shape (n, c * height * width)."""
    n, channels, height, width = images.shape
    side = max(1, math.isqrt(MAX_FEATURES // channels))
    rows, columns = _area_weights(height, min(height, side)), _area_weights(width, min(width, side))
    return (rows @ images.astype(np.float64) @ columns.T).reshape(n, -1)


def gaussian(vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Mean (d,) and unbiased covariance (d, d) of vectors (n, d); one vector has no spread."""
    mean = vectors.mean(axis=0)
    return mean, np.atleast_2d(np.cov(vectors, rowvar=False)) if len(vectors) > 1 else np.zeros((len(mean),) * 2)


def frechet_distance(mean_a: Vectors, cov_a: Vectors, mean_b: Vectors, cov_b: Vectors) -> float:
    """|mean_a - mean_b|^2 + tr(cov_a + cov_b - 2 (cov_a cov_b)^(1/2)) (Dowson and Landau 1982, equation 4).

    The trace of the root is the sum of the singular values of cov_a^(1/2) cov_b^(1/2): real and symmetric in a
    and b even for singular covariances, where the root of the product is not.
    """
    overlap = np.linalg.svd(_root(cov_a) @ _root(cov_b), compute_uv=False).sum()
    distance = np.square(mean_a - mean_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap
    return max(0.0, float(distance))


def _root(covariance: Vectors) -> Vectors:
    """The symmetric square root of a positive semi-definite matrix."""
    values, vectors = np.linalg.eigh(covariance)
    root: Vectors = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return root


def _area_weights(size: int, bins: int) -> Vectors:
    """Shape (bins, size): how much of each bin of equal length a pixel fills; rows sum to 1."""
    edges = np.linspace(0, size, bins + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights: Vectors = np.clip(overlap, 0, None) * bins / size
    return weights


def _is_usable(real: Array, fake: Array) -> bool:
    """Whether every pixel is finite; ValueError for arrays that are not two sets of like images."""
    if real.ndim != 4 or fake.ndim != 4 or real.shape[1:] != fake.shape[1:]:
        raise ValueError(f"real {real.shape} and fake {fake.shape} must be (n, c, h, w) and (m, c, h, w)")
    if min(len(real), len(fake)) < 2:
        raise ValueError(f"a spread needs two images of each, not {len(real)} real and {len(fake)} fake")
    return bool(np.isfinite(real).all() and np.isfinite(fake).all())
