"""The trials of a search in its journal: begun with a config, reported on, told how they ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from search_spaces.finite import identity
from search_spaces.space import Config
from sweeps.search.drawing import BY_QUANTILE, check_choices, config_of, draw, numbers_of, values_of
from sweeps.search.earlier import Earlier
from sweeps.search.journal import (
    FAR,
    NOTE,
    REPLICATES,
    SOUND,
    STATES,
    STATUS,
    VALUES,
    intermediate,
    opened,
    status_of,
)
from sweeps.search.method import Asked, Ending, Problem, Status
from sweeps.search.optuna_internals import begun, set_aside, taken_up

RESTARTS, REASON, CONTINUES = "restarts", "reason", "continues"  # user attributes of a trial
ENDED = tuple(STATES.values())


@dataclass(frozen=True)
class Continuation:
    """What a trial that goes on where another one ended has of that: `trial`, the number of the other; `seeds_of`, of
    the first in the line, whose seeds all have; `steps`, how many it takes at most in all, None to its own end."""

    trial: int
    seeds_of: int
    steps: int | None = None


@dataclass(frozen=True)
class Replicate:
    """What a trial is that runs another one's config with another seed: `trial`, the number of the other, and which of
    its seeds, from 1 on."""

    trial: int
    seed: int


@dataclass
class OpenTrial:
    """A trial that runs: how often it was started again, and the steps that have been reported."""

    trial: Trial
    restarts: int = 0
    steps: set[int] = field(default_factory=set)


class Trials:
    """What a search method has seen so far; every change is in the journal when the call returns.

    `earlier` is what it knows besides: trials of other sweeps, which are no trials of this one.
    """

    def __init__(self, problem: Problem, journal: Path | None, earlier: Earlier | None = None) -> None:
        """`journal` is made if it is not there; without one the trials are in memory alone."""
        self._problem, self.earlier = problem, earlier or Earlier(problem)
        self.study = opened(journal, problem.name or "sweep", problem.metric.goals.values())
        before = self.study.get_trials(deepcopy=False)
        for trial in before:
            check_choices(trial, problem.space)
        asked = [trial for trial in before if _was_begun(trial)]
        self._waiting = len(before) - len(asked)
        self._open: dict[int, OpenTrial] = {}
        self.asked = len(asked)  # trials that were asked for, and with it the next one's number
        self.continuations: dict[int, Continuation] = {}  # by number
        self.replicates: dict[int, Replicate] = {}
        for trial in asked:
            self._note(trial.number, trial.user_attrs)
        self.known = {identity(self._config(trial)) for trial in asked}  # their configs

    @property
    def tried(self) -> int:
        """Trials that were asked for, without those that go on with an earlier one or are another seed of it."""
        return self.asked - self.beyond

    @property
    def beyond(self) -> int:
        """How many trials there are that the search did not ask for."""
        return len(self.continuations) + len(self.replicates)

    @property
    def has_waiting(self) -> bool:
        """Whether a killed process had decided on the next config, but not begun it."""
        return self._waiting > 0

    def begin(self, sampler: BaseSampler, config: Config | None = None, note: Mapping[str, Any] | None = None) -> Asked:
        """Begin the next trial: with `config`, of which the sampler draws the rest; `note` is kept with it."""
        self.study.sampler = sampler
        if config is not None and not self.has_waiting:
            self._enqueue(config, {NOTE: dict(note)} if note else {})
            self._waiting += 1
        trial = self.study.ask() if self.has_waiting else begun(self.study)
        if self.has_waiting:
            self._note(trial.number, trial.user_attrs)
        self._waiting = max(self._waiting - 1, 0)
        self._open[trial.number] = OpenTrial(trial)
        drawn = draw(trial, self._problem.space, self._problem.fixed)
        self.asked += 1
        self.known.add(identity(drawn))
        return Asked(trial.number, drawn)

    def go_on(self, sampler: BaseSampler, number: int, steps: int | None) -> Asked:
        """A new trial that goes on with an ended one, which no journal opens again; the unfinished are taken up."""
        before = self.continuations.get(number)
        found = Continuation(number, before.seeds_of if before is not None else number, steps)
        while self.has_waiting:  # the next config that a killed process had decided on comes first
            self.begin(sampler)
        return self._begin_again(sampler, number, {CONTINUES: asdict(found)})

    def replicate(self, sampler: BaseSampler, number: int, seed: int) -> Asked:
        """A new trial of the config of an ended one, with another seed; or what a killed process had decided on."""
        if self.has_waiting:
            return self.begin(sampler)
        return self._begin_again(sampler, number, {REPLICATES: asdict(Replicate(number, seed))})

    def _begin_again(self, sampler: BaseSampler, number: int, attributes: Mapping[str, Any]) -> Asked:
        config = self._config(self.study.get_trials(deepcopy=False)[number])
        self._enqueue(config, attributes)
        self._waiting += 1
        return self.begin(sampler)

    def _note(self, number: int, attributes: Mapping[str, Any]) -> None:
        """Take note of what a trial has of an earlier one."""
        if CONTINUES in attributes:
            self.continuations[number] = Continuation(**attributes[CONTINUES])
        if REPLICATES in attributes:
            self.replicates[number] = Replicate(**attributes[REPLICATES])

    def _enqueue(self, config: Config, attributes: Mapping[str, Any]) -> None:
        """Let the next trial that is begun have these values, and these user attributes."""
        space = self._problem.space
        if values := values_of(config, space):
            attributes = {**attributes, BY_QUANTILE: values}
        numbers = numbers_of(config, space, self._problem.fixed)
        self.study.enqueue_trial(numbers, user_attrs=dict(attributes) or None)

    def take_up(self, frozen: FrozenTrial, sampler: BaseSampler) -> Asked:
        """A trial that is unfinished; a half-drawn config is drawn to its end."""
        self.study.sampler = sampler
        trial = taken_up(self.study, frozen)
        restarts = int(frozen.user_attrs.get(RESTARTS, 0))
        self._open[frozen.number] = OpenTrial(trial, restarts, set(intermediate(frozen)))
        return Asked(frozen.number, draw(trial, self._problem.space, self._problem.fixed))

    def unfinished(self) -> list[FrozenTrial]:
        """Those that were set aside, or that a killed process left running; to be taken up before any is begun."""
        found = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING))
        return [trial for trial in found if _was_begun(trial)]

    def set_aside(self) -> None:
        """Nothing runs from now on: what is open waits for a resume."""
        for trial in self._open.values():
            set_aside(trial.trial)
        self._open.clear()

    def ended(self) -> Iterator[tuple[int, Config, Status, str]]:
        """Number, config, status and reason of those that have ended, in the order in which they did."""
        for frozen in sorted(self.study.get_trials(deepcopy=False, states=ENDED), key=_when_ended):
            yield frozen.number, self._config(frozen), status_of(frozen), str(frozen.user_attrs.get(REASON, ""))

    def reported(self) -> Iterator[tuple[int, int, tuple[float, ...]]]:
        """Number, step and values of all that was reported."""
        for frozen in self.study.get_trials(deepcopy=False):
            yield from ((frozen.number, step, values) for step, values in intermediate(frozen).items())

    def restarts(self, number: int) -> int:
        return self._open[number].restarts

    def restarted(self, number: int, by: int = 1) -> None:
        trial = self._open[number]
        trial.restarts += by
        trial.trial.set_user_attr(RESTARTS, trial.restarts)

    def report(self, number: int, step: int, *values: float) -> bool:
        """An intermediate value of each objective; False where that step was reported before (a resume), and nothing
        changes."""
        trial = self._open[number]
        if step in trial.steps:
            return False
        trial.steps.add(step)
        if len(values) == 1:
            trial.trial.report(values[0], step)
        else:
            trial.trial.set_user_attr(f"{VALUES}{step}", list(values))
        return True

    def tell(self, number: int, ending: Ending) -> None:
        """See `Search.tell`."""
        trial, state = self._open.pop(number).trial, STATES[ending.status]
        if ending.status == "failed" and not ending.crashed:
            state = TrialState.PRUNED
            _constrain(trial, SOUND, FAR)
        elif ending.status != "failed":
            self._constrain(trial, ending.violations)
        trial.set_user_attr(STATUS, ending.status)
        if ending.reason:
            trial.set_user_attr(REASON, ending.reason)
        self.study.tell(trial, ending.values if ending.status == "done" else None, state)

    def _constrain(self, trial: Trial, violations: Sequence[float | None]) -> None:
        """Set what is known of the constraints."""
        for constraint, violation in zip(self._problem.metric.constraints, violations, strict=bool(violations)):
            if violation is not None:
                _constrain(trial, str(constraint), violation)

    def _config(self, trial: FrozenTrial) -> Config:
        return config_of(trial, self._problem.space, self._problem.fixed)


def _when_ended(trial: FrozenTrial) -> tuple[float, int]:
    return trial.datetime_complete.timestamp() if trial.datetime_complete is not None else 0.0, trial.number


def _was_begun(trial: FrozenTrial) -> bool:
    """Whether a trial was asked for: one that waits, and has never run, is only decided on."""
    return trial.state != TrialState.WAITING or trial.datetime_start is not None


def _constrain(trial: Trial, name: str, violation: float) -> None:
    """Set a constraint that a killed driver has not set already: Optuna takes each once."""
    if name not in trial.constraints:
        trial.set_constraint(name, violation)
