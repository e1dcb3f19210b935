"""The rows of several seeds of one config become the trial's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.ranking import HOPELESS
from analysis.results import (
    CLASS_HISTOGRAM,
    CONFUSION,
    EVIDENCE,
    EXTRACTOR,
    HEALTHY,
    NO_NUMBERS,
    SEVERITY,
    VERDICT,
)

Values = Mapping[str, Any]  # of one evaluation: numbers by name, and those of NO_NUMBERS


def merged(replicates: Sequence[Values]) -> dict[str, Any]:
    """The row of a trial: `mean_and_spread` of numbers; the judge's words on the median replicate, and what became of
    the others; the mean of class histograms, the sum of confusions."""
    if len(replicates) == 1:
        return dict(replicates[0])
    numbers = [{name: value for name, value in row.items() if name not in NO_NUMBERS} for row in replicates]
    judged = [row for row in replicates if VERDICT in row]
    return mean_and_spread(numbers) | (_median(judged) if judged else {}) | _counts(replicates)


def mean_and_spread(replicates: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means over the replicates that have a metric, by name; of two or more the standard deviation as NAME_std."""
    row: dict[str, float] = {}
    for name in dict.fromkeys(name for metrics in replicates for name in metrics):
        values = np.array([metrics[name] for metrics in replicates if name in metrics])
        row[name] = float(values.mean())
        if len(values) > 1:
            row[f"{name}_std"] = float(values.std(ddof=1))
    return row


def _median(judged: Sequence[Values]) -> dict[str, Any]:
    """What the judge says of the replicate in the middle, of an even number the worse of the two there.

    So a trial is hopeless where half of its seeds are, and healthy where more than half are; its verdict, severity and
    evidence are one seed's and do not contradict each other.
    """
    median = sorted(judged, key=_badness)[len(judged) // 2]
    verdicts = Counter(row[VERDICT] for row in judged)
    others = f"of {len(judged)} replicates this is the median: " + ", ".join(f"{n} {v}" for v, n in verdicts.items())
    found = {name: median[name] for name in (SEVERITY, VERDICT, EXTRACTOR)}
    return {**found, EVIDENCE: [*median[EVIDENCE], others]}


def _badness(row: Values) -> tuple[bool, bool, float]:
    return row[VERDICT] in HOPELESS, row[VERDICT] != HEALTHY, row[SEVERITY]


def _counts(replicates: Sequence[Values]) -> dict[str, Any]:
    """Lists averaged or summed place by place."""
    histograms = [row[CLASS_HISTOGRAM] for row in replicates if CLASS_HISTOGRAM in row]
    confusions = [row[CONFUSION] for row in replicates if CONFUSION in row]
    shares = {CLASS_HISTOGRAM: np.mean(histograms, axis=0).tolist()} if histograms else {}
    return shares | ({CONFUSION: np.sum(confusions, axis=0).tolist()} if confusions else {})
