"""Grid search."""

from __future__ import annotations

import optuna

from basics.seeds import derived_seed
from search_spaces.space import Config
from sweeps.search.method import Answer, Asked, Nothing, Problem, SearchMethod
from sweeps.search.trials import Trials


class GridSearch(SearchMethod):
    """Asks for each config of a finite space once, in order."""

    def __init__(self, problem: Problem, trials: Trials) -> None:
        self._seed, self._trials = problem.seed, trials
        self._configs = list(problem.space.enumerate(problem.fixed))

    def ask(self, n: int) -> Answer:
        rest = self._configs[self._trials.tried :][:n]
        return [self.ask_for(config) for config in rest] or Nothing.NO_MORE

    def ask_for(self, config: Config) -> Asked:
        return self._trials.begin(self.sampler(self._trials.asked), config)

    def sampler(self, number: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed=derived_seed("sampler", self._seed, number))
