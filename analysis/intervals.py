"""Confidence intervals of metrics: of a mean over seeds (Student), and of a share of images (Wilson)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtrit

from analysis.metrics import is_share

LEVEL = 0.95
ROUNDING = 1e-12  # of a mean: equal values may have a spread that small


@dataclass(frozen=True)
class Interval:
    """A mean of `n` values and the ends of its confidence interval, None where the values say nothing of chance.

    `images`: the interval is that of a share of so many images.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    images: int | None = None

    def within(self, low: float, high: float) -> Interval:
        """The part of the interval that a share, between `low` and `high` as it is, can lie in."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def __contains__(self, value: float) -> bool:
        return self.low is not None and self.high is not None and self.low <= value <= self.high


def of_metric(name: str, mean: float, spread: float | None, n: int, images: int | None = None) -> Interval:
    """The interval of the metric `name`: Student's of its mean over `n` seeds, of a share within [0, 1].

    Where the seeds say nothing of chance, one alone or several that gave the same, it is Wilson's of a metric that is a
    share of so many `images`.
    """
    span = of_spread(mean, spread, n)
    if images and math.isfinite(mean) and (n == 1 or seeds_agree(mean, spread)):
        return replace(wilson(mean, images), n=n)
    return span.within(0, 1) if is_share(name) else span


def seeds_agree(mean: float, spread: float | None) -> bool:
    """Whether several values, of this mean and standard deviation, are the same but for rounding."""
    return spread is not None and spread <= ROUNDING * abs(mean)


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and standard deviation, None of one value; equal values have themselves as their mean, unrounded."""
    mean = float(values[0]) if len(set(values)) == 1 else float(np.mean(values))
    return mean, float(np.std(values, ddof=1)) if len(values) > 1 else None


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Student's interval of the mean of independent values, such as a metric of several seeds."""
    return of_spread(*mean_and_spread(values), len(values), level)


def of_spread(mean: float, spread: float | None, n: int, level: float = LEVEL) -> Interval:
    """The same, of a mean of `n` values whose standard deviation is `spread`; equal values say nothing of chance."""
    if spread is None or n < 2 or seeds_agree(mean, spread):
        return Interval(mean, None, None, n)
    margin = float(stdtrit(n - 1, (1 + level) / 2)) * spread / math.sqrt(n)
    return Interval(mean, mean - margin, mean + margin, n)


def wilson(share: float, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share of `n` images, such as an accuracy (Wilson 1927)."""
    z = float(ndtri((1 + level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    margin = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, centre - margin, centre + margin, n, images=n).within(0, 1)
