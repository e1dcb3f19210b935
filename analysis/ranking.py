"""Which trial is better: one order for the live table, the store, the saved model, `best`, the report and W&B.

A trial stands where its best step puts it. Trials that are done go before those stopped early, and these before those
that still run; one that failed has no place. Within each of these go first the trials without a fault: a hopeless
verdict, a broken constraint or a seed that failed is made up for by no value. Then go first the trials that were run
again with other seeds, by the mean (`analysis.contenders`), for the best of many on one seed is a lucky one. Then the
value decides, then the trial's number. Of several objectives the front decides that a trial is on among those of its
kind, then the first value, and so on.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from analysis.fronts import Point, front_numbers
from analysis.judge.findings import in_short
from analysis.metrics import Goal

# Verdicts that no score makes up for: the others are of a generator that has only begun, or that has memorised images.
HOPELESS = frozenset({"mode_collapse", "low_diversity", "discriminator_wins", "generator_wins", "frozen", "diverged"})
HEALTHY = "healthy"  # the one verdict that finds no fault
PLACES: Mapping[str, int] = {"done": 0, "stopped": 1, "running": 2}  # of a trial that ended so, the least first
LIVE_PLACES: Mapping[str, int] = {"done": 0, "running": 0, "stopped": 1}  # as long as those that run may still win


def is_hopeless(verdict: str, findings: Iterable[str] = ()) -> bool:
    """Whether the verdict, or one of the findings beside it, is one that no score makes up for."""
    return not HOPELESS.isdisjoint((verdict, *findings))


@dataclass(frozen=True)
class Constraint:
    """A bound on another metric than the objective, one of `max` and `min`."""

    name: str
    max: float | None = None
    min: float | None = None

    def violation(self, value: float | None) -> float | None:
        """How far a value of the metric is past the bound, 0 or less if it keeps it; None if it is no number."""
        if value is None or not math.isfinite(value):
            return None
        return float(value - self.max if self.max is not None else (self.min or 0.0) - value)

    def __str__(self) -> str:
        bound = f"{self.max:g} or less" if self.max is not None else f"{self.min:g} or more"
        return f"{self.name} of {bound}"


@dataclass(frozen=True)
class BestStep:
    """The step at which a trial's objective is best, the earliest of equals: its value, verdict and `violations`.

    `findings` are the names of all that was found there, the strongest first: one may hide behind the verdict.
    `violations` are how far the step is past each constraint, None where it lacks that one's metric. `others`: of
    several objectives the values of those after the first; they tell between steps that are equal in the first.
    `seeds`: of a trial that was run again with other seeds, over how many of them the values are the means, and `lost`
    how many of its seeds failed.
    """

    value: float
    step: int
    verdict: str = ""
    violations: tuple[float | None, ...] = ()
    others: tuple[float, ...] = ()
    seeds: int = 1
    lost: int = 0
    findings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        values: Iterable[float | None],
        step: int,
        verdict: str,
        violations: Iterable[float | None] = (),
        findings: tuple[str, ...] = (),
    ) -> BestStep | None:
        """A step that may be its trial's best; None where an objective has no finite value."""
        finite = []
        for value in values:
            if value is None or not math.isfinite(value):
                return None
            finite.append(float(value))
        return cls(finite[0], step, verdict, tuple(violations), tuple(finite[1:]), findings=findings)

    @property
    def values(self) -> tuple[float, ...]:
        """Of all objectives, in the order of the spec."""
        return self.value, *self.others

    @property
    def hopeless(self) -> bool:
        return is_hopeless(self.verdict, self.findings)

    @property
    def in_short(self) -> str:
        """The verdict, and what was found beside it."""
        return in_short(self.verdict, self.findings)

    @property
    def past_constraint(self) -> bool:
        return any((violation or 0.0) > 0 for violation in self.violations)

    @property
    def fault(self) -> bool:
        """Whether the trial should not be chosen however good its value is."""
        return self.hopeless or self.past_constraint or self.lost > 0

    def costs(self, goals: Sequence[Goal]) -> Point:
        """The values, turned so that less is better."""
        return costs_of(self.values, goals)

    def better(self, other: BestStep | None, goals: Sequence[Goal]) -> bool:
        """Whether this step of a trial is better than another of the same trial: by the values alone, then earlier."""
        return other is None or (self.costs(goals), self.step) < (other.costs(goals), other.step)


class Ranked(Protocol):
    """What has a place among trials."""

    @property
    def trial(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def at_best(self) -> BestStep | None: ...


@dataclass(frozen=True)
class Standing:
    """Of one trial what its place rests on."""

    trial: str
    status: str
    at_best: BestStep | None


Place = tuple[int, int, Point, tuple[str | int, ...]]  # the least is the best, and on the first front
T = TypeVar("T", bound=Ranked)


def improves(value: float | None, before: float | None, goal: Goal) -> bool:
    """Whether a value is a number, and better than the one before, if there was one."""
    if value is None or not math.isfinite(value):
        return False
    return before is None or (value > before if goal == "maximize" else value < before)


def costs_of(values: Iterable[float], goals: Sequence[Goal]) -> Point:
    """Values turned so that less is better."""
    return tuple(-value if goal == "maximize" else value for value, goal in zip(values, goals, strict=True))


def place(trial: Ranked, goals: Sequence[Goal], places: Mapping[str, int] = PLACES) -> Place | None:
    """Where a trial stands among others, by which they sort; None for one without a value, or that failed."""
    best = trial.at_best
    if best is None or trial.status not in places:
        return None
    kind = 2 * best.fault + (best.seeds == 1)
    return places[trial.status], kind, best.costs(goals), trial_order(trial.trial)


def rank(trials: Iterable[T], goals: Sequence[Goal]) -> list[T]:
    """The trials that have a place, the best first."""
    placed = list(_placed(trials, goals, PLACES))
    fronts = _fronts([found for found, _ in placed]) if len(goals) > 1 else {}
    return [trial for _, trial in sorted(placed, key=lambda pair: (pair[0][:2], fronts.get(pair[0], 0), pair[0]))]


def leader(trials: Iterable[T], goals: Sequence[Goal], places: Mapping[str, int] = PLACES) -> T | None:
    """The first that `rank` would name, without sorting: the best by the first value is on the first front."""
    return min(_placed(trials, goals, places), key=lambda pair: pair[0], default=(None, None))[1]


def front(trials: Iterable[T], goals: Sequence[Goal]) -> list[T]:
    """Of the trials that `rank` would name first, by their status and fault, those that none beats in every value."""
    placed = sorted(_placed(trials, goals, PLACES), key=lambda pair: pair[0])
    numbers = _fronts(found for found, _ in placed)
    return [trial for found, trial in placed if found[:2] == placed[0][0][:2] and not numbers[found]]


def _fronts(places: Iterable[Place]) -> dict[Place, int]:
    """The number of the front that each place is on, among those of the same status and kind."""
    kinds = defaultdict[tuple[int, int], list[Place]](list)
    for found in places:
        kinds[found[:2]].append(found)
    return {
        found: number
        for kind in kinds.values()
        for found, number in zip(kind, front_numbers([found[2] for found in kind]), strict=True)
    }


def _placed(trials: Iterable[T], goals: Sequence[Goal], places: Mapping[str, int]) -> Iterator[tuple[Place, T]]:
    for trial in trials:
        found = place(trial, goals, places)
        if found is not None:
            yield found, trial


def trial_order(trial: str) -> tuple[str | int, ...]:
    """A key that sorts trials by the numbers in their names: 9999 before 10000."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split("([0-9]+)", str(trial))))
