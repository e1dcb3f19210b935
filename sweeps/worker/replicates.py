"""The rows of several seeds of one config become the trial's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.judge.findings import findings_of, names
from analysis.ranking import is_hopeless
from analysis.results import (
    CLASS_HISTOGRAM,
    CONFUSION,
    EVIDENCE,
    EXTRACTOR,
    FINDINGS,
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
    seeds = Counter(name for row in judged for name in names(findings_of(row.get(FINDINGS))))
    found = {name: median[name] for name in (SEVERITY, VERDICT, EXTRACTOR)}
    its_own = [replace(one, seeds=seeds[one.verdict]).document() for one in findings_of(median.get(FINDINGS))]
    return {**found, FINDINGS: its_own, EVIDENCE: [*median[EVIDENCE], *_of_all(judged, seeds)]}


def _of_all(judged: Sequence[Values], seeds: Counter[str]) -> Iterator[str]:
    """What the verdicts on all replicates are, and in how many of them each failure was found."""
    verdicts = Counter(row[VERDICT] for row in judged)
    yield f"of {len(judged)} replicates this is the median: {', '.join(f'{n} {v}' for v, n in verdicts.items())}"
    if any(seeds[name] != verdicts[name] for name in seeds):
        yield f"found of them: {', '.join(f'{name} in {n}' for name, n in seeds.most_common())}"


def _badness(row: Values) -> tuple[bool, bool, float]:
    return is_hopeless(row[VERDICT], names(findings_of(row.get(FINDINGS)))), row[VERDICT] != HEALTHY, row[SEVERITY]


def _counts(replicates: Sequence[Values]) -> dict[str, Any]:
    """Lists averaged or summed place by place."""
    histograms = [row[CLASS_HISTOGRAM] for row in replicates if CLASS_HISTOGRAM in row]
    confusions = [row[CONFUSION] for row in replicates if CONFUSION in row]
    shares = {CLASS_HISTOGRAM: np.mean(histograms, axis=0).tolist()} if histograms else {}
    return shares | ({CONFUSION: np.sum(confusions, axis=0).tolist()} if confusions else {})
