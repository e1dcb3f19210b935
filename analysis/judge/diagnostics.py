"""What a verdict rests on: each fact about samples, or about the history of their training, computed when asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.judge.extracted_features import ExtractedFeatures, Reference
from analysis.metrics import game, histogram, memorisation, neighbours, pixels
from analysis.metrics.similarity import held_out_similarity, similarity, usual_images

NOISY = 0.25  # share of an image's variance that is white noise, from which on the image counts as noise
RARE = 0.01  # share of held-out images that lie beyond what counts as usual
STEADY = 1e-3  # change under which a number stands still, relative for numbers over 1
STILL = 3  # evaluations, with the present one
DUE = 10  # samples of a class to expect before it can be missing
KNOWN = 20  # held-out images from which on something is known of what is usual
EXACT = 0.02  # of the distance to another training image: a level of 255 more or less
PRESENT = 0.02  # share from which on a class is there at all


@dataclass(frozen=True)
class SampleDiagnostics:
    """Facts about samples against a reference; `metrics` are the present numbers, `history` the earlier rows."""

    reference: Reference
    fake: ExtractedFeatures
    history: Sequence[Mapping[str, float]]
    metrics: Mapping[str, float]

    @cached_property
    def grain(self) -> float:
        """Median fine grain of samples over the usual of their classes; 1 for points."""
        if self._points or not self._usual_known:
            return 1.0
        return float(np.exp(np.median(pixels.log_grain_ratio(self.reference, self.fake))))

    @cached_property
    def white(self) -> float:
        """Share of samples that are white noise to a quarter, and more than all but one in a hundred real images.

        A quarter of what their class leaves: it has a grain of its own, which is no noise.
        """
        if self._points:
            return 0.0
        usual = pixels.class_grain(self.reference)[self.fake.predicted]
        level = np.maximum(usual + NOISY * (1 - usual), np.quantile(pixels.held_out_grain(self.reference), 1 - RARE))
        return _beyond_usual(pixels.grain_of(self.reference, self.fake) > level)

    @cached_property
    def unlike(self) -> float:
        """Share of samples like no training image, though not for want of contrast, as what is only blurred; of points,
        the share that lie farther from all of the training points than all but one in a hundred held-out ones."""
        if not self._usual_known:
            return 0.0
        if self._points:
            far = np.quantile(memorisation.held_out_nearest(self.reference).distance, 1 - RARE)
            return _beyond_usual(memorisation.nearest(self.reference, self.fake).distance > far)
        usual = np.quantile(held_out_similarity(self.reference).correlation, RARE)
        contrast, real = (x.images.var(axis=(1, 2, 3)) for x in (self.fake, usual_images(self.reference)))
        strange = similarity(self.reference, self.fake).correlation < usual
        return _beyond_usual(strange & (contrast > np.median(real) / 2))

    @cached_property
    def real_shares(self) -> NDArray[np.float64]:
        return histogram.real_shares(self.reference)

    @cached_property
    def opinions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares of the classes as the extractor sees them, and by the training images that samples are most like."""
        by_extractor = histogram.class_shares(self.reference, self.fake)
        real = usual_images(self.reference)
        truth = real.predicted if real.labels is None else real.labels
        confused = histogram.confusion_of(truth, held_out_similarity(self.reference).label, len(by_extractor))
        extracted = np.bincount(similarity(self.reference, self.fake).label, minlength=len(by_extractor))
        return by_extractor, histogram.unmixed(extracted, confused)

    @cached_property
    def imbalance(self) -> float:
        """KL of the shares from the real ones, nats, in the milder of both opinions, beyond what chance makes."""
        found = min(histogram.kl(shares, self.real_shares) for shares in self.opinions)
        return max(0.0, found - chance_kl(int(np.count_nonzero(self.real_shares)), len(self.fake)))

    @cached_property
    def missing(self) -> NDArray[np.int64]:
        """Classes that were due and are not there: next to none in the extractor's opinion, few in the other."""
        due = len(self.fake) * self.real_shares >= DUE
        lost = [self.opinions[0] < histogram.COVERED * self.real_shares, self.opinions[1] < self.real_shares / 3]
        rows: NDArray[np.int64] = np.flatnonzero(due & lost[0] & lost[1])
        return rows

    @cached_property
    def repeated(self) -> float:
        """Share of near-duplicates beyond the one in twenty that is usual."""
        if not self._usual_known:
            return 0.0
        return _beyond_usual(neighbours.duplicates(self.reference, self.fake), neighbours.NEAREST)

    @cached_property
    def one_image(self) -> float:
        """Share of samples that are one and the same image, or of one colour each, beyond what real images are."""
        return _beyond_usual(pixels.one_image(self.fake), pixels.one_image(usual_images(self.reference)))

    @cached_property
    def uncovered(self) -> float:
        """Share of held-out images without a sample nearby, beyond what as many real images leave."""
        if not self._usual_known:
            return 0.0
        n = neighbours.compared(self.reference, self.fake)
        return max(0.0, 1 - self.metrics["gen/coverage"] / neighbours.expected_coverage(n, n))

    @property
    def clean(self) -> float:
        """Pixels as bright as the background of real images, over theirs; 1 where there are no pixels."""
        return self.metrics.get("gen/background", 1.0)

    @property
    def precision(self) -> float:
        """Share of samples near held-out images; 1 where there are too few to say."""
        return self.metrics.get("gen/precision", 1.0) if self._usual_known else 1.0

    @property
    def recall(self) -> float:
        """Share of held-out images near samples; 0 where there are too few to say."""
        return self.metrics.get("gen/recall", 0.0) if self._usual_known else 0.0

    @cached_property
    def copied(self) -> float:
        """Share of copies of training images."""
        return memorisation.copies(self.reference, self.fake)

    @cached_property
    def originals(self) -> float:
        """Distinct training images that were copied, per class that is there."""
        return len(np.unique(self._copied_rows)) / max(1, int(np.count_nonzero(self.opinions[0] > PRESENT)))

    @cached_property
    def copies_each(self) -> float:
        """How often a training image that was copied was so, on average."""
        return len(self._copied_rows) / max(1, len(np.unique(self._copied_rows)))

    @cached_property
    def exact(self) -> bool:
        """Whether most copies are what they were copied from, to the last bits."""
        found = memorisation.nearest(self.reference, self.fake)
        same = found.distance[found.copied] <= EXACT * found.second[found.copied]
        return bool(same.mean() > 0.5) if len(same) else False

    @property
    def _copied_rows(self) -> NDArray[np.int64]:
        found = memorisation.nearest(self.reference, self.fake)
        return found.row[found.copied]

    @cached_property
    def late(self) -> Mapping[str, float]:
        """What of the game is known, by its metric's short name; NaN what is not."""
        return {name: game.late(self.history, f"train/{name}") for name in ("loss_g", "loss_d", "d_accuracy")}

    @cached_property
    def growth(self) -> float:
        """How many times larger than in the first quarter the losses of the game are now, by the one that grew most."""
        return max(game.growth(self.history, f"train/{name}") for name in ("loss_g", "loss_d"))

    @property
    def finite_losses(self) -> bool:
        """Whether all that the last row says of the training is finite."""
        last = (value for row in self.history[-1:] for name, value in row.items() if name.startswith("train/"))
        return all(math.isfinite(value) for value in last if isinstance(value, int | float))

    @cached_property
    def still(self) -> bool:
        """Whether no number about the samples has changed over the last evaluations."""
        rows = [row for row in self.history if not self.metrics.keys().isdisjoint(row)][-(STILL - 1) :]
        return len(rows) == STILL - 1 and all(self._is_now(row) for row in rows)

    def _is_now(self, row: Mapping[str, float]) -> bool:
        pairs = [(row[name], now) for name, now in self.metrics.items() if name in row]
        return all(abs(before - now) <= STEADY * max(1.0, abs(before), abs(now)) for before, now in pairs)

    @property
    def _usual_known(self) -> bool:
        """Whether there are held-out images enough to say what is usual."""
        return len(self.reference.held_out) >= KNOWN

    @property
    def _points(self) -> bool:
        """Whether there are no pixels to look at."""
        return self.fake.images.ndim == 2


def _beyond_usual(found: Any, usual: float = RARE) -> float:
    """The share found, less what is usual of real images: 0 to 1; 0 where it is usual of all of them."""
    return float(max(0.0, (np.mean(found) - usual) / (1 - usual))) if usual < 1 else 0.0


def chance_kl(classes: int, n: int) -> float:
    """KL, nats, that `n` draws from the real shares stay under in all but one case in a thousand.

    2 n KL has the chi-squared distribution with classes - 1 degrees of freedom (Wilks 1938), here by the approximation
    of Wilson and Hilferty 1931.
    """
    free = max(1, classes - 1)
    return free * (1 - 2 / (9 * free) + 3.09 * math.sqrt(2 / (9 * free))) ** 3 / (2 * n)
