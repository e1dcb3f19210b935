"""Renames metrics of sweeps that used different feature extractors: such scores do not compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.metrics import METRICS
from analysis.metrics.sample_quality import IMAGES
from analysis.results import BEST, EXTRACTOR, LAST, SPREAD, SweepResults, in_a_list

# What an extractor has a say in: all that the judge computes but what it takes from the pixels.
SCORES = [name for name, row in METRICS.items() if row.kind in ("judged", "path") and row.shapes != IMAGES]


def told_apart(sweeps: Sequence[SweepResults]) -> list[SweepResults]:
    """The sweeps; if their extractors differ, with metrics that name theirs: gen/frechet@EXTRACTOR."""
    names = [_extractor(sweep) for sweep in sweeps]
    if len({name for name in names if name}) < 2:
        return list(sweeps)
    return [_named(sweep, name) if name else sweep for sweep, name in zip(sweeps, names, strict=True)]


def _extractor(sweep: SweepResults) -> str:
    """Whose scores the sweep has, or nothing. It has one: a sweep is refused to go on with another."""
    if EXTRACTOR not in sweep.rows or not sweep.rows[EXTRACTOR].notna().any():
        return ""
    return str(sweep.rows[EXTRACTOR].dropna().iloc[-1])


def _named(sweep: SweepResults, extractor: str) -> SweepResults:
    new = {f"{name}{end}": f"{name}@{extractor}{end}" for name in SCORES for end in ("", SPREAD)}
    of_trials = {f"{start}{before}": f"{start}{after}" for start in (BEST, LAST) for before, after in new.items()}
    rows, trials = sweep.rows.rename(columns=new), sweep.trials.rename(columns=of_trials)
    return replace(sweep, spec=_spec(sweep, new), rows=rows, trials=trials)


def _spec(sweep: SweepResults, new: Mapping[str, str]) -> dict[str, Any]:
    """With the new names of the objectives, whose goals are said, and of what is constrained."""
    metrics = [{"name": new.get(name, name), "goal": goal} for name, goal in sweep.goals.items()]
    spec = {**sweep.spec, "metric": metrics if len(metrics) > 1 else metrics[0]}
    if bounds := in_a_list(sweep.spec.get("constraint")):
        lines = [{**bound, "name": new.get(bound["name"], bound["name"])} for bound in bounds]
        spec["constraint"] = lines if len(lines) > 1 else lines[0]
    return spec
