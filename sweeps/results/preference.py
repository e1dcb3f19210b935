"""A choice among the trials of a front: by one of the metrics, or by weights of several (`sweeps best --prefer`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.metrics import Goal
from analysis.results import ResultsError
from basics.text import did_you_mean
from sweeps.results.candidates import Candidate


def weights_in(text: str) -> dict[str, float]:
    """What `--prefer` says: `METRIC`, or `A=1,B=2`; ResultsError for a weight that is no number above 0."""
    weights = {}
    for part in text.split(","):
        name, _, weight = part.partition("=")
        weights[name.strip()] = _weight(part, weight or "1")
    return weights


def _weight(part: str, weight: str) -> float:
    try:
        number = float(weight)
    except ValueError:
        number = math.nan
    if not (0 < number < math.inf):
        raise ResultsError(f"--prefer {part}: {weight} is no weight; valid: a number above 0, as in val/accuracy=2")
    return number


def by_weight(metrics: Sequence[str], weights: Mapping[str, float]) -> list[str]:
    """The metrics of a front, that of the largest weight first; ResultsError for a weight of another."""
    for name in weights:
        if name not in metrics:
            hint = did_you_mean(name, metrics)
            raise ResultsError(f"--prefer {name}: the front is of {', '.join(metrics)}{hint}")
    return sorted(metrics, key=lambda name: -weights.get(name, 0.0))


def preferred(front: Sequence[Candidate], goals: Mapping[str, Goal], weights: Mapping[str, float]) -> list[Candidate]:
    """A front by the least weighted sum of costs, each in shares of the range that the front has of it.

    With one weight, or none, as it is: the best by the first metric comes first.
    """
    if len(weights) < 2:
        return list(front)
    costs = [candidate.at_best.costs([*goals.values()]) for candidate in front]
    ends = [(min(column), max(column) - min(column) or 1.0) for column in zip(*costs, strict=True)]
    order = [weights.get(name, 0.0) for name in goals]
    sums = [
        sum(weight * (cost - low) / span for weight, cost, (low, span) in zip(order, point, ends, strict=True))
        for point in costs
    ]
    return [front[index] for index in sorted(range(len(front)), key=sums.__getitem__)]


def in_words(weights: Mapping[str, float]) -> str:
    """What was preferred."""
    if len(weights) == 1:
        return f"preferred by {next(iter(weights))}"
    named = ", ".join(f"{name}={weight:g}" for name, weight in weights.items())
    return f"preferred by {named} of the range of each on the front"
