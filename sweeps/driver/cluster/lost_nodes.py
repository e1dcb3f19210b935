"""Workers that died with their whole node: no fault of their trials, though Ray knows of it only later."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

import ray
from ray.tune.experiment import Trial as RayTrial

from sweeps.driver.cluster.periodic import PeriodicCallback

logger = logging.getLogger(__name__)

KNOWN_WITHIN = 60.0  # seconds; Ray takes some fifteen to find that a node is dead


class LostNodes(PeriodicCallback):
    """A callback that has a restart forgiven when it is known that the trial's node was lost.

    A worker whose node is gone is first merely out of reach, as one is that crashed: so its restart counts, and a trial
    that ends its workers cannot go on for ever, until the node is found dead.
    """

    def __init__(self, forgive: Callable[[str], None]) -> None:
        self._forgive = forgive
        self._suspected: list[tuple[float, str, str]] = []  # when the worker was lost, our trial, its node

    def suspect(self, trials: Iterable[str], node: str) -> None:
        """The worker of these trials died; perhaps because its node was lost."""
        self._suspected += [(time.monotonic(), trial, node) for trial in trials]

    def look(self, trials: list[RayTrial]) -> None:
        if not self._suspected:
            return
        dead = {node["NodeID"] for node in ray.nodes() if not node["Alive"]}
        for _, trial, node in self._suspected:
            if node in dead:
                logger.warning("trial %s: the node it ran on was lost, so that its restart does not count", trial)
                self._forgive(trial)
        oldest = time.monotonic() - KNOWN_WITHIN
        self._suspected = [found for found in self._suspected if found[2] not in dead and found[0] > oldest]
