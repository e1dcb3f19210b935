"""Downstream metrics of generative models: out-of-distribution AUROC, errors of inpainting and denoising.

Pure functions of scores and images, and the damage (hidden block, noise) that models are asked to repair. Images are
float32 in [-1, 1], (n, c, h, w).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[Any]
NOISE = 0.5  # standard deviation of the noise to take away, in pixels of [-1, 1]


def ood_auroc(inside: Array, outside: Array) -> float:
    """AUROC: the probability that an in-distribution image scores over one from outside, ties counting half, in [0, 1].

    The area under the ROC curve of `score > threshold`, from the ranks (Mann and Whitney 1947). Scores (n,) and (m,),
    log densities for one; 0.5 tells nothing, under 0.5 the images from outside score higher. Minus infinity is a
    score; NaN gives NaN.
    """
    if inside.ndim != 1 or outside.ndim != 1 or min(len(inside), len(outside)) == 0:
        raise ValueError(f"scores inside {inside.shape} and outside {outside.shape} must be (n,) and (m,), not empty")
    scores = np.concatenate([inside, outside])
    if np.isnan(scores).any():
        return math.nan
    n, m = len(inside), len(outside)
    above = rankdata(scores)[:n].sum() - n * (n + 1) / 2
    return float(above / (n * m))


def repair_error(true: Array, repaired: Array, hidden: Array | None = None) -> float:
    """Root mean square error of repaired pixels; of the `hidden` ones alone if given, bool, (n, c, h, w) or (n, 1, h,
    w).

    NaN if a pixel that counts is not finite; ValueError for shapes that do not fit, or if nothing is hidden.
    """
    if true.shape != repaired.shape or true.ndim != 4:
        raise ValueError(f"true {true.shape} and repaired {repaired.shape} images must both be (n, c, h, w)")
    gaps = np.square(repaired.astype(np.float64) - true)
    if hidden is not None:
        gaps = gaps[np.broadcast_to(hidden, true.shape)]
    if gaps.size == 0:
        raise ValueError("no pixel is hidden: there is nothing to repair")
    return float(np.sqrt(gaps.mean()))


def error_ratio(true: Array, repaired: Array, simple: Array, hidden: Array | None = None) -> float:
    """`repair_error` over that of a baseline repair: under 1 the model is better; NaN if the baseline has no error."""
    base = repair_error(true, simple, hidden)
    return repair_error(true, repaired, hidden) / base if base > 0 else math.nan


def mean_filled(x: Array, known: Array, mean: Array) -> Array:
    """The baseline of inpainting: hidden pixels filled from the mean training image, (c, h, w)."""
    filled: Array = np.where(known, x, mean).astype(x.dtype)
    return filled


def block_mask(x: Array, seed: int = 0) -> NDArray[np.bool_]:
    """The mask of known pixels, (n, 1, h, w): all but a block of half the height and width, at random in each image."""
    n, _, height, width = x.shape
    tall, wide = math.ceil(height / 2), math.ceil(width / 2)
    rng = np.random.default_rng(seed)
    top, left = rng.integers(height - tall + 1, size=(n, 1)), rng.integers(width - wide + 1, size=(n, 1))
    rows, columns = np.arange(height) - top, np.arange(width) - left
    in_rows, in_columns = (rows >= 0) & (rows < tall), (columns >= 0) & (columns < wide)
    known: NDArray[np.bool_] = ~(in_rows[:, :, None] & in_columns[:, None, :])[:, None]
    return known


def noisy(x: Array, noise: float = NOISE, seed: int = 0) -> Array:
    """The images with Gaussian noise of that standard deviation added, not clipped: float32."""
    rng = np.random.default_rng(seed)
    damaged: Array = x + np.float32(noise) * rng.standard_normal(x.shape, dtype=np.float32)
    return damaged


def permuted(x: Array, seed: int = 0) -> Array:
    """Out-of-distribution images with the same pixels: one permutation of places for all images and channels."""
    height, width = x.shape[2:]
    order = np.random.default_rng(seed).permutation(height * width)
    flat: Array = x.reshape(*x.shape[:2], -1)[:, :, order]
    return flat.reshape(x.shape)
