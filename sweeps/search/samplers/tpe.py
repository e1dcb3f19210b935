"""Bayesian optimization by a tree-structured Parzen estimator (Bergstra et al. 2011), as Optuna has it."""

from __future__ import annotations

from typing import ClassVar

import optuna

from sweeps.search.samplers.drawn import DrawnMethod


class TPE(DrawnMethod):
    """Draws where the density of good configs is high against that of poor ones, all parameters jointly."""

    learns: ClassVar[bool] = True

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        # constant_liar: trials still running count as poor, so that parallel ones spread out. group: parameters that
        # are active together are drawn jointly, which Optuna refuses where nothing is.
        said = dict(self._problem.sampler)
        return optuna.samplers.TPESampler(seed=seed, **{**said, "group": said["group"] and said["multivariate"]})
