"""Classes of conditional models: their shares in training, and the labels of samples to draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainables.arrays import Labels
from trainables.training.seeds import numpy_generator


def log_priors(labels: Labels, classes: int) -> NDArray[np.float64]:
    """log P(y) as the classes' shares of `labels`, shape (classes,); minus infinity for a class without an image."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    with np.errstate(divide="ignore"):
        logs: NDArray[np.float64] = np.log(shares)
    return logs


def training_groups(labels: Labels, conditional: bool) -> dict[int, NDArray[np.intp]]:
    """Row numbers of the training images by class, or all under 0 for an unconditional model."""
    if not conditional:
        return {0: np.arange(len(labels))}
    return {int(label): np.flatnonzero(labels == label) for label in np.unique(labels)}


def path_labels(steps: int, pairs: int, log_priors: NDArray[np.float64], seed: int) -> Labels:
    """The class of each image of an interpolation, (pairs * steps,): the same along each path."""
    return wanted_labels(pairs, None, log_priors, seed).repeat(steps)


def wanted_labels(n: int, labels: Labels | None, log_priors: NDArray[np.float64], seed: int) -> Labels:
    """`labels`, or `n` of them drawn by their prior probabilities; ValueError if they are not `n` known classes."""
    classes = len(log_priors)
    if labels is None:
        drawn: Labels = numpy_generator(seed, "labels").choice(classes, n, p=np.exp(log_priors)).astype(np.int64)
        return drawn
    wanted = np.asarray(labels, np.int64)
    if wanted.shape != (n,) or (n and not 0 <= wanted.min() <= wanted.max() < classes):
        raise ValueError(f"labels: {labels}; for {n} images there must be {n} classes, 0 to {classes - 1}")
    return wanted
