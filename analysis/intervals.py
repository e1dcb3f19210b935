"""Confidence intervals: of a mean over seeds (Student), and of a share of images (Wilson)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

LEVEL = 0.95
ROUNDING = 1e-12  # of a mean: equal values may have a spread that small


@dataclass(frozen=True)
class Interval:
    """A mean of `n` values and the ends of its confidence interval, None where one value says nothing of spread."""

    mean: float
    low: float | None
    high: float | None
    n: int

    def within(self, low: float, high: float) -> Interval:
        """The part of the interval that a share, between `low` and `high` as it is, can lie in."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def __contains__(self, value: float) -> bool:
        return self.low is not None and self.high is not None and self.low <= value <= self.high


def t_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Student's interval of the mean of independent values, such as a metric of several seeds."""
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return of_spread(float(np.mean(values)), spread, len(values), level)


def of_spread(mean: float, spread: float | None, n: int, level: float = LEVEL) -> Interval:
    """The same, of a mean of `n` values whose standard deviation is `spread`; equal values say nothing of chance."""
    if spread is None or n < 2 or spread <= ROUNDING * abs(mean):
        return Interval(mean, None, None, n)
    margin = float(stats.t.ppf((1 + level) / 2, n - 1)) * spread / math.sqrt(n)
    return Interval(mean, mean - margin, mean + margin, n)


def wilson(share: float, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share of `n` images, such as an accuracy (Wilson 1927)."""
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    margin = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, centre - margin, centre + margin, n).within(0, 1)
