"""How much better the best config looked in the sweep than it is: its score, fresh seeds of it, and the test set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from analysis.intervals import t_interval

Numbers = dict[str, Any]
Row = dict[str, Any]


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Numbers]:
    """Each metric over the seeds that have it: mean, ends of the 95 % t interval, number of seeds, values."""
    names = dict.fromkeys(name for row in rows for name, value in row.items() if isinstance(value, int | float))
    each = {name: [float(row[name]) for row in rows if name in row] for name in names}
    return {name: {**asdict(t_interval(values)), "values": values} for name, values in each.items()}


def optimism(
    lock: Mapping[str, Any], metric: str, goal: str, replicates: Sequence[float], test: Mapping[str, Numbers]
) -> Numbers:
    """The gap in parts: `selection`, from the score in the sweep to the mean of fresh seeds on the same images, and
    `data`, from there to the test set. Positive is what looked better than it is, whichever way the metric is better;
    a part that lacks one of its numbers is left out."""
    sign = 1 if goal == "maximize" else -1
    score, fresh = lock.get("score"), _interval(replicates)
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


def words(gap: Mapping[str, Any]) -> str:
    """The gap in one sentence."""
    gaps, metric = gap["gaps"], gap["metric"]
    if "whole" not in gaps:
        return f"{metric}: there is no gap to tell, since it was not measured in the sweep and on the test set both"
    much, how = abs(gaps["whole"]), "better" if gaps["whole"] >= 0 else "worse"
    parts = ""
    if "selection" in gaps:
        parts = f": {gaps['selection']:+.4f} by being picked, {gaps['data']:+.4f} between validation and test"
    return f"{metric} looked {much:.4f} {how} in the sweep than it is on the test set{parts}"


def _interval(values: Sequence[float]) -> Numbers | None:
    finite = [value for value in values if math.isfinite(value)]
    return {**asdict(t_interval(finite)), "values": finite} if finite else None


def _ends(numbers: Mapping[str, Any]) -> Row:
    return {key: numbers[key] for key in ("low", "high", "n") if numbers.get(key) is not None}
