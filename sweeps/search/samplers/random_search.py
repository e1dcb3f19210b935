"""Random search (Bergstra and Bengio 2012)."""

from __future__ import annotations

import optuna

from sweeps.search.samplers.drawn import DrawnMethod


class RandomSearch(DrawnMethod):
    """Draws each config by chance from the space, whatever the others came to."""

    def seeded(self, seed: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed=seed)
