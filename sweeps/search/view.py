"""The trials of a journal as a sampler can read them, in a study in memory; the journal keeps what is true.

Optuna's samplers differ in what they read: some skip all that is not COMPLETE, and most take a space of parameters that
each trial has. So in a view a trial that was stopped early has the best value it reported; a config that failed has the
worst values and the worst violations of the constraints that any trial has; and a parameter that was not active has a
value all the same. A trial whose worker crashed is not read: it says nothing of its config.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from analysis.ranking import costs_of
from search_spaces.conditions import Value
from search_spaces.domains import Domain
from search_spaces.space import Space
from sweeps.search.drawing import distribution_of, silent
from sweeps.search.journal import NOTE, intermediate, status_of
from sweeps.search.method import Objective
from sweeps.search.optuna_internals import note_study, study_of

Note = dict[str, Any]  # what a method keeps with a trial: plain data
OF_TRIAL, OF_STUDY = "trial", "study"  # parts of the note of an Optuna sampler: its attributes


@dataclass(frozen=True)
class Reading:
    """What a trial says to a sampler: `values` None as long as it runs, or where it has nothing to say.

    `values` are the objectives', `violations` how far it is past each constraint (0 or less: it keeps it).
    """

    number: int
    params: Mapping[str, Any]  # the numbers that were drawn
    runs: bool
    values: tuple[float, ...] | None = None
    violations: tuple[float, ...] = ()
    failed: bool = False
    note: Note = field(default_factory=dict)

    @property
    def violation(self) -> float:
        """How far it is past all constraints together, 0 if it keeps them."""
        return sum(max(violation, 0.0) for violation in self.violations)


def readings(trials: list[FrozenTrial], metric: Objective) -> list[Reading]:
    """What each trial of a journal says, those that failed like the worst there is."""
    found = [_reading(trial, metric) for trial in trials]
    goals = [*metric.goals.values()]
    columns = zip(*(reading.values for reading in found if reading.values is not None), strict=True)
    worst = tuple((min if goal == "maximize" else max)(values) for goal, values in zip(goals, columns, strict=False))
    past = tuple(max(violations, default=0.0) for violations in zip(*(r.violations for r in found), strict=True))
    far = tuple(max(violation, 0.0) for violation in past)
    return [Reading(r.number, r.params, r.runs, worst or None, far, True, r.note) if r.failed else r for r in found]


def _reading(trial: FrozenTrial, metric: Objective) -> Reading:
    status, note = status_of(trial), trial.user_attrs.get(NOTE, {})
    failed = status == "failed" and trial.state == TrialState.PRUNED  # FAIL: its worker crashed
    told = [tuple(trial.values)] if status == "done" else [*intermediate(trial).values()] if status == "stopped" else []
    finite = [values for values in told if all(map(math.isfinite, values))]
    goals = [*metric.goals.values()]
    best = min(finite, key=lambda values: costs_of(values, goals), default=None)
    violations = tuple(0.0 if failed else trial.constraints.get(str(bound), 0.0) for bound in metric.constraints)
    return Reading(trial.number, trial.params, status == "running", best, violations, failed, note)


class View:
    """A study in memory over a space without conditions, for one of Optuna's samplers to draw the next trial in."""

    def __init__(
        self, space: Space, metric: Objective, read: list[Reading], fill: Callable[[int, str, Domain], Value] = silent
    ) -> None:
        """`fill` gives the value of a parameter that was not active, of the trial's number, its name and its domain."""
        self._distributions = {name: distribution_of(domain) for name, domain in space.items()}
        self._space, self._fill = space, fill
        notes: Note = {}
        for reading in read:
            notes |= reading.note.get(OF_STUDY, {})
        self._noted = notes
        self.study = study_of([self._frozen(reading) for reading in read], metric.goals.values())
        note_study(self.study, notes)

    def draw(self, sampler: optuna.samplers.BaseSampler) -> tuple[dict[str, Any], Note]:
        """A value of every parameter, as it was drawn, and the attributes that the sampler gave trial and study."""
        self.study.sampler = sampler
        trial = self.study.ask(self._distributions)
        after = note_study(self.study, {})
        news = {key: value for key, value in after.items() if self._noted.get(key) != value}
        note = {OF_TRIAL: dict(self.study.trials[-1].system_attrs), OF_STUDY: news}
        return trial.params, {part: attributes for part, attributes in note.items() if attributes}

    def _frozen(self, reading: Reading) -> FrozenTrial:
        lines: dict[str, Any] = {"state": TrialState.RUNNING if reading.runs else TrialState.FAIL}
        if reading.values is not None:
            lines = {"state": TrialState.COMPLETE, "values": reading.values}
            if reading.violations:
                lines["constraints"] = {f"constraint {n}": value for n, value in enumerate(reading.violations)}
        return create_trial(
            params=dict(self._params(reading)),
            distributions=self._distributions,
            system_attrs=dict(reading.note.get(OF_TRIAL, {})),
            **lines,
        )

    def _params(self, reading: Reading) -> Iterator[tuple[str, Any]]:
        for name, domain in self._space.items():
            there = name in reading.params
            yield name, reading.params[name] if there else self._fill(reading.number, name, domain)
