"""NSGA-II (Deb et al. 2002), as Optuna has it: with one objective a genetic algorithm that keeps its elite."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import ClassVar

import optuna

from basics.seeds import derived_seed
from search_spaces.conditions import Value
from search_spaces.domains import Domain
from sweeps.search.drawing import to_draw
from sweeps.search.optuna_internals import generation_key
from sweeps.search.samplers.viewed import OptunaMethod
from sweeps.search.view import OF_TRIAL, Reading


class NSGA2(OptunaMethod):
    """Draws from a population of the best: two of them crossed, some values drawn anew by chance."""

    learns: ClassVar[bool] = True

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.NSGAIISampler(seed=seed, **self._problem.sampler)

    def read(self, readings: list[Reading], earlier: int) -> list[Reading]:
        """Trials of other sweeps are of the first generation."""
        first = {OF_TRIAL: {generation_key(optuna.samplers.NSGAIISampler): 0}}
        return [replace(reading, note=first) for reading in readings[:earlier]] + readings[earlier:]

    def fill(self, number: int, name: str, domain: Domain) -> Value:
        """A gene that has no effect is inherited too: one drawn by chance, as in the first population."""
        return to_draw(domain, domain.draw(Random(derived_seed("gene", self._problem.seed, number, name))))
