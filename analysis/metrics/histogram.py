"""Class balance of samples: estimated shares of the classes and their divergence from the real ones.

Predicted classes are not true classes. The errors of the predictions are known from held-out images with labels, so the
shares are the mixture weights under which the predictions are most likely: uncorrected, a class without any samples
would keep the share of samples of other classes that are mistaken for it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference, once

Shares = NDArray[np.float64]
COVERED = 0.1  # of its real share is what a class needs to count as covered
ITERATIONS = 500


def modes_covered(reference: Reference, fake: ExtractedFeatures) -> float:
    """Classes with at least a tenth of their real share, 0 to the number of real ones."""
    real = real_shares(reference)
    return float(np.count_nonzero((class_shares(reference, fake) >= COVERED * real) & (real > 0)))


def class_entropy(reference: Reference, fake: ExtractedFeatures) -> float:
    """Entropy of the shares over the logarithm of the number of real classes: 1 is even, 0 is one class."""
    classes = np.count_nonzero(real_shares(reference))
    if classes < 2:
        return math.nan
    shares = class_shares(reference, fake)
    present = shares[shares > 0]
    return float(min(1.0, max(0.0, -(present * np.log(present)).sum() / math.log(classes))))


def class_kl(reference: Reference, fake: ExtractedFeatures) -> float:
    """KL(fake || real) of the shares, nats: 0 is right, log(classes) is one of evenly many classes."""
    return kl(class_shares(reference, fake), real_shares(reference))


def conditional_accuracy(reference: Reference, fake: ExtractedFeatures) -> float:
    """Share of the samples that are taken for the class that was asked for, in [0, 1]; NaN if none was."""
    return math.nan if fake.labels is None else float((fake.predicted == fake.labels).mean())


def kl(p: Shares, q: Shares) -> float:
    """KL(p || q), nats; what has no share in `q` counts as if one in a million were of it, to stay finite."""
    floor = np.where(q > 0, q, 1e-6)
    there = p > 0
    return float(max(0.0, (p[there] * np.log(p[there] / floor[there])).sum()))


@once
def real_shares(reference: Reference) -> Shares:
    """Share of each class in the real images, (classes,), by their labels if they have them.

    In all of them: few held-out images of many classes would say little.
    """
    found = np.concatenate([reference.train.labels, _labels(reference.held_out)])
    counts = np.bincount(found, minlength=reference.held_out.probabilities.shape[1])
    shares: Shares = counts / counts.sum()
    return shares


@once
def class_shares(reference: Reference, fake: ExtractedFeatures) -> Shares:
    """Most likely shares of the classes among the samples, (classes,), given which the extractor mistakes for which.

    Maximum likelihood by EM over the held-out confusion matrix (Saerens et al. 2002 with hard answers, which is the
    black-box shift estimate of Lipton et al. 2018 kept inside the simplex).
    """
    counts = np.bincount(fake.predicted, minlength=fake.probabilities.shape[1])
    return unmixed(counts, confusion(reference))


def unmixed(counts: NDArray[Any], confused: Shares) -> Shares:
    """Mixture weights, (classes,), of rows P(answer | class) that make the counts of answers most likely."""
    answers = counts / counts.sum()
    weights: Shares = np.full(len(counts), 1 / len(counts))
    for _ in range(ITERATIONS):
        expected = weights @ confused
        weights = weights * (confused @ np.divide(answers, expected, out=np.zeros_like(answers), where=expected > 0))
    weights /= weights.sum()
    return weights


@once
def confusion(reference: Reference) -> Shares:
    """P(answer | class) of the extractor on held-out images, (classes, classes)."""
    real = reference.held_out
    return confusion_of(_labels(real), real.predicted, real.probabilities.shape[1])


def confusion_of(labels: NDArray[np.int64], answers: NDArray[np.int64], classes: int) -> Shares:
    """P(answer | class), (classes, classes); a class without an image is taken to be known for sure."""
    counts = np.bincount(labels * classes + answers, minlength=classes**2).reshape(classes, classes)
    # One image more, spread over all answers, so that no answer is impossible; one of its own for an absent class.
    smoothed = counts + 1 / classes + np.diag(counts.sum(axis=1) == 0)
    shares: Shares = smoothed / smoothed.sum(axis=1, keepdims=True)
    return shares


def _labels(real: ExtractedFeatures) -> NDArray[np.int64]:
    return real.predicted if real.labels is None else real.labels
