"""The seeds of a sweep's trials, which follow from the sweep's own."""

from __future__ import annotations

from basics.seeds import derived_seed
from sweeps.spec.resolved import Spec


def trial_seeds(spec: Spec, number: int) -> tuple[int, ...]:
    """The seeds of a trial's replicates."""
    return tuple(derived_seed("trial", spec.seed, number, k) for k in range(spec.replicates))
