"""The hooks through which Ray Tune runs the lanes of a sweep: a searcher, a scheduler, a callback and a stopper.

Ray runs, we decide: a Ray trial is a worker, not a trial of ours, and never reports itself done, so that every ending
takes the one way through `Sweep`. A trial whose worker dies is handed out again from its checkpoint as new work, the
way a resumed sweep would.
"""

from __future__ import annotations

import logging
from typing import Any

from ray import tune
from ray.tune.experiment import Trial as RayTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from sweeps.driver.cluster.lost_nodes import LostNodes
from sweeps.driver.cluster.ray_internals import actor_of, failure_log
from sweeps.driver.cluster.worker_deaths import of_node, worker_death
from sweeps.driver.lanes import Lanes

logger = logging.getLogger(__name__)


class LaneSearcher(Searcher):
    """Ray's searcher: asks for a worker for each slot that is free, as long as there is work for it."""

    def __init__(self, lanes: Lanes) -> None:
        super().__init__()
        self._lanes = lanes

    def suggest(self, trial_id: str) -> Any:
        if self._lanes.over:
            return Searcher.FINISHED
        return {} if self._lanes.open(trial_id) else None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        self._lanes.closed(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal and the folder are the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""


class LaneCallback(tune.Callback):
    """Ray's callback: a worker that is up gets its first work, what was written meanwhile is told, and what other
    processes ask for is heard."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def on_step_begin(self, iteration: int, trials: list[RayTrial], **info: Any) -> None:
        self._lanes.settle()
        self._lanes.listen()

    def on_trial_start(self, iteration: int, trials: list[RayTrial], trial: RayTrial, **info: Any) -> None:
        self._lanes.started(trial.trial_id, actor_of(trial))


class LaneScheduler(FIFOScheduler):
    """Ray's scheduler: passes on each report, which is answered with more work, or with the end of the worker."""

    def __init__(self, lanes: Lanes, lost_nodes: LostNodes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._lanes, self._lost_nodes = lanes, lost_nodes

    def on_trial_result(self, tune_controller: Any, trial: RayTrial, result: dict[str, Any]) -> str:
        goes_on = self._lanes.reported(trial.trial_id, result["reports"], result["attachments"])
        return str(TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP)

    def on_trial_error(self, tune_controller: Any, trial: RayTrial) -> None:
        account = failure_log(trial)
        reason = worker_death(account)
        lane = self._lanes.died(trial.trial_id, reason, counts=not of_node(account))
        logger.warning("worker of %s: %s", ", ".join(sorted(lane.trials)) or "no trial", reason)
        if lane.node is not None and not of_node(account):
            self._lost_nodes.suspect(lane.trials, lane.node)


class SweepOver(tune.Stopper):
    """Ray's stopper: when nothing is left, workers that are still starting need not be waited for."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self._lanes.over
