"""A search whose configs one of Optuna's samplers draws, and which tries no config of a finite space twice.

A sampler is made anew for every question, seeded by the sweep's seed and the trial's number, so that a search resumed
from its journal asks as the straight one would.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from random import Random

import optuna

from basics.seeds import derived_seed
from search_spaces.finite import configs, identity
from search_spaces.space import Config
from sweeps.search.drawing import draw
from sweeps.search.earlier import in_order
from sweeps.search.method import Answer, Asked, Problem, SearchMethod
from sweeps.search.optuna_internals import rehearsal_of, study_of
from sweeps.search.trials import Trials

DRAWS = 10  # of a config that was not asked for before, until one of those left is taken by lot


class DrawnMethod(SearchMethod):
    """The base of methods that differ in their sampler alone."""

    def __init__(self, problem: Problem, trials: Trials) -> None:
        self._problem, self._trials = problem, trials
        self._finite = configs(problem.space, problem.fixed)  # none where there are too many to count

    @abstractmethod
    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        """The sampler, new, with all its chance from `seed`."""

    def ask(self, n: int) -> Answer:
        return [self.ask_for(None) for _ in range(n)]

    def ask_for(self, config: Config | None) -> Asked:
        number = self._trials.asked
        return self._trials.begin(self.sampler(number), self._instead(number) if config is None else config)

    def sampler(self, number: int) -> optuna.samplers.BaseSampler:
        return self.seeded(self._seed(number))

    def _seed(self, number: int, again: int = 0) -> int:
        """Of the draw of a trial; `again` counts the draws in place of one that gave a config of before."""
        return derived_seed("sampler", self._problem.seed, number, *([again] if again else []))

    def _instead(self, number: int) -> Config | None:
        """The config to ask for where the sampler would draw one of before, or has to know what is not in the journal;
        None where it draws a new one, or may."""
        elsewhere = self.learns and bool(self._trials.earlier)
        if not (self._finite or elsewhere) or self._trials.has_waiting:
            return None
        for again, config in enumerate(self._rehearsed(number)):
            if not self._finite or identity(config) not in self._trials.known:
                return config if again or elsewhere else None
        return self._by_lot(number)

    def _by_lot(self, number: int) -> Config | None:
        """One of the configs that are left, by chance."""
        left = [config for config in self._finite if identity(config) not in self._trials.known]
        return Random(derived_seed("left", self._problem.seed, number)).choice(left) if left else None

    def _rehearsed(self, number: int) -> Iterator[Config]:
        """What the sampler would draw, in a study of its own, and what it would draw with other seeds instead."""
        goals = [*self._problem.metric.goals.values()]
        rehearsal = self._all_known() if self.learns else optuna.create_study(directions=goals)
        for again in range(DRAWS):
            rehearsal.sampler = self.seeded(self._seed(number, again))
            yield draw(rehearsal.ask(), self._problem.space, self._problem.fixed)

    def _all_known(self) -> optuna.Study:
        """The trials of this sweep, after those of others that it knows."""
        if not self._trials.earlier:
            return rehearsal_of(self._trials.study)
        own = self._trials.study.get_trials(deepcopy=False)
        return study_of(in_order(self._trials.earlier.before(own), own), self._problem.metric.goals.values())
