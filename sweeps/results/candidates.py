"""The trials of a sweep that can be chosen, each at its best step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.formatting import is_missing
from analysis.metrics import Goal, goal_of
from analysis.ranking import BestStep
from analysis.results import DONE, EVIDENCE, STATUS, STOPPED, TRIAL, ResultsError, SweepResults, best_rows, in_a_cell
from analysis.rows import Row
from basics.text import did_you_mean


@dataclass(frozen=True)
class Candidate:
    """A trial that can be chosen: its config, and its row at the step that is the best by the metric asked for.

    One that was run again has the means over its seeds; `alone` is what it was on its own seed, `others` are the values
    of the others, and `lost` the reasons of those that failed.
    """

    trial: str
    config: Mapping[str, Any]
    steps: int
    row: Mapping[str, Any]
    status: str
    at_best: BestStep
    alone: Candidate | None = None
    others: tuple[float, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def step(self) -> int:
        return self.at_best.step

    @property
    def verdict(self) -> str:
        return self.at_best.verdict

    @property
    def fault(self) -> str:
        """Why it should not be chosen however good its numbers are, or nothing."""
        if self.at_best.hopeless:
            return f"{self.at_best.in_short} ({self.evidence})" if self.evidence else self.at_best.in_short
        if self.lost:
            return f"{len(self.lost)} of {len(self.lost) + len(self.others) + 1} seeds failed ({self.lost[0]})"
        return "past the spec's constraint" if self.at_best.past_constraint else ""

    def measured(self, metrics: Sequence[str]) -> Candidate:
        """The same trial at the same step by other metrics, which its row has."""
        value, *others = (float(self.row[name]) for name in metrics)
        return replace(self, at_best=replace(self.at_best, value=value, others=tuple(others)))

    @property
    def evidence(self) -> str:
        said = self.row.get(EVIDENCE, ())
        return said if isinstance(said, str) else in_a_cell(said)


def candidates(sweep: SweepResults, goals: Mapping[str, Goal]) -> tuple[list[Candidate], bool]:
    """The trials that can be chosen, each at its best step by `goals`, and whether they are those stopped early.

    That is so where no trial is done.
    """
    stopped = not (sweep.trials[STATUS] == DONE).any()
    table = sweep.trials[sweep.trials[STATUS] == (STOPPED if stopped else DONE)]
    rows = best_rows(sweep.rows[sweep.rows[TRIAL].isin(table[TRIAL])], goals)
    steps = dict(zip(table[TRIAL], table["steps"], strict=True))
    configs = sweep.configs
    status = STOPPED if stopped else DONE
    found = []
    for trial, *values in rows.itertuples(name=None):
        row = {str(n): value for n, value in zip(rows.columns, values, strict=True) if not is_missing(value)}
        best = Row.of({**row, TRIAL: trial}).as_best([*goals], sweep.constraints)
        if best is not None:
            found.append(Candidate(trial, configs.get(trial, {}), int(steps[trial]), row, status, best))
    return found, stopped


def goal_in(sweep: SweepResults, name: str) -> Goal:
    """Which way a metric is better that trials have; ResultsError for any other."""
    goal = sweep.goals.get(name) or goal_of(name)
    known = [str(c) for c in sweep.rows.select_dtypes("number").columns if c != "step"]
    if name not in known or goal is None:
        hint = did_you_mean(name, known)
        known = [n for n in known if n in sweep.goals or goal_of(n) is not None]
        there = ", ".join(known) or "none yet"
        raise refused(sweep, f"no trial has a metric {name} to rank by; there are {there}{hint}")
    return goal


def refused(sweep: SweepResults, why: str) -> ResultsError:
    """Why there is nothing to choose from, to which damage may have come."""
    return ResultsError("; ".join((f"{sweep.folder}: {why}", *sweep.damage)))
