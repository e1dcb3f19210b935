"""Workers that report no more: a trial that hangs ends after its `trial_timeout`."""

from __future__ import annotations

import time
from collections.abc import Callable

from ray.tune.experiment import Trial as RayTrial

from sweeps.driver.cluster.periodic import OFTEN, PeriodicCallback


class TrialTimeout(PeriodicCallback):
    """A callback that says how much time has passed, of which `passed` makes the seconds each worker was silent.

    A driver that was busy, or asleep with its machine, has heard nobody meanwhile: between two looks little counts.
    """

    def __init__(self, timeout: float, passed: Callable[[float, float], None]) -> None:
        self._timeout, self._passed = timeout, passed
        self._before = time.monotonic()

    def look(self, trials: list[RayTrial]) -> None:
        before, self._before = self._before, time.monotonic()
        self._passed(min(self._before - before, 2 * OFTEN), self._timeout)
