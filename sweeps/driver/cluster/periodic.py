"""Ray's callbacks that have a look at the cluster now and then, while a sweep runs."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import Any, Self

from ray import tune
from ray.tune.experiment import Trial as RayTrial

OFTEN = 2.0  # seconds between two looks


class PeriodicCallback(tune.Callback):
    """A callback of the one driver there is: no copy of it does anything, see `Lanes.__reduce__`."""

    _looked = 0.0

    def __reduce__(self) -> tuple[type[tune.Callback], tuple[()]]:
        return tune.Callback, ()

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def on_step_begin(self, iteration: int, trials: list[RayTrial], **info: Any) -> None:
        if time.monotonic() - self._looked > OFTEN:
            self._looked = time.monotonic()
            self.look(trials)

    @abstractmethod
    def look(self, trials: list[RayTrial]) -> None:
        """What is done every few seconds; `trials` are Ray's."""
