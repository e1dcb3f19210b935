"""The best trials of a sweep: by one metric or on the Pareto front of several, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from analysis.folder import load
from analysis.intervals import Interval, of_metric, seeds_agree
from analysis.metrics import Goal
from analysis.ranking import front, improves, rank
from analysis.results import HEALTHY, SPREAD, ResultsError, SweepResults
from analysis.winners_curse import fall
from basics.shell import command_line
from sweeps.results.candidates import Candidate, candidates, goal_in, refused
from sweeps.results.preference import by_weight, in_words, preferred
from sweeps.results.seeds import with_seeds
from sweeps.results.table_rows import TableRow, beside, plain

ACCURACY = "val/accuracy"  # a share of images, so that one seed has an interval as well


# Columns around the metrics.
BEFORE = ("trial", "verdict")
AFTER = ("low", "high", "seeds", "first_seed", "first_rank", "best_step", "seconds")


@dataclass(frozen=True)
class Ranking:
    """Trials in the order of choice: faultless ones by the first metric of `goals`, then the others by it."""

    sweep: SweepResults
    goals: Mapping[str, Goal]
    candidates: Sequence[Candidate]
    done: int  # trials that could have been chosen
    stopped: bool = False  # none is done, so that these are trials that were stopped early
    weights: Mapping[str, float] = field(default_factory=dict)  # of the metrics of a front, where somebody said them

    @property
    def metric(self) -> str:
        return next(iter(self.goals))

    def rows(self, top: int | None = None) -> list[TableRow]:
        """One row a trial: its numbers with their interval, its config, and `why`."""
        return [self._row(place, candidate) for place, candidate in enumerate(self.candidates[:top])]

    def interval(self, candidate: Candidate) -> Interval:
        """Of the first metric: over the replicates, or of an accuracy over the validation images."""
        images = (self.sweep.manifest.get("data") or {}).get("val") if self.metric == ACCURACY else None
        return of_metric(self.metric, *self._over_seeds(candidate), self.seeds_of(candidate), images)

    def _over_seeds(self, candidate: Candidate) -> tuple[float, float | None]:
        """Mean and standard deviation of the first metric, the latter where there are several seeds."""
        spread = candidate.row.get(f"{self.metric}{SPREAD}")
        return float(candidate.row[self.metric]), None if spread is None else float(spread)

    def seeds_of(self, candidate: Candidate) -> int:
        """How many seeds a trial has."""
        return 1 + len(candidate.others) if candidate.others else self.sweep.seeds

    def fall(self, candidate: Candidate) -> str:
        """What became of a trial that was run again, in words; nothing of any other."""
        if candidate.alone is None or not candidate.others:
            return ""
        places = self.alone.index(candidate.trial) + 1, self.candidates.index(candidate) + 1
        return fall(candidate.trial, candidate.alone.at_best.value, self.interval(candidate), *places)

    @cached_property
    def alone(self) -> list[str]:
        """The trials as they would rank had none been run again."""
        goals = [*self.goals.values()]
        return [each.trial for each in rank([each.alone or each for each in self.candidates], goals)]

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
            "seeds": self.seeds_of(candidate),
            **self._one_seed(candidate),
            "best_step": candidate.step,
            "seconds": plain(candidate.row.get("seconds")),
        }
        config = {n: v for n, v in beside(shown, candidate.config).items() if n not in shown}
        known = {name: value for name, value in shown.items() if value not in (None, "")}
        return {**known, **config, "why": "; ".join(self._why(place, candidate))}

    def _one_seed(self, candidate: Candidate) -> TableRow:
        """Of a trial that was run again: its value on its own seed, and the place that this had."""
        if candidate.alone is None or len(self.goals) > 1:
            return {}
        place = self.alone.index(candidate.trial) + 1
        return {"first_seed": candidate.alone.at_best.value, "first_rank": place}

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
        yield from self._fell(place, candidate)
        if place == 0:
            yield from self._passed_over(candidate)

    def _fell(self, place: int, candidate: Candidate) -> Iterator[str]:
        """What became of it when it was run again, and with the winner of the one that had won on one seed."""
        if len(self.goals) > 1:
            return
        before = next(each for each in self.candidates if each.trial == self.alone[0])
        told = [candidate, before] if place == 0 and before is not candidate else [candidate]
        yield from filter(None, map(self.fall, told))

    def _standing(self, place: int) -> str:
        trials = f"{self.done} trials that {'were stopped early (none is done)' if self.stopped else 'are done'}"
        if len(self.goals) == 1:
            return f"number {place + 1} of {trials}, by {self.metric}"
        how = in_words(self.weights) if self.weights else f"the best of them by {self.metric}"
        chosen = f"{how}; " if place == 0 and len(self.candidates) > 1 else ""
        return f"{chosen}on the Pareto front: of {trials}, none beats it in every one of {', '.join(self.goals)}"

    def _margin(self, place: int, candidate: Candidate) -> Iterator[str]:
        span, name = self.interval(candidate), self.metric
        seeds = self.seeds_of(candidate)
        alike = seeds > 1 and seeds_agree(*self._over_seeds(candidate))
        by = f"{seeds} seeds" if seeds > 1 else "one seed"
        by += " gave the same, so the model has no seed dependence" if alike else ""
        if span.low is None or span.high is None:
            yield f"{by}, and there is no interval" if alike else f"{by}, so there is no interval"
        else:
            images = f" of {span.images:,} validation images" if span.images else ""
            yield f"{by}, 95 % interval{images} {span.low:.4g} to {span.high:.4g}"
        following = self.candidates[place + 1] if len(self.goals) == 1 and place + 1 < len(self.candidates) else None
        if following is not None and not following.fault:
            value, seeds = float(following.row[name]), self.seeds_of(following)
            sure = "" if span.low is None else ", within it" if value in span else ", outside of it"
            less = " on one seed" if seeds == 1 and candidate.others else ""
            yield f"the next, {following.trial}, has {value:.4g}{less}{sure}"

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
    goal = goal_in(sweep, name)
    found, stopped = candidates(sweep, {name: goal})
    found = with_seeds(sweep, found)
    if not found:
        raise refused(sweep, f"no trial that is done has {name}; see {command_line('show', folder)}")
    return Ranking(sweep, {name: goal}, rank(found, (goal,)), len(found), stopped)


def best_trials_of(folder: Path, prefer: Mapping[str, float] | None = None) -> Ranking:
    """The trials of a sweep in the order of choice: `by_metric`, or of several objectives their front."""
    goals = load(folder).goals
    if prefer and len(goals) == 1:
        raise ResultsError(f"{folder}: the sweep is for {next(iter(goals))} alone; --prefer chooses among several")
    return pareto(folder, [*goals], prefer) if len(goals) > 1 else by_metric(folder)


def pareto(folder: Path, metrics: Sequence[str], prefer: Mapping[str, float] | None = None) -> Ranking:
    """The trials of `by_metric`, each at its best step, to which none is superior in all of `metrics` at once.

    The best by the first of them comes first, or what `prefer` says (see `preferred`).
    """
    sweep, weights = load(folder), dict(prefer or {})
    if len(set(metrics)) < 2:
        raise ResultsError("--pareto wants two metrics or more, such as val/accuracy,seconds")
    names = by_weight(metrics, weights)
    goals = {name: goal_in(sweep, name) for name in names}
    found, stopped = candidates(sweep, sweep.goals)
    found = with_seeds(sweep, found)
    whole = [candidate.measured(names) for candidate in found if all(name in candidate.row for name in names)]
    if not whole:
        raise ResultsError(f"{folder}: no trial that is done has {', '.join(names)} at its best step")
    on_it = preferred(front(whole, [*goals.values()]), goals, weights)
    return Ranking(sweep, goals, on_it, len(whole), stopped, weights)
