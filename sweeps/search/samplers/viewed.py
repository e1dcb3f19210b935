"""A search whose configs are drawn beside the journal, over a view of its trials that any sampler can read.

All parameters are drawn, those as well that turn out not to be active, which are left out of the config.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import optuna

from search_spaces.conditions import Value
from search_spaces.domains import Domain
from search_spaces.finite import identity
from search_spaces.space import Config
from sweeps.search.drawing import meant, silent
from sweeps.search.method import Asked
from sweeps.search.samplers.drawn import DRAWS, DrawnMethod
from sweeps.search.view import Note, Reading, View, readings


@dataclass(frozen=True)
class Draw:
    """Values of all parameters of the space, and what the method wants to know of them later."""

    values: Mapping[str, Value]
    note: Note


class ViewedMethod(DrawnMethod):
    """The base of methods whose draws are made beside the journal, which gets the config and the method's note."""

    draws: ClassVar[int] = DRAWS

    @abstractmethod
    def drawn(self, number: int, seed: int) -> Draw:
        """Values of all parameters for a trial, whatever conditions they are under."""

    def kept(self, note: Note, as_drawn: bool) -> Note:
        """What of a draw's note goes into the journal; `as_drawn`: the config is the one that was drawn."""
        return note

    def ask_for(self, config: Config | None) -> Asked:
        number = self._trials.asked
        if self._trials.has_waiting:  # a killed process had drawn it
            return self._trials.begin(self.sampler(number))
        draw = self.drawn(number, self._seed(number))
        chosen = self._config(draw.values) if config is None else self._config({**draw.values, **config})
        if config is None and identity(chosen) in self._trials.known:
            chosen = self._another(number) or chosen
        as_drawn = identity(chosen) == identity(self._config(draw.values))
        return self._trials.begin(self.sampler(number), chosen, self.kept(draw.note, as_drawn))

    def sampler(self, number: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed=self._seed(number))

    def _another(self, number: int) -> Config | None:
        """A config that was not asked for before: of other draws, or by lot."""
        for again in range(1, self.draws):
            config = self._config(self.drawn(number, self._seed(number, again)).values)
            if identity(config) not in self._trials.known:
                return config
        return self._by_lot(number)

    def _config(self, values: Mapping[str, Any]) -> Config:
        return self._problem.space.resolve(lambda name, domain: values[name], self._problem.fixed)


class OptunaMethod(ViewedMethod):
    """The base of those that have one of Optuna's samplers draw in a view."""

    def drawn(self, number: int, seed: int) -> Draw:
        trials = [*self._trials.earlier.comparable, *self._trials.study.get_trials(deepcopy=False)]
        read = self.read(readings(trials, self._problem.metric), len(self._trials.earlier.comparable))
        view = View(self._problem.space, self._problem.metric, read, self.fill)
        values, note = view.draw(self.seeded(seed))
        return Draw({name: meant(self._problem.space[name], value) for name, value in values.items()}, note)

    def read(self, readings: list[Reading], earlier: int) -> list[Reading]:
        """What the sampler reads; the first `earlier` of them are other sweeps'."""
        return readings

    def fill(self, number: int, name: str, domain: Domain) -> Value:
        """The number to be read of a parameter that was not active in a trial."""
        return silent(number, name, domain)
