"""Candidates that were run again with other seeds: one row for all seeds of a config."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.contenders import median, over_seeds
from analysis.results import EVIDENCE, FAILED, REASON, STATUS, STEP, TRIAL, VERDICT, SweepResults
from sweeps.results.candidates import Candidate
from sweeps.worker.replicates import mean_and_spread


def with_seeds(sweep: SweepResults, found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without those that are other seeds of an earlier one, which are counted with that one."""
    seeds, failed = defaultdict[str, list[Candidate]](list), _failed(sweep)
    for candidate in found:
        if candidate.trial in sweep.replicates:
            seeds[sweep.replicates[candidate.trial]].append(candidate)
    own = (candidate for candidate in found if candidate.trial not in sweep.replicates)
    return [_with(candidate, seeds.get(candidate.trial, []), failed.get(candidate.trial, [])) for candidate in own]


def _failed(sweep: SweepResults) -> dict[str, list[str]]:
    """By trial why other seeds of it failed."""
    reasons = defaultdict[str, list[str]](list)
    lost = sweep.trials[sweep.trials[STATUS] == FAILED]
    for trial, reason in zip(lost[TRIAL], lost[REASON], strict=True):
        if trial in sweep.replicates:
            reasons[sweep.replicates[trial]].append(str(reason))
    return reasons


def _with(own: Candidate, others: Sequence[Candidate], failed: Sequence[str]) -> Candidate:
    if not others and not failed:
        return own
    every = [own, *others]
    judged = median([candidate.at_best for candidate in every])
    middle = next(candidate for candidate in every if candidate.at_best is judged)
    words = {name: middle.row[name] for name in (VERDICT, EVIDENCE) if name in middle.row}
    numbers = mean_and_spread([_numbers(candidate.row) for candidate in every]) if others else {}
    best = over_seeds(own.at_best, [candidate.at_best for candidate in others], len(failed))
    values = tuple(candidate.at_best.value for candidate in others)
    return replace(own, row={**own.row, **numbers, **words}, at_best=best, alone=own, others=values, lost=tuple(failed))


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if name != STEP and isinstance(value, int | float)}
