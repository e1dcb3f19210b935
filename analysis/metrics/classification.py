"""Classification metrics: functions of labels (n,) int and probabilities (n, classes), whose rows sum to 1.

All return floats, NaN if a probability is not finite, and raise ValueError for shapes that do not fit. NumPy
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
    return float(np.nanmean(recall_per_class(labels, proba)))


def recall_per_class(labels: Array, proba: Array) -> NDArray[np.float64]:
    """Share of each class's rows that are classified right, shape (classes,); NaN for a class without rows."""
    confusion = confusion_matrix(labels, proba)
    return _share(np.diag(confusion), confusion.sum(axis=1))


def f1_per_class(labels: Array, proba: Array) -> NDArray[np.float64]:
    """F1 of each class, shape (classes,); NaN for a class that neither occurs nor is predicted."""
    confusion = confusion_matrix(labels, proba)
    return _share(2 * np.diag(confusion), confusion.sum(axis=1) + confusion.sum(axis=0))


def macro_f1(labels: Array, proba: Array) -> float:
    """F1 averaged over the classes that occur in `labels` or are predicted, in [0, 1]."""
    if not _is_usable(labels, proba):
        return math.nan
    return float(np.nanmean(f1_per_class(labels, proba)))


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


def confusion_matrix(labels: Array, proba: Array) -> NDArray[np.int64]:
    """Counts of actual class by predicted class, shape (classes, classes); zeros if a probability is not finite."""
    classes = proba.shape[1]
    if not _is_usable(labels, proba):
        return np.zeros((classes, classes), np.int64)
    flat = np.bincount(labels * classes + proba.argmax(axis=1), minlength=classes * classes)
    return flat.reshape(classes, classes)


def _share(part: Array, whole: Array) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(whole), math.nan), where=whole > 0)
    return share


def _is_usable(labels: Array, proba: Array) -> bool:
    """Whether every probability is finite; ValueError for arrays that do not belong together."""
    if proba.ndim != 2 or labels.shape != proba.shape[:1] or len(labels) == 0:
        raise ValueError(f"labels {labels.shape} and probabilities {proba.shape} must be (n,) and (n, classes), n > 0")
    if labels.min() < 0 or labels.max() >= proba.shape[1]:
        raise ValueError(f"labels {labels.min()} to {labels.max()} do not index {proba.shape[1]} classes")
    return bool(np.isfinite(proba).all())
