"""Bayesian optimization by a Gaussian process with log expected improvement (Ament et al. 2023), as Optuna has it."""

from __future__ import annotations

from typing import ClassVar

import optuna

from sweeps.search.optuna_internals import hush_batches
from sweeps.search.samplers.viewed import OptunaMethod
from sweeps.search.view import Note


class GaussianProcess(OptunaMethod):
    """Draws where a smooth model of the objective promises most, trials that still run in view; for few parameters."""

    learns: ClassVar[bool] = True
    draws: ClassVar[int] = 2  # each takes its time, and mostly finds the same place

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        hush_batches()
        return optuna.samplers.GPSampler(seed=seed, warn_independent_sampling=False, **self._problem.sampler)

    def kept(self, note: Note, as_drawn: bool) -> Note:
        return {}  # what it notes is for other processes that ask meanwhile
