"""What a verdict rests on: each fact about samples, or about the history of their training, computed when asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.metrics import game, histogram, memory, neighbours, pixels
from analysis.metrics.likeness import held_out_likeness, likeness, usual_images
from analysis.seen import Reference, Seen

WHITE = 0.25  # share of an image's variance that is white noise, from which on the image counts as noise
UNLIKE = 0.01  # of held-out images are as unlike any training image as what counts as unlike
STEADY = 1e-3  # relative change under which a number stands still
STILL = 3  # evaluations, with the present one
PRESENT = 0.02  # share from which on a class is there at all


@dataclass(frozen=True)
class Facts:
    """Facts about samples against a reference; `metrics` are the present numbers, `history` the earlier rows."""

    reference: Reference
    fake: Seen
    history: Sequence[Mapping[str, float]]
    metrics: Mapping[str, float]

    @property
    def pictures(self) -> bool:
        """Whether there are pixels to look at, or points alone."""
        return self.fake.images.ndim == 4

    @cached_property
    def grain(self) -> float:
        """Median fine grain of samples over the usual of their classes; 1 for points."""
        if not self.pictures:
            return 1.0
        return float(np.exp(np.median(pixels.log_grain_ratio(self.reference, self.fake))))

    @cached_property
    def noise(self) -> float:
        """Share of samples that are no images, beyond the share of held-out ones that would pass for such."""
        return self._beyond(self._noisy | self._unlike, self._usually_unlike)

    @cached_property
    def white(self) -> float:
        """Share of samples with more white noise than all but one in a hundred held-out images."""
        return float(self._noisy.mean())

    @property
    def _noisy(self) -> NDArray[np.bool_]:
        if not self.pictures:
            return np.zeros(len(self.fake), bool)
        real = pixels.held_out_grain(self.reference)
        level = np.median(real) + WHITE * (1 - np.median(real))
        noisy: NDArray[np.bool_] = pixels.grain_of(self.reference, self.fake) > max(level, np.quantile(real, 0.99))
        return noisy

    @property
    def _unlike(self) -> NDArray[np.bool_]:
        """Like no training image, and not for want of contrast, as what is only blurred."""
        if not self.pictures:
            return np.zeros(len(self.fake), bool)
        usual = np.quantile(held_out_likeness(self.reference).correlation, UNLIKE)
        contrast = self.fake.images.var(axis=(2, 3)).mean(axis=1)
        real = usual_images(self.reference).images.var(axis=(2, 3)).mean(axis=1)
        unlike = likeness(self.reference, self.fake).correlation < usual
        strange: NDArray[np.bool_] = unlike & (contrast > np.median(real) / 2)
        return strange

    @property
    def _usually_unlike(self) -> float:
        return 2 * UNLIKE if self.pictures else 0.0

    def _beyond(self, found: NDArray[np.bool_], usual: float) -> float:
        return float(max(0.0, (found.mean() - usual) / (1 - usual)))

    @cached_property
    def real_shares(self) -> NDArray[np.float64]:
        return histogram.real_shares(self.reference)

    @cached_property
    def opinions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares of the classes as the extractor sees them, and by the training images that samples are most like."""
        by_extractor = histogram.class_shares(self.reference, self.fake)
        real = usual_images(self.reference)
        truth = real.predicted if real.labels is None else real.labels
        confused = histogram.confusion_of(truth, held_out_likeness(self.reference).label, len(by_extractor))
        seen = np.bincount(likeness(self.reference, self.fake).label, minlength=len(by_extractor))
        return by_extractor, histogram.unmixed(seen, confused)

    @cached_property
    def imbalance(self) -> float:
        """KL of the shares from the real ones, nats, in the milder of both opinions, beyond what chance makes."""
        found = min(histogram.kl(shares, self.real_shares) for shares in self.opinions)
        return max(0.0, found - chance_kl(int(np.count_nonzero(self.real_shares)), len(self.fake)))

    @cached_property
    def missing(self) -> NDArray[np.int64]:
        """Classes that are not there: enough samples to expect ten, and in both opinions next to none."""
        expected = len(self.fake) * self.real_shares >= 10
        lost = [self.opinions[0] < histogram.COVERED * self.real_shares, self.opinions[1] < self.real_shares / 3]
        rows: NDArray[np.int64] = np.flatnonzero(expected & lost[0] & lost[1])
        return rows

    @cached_property
    def repeated(self) -> float:
        """Share of near-duplicates beyond the one in twenty that is usual."""
        return max(0.0, (neighbours.duplicates(self.reference, self.fake) - 0.05) / 0.95)

    @cached_property
    def copied(self) -> float:
        return memory.copies(self.reference, self.fake)

    @cached_property
    def originals(self) -> float:
        """Distinct training images that were copied, per class that is there."""
        found = memory.nearest(self.reference, self.fake)
        rows = np.unique(found.row[found.copied])
        return len(rows) / max(1, int(np.count_nonzero(self.opinions[0] > PRESENT)))

    @cached_property
    def late(self) -> Mapping[str, float]:
        """What of the game is known, by its metric's short name."""
        names = ("loss_g", "loss_d", "d_real", "d_fake", "d_accuracy", "grad_norm_g")
        return {name: game.late(self.history, f"train/{name}") for name in names}

    @cached_property
    def still(self) -> bool:
        """Whether the samples have not changed over the last evaluations, by every number about them."""
        rows = [row for row in self.history if any(name in row for name in self.metrics)][-(STILL - 1) :]
        if len(rows) < STILL - 1:
            return False
        return all(_same(row, self.metrics) for row in rows)


def chance_kl(classes: int, n: int) -> float:
    """KL, nats, that `n` draws from the real shares stay under in all but one case in a thousand.

    2 n KL has the chi-squared distribution with classes - 1 degrees of freedom (Wilks 1938), here by the approximation
    of Wilson and Hilferty 1931.
    """
    free = max(1, classes - 1)
    return free * (1 - 2 / (9 * free) + 3.09 * math.sqrt(2 / (9 * free))) ** 3 / (2 * n)


def _same(row: Mapping[str, float], now: Mapping[str, float]) -> bool:
    shared = [(row[name], now[name]) for name in now if name in row and math.isfinite(now[name])]
    return bool(shared) and all(abs(a - b) <= STEADY * max(abs(a), abs(b)) for a, b in shared)
