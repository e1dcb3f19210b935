"""Messages about the cluster while a sweep runs: workers that wait for free resources, nodes that come or go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ray
from ray.tune.experiment import Trial as RayTrial

from sweeps.driver.cluster.periodic import PeriodicCallback
from sweeps.driver.cluster.slots import Slots, described, requested

PATIENCE = 20.0  # seconds: starting a worker takes some by itself


class PendingWorkerNotifier(PeriodicCallback):
    """A callback that reports a worker pending for long (once, until one starts) and changes of the number of slots."""

    def __init__(self, slots: Slots, say: Callable[[str], None]) -> None:
        self._slots, self._say = slots, say
        self._before = slots()
        self._since = time.monotonic()
        self._notified = False

    def on_trial_start(self, iteration: int, trials: list[RayTrial], trial: RayTrial, **info: Any) -> None:
        self._since, self._notified = time.monotonic(), False

    def look(self, trials: list[RayTrial]) -> None:
        self._check_slots()
        self._check_pending(any(trial.status == "PENDING" for trial in trials))

    def _check_slots(self) -> None:
        before, self._before = self._before, self._slots()
        if self._before != before:
            self._say(f"the cluster has changed: room for {self._before} trials at once, before for {before}")

    def _check_pending(self, pending: bool) -> None:
        if not pending:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > PATIENCE and not self._notified:
            self._notified = True
            self._say(f"a worker waits for {self._missing()}")

    def _missing(self) -> str:
        if not self._slots.may_grow:  # nobody else is here: what is not free is held by the worker itself
            return "its process, which is still starting"
        free, whole = described(ray.available_resources()), described(ray.cluster_resources())
        return f"{requested(self._slots.resources)} on a node: {free} are free of {whole}"
