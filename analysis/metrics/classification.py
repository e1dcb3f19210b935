"""How good class probabilities are: functions of labels (n,) int and probabilities (n, classes), rows sum to 1.

All return a float, NaN if a probability is not finite, and raise ValueError for shapes that do not fit. NumPy
rather than scikit-learn, because these run in every trial at every step and importing sklearn.metrics takes
longer than a small trial; the tests hold them against scikit-learn.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
CALIBRATION_BINS = 15


def accuracy(labels: Array, proba: Array) -> float:
    """Share of rows whose most probable class is the label, in [0, 1]."""
    if not _is_usable(labels, proba):
        return math.nan
    return float(np.mean(proba.argmax(axis=1) == labels))


def balanced_accuracy(labels: Array, proba: Array) -> float:
    """Recall averaged over the classes that occur in `labels`, in [0, 1]."""
    if not _is_usable(labels, proba):
        return math.nan
    confusion = _confusion(labels, proba)
    actual = confusion.sum(axis=1)
    return float(np.mean(np.diag(confusion)[actual > 0] / actual[actual > 0]))


def macro_f1(labels: Array, proba: Array) -> float:
    """F1 averaged over the classes that occur in `labels` or are predicted, in [0, 1]."""
    if not _is_usable(labels, proba):
        return math.nan
    confusion = _confusion(labels, proba)
    actual_and_predicted = confusion.sum(axis=1) + confusion.sum(axis=0)
    seen = actual_and_predicted > 0
    return float(np.mean(2 * np.diag(confusion)[seen] / actual_and_predicted[seen]))


def log_loss(labels: Array, proba: Array) -> float:
    """Mean of -log(probability of the label), nats; a probability of 0 counts as the smallest float64 step."""
    if not _is_usable(labels, proba):
        return math.nan
    chosen = proba[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0)).mean())


def brier(labels: Array, proba: Array) -> float:
    """Mean over rows of the squared distance to the one-hot label, in [0, 2] (Brier 1950)."""
    if not _is_usable(labels, proba):
        return math.nan
    one_hot = np.eye(proba.shape[1])[labels]
    return float(np.square(proba - one_hot).sum(axis=1).mean())


def calibration_error(labels: Array, proba: Array) -> float:
    """Expected calibration error over 15 equal bins of confidence, in [0, 1] (Guo et al. 2017, equation 3)."""
    if not _is_usable(labels, proba):
        return math.nan
    confidence = proba.max(axis=1).astype(np.float64)
    right = proba.argmax(axis=1) == labels
    # Bins are (low, high], as in the paper.
    bins = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence, minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(labels))


def _confusion(labels: Array, proba: Array) -> NDArray[np.int64]:
    """Counts, shape (classes, classes): actual by predicted."""
    classes = proba.shape[1]
    flat = np.bincount(labels * classes + proba.argmax(axis=1), minlength=classes * classes)
    return flat.reshape(classes, classes)


def _is_usable(labels: Array, proba: Array) -> bool:
    """Whether every probability is finite; ValueError for arrays that do not belong together."""
    if proba.ndim != 2 or labels.shape != proba.shape[:1] or len(labels) == 0:
        raise ValueError(f"labels {labels.shape} and probabilities {proba.shape} must be (n,) and (n, classes), n > 0")
    if labels.min() < 0 or labels.max() >= proba.shape[1]:
        raise ValueError(f"labels {labels.min()} to {labels.max()} do not index {proba.shape[1]} classes")
    return bool(np.isfinite(proba).all())
