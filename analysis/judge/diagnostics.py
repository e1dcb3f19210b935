"""Sample diagnostics: the measurements of samples and of their training history that verdicts are decided by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
TRUSTED = 0.5  # share of held-out images whose class an extractor must tell, to be heard on classes
SMALLEST = 1e-3
PRESENT = 0.02  # share from which on a class is there at all


@dataclass(frozen=True)
class SampleDiagnostics:
    """Measurements of the samples `fake` against a reference, each computed on first use.

    `metrics` are the sample metrics of this step, `history` the rows of earlier steps, oldest first.
    """

    reference: Reference
    fake: ExtractedFeatures
    history: Sequence[Mapping[str, float]]
    metrics: Mapping[str, float]

    @cached_property
    def grain_ratio(self) -> float:
        """Median high-frequency content of samples over that of held-out images of the same class; 1 for points."""
        if self._points or not self._usual_known:
            return 1.0
        return float(np.exp(np.median(pixels.log_grain_ratio(self.reference, self.fake))))

    @cached_property
    def white_noise(self) -> float:
        """Share of samples with a quarter of white noise in their variance, and more than 99 % of held-out images have.

        A quarter of what the usual grain of their class leaves, which is no noise.
        """
        return _beyond_usual(self._is_white)

    @cached_property
    def _is_white(self) -> NDArray[np.bool_]:
        if self._points:
            return np.zeros(len(self.fake), np.bool_)
        usual = pixels.class_grain(self.reference)[self.fake.predicted]
        level = np.maximum(usual + NOISY * (1 - usual), np.quantile(pixels.held_out_grain(self.reference), 1 - RARE))
        return np.asarray(pixels.grain_of(self.reference, self.fake) > level)

    @cached_property
    def unlike_training(self) -> float:
        """Share of samples less similar to any training image than 99 % of held-out images are, though not for want of
        contrast (as blurred ones); of points, the share farther from all training points than 99 % of held-out ones."""
        return _beyond_usual(self._is_unlike) if self._usual_known else 0.0

    @cached_property
    def _is_unlike(self) -> NDArray[np.bool_]:
        if self._points:
            far = np.quantile(memorisation.held_out_nearest(self.reference).distance, 1 - RARE)
            return np.asarray(memorisation.nearest(self.reference, self.fake).distance > far)
        usual = np.quantile(held_out_similarity(self.reference).correlation, RARE)
        contrast, real = (x.images.var(axis=(1, 2, 3)) for x in (self.fake, usual_images(self.reference)))
        unlike = similarity(self.reference, self.fake).correlation < usual
        return np.asarray(unlike & (contrast > np.median(real) / 2))

    @cached_property
    def clean(self) -> SampleDiagnostics:
        """The same of those samples that are not noise, with their own coverage."""
        fake = self.fake.at(~(self._is_white | self._is_unlike)) if self._usual_known else self.fake.at(~self._is_white)
        covered = neighbours.coverage(self.reference, fake) if len(fake) > neighbours.K else 0.0
        return replace(self, fake=fake, metrics={**self.metrics, "gen/coverage": covered})

    @cached_property
    def real_shares(self) -> NDArray[np.float64]:
        return histogram.real_shares(self.reference)

    @cached_property
    def class_share_estimates(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Two estimates of the class shares: by the extractor, and by the class of the most similar training image."""
        by_extractor = histogram.class_shares(self.reference, self.fake)
        real = usual_images(self.reference)
        truth = real.predicted if real.labels is None else real.labels
        confused = histogram.confusion_of(truth, held_out_similarity(self.reference).label, len(by_extractor))
        by_similarity = np.bincount(similarity(self.reference, self.fake).label, minlength=len(by_extractor))
        return by_extractor, histogram.unmixed(by_similarity, confused)

    @cached_property
    def class_imbalance(self) -> float:
        """KL of the class shares from the real ones, nats, less what chance makes; the smaller of both estimates."""
        found = min(histogram.kl(shares, self.real_shares) for shares in self.class_share_estimates)
        return max(0.0, found - chance_kl(int(np.count_nonzero(self.real_shares)), self._informative))

    @cached_property
    def missing_classes(self) -> NDArray[np.int64]:
        """Classes without samples though some were to be expected: next to none by the extractor, few by similarity."""
        due = self._informative * self.real_shares >= DUE
        lost = [
            self.class_share_estimates[0] < histogram.COVERED * self.real_shares,
            self.class_share_estimates[1] < self.real_shares / 3,
        ]
        rows: NDArray[np.int64] = np.flatnonzero(due & lost[0] & lost[1])
        return rows

    @cached_property
    def confidence(self) -> float:
        """Share of held-out images whose class the extractor tells; NaN where nobody knows or there is one."""
        real = self.reference.held_out
        if real.labels is None or np.count_nonzero(self.real_shares) < 2:
            return math.nan
        return float((real.predicted == real.labels).mean())

    @property
    def classes_are_told(self) -> bool:
        """Whether anything can be said of classes: there are several, and the extractor tells them apart."""
        return int(np.count_nonzero(self.real_shares)) > 1 and not self.confidence < TRUSTED

    @property
    def _informative(self) -> float:
        """How many samples of known class would tell as much of the shares as these do.

        Of answers that are right with chance J beyond luck (Youden's index) the variance of an estimated share is 1 / J
        squared times as large.
        """
        luck = 1 / max(2, int(np.count_nonzero(self.real_shares)))
        told = 1.0 if math.isnan(self.confidence) else max(0.0, (self.confidence - luck) / (1 - luck))
        return len(self.fake) * max(told**2, SMALLEST)

    @property
    def lost_share(self) -> float:
        """Share of the missing classes in the real images."""
        return float(self.real_shares[self.missing_classes].sum())

    @cached_property
    def near_duplicates(self) -> float:
        """Share of near-duplicates among samples, beyond the one in twenty that is usual among real images."""
        if not self._usual_known:
            return 0.0
        return _beyond_usual(neighbours.duplicates(self.reference, self.fake), neighbours.NEAREST)

    @cached_property
    def one_image(self) -> float:
        """Share of samples that are all the same image, or of a single colour, beyond that share of real images."""
        return _beyond_usual(pixels.one_image(self.fake), pixels.one_image(usual_images(self.reference)))

    @cached_property
    def uncovered(self) -> float:
        """Share of held-out images without a sample nearby, beyond what is expected of as many real images."""
        if not self._usual_known:
            return 0.0
        n = neighbours.compared(self.reference, self.fake)
        return max(0.0, 1 - self.metrics["gen/coverage"] / neighbours.expected_coverage(n, n))

    @property
    def background_ratio(self) -> float:
        """Share of pixels as bright as the real background, over that share in real images; 1 for points."""
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
        """Share of samples that are copies of training images."""
        return memorisation.copies(self.reference, self.fake)

    @cached_property
    def originals_per_class(self) -> float:
        """How many distinct training images were copied, per class that has samples."""
        return len(np.unique(self._copied_rows)) / max(
            1, int(np.count_nonzero(self.class_share_estimates[0] > PRESENT))
        )

    @cached_property
    def copies_each(self) -> float:
        """How many copies there are of each training image that was copied, on average."""
        return len(self._copied_rows) / max(1, len(np.unique(self._copied_rows)))

    @cached_property
    def copies_are_exact(self) -> bool:
        """Whether most copies equal the training image they were copied from, but for rounding."""
        found = memorisation.nearest(self.reference, self.fake)
        same = found.distance[found.copied] <= EXACT * found.second[found.copied]
        return bool(same.mean() > 0.5) if len(same) else False

    @property
    def _copied_rows(self) -> NDArray[np.int64]:
        found = memorisation.nearest(self.reference, self.fake)
        return found.row[found.copied]

    @cached_property
    def late_metrics(self) -> Mapping[str, float]:
        """Both losses and D's accuracy over the last quarter of training, by short name; NaN where not reported."""
        return {name: game.late(self.history, f"train/{name}") for name in ("loss_g", "loss_d", "d_accuracy")}

    @property
    def d_accuracy(self) -> float:
        """D's accuracy over the last quarter of training; NaN where there is none."""
        return self.late_metrics["d_accuracy"]

    @cached_property
    def loss_growth(self) -> float:
        """By what factor a GAN's losses have grown since the first quarter of training; the larger of both."""
        return max(game.growth(self.history, f"train/{name}") for name in ("loss_g", "loss_d"))

    @property
    def finite_losses(self) -> bool:
        """Whether all training metrics of the last row are finite."""
        last = (value for row in self.history[-1:] for name, value in row.items() if name.startswith("train/"))
        return all(math.isfinite(value) for value in last if isinstance(value, int | float))

    @cached_property
    def unchanged(self) -> bool:
        """Whether no sample metric has changed over the last `STILL` evaluations."""
        rows = [row for row in self.history if not self.metrics.keys().isdisjoint(row)][-(STILL - 1) :]
        return len(rows) == STILL - 1 and all(self._is_now(row) for row in rows)

    def _is_now(self, row: Mapping[str, float]) -> bool:
        pairs = [(row[name], now) for name, now in self.metrics.items() if name in row]
        return all(abs(before - now) <= STEADY * max(1.0, abs(before), abs(now)) for before, now in pairs)

    @property
    def _usual_known(self) -> bool:
        """Whether there are enough held-out images to compare samples with."""
        return len(self.reference.held_out) >= KNOWN

    @property
    def _points(self) -> bool:
        """Whether the samples are points (n, 2) instead of images."""
        return self.fake.images.ndim == 2


def _beyond_usual(found: Any, usual: float = RARE) -> float:
    """The share found beyond the `usual` one of real images, rescaled to 0..1; 0 where all real images are so."""
    return float(max(0.0, (np.mean(found) - usual) / (1 - usual))) if usual < 1 else 0.0


def chance_kl(classes: int, n: float) -> float:
    """KL, nats, that `n` draws from the real shares stay under in all but one case in a thousand.

    2 n KL has the chi-squared distribution with classes - 1 degrees of freedom (Wilks 1938), here by the approximation
    of Wilson and Hilferty 1931.
    """
    free = max(1, classes - 1)
    return free * (1 - 2 / (9 * free) + 3.09 * math.sqrt(2 / (9 * free))) ** 3 / (2 * n)
