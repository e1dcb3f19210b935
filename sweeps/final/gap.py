"""The optimism of the best config's score: the gaps between the sweep, fresh seeds, and the test set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.final_result import Measured, OptimismGap, Places, SeedRow
from analysis.intervals import mean_and_spread, of_metric
from analysis.results import CONFUSION
from sweeps.results.ranking import ACCURACY
from sweeps.results.table_rows import TableRow


def summary(rows: Sequence[SeedRow], classes: Sequence[str] = ()) -> dict[str, Measured]:
    """Summary of each metric over seeds: mean, ends of the 95 % interval, number of seeds, values.

    `classes` are the names by which the metrics of single classes go.
    """
    names = dict.fromkeys(name for row in rows for name, value in row.items() if isinstance(value, int | float))
    each = {name: [float(row[name]) for row in rows if name in row] for name in names}
    images = _images(next((row[CONFUSION] for row in rows if CONFUSION in row), []), classes)
    return {name: numbers(name, values, images.get(name)) for name, values in each.items()}


def numbers(name: str, values: Sequence[float], images: int | None = None) -> Measured:
    """Mean and interval over seeds (`of_metric`), and `images` where the interval is of a share of so many."""
    found = of_metric(name, *mean_and_spread(values), len(values), images)
    measured = Measured(mean=found.mean, low=found.low, high=found.high, n=found.n, values=list(values))
    if found.images:
        measured["images"] = found.images
    return measured


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
    test: Mapping[str, Measured],
    images: int | None = None,
) -> OptimismGap:
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
    return {"metric": metric, "goal": goal, **_known(score, fresh, tested), "gaps": gaps}


def _known(score: float | None, fresh: Measured | None, tested: Measured | None) -> Places:
    known: Places = {}
    if score is not None:
        known["sweep"] = {"mean": score}
    if fresh is not None:
        known["replicates"] = fresh
    if tested is not None:
        known["test"] = tested
    return known


def rows(gap: OptimismGap, trials: int | None) -> list[TableRow]:
    """The gap as a table: one row for each place the metric was measured in."""
    picked = f"validation, the best of {trials} trials" if trials else "validation, in the sweep"
    fresh, test = ("validation, fresh seeds", gap.get("replicates")), ("test", gap.get("test"))
    return [
        {"measured on": name, gap["metric"]: measured["mean"], **_ends(measured)}
        for name, measured in ((picked, gap.get("sweep")), fresh, test)
        if measured is not None
    ]


def table(test: Mapping[str, Measured]) -> list[TableRow]:
    """The test metrics, one a row; those of single classes are in the result alone."""
    return [
        {"metric": name, "mean": numbers["mean"], **_ends(numbers)}
        for name, numbers in test.items()
        if name.count("/") == 1
    ]


def sentence(gap: OptimismGap) -> str:
    """The gap in one sentence."""
    gaps, metric = gap["gaps"], gap["metric"]
    if "whole" not in gaps:
        return f"{metric}: there is no gap to tell, since it was not measured in the sweep and on the test set both"
    much, how = abs(gaps["whole"]), "better" if gaps["whole"] >= 0 else "worse"
    parts = ""
    if "selection" in gaps:
        parts = f": {gaps['selection']:+.4f} by being picked, {gaps['data']:+.4f} between validation and test"
    return f"{metric} looked {much:.4f} {how} in the sweep than it is on the test set{parts}"


def _fresh(metric: str, values: Sequence[float], images: int | None) -> Measured | None:
    finite = [value for value in values if math.isfinite(value)]
    return numbers(metric, finite, images if metric == ACCURACY else None) if finite else None


def _ends(measured: Measured) -> TableRow:
    ends = {"low": measured.get("low"), "high": measured.get("high"), "n": measured.get("n")}
    return {key: value for key, value in ends.items() if value is not None}
