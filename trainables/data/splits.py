"""Seeded, stratified splits: the only way this project divides a data set.

Two properties scikit-learn's splitters lack are needed here: a smaller choice lies inside a larger one, and every
class gets its share to within one image however unequal the classes are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trainables.arrays import Labels

Rows = NDArray[np.intp]
# Each choice draws from a stream of its own, so that one more or one less leaves the others as they are.
TEST, VALIDATION, SUBSET, FOLDS = range(4)


def held_out(labels: Labels, share: float, seed: int, stream: int) -> tuple[Rows, Rows]:
    """Rows kept and rows held out: ceil(share * n) of them, in shuffled order, which any prefix profits from."""
    # Rounded up as scikit-learn does, which makes 20 % of 1,797 the 360 test images of the literature.
    chosen = choose(labels, math.ceil(share * len(labels) - 1e-9), seed, stream)
    order = _permutation(len(labels), seed, stream)
    return order[~chosen[order]], order[chosen[order]]


def choose(labels: Labels, n: int, seed: int, stream: int) -> NDArray[np.bool_]:
    """A mask of `n` stratified rows; under the same seed and stream a smaller choice is part of a larger one."""
    order = _permutation(len(labels), seed, stream)
    shuffled = labels[order]
    chosen = np.zeros(len(labels), dtype=bool)
    for label, wanted in enumerate(quotas(np.bincount(labels), n)):
        chosen[order[shuffled == label][:wanted]] = True
    return chosen


def folds(labels: Labels, k: int, seed: int) -> Rows:
    """The fold of each row, 0 to k - 1: every class, and the whole, is spread over the folds to within one image."""
    order = _permutation(len(labels), seed, FOLDS)
    by_class = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.intp)
    fold[by_class] = np.arange(len(labels)) % k
    return fold


def quotas(counts: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """How many of `n` images each class gives: its share to within one, never fewer for a larger `n`.

    The quota method of Balinski and Young (1975): one seat at a time goes to the class with the earliest claim,
    among those that stay under their share rounded up. Rounding each share on its own does not nest.
    """
    taken = np.zeros_like(counts)
    total = counts.sum()
    for seats in range(1, n + 1):
        claims = np.where(taken * total < counts * seats, (taken + 1) / np.maximum(counts, 1), np.inf)
        taken[np.argmin(claims)] += 1
    return taken


def _permutation(n: int, seed: int, stream: int) -> Rows:
    # RandomState's streams are frozen for good, those of default_rng may change between versions of NumPy.
    return np.random.RandomState([seed, stream]).permutation(n).astype(np.intp, copy=False)
