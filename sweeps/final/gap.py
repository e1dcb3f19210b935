"""The optimism of the best config's score: the gaps between the sweep, fresh seeds, and the test set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from analysis.intervals import mean_and_spread, of_metric
from analysis.results import CONFUSION
from sweeps.results.ranking import ACCURACY

Numbers = dict[str, Any]
Row = dict[str, Any]


def summary(rows: Sequence[Mapping[str, Any]], classes: Sequence[str] = ()) -> dict[str, Numbers]:
    """Summary of each metric over seeds: mean, ends of the 95 % interval, number of seeds, values.

    `classes` are the names by which the metrics of single classes go.
    """
    names = dict.fromkeys(name for row in rows for name, value in row.items() if isinstance(value, int | float))
    each = {name: [float(row[name]) for row in rows if name in row] for name in names}
    images = _images(next((row[CONFUSION] for row in rows if CONFUSION in row), []), classes)
    return {name: numbers(name, values, images.get(name)) for name, values in each.items()}


def numbers(name: str, values: Sequence[float], images: int | None = None) -> Numbers:
    """Mean and interval over seeds (`of_metric`), and `images` where the interval is of a share of so many."""
    found = asdict(of_metric(name, *mean_and_spread(values), len(values), images))
    of_images = {"images": number} if (number := found.pop("images")) else {}
    return {**found, "values": list(values), **of_images}


def _images(confusion: Sequence[Sequence[float]], classes: Sequence[str]) -> dict[str, int]:
    """The number of test images that each accuracy or recall is a share of, from the confusion matrix."""
    counts = [round(sum(row)) for row in confusion]
    each = zip(classes, counts, strict=True) if len(classes) == len(counts) else ()
    return {"test/accuracy": sum(counts), **{f"test/recall/{name}": count for name, count in each}}


def optimism(
    lock: Mapping[str, Any],
    metric: str,
    goal: str,
    replicates: Sequence[float],
    test: Mapping[str, Numbers],
    images: int | None = None,
) -> Numbers:
    """The gap between sweep and test set, in parts: `selection`, from the score in the sweep to the mean of fresh seeds
    on the same images, and `data`, from there to the test set. Positive is what looked better than it is, whichever way
    the metric is better; a part that lacks one of its numbers is left out. `images` are those that validation has."""
    sign = 1 if goal == "maximize" else -1
    score, fresh = lock.get("score"), _fresh(metric, replicates, images)
    tested = test.get(f"test/{metric.partition('/')[2]}")
    points: dict[str, float | None] = {
        "sweep": score,
        "replicates": fresh["mean"] if fresh else None,
        "test": tested["mean"] if tested else None,
    }
    parts = {"selection": ("sweep", "replicates"), "data": ("replicates", "test"), "whole": ("sweep", "test")}
    gaps = {
        name: sign * (before - after)
        for name, (first, second) in parts.items()
        if (before := points[first]) is not None and (after := points[second]) is not None
    }
    known = {"sweep": {"mean": score} if score is not None else None, "replicates": fresh, "test": tested}
    return {"metric": metric, "goal": goal, **{name: value for name, value in known.items() if value}, "gaps": gaps}


def rows(gap: Mapping[str, Any], trials: int | None) -> list[Row]:
    """The gap as a table: one row for each place the metric was measured in."""
    picked = f"validation, the best of {trials} trials" if trials else "validation, in the sweep"
    names = {"sweep": picked, "replicates": "validation, fresh seeds", "test": "test"}
    found = []
    for key, name in names.items():
        if key in gap:
            found.append({"measured on": name, gap["metric"]: gap[key]["mean"], **_ends(gap[key])})
    return found


def table(test: Mapping[str, Numbers]) -> list[Row]:
    """The test metrics, one a row; those of single classes are in the result alone."""
    return [
        {"metric": name, "mean": numbers["mean"], **_ends(numbers)}
        for name, numbers in test.items()
        if name.count("/") == 1
    ]


def sentence(gap: Mapping[str, Any]) -> str:
    """The gap in one sentence."""
    gaps, metric = gap["gaps"], gap["metric"]
    if "whole" not in gaps:
        return f"{metric}: there is no gap to tell, since it was not measured in the sweep and on the test set both"
    much, how = abs(gaps["whole"]), "better" if gaps["whole"] >= 0 else "worse"
    parts = ""
    if "selection" in gaps:
        parts = f": {gaps['selection']:+.4f} by being picked, {gaps['data']:+.4f} between validation and test"
    return f"{metric} looked {much:.4f} {how} in the sweep than it is on the test set{parts}"


def _fresh(metric: str, values: Sequence[float], images: int | None) -> Numbers | None:
    finite = [value for value in values if math.isfinite(value)]
    return numbers(metric, finite, images if metric == ACCURACY else None) if finite else None


def _ends(numbers: Mapping[str, Any]) -> Row:
    return {key: numbers[key] for key in ("low", "high", "n") if numbers.get(key) is not None}
