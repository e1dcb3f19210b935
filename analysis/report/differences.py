"""Finds the searched parameter that best separates one group of trials from the others, by a rank test."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.configs import numbers
from analysis.formatting import word
from analysis.results import CONFIG, SweepResults
from analysis.searched import searched_parameters

MIN_GROUP = 3  # trials on either side
MAX_P = 0.01  # after Bonferroni's correction for the number of parameters


class Difference(NamedTuple):
    """A parameter that is larger or smaller in the group; medians of both sides."""

    parameter: str
    inside: float
    outside: float

    @property
    def words(self) -> str:
        """The difference as text: `a large lr_d (median 0.005, elsewhere 0.0004)`."""
        size = "large" if self.inside > self.outside else "small"
        return f"a {size} {self.parameter} (median {word(self.inside)}, elsewhere {word(self.outside)})"


def difference(sweep: SweepResults, group: NDArray[np.bool_]) -> Difference | None:
    """What sets the trials in `group` (a mask over `sweep.trials`) apart most by a rank test; None if nothing does."""
    candidates = _candidates(sweep)
    found = [
        (p, name, inside, outside)
        for name, column in candidates.items()
        for p, inside, outside in [_test(column, group)]
    ]
    if not found:
        return None
    p, name, inside, outside = min(found)
    return Difference(name, inside, outside) if p * len(candidates) < MAX_P and inside != outside else None


def _candidates(sweep: SweepResults) -> dict[str, NDArray[np.float64]]:
    """The searched numbers by trial, and of a game of two the ratio of their learning rates."""
    names = [parameter.name for parameter in searched_parameters(sweep) if CONFIG + parameter.name in sweep.trials]
    found: dict[str, NDArray[np.float64]] = {
        name: np.asarray(numbers(sweep.trials[CONFIG + name]), dtype=np.float64) for name in names
    }
    if {"lr_g", "lr_d"} <= found.keys():
        found["lr_g / lr_d"] = found["lr_g"] / found["lr_d"]
    return found


def _test(column: NDArray[np.float64], group: NDArray[np.bool_]) -> tuple[float, float, float]:
    """p of Mann and Whitney's test, median inside and outside; p is 1 where a side has too few values."""
    inside, outside = (column[side & np.isfinite(column)] for side in (group, ~group))
    if min(len(inside), len(outside)) < MIN_GROUP:
        return 1.0, np.nan, np.nan
    from scipy.stats import mannwhitneyu  # takes a second to import, for large enough groups alone

    return float(mannwhitneyu(inside, outside).pvalue), float(np.median(inside)), float(np.median(outside))
