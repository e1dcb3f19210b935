"""The best trials of a sweep: by one metric or on the Pareto front of several, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.folder import load
from analysis.formatting import is_missing
from analysis.intervals import Interval, of_metric, seeds_agree
from analysis.metrics import Goal, goal_of
from analysis.ranking import BestStep, improves, rank
from analysis.results import (
    DONE,
    EVIDENCE,
    HEALTHY,
    SPREAD,
    STATUS,
    STOPPED,
    TRIAL,
    ResultsError,
    SweepResults,
    best_rows,
    in_a_cell,
)
from analysis.rows import Row
from basics.shell import command_line
from basics.text import did_you_mean
from sweeps.results.table_rows import TableRow, beside, plain

ACCURACY = "val/accuracy"  # a share of images, so that one seed has an interval as well


BEFORE, AFTER = ("trial", "verdict"), ("low", "high", "seeds", "best_step", "seconds")  # columns around the metrics


@dataclass(frozen=True)
class Candidate:
    """A trial that can be chosen: its config, and its row at the step that is the best by the metric asked for."""

    trial: str
    config: Mapping[str, Any]
    steps: int
    row: Mapping[str, Any]
    status: str
    at_best: BestStep

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
            return f"{self.verdict} ({self.evidence})" if self.evidence else self.verdict
        return "past the spec's constraint" if self.at_best.past_constraint else ""

    @property
    def evidence(self) -> str:
        said = self.row.get(EVIDENCE, ())
        return said if isinstance(said, str) else in_a_cell(said)


@dataclass(frozen=True)
class Ranking:
    """Trials in the order of choice: faultless ones by the first metric of `goals`, then the others by it."""

    sweep: SweepResults
    goals: Mapping[str, Goal]
    candidates: Sequence[Candidate]
    done: int  # trials that could have been chosen
    stopped: bool = False  # none is done, so that these are trials that were stopped early

    @property
    def metric(self) -> str:
        return next(iter(self.goals))

    def rows(self, top: int | None = None) -> list[TableRow]:
        """One row a trial: its numbers with their interval, its config, and `why`."""
        return [self._row(place, candidate) for place, candidate in enumerate(self.candidates[:top])]

    def interval(self, candidate: Candidate) -> Interval:
        """Of the first metric: over the replicates, or of an accuracy over the validation images."""
        images = (self.sweep.manifest.get("data") or {}).get("val") if self.metric == ACCURACY else None
        return of_metric(self.metric, *self._over_seeds(candidate), self.seeds, images)

    def _over_seeds(self, candidate: Candidate) -> tuple[float, float | None]:
        """Mean and standard deviation of the first metric, the latter where there are several seeds."""
        spread = candidate.row.get(f"{self.metric}{SPREAD}")
        return float(candidate.row[self.metric]), None if spread is None else float(spread)

    @property
    def seeds(self) -> int:
        """How many seeds each trial has."""
        return int(self.sweep.spec.get("replicates", 1))

    @property
    def columns(self) -> list[str]:
        """All that a row may have, in the order of its columns."""
        shown = dict.fromkeys((*BEFORE, *self.goals, *AFTER))
        parameters = dict.fromkeys(self.sweep.spec.get("parameters") or {})
        return list(beside(shown, parameters | {n: None for c in self.candidates for n in c.config}))

    def _row(self, place: int, candidate: Candidate) -> TableRow:
        span = self.interval(candidate)
        shown = {
            "trial": candidate.trial,
            "verdict": candidate.verdict,
            **{name: plain(candidate.row[name]) for name in self.goals},
            "low": span.low,
            "high": span.high,
            "seeds": self.seeds,
            "best_step": candidate.step,
            "seconds": plain(candidate.row.get("seconds")),
        }
        config = {n: v for n, v in beside(shown, candidate.config).items() if n not in shown}
        known = {name: value for name, value in shown.items() if value not in (None, "")}
        return {**known, **config, "why": "; ".join(self._why(place, candidate))}

    def _why(self, place: int, candidate: Candidate) -> Iterator[str]:
        yield self._standing(place)
        yield from self._margin(place, candidate)
        yield f"best at step {candidate.step} of {candidate.steps}"
        if ancestors := self.sweep.ancestors(candidate.trial):
            yield f"it went on from the states of {', '.join(ancestors)}"
        if candidate.fault:
            yield f"NOT SOUND: {candidate.fault}"
        elif candidate.verdict == HEALTHY:
            yield "the judge found nothing wrong"
        elif candidate.verdict:
            yield f"the judge says {candidate.verdict} ({candidate.evidence})"
        if place == 0:
            yield from self._passed_over(candidate)

    def _standing(self, place: int) -> str:
        trials = f"{self.done} trials that {'were stopped early (none is done)' if self.stopped else 'are done'}"
        if len(self.goals) == 1:
            return f"number {place + 1} of {trials}, by {self.metric}"
        return f"on the Pareto front: of {trials}, none beats it in every one of {', '.join(self.goals)}"

    def _margin(self, place: int, candidate: Candidate) -> Iterator[str]:
        span, name = self.interval(candidate), self.metric
        alike = self.seeds > 1 and seeds_agree(*self._over_seeds(candidate))
        by = f"{self.seeds} seeds" if self.seeds > 1 else "one seed"
        by += " gave the same, so the model has no seed dependence" if alike else ""
        if span.low is None or span.high is None:
            yield f"{by}, and there is no interval" if alike else f"{by}, so there is no interval"
        else:
            images = f" of {span.images:,} validation images" if span.images else ""
            yield f"{by}, 95 % interval{images} {span.low:.4g} to {span.high:.4g}"
        following = self.candidates[place + 1] if len(self.goals) == 1 and place + 1 < len(self.candidates) else None
        if following is not None and not following.fault:
            value = float(following.row[name])
            sure = "" if span.low is None else ", within it" if value in span else ", outside of it"
            yield f"the next, {following.trial}, has {value:.4g}{sure}"

    def _passed_over(self, chosen: Candidate) -> Iterator[str]:
        goal = self.goals[self.metric]
        for other in self.candidates:
            if other.fault and not chosen.fault and improves(other.at_best.value, chosen.at_best.value, goal):
                yield f"passed over: {other.trial} with {other.at_best.value:.4g}, {other.fault}"


def by_metric(folder: Path, metric: str | None = None) -> Ranking:
    """The trials that are done by `metric`, or the sweep's objective, each at the step where it is best.

    Where no trial is done, those that were stopped early.
    """
    sweep = load(folder)
    name = metric or sweep.objective
    goal = _goal(sweep, name)
    found, stopped = _candidates(sweep, name, goal)
    if not found:
        raise _refused(sweep, f"no trial that is done has {name}; see {command_line('show', folder)}")
    return Ranking(sweep, {name: goal}, rank(found, goal), len(found), stopped)


def pareto(folder: Path, metrics: Sequence[str]) -> Ranking:
    """The trials of `by_metric`, each at its best step, to which none is superior in all of `metrics` at once."""
    sweep = load(folder)
    if len(set(metrics)) < 2:
        raise ResultsError("--pareto wants two metrics or more, such as val/accuracy,seconds")
    goals = {name: _goal(sweep, name) for name in metrics}
    found, stopped = _candidates(sweep, sweep.objective, sweep.goal)
    whole = [candidate for candidate in found if all(name in candidate.row for name in metrics)]
    sound = [candidate for candidate in whole if not candidate.fault] or whole
    if not sound:
        raise ResultsError(f"{folder}: no trial that is done has {', '.join(metrics)} at its best step")
    first, goal = next(iter(goals.items()))
    front = [_measured(c, first) for c in sound if not any(_dominates(other, c, goals) for other in sound)]
    return Ranking(sweep, goals, rank(front, goal), len(whole), stopped)


def _dominates(one: Candidate, other: Candidate, goals: Mapping[str, Goal]) -> bool:
    gains = [_cost(other, name, goal) - _cost(one, name, goal) for name, goal in goals.items()]
    return min(gains) >= 0 and max(gains) > 0


def _cost(candidate: Candidate, name: str, goal: Goal) -> float:
    value = float(candidate.row[name])
    return value if goal == "minimize" else -value


def _candidates(sweep: SweepResults, metric: str, goal: Goal) -> tuple[list[Candidate], bool]:
    """The trials that can be chosen, each at its best step by `metric`, and whether they are those stopped early.

    That is so where no trial is done.
    """
    stopped = not (sweep.trials[STATUS] == DONE).any()
    table = sweep.trials[sweep.trials[STATUS] == (STOPPED if stopped else DONE)]
    rows = best_rows(sweep.rows[sweep.rows[TRIAL].isin(table[TRIAL])], metric, goal)
    steps = dict(zip(table[TRIAL], table["steps"], strict=True))
    configs = sweep.configs
    status = STOPPED if stopped else DONE
    found = []
    for trial, *values in rows.itertuples(name=None):
        row = {str(n): value for n, value in zip(rows.columns, values, strict=True) if not is_missing(value)}
        best = Row.of({**row, TRIAL: trial}).as_best(metric, sweep.constraint)
        if best is not None:
            found.append(Candidate(trial, configs.get(trial, {}), int(steps[trial]), row, status, best))
    return found, stopped


def _measured(candidate: Candidate, metric: str) -> Candidate:
    """The same trial at the same step by another metric."""
    return replace(candidate, at_best=replace(candidate.at_best, value=float(candidate.row[metric])))


def _goal(sweep: SweepResults, name: str) -> Goal:
    goal = sweep.goal if name == sweep.objective else goal_of(name)
    known = [str(c) for c in sweep.rows.select_dtypes("number").columns if c != "step"]
    if name not in known or goal is None:
        hint = did_you_mean(name, known)
        known = [n for n in known if n == sweep.objective or goal_of(n) is not None]
        there = ", ".join(known) or "none yet"
        raise _refused(sweep, f"no trial has a metric {name} to rank by; there are {there}{hint}")
    return goal


def _refused(sweep: SweepResults, why: str) -> ResultsError:
    """Why there is nothing to choose from, to which damage may have come."""
    return ResultsError("; ".join((f"{sweep.folder}: {why}", *sweep.damage)))
