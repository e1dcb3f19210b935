"""Which trial is better: one order for the live table, the store, the saved model, `best`, the report and W&B.

A trial stands where its best step puts it. Trials that are done go before those stopped early, and these before those
that still run; one that failed has no place. Within each of these go first the trials without a fault: a hopeless
verdict, or a broken constraint, is made up for by no value. Then the value decides, then the trial's number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from analysis.metrics import Goal

# Verdicts that no score makes up for: the others are of a generator that has only begun, or that has memorised images.
HOPELESS = frozenset({"mode_collapse", "low_diversity", "discriminator_wins", "generator_wins", "frozen", "diverged"})
PLACES: Mapping[str, int] = {"done": 0, "stopped": 1, "running": 2}  # of a trial that ended so, the least first
LIVE_PLACES: Mapping[str, int] = {"done": 0, "running": 0, "stopped": 1}  # as long as those that run may still win


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
    """The step at which a trial's objective is best, the earliest of equals: its value, verdict and `violation`.

    `violation` is how far the step is past the constraint, None where there is none or the step lacks its metric.
    """

    value: float
    step: int
    verdict: str = ""
    violation: float | None = None

    @classmethod
    def of(cls, value: float | None, step: int, verdict: str, violation: float | None) -> BestStep | None:
        """A step that may be its trial's best; None where the objective has no finite value."""
        if value is None or not math.isfinite(value):
            return None
        return cls(float(value), step, verdict, violation)

    @property
    def hopeless(self) -> bool:
        return self.verdict in HOPELESS

    @property
    def past_constraint(self) -> bool:
        return (self.violation or 0.0) > 0

    @property
    def fault(self) -> bool:
        """Whether the trial should not be chosen however good its value is."""
        return self.hopeless or self.past_constraint

    def better(self, other: BestStep | None, goal: Goal) -> bool:
        """Whether this step of a trial is better than another of the same trial: by the value alone, then earlier."""
        if other is None:
            return True
        return improves(self.value, other.value, goal) or (self.value == other.value and self.step < other.step)


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


Place = tuple[int, bool, float, tuple[str | int, ...]]  # the least is the best
T = TypeVar("T", bound=Ranked)


def improves(value: float | None, before: float | None, goal: Goal) -> bool:
    """Whether a value is a number, and better than the one before, if there was one."""
    if value is None or not math.isfinite(value):
        return False
    return before is None or (value > before if goal == "maximize" else value < before)


def place(trial: Ranked, goal: Goal, places: Mapping[str, int] = PLACES) -> Place | None:
    """Where a trial stands among others, by which they sort; None for one without a value, or that failed."""
    best = trial.at_best
    if best is None or trial.status not in places:
        return None
    cost = -best.value if goal == "maximize" else best.value
    return places[trial.status], best.fault, cost, trial_order(trial.trial)


def rank(trials: Iterable[T], goal: Goal) -> list[T]:
    """The trials that have a place, the best first."""
    return [trial for _, trial in sorted(_placed(trials, goal, PLACES), key=lambda pair: pair[0])]


def leader(trials: Iterable[T], goal: Goal, places: Mapping[str, int] = PLACES) -> T | None:
    """The first that `rank` would name, without sorting."""
    return min(_placed(trials, goal, places), key=lambda pair: pair[0], default=(None, None))[1]


def _placed(trials: Iterable[T], goal: Goal, places: Mapping[str, int]) -> Iterable[tuple[Place, T]]:
    for trial in trials:
        found = place(trial, goal, places)
        if found is not None:
            yield found, trial


def trial_order(trial: str) -> tuple[str | int, ...]:
    """A key that sorts trials by the numbers in their names: 9999 before 10000."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split("([0-9]+)", str(trial))))
