"""The seeds of a sweep's trials, which follow from the sweep's own."""

from __future__ import annotations

from basics.seeds import derived_seed
from sweeps.spec.resolved import Spec


def trial_seeds(spec: Spec, number: int) -> tuple[int, ...]:
    """The seeds of a trial's replicates."""
    return tuple(derived_seed("trial", spec.seed, number, k) for k in range(spec.replicates))


def replicate_seed(spec: Spec, number: int, k: int) -> int:
    """The seed of a contender's run of that `k`, from 1 on: the one that its k-th replicate would have had."""
    return derived_seed("trial", spec.seed, number, k)
