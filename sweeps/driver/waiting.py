"""Says what a cluster is silent about: a trial waits for its worker, nodes have come or gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ray
from ray import tune
from ray.tune.experiment import Trial as RayTrial

from sweeps.driver.slots import Slots, there, wish

PATIENCE = 20.0  # seconds: starting a worker takes some by itself
OFTEN = 2.0  # seconds between two looks


class Waiting(tune.Callback):
    """Looks for trials that do not start, and says so once until one does; and for a change of the slots."""

    def __init__(self, slots: Slots, say: Callable[[str], None]) -> None:
        self._slots, self._say = slots, say
        self._before = slots()
        self._since = self._looked = time.monotonic()
        self._said = False

    def __reduce__(self) -> tuple[type[tune.Callback], tuple[()]]:
        """Pickled as a callback that does nothing: see `Sweep.__reduce__`."""
        return tune.Callback, ()

    def __deepcopy__(self, memo: object) -> Waiting:
        return self

    def on_trial_start(self, iteration: int, trials: list[RayTrial], trial: RayTrial, **info: Any) -> None:
        self._since, self._said = time.monotonic(), False

    def on_step_begin(self, iteration: int, trials: list[RayTrial], **info: Any) -> None:
        if time.monotonic() - self._looked > OFTEN:
            self._looked = time.monotonic()
            self._changed()
            self._waits([work.trial for trial in trials if trial.status == "PENDING" for work in trial.config["works"]])

    def _changed(self) -> None:
        before, self._before = self._before, self._slots()
        if self._before != before:
            self._say(f"the cluster has changed: room for {self._before} trials at once, before for {before}")

    def _waits(self, trials: list[str]) -> None:
        if not trials:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > PATIENCE and not self._said:
            self._said = True
            free, whole = there(ray.available_resources()), there(ray.cluster_resources())
            wanted = wish(self._slots.resources)
            self._say(f"trial {trials[0]} waits for {wanted} on a node: {free} are free of {whole}")
