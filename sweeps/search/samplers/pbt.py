"""Population based training (Jaderberg et al. 2017, arXiv:1711.09846), generation by generation.

A member of the population is a line of trials: each trains one config for an interval, from where the trial before it
ended. When a whole generation has ended, the members with the worst results go on from the state of one of the best,
with its config perturbed; the others go on from their own state with their own config. The value that counts is that of
the last step, for it is the last state that is handed on.

Nothing is decided before a generation is complete, so that the outcome does not depend on how many members train at a
time, and a search made anew over the journal goes on as the uninterrupted one would have.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any, ClassVar

import optuna
from optuna.trial import FrozenTrial

from basics.seeds import derived_seed
from search_spaces.space import Config
from sweeps.search.drawing import config_of
from sweeps.search.journal import NOTE, status_of
from sweeps.search.method import Answer, Asked, Nothing, Origin, Problem, SearchMethod
from sweeps.search.samplers.explore import explored
from sweeps.search.samplers.random_search import RandomSearch
from sweeps.search.trials import Trials

PARENT = "parent"  # in a trial's note: the trial whose state it goes on from


class PopulationBasedTraining(SearchMethod):
    """Trial g * population + m is member m in generation g."""

    learns: ClassVar[bool] = True

    def __init__(self, problem: Problem, trials: Trials) -> None:
        self._problem, self._trials, self._drawn = problem, trials, RandomSearch(problem, trials)
        said: Any = problem.sampler
        self._population: int = said["population"]
        self._interval: int = said["interval"]
        self._few = max(1, int(self._population * said["quantile"]))  # that are the best, or the worst
        self._resample: float = said["resample_probability"]
        self._names = frozenset(said["parameters"])
        self._generations = math.ceil((problem.steps or 0) / self._interval)
        self._parents = {t.number: t.user_attrs[NOTE][PARENT] for t in self._begun() if NOTE in t.user_attrs}

    def ask(self, n: int) -> Answer:
        generation, member = divmod(self._trials.asked, self._population)
        if generation >= self._generations:
            return Nothing.NO_MORE
        if generation and not self._is_complete(generation - 1):
            return Nothing.NOT_NOW
        if generation and not self._standing(generation - 1):
            return Nothing.NO_MORE  # none has a state to go on from
        return [self._next() for _ in range(min(n, self._population - member))]

    def ask_for(self, config: Config) -> Asked:
        """See `SearchMethod`; where a lost journal is written anew, whose state it went on from is found again."""
        number = self._trials.asked
        generation, member = divmod(number, self._population)
        if not generation or not self._is_complete(generation - 1) or not self._standing(generation - 1):
            return self._trials.begin(self.sampler(number), config)
        return self._begin(number, self._heir(generation - 1, member)[0], config)

    def sampler(self, number: int) -> optuna.samplers.BaseSampler:
        return self._drawn.sampler(number)

    def origin(self, number: int) -> Origin:
        parent, first = self._parents.get(number), number
        while first in self._parents:
            first = self._parents[first]
        steps = min((number // self._population + 1) * self._interval, self._problem.steps or 0)
        return Origin(parent, first, steps)

    def needs(self, number: int) -> bool:
        """Whether a trial of the next generation goes on from it, or may; that is over when it is complete."""
        following = number // self._population + 1
        return following < self._generations and not self._is_complete(following)

    def _next(self) -> Asked:
        number = self._trials.asked
        generation, member = divmod(number, self._population)
        if not generation:
            return self._drawn.ask_for(None)
        return self._begin(number, *self._heir(generation - 1, member))

    def _begin(self, number: int, parent: int, config: Config) -> Asked:
        self._parents[number] = parent
        return self._trials.begin(self.sampler(number), config, {PARENT: parent})

    def _heir(self, generation: int, member: int) -> tuple[int, Config]:
        """The trial of `generation` whose state the member goes on from, and its next config."""
        standing = self._standing(generation)
        own = generation * self._population + member
        best = [trial.number for trial in standing[: self._few]]
        worst = {trial.number for trial in standing[max(self._few, self._population - self._few) :]}
        if own in {trial.number for trial in standing} - worst:
            return own, self._config(own)
        rng = Random(derived_seed("explore", self._problem.seed, generation, member))
        parent = rng.choice(best)
        return parent, explored(self._config(parent), self._names, self._problem.space, self._resample, rng)

    def _standing(self, generation: int) -> list[FrozenTrial]:
        """The trials of a generation that have a state to go on from, the best first, those past the constraint last;
        a trial that failed or was stopped has none."""
        done = [trial for trial in self._of(generation) if status_of(trial) == "done"]
        return sorted(done, key=self._cost)

    def _cost(self, trial: FrozenTrial) -> tuple[float, float, int]:
        values = trial.intermediate_values
        last = values[max(values)] if values else trial.value if trial.value is not None else math.nan
        sign = -1.0 if self._problem.metric.goal == "maximize" else 1.0
        past = (trial.constraints.get(str(bound), 0.0) for bound in self._problem.metric.constraints)
        violation = sum(max(each, 0.0) for each in past)
        return violation, sign * last if math.isfinite(last) else math.inf, trial.number

    def _is_complete(self, generation: int) -> bool:
        trials = self._of(generation)
        return len(trials) == self._population and all(trial.state.is_finished() for trial in trials)

    def _of(self, generation: int) -> list[FrozenTrial]:
        start = generation * self._population
        return self._begun()[start : start + self._population]

    def _begun(self) -> list[FrozenTrial]:
        return self._trials.study.get_trials(deepcopy=False)[: self._trials.asked]

    def _config(self, number: int) -> Config:
        return config_of(self._begun()[number], self._problem.space, self._problem.fixed)
