"""Downstream metrics of generative models: out-of-distribution AUROC, errors of inpainting and denoising.

Pure functions of scores and images, and the damage (hidden block, noise) that models are asked to repair. Images are
float32 in [-1, 1], (n, c, h, w). DOWNSTREAM are the rows of METRICS on what a model can be used for, on validation
images; each is of the models that can do it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.metrics.metric import Metric

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
    from scipy.stats import rankdata  # takes a second to import, for models that know a density alone

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


DOWNSTREAM: Mapping[str, Metric] = MappingProxyType(
    {
        "val/log_density": Metric(
            None, "maximize", "training", "mean log density the model gives to validation images, nats an image"
        ),
        "val/elbo": Metric(None, "maximize", "training", "mean evidence lower bound of val/log_density, nats an image"),
        "val/bayes_accuracy": Metric(
            None, "maximize", "training", "share of validation images classified right by Bayes' rule", share=True
        ),
        **{
            f"val/ood_auroc_{name}": Metric(
                None,
                "maximize",
                "training",
                f"chance that a validation image has more density than one {whence}",
                share=True,
            )
            for name, whence in {
                "permuted": "whose pixels changed places",
                "mnist": "of MNIST",
                "fashion_mnist": "of Fashion-MNIST",
            }.items()
        },
        "val/impute_error": Metric(
            None, "minimize", "training", "RMS error of hidden pixels, a block of a quarter of each image"
        ),
        "val/impute_ratio": Metric(
            None, "minimize", "training", "val/impute_error over that of the mean training image: 1 is no better"
        ),
        "val/impute_accuracy": Metric(
            None,
            "maximize",
            "training",
            "share of the filled images that a logistic regression classifies right",
            share=True,
        ),
        "val/impute_accuracy_mean_fill": Metric(
            None,
            None,
            "training",
            "the same where the mean training image fills: what val/impute_accuracy should beat",
            share=True,
        ),
        "val/impute_accuracy_whole": Metric(
            None,
            None,
            "training",
            "the same of images with nothing hidden: what val/impute_accuracy can reach",
            share=True,
        ),
        "val/denoise_error": Metric(None, "minimize", "training", "RMS error of a pixel once noise of 0.5 is out"),
        "val/denoise_ratio": Metric(
            None, "minimize", "training", "val/denoise_error over that of the noisy images, clipped: 1 is no better"
        ),
        "val/denoise_accuracy": Metric(
            None,
            "maximize",
            "training",
            "share of the denoised images that a logistic regression classifies right",
            share=True,
        ),
        "val/denoise_accuracy_noisy": Metric(
            None, None, "training", "the same of the noisy images: what val/denoise_accuracy should beat", share=True
        ),
        "val/reconstruction_error": Metric(None, "minimize", "training", "RMS error of a pixel of reconstructions"),
        "val/accuracy_100_labels": Metric(
            None,
            "maximize",
            "training",
            "accuracy of a logistic regression on the model's features from 100 labels",
            share=True,
        ),
        "val/accuracy_100_labels_pixels": Metric(
            None, None, "training", "the same on pixels: what val/accuracy_100_labels should beat", share=True
        ),
    }
)
