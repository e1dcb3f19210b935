"""The search of a sweep: a method that is asked for configs, and the journal of all that it was told.

The journal file is the whole state of the search.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna

from sweeps.search.earlier import Earlier, EarlierTrial
from sweeps.search.importance import importance
from sweeps.search.journal import opened
from sweeps.search.method import Answer, Asked, Ending, Nothing, Origin, Problem, Status
from sweeps.search.methods import method_of
from sweeps.search.study_notes import StudyNotes
from sweeps.search.trials import Continuation, Replicate, Trials


class Search:
    """Ask for configs by trial number, report values as they come, tell how each trial ended."""

    def __init__(self, problem: Problem, journal: Path | None, earlier: Sequence[EarlierTrial] = ()) -> None:
        """`journal` is made if it is not there; without one the search is in memory alone. `earlier`: what other sweeps
        found, the same whenever a search is made over this journal."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self._problem = problem
        self._trials = Trials(problem, journal, Earlier(problem, earlier))
        self._method = method_of(problem, self._trials)
        self._no_more = False
        self.notes = StudyNotes(self._trials.study)

    @property
    def size(self) -> float:
        """How many trials there will be at most (infinity without a cap); those that go on with others, or are
        other seeds of them, come on top."""
        return (self._problem.trials or math.inf) + self._trials.beyond

    @property
    def asked(self) -> int:
        """How many trials were asked for."""
        return self._trials.asked

    @property
    def tried(self) -> int:
        """The same without those that go on with earlier ones, or are other seeds of them."""
        return self._trials.tried

    @property
    def exhausted(self) -> bool:
        """Whether there will be no more trials."""
        return self._no_more or self.asked >= self.size

    @property
    def learns(self) -> bool:
        """Whether what is asked for depends on what was told."""
        return self._method.learns

    def ask(self, n: int) -> Answer:
        """Up to `n` trials, drawn with every result told so far in view, or that there is none now, or no more."""
        if self.exhausted:
            return Nothing.NO_MORE
        n = int(min(n, self.size - self.asked))
        begun = [self._method.ask_for(config) for config in self._problem.first[self._trials.tried :][:n]]
        answer = self._method.ask(n - len(begun)) if len(begun) < n else []
        self._no_more = answer is Nothing.NO_MORE
        return begun + answer if isinstance(answer, list) else begun or answer

    def ask_for(self, config: Mapping[str, Any] | None) -> None:
        """Ask for the next trial, of which the values of what is searched are known already; None draws them."""
        if config is not None:
            self._method.ask_for(dict(config))
        else:
            self.ask(1)

    def go_on(self, number: int, steps: int | None) -> Asked:
        """A new trial of the config of an ended one, which goes on from there to `steps` steps in all."""
        return self._trials.go_on(self._method.sampler(self.asked), number, steps)

    def continuation(self, number: int) -> Continuation | None:
        """What a trial has of an earlier one that it goes on with; None for one that began anew."""
        return self._trials.continuations.get(number)

    def replicate(self, number: int, seed: int) -> Asked:
        """A new trial of the config of an ended one, with another of its seeds, counted from 1 on."""
        return self._trials.replicate(self._method.sampler(self.asked), number, seed)

    @property
    def replicates(self) -> Mapping[int, Replicate]:
        """By number the trials that are other seeds of earlier ones."""
        return self._trials.replicates

    def write(self, journal: Path) -> None:
        """All of the search into a new journal."""
        opened(journal, self._problem.name or "sweep", self._problem.metric.goals.values()).add_trials(self._all())

    def seen_elsewhere(self) -> list[float | None]:
        """The values, of the first objective, that trials of other sweeps are read with now."""
        return [next(iter(trial.values or ()), None) for trial in self._trials.earlier.before(self._all())]

    def unfinished(self) -> Iterator[Asked]:
        """The trials that an interrupted sweep set aside, or a killed one left running; a half-drawn config is drawn to
        its end."""
        for frozen in self._trials.unfinished():
            yield self._trials.take_up(frozen, self._method.sampler(frozen.number))

    def set_aside(self) -> None:
        """The sweep is interrupted: no trial runs, and those that did wait for a resume. Nothing is asked after it."""
        self._trials.set_aside()

    def ended(self) -> Iterator[tuple[int, dict[str, Any], Status, str]]:
        """The trials that have ended, in the order in which they did: number, config, status and reason."""
        return self._trials.ended()

    def origin(self, number: int) -> Origin | None:
        """Where a trial begins, if not at the beginning with seeds of its own."""
        return self._method.origin(number)

    def needs(self, number: int) -> bool:
        """Whether the final state of a trial that has ended may still be gone on from."""
        return self._method.needs(number)

    def restarts(self, number: int) -> int:
        """How often a trial that runs was started again because its worker had died."""
        return self._trials.restarts(number)

    def restarted(self, number: int, by: int = 1) -> None:
        """Count a restart, which a resume remembers; or take one back, by -1."""
        self._trials.restarted(number, by)

    @property
    def objectives(self) -> list[str]:
        """The metrics whose values are reported."""
        return [*self._problem.metric.goals]

    def reported(self) -> Iterator[tuple[int, int, tuple[float, ...]]]:
        """Number, step and values of all that was reported."""
        return self._trials.reported()

    def importance(self) -> dict[str, Any]:
        """Which parameters mattered, see `sweeps.search.importance`."""
        return importance(self._all(), self._problem.metric.goal)

    def report(self, number: int, step: int, *values: float) -> None:
        """An intermediate value of each objective; the same step again (after a resume) changes nothing."""
        if self._trials.report(number, step, *values):
            self._method.report(number, step, values[0])

    def tell(self, number: int, ending: Ending) -> None:
        """How a trial ended. TPE prefers any trial that keeps the constraints to all that do not, and of these
        the nearer. A config that failed is the farthest, unless its worker crashed."""
        self._trials.tell(number, ending)
        self._method.tell(number, ending.status, ending.value if ending.status == "done" else None)

    def _all(self) -> list[optuna.trial.FrozenTrial]:
        return self._trials.study.get_trials(deepcopy=False)
