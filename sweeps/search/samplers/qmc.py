"""Quasi-random search: the points of a scrambled Sobol or Halton sequence, which leave no gaps (Bousquet et al. 2017).

SciPy's sequences: Optuna's sampler counts in the study which point comes next, and draws the first trial by chance.
"""

from __future__ import annotations

from typing import Any

import optuna

from basics.seeds import derived_seed
from search_spaces.quantiles import value_at
from sweeps.search.samplers.viewed import Draw, ViewedMethod


class QuasiRandom(ViewedMethod):
    """Takes the next point of one sequence, the sweep's, whatever the others came to."""

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed=seed)

    def drawn(self, number: int, seed: int) -> Draw:
        return Draw(dict(zip(self._problem.space, self._values(number, seed), strict=True)), {})

    def _values(self, number: int, seed: int) -> list[Any]:
        """Those at the trial's own point; of another sequence, seeded by it, where `seed` is not the trial's first."""
        from scipy.stats import qmc  # takes most of a second

        space, said = self._problem.space, self._problem.sampler
        made = qmc.Sobol if said["qmc_type"] == "sobol" else qmc.Halton
        first = seed == self._seed(number)
        rng = derived_seed("sequence", self._problem.seed) if first else seed
        sequence = made(len(space), scramble=bool(said["scramble"] or not first), rng=rng)
        if (before := self._trials.tried - len(self._problem.first)) > 0:
            sequence.fast_forward(before)
        return [
            value_at(domain, float(share)) for domain, share in zip(space.values(), sequence.random()[0], strict=True)
        ]
