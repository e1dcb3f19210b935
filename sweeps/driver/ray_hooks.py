"""The hooks through which Ray Tune runs a sweep: a searcher, a callback that sends checkpoints, and a scheduler.

Ray runs, we decide: a Ray trial never reports itself done, so that every ending takes the one way through
`Sweep`. A trial whose worker dies is handed out again from its checkpoint as new work, the way a resumed
sweep would.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import ray
from ray import tune
from ray.exceptions import RayError
from ray.tune.experiment import Trial as RayTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from sweeps.driver.cluster.ray_internals import actor_of, failure_log
from sweeps.driver.cluster.worker_deaths import of_node, worker_death
from sweeps.driver.sweep import Sweep
from sweeps.worker.messages import Attachment, Report

logger = logging.getLogger(__name__)


class WorkSearcher(Searcher):
    """Ray's searcher: hands out the sweep's next piece of work whenever a slot of the cluster is free.

    No more than that: a config drawn earlier would be drawn blind to the results in between.
    """

    def __init__(self, sweep: Sweep, slots: Callable[[], int]) -> None:
        super().__init__()
        self._sweep, self._slots = sweep, slots
        self._running: set[str] = set()

    def suggest(self, trial_id: str) -> Any:
        if len(self._running) >= self._slots():
            return None
        work = self._sweep.next()
        if work is not None:
            self._running.add(trial_id)
            return {"works": [work]}
        return Searcher.FINISHED if self._sweep.over else None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """A slot is free; the sweep was told how the trial ended when the report came in."""
        self._running.discard(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal and the folder are the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""


class StateSender(tune.Callback):
    """Ray's callback: sends a resumed trial its checkpoint, once its worker is up and before its first step.

    By way of the config it would come back with every result and lie in Ray's experiment state.
    """

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def on_trial_start(self, iteration: int, trials: list[RayTrial], trial: RayTrial, **info: Any) -> None:
        for work in trial.config["works"]:
            state = self._sweep.checkpoint(work.trial) if work.resumed else None
            if state is not None:
                actor_of(trial).resume_from.remote(work.trial, ray.put(state))


class ReportScheduler(FIFOScheduler):
    """Ray's scheduler: passes each report to the sweep, which decides when a trial is over."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sweep = sweep

    def on_trial_result(self, tune_controller: Any, trial: RayTrial, result: dict[str, Any]) -> str:
        attachments = _collect(trial) if result["parcels"] else []
        over = [self._sweep.reported(report, _of(report, attachments)) for report in result["reports"]]
        return str(TrialScheduler.STOP if all(over) else TrialScheduler.CONTINUE)

    def on_trial_error(self, tune_controller: Any, trial: RayTrial) -> None:
        account = failure_log(trial)
        reason = worker_death(account)
        logger.warning("trial %s: %s", trial.trial_id, reason)
        for work in trial.config["works"]:
            self._sweep.lost(work.trial, reason, counts=not of_node(account))


def _of(report: Report, attachments: list[Attachment]) -> list[Attachment]:
    return [attachment for attachment in attachments if attachment.trial == report.trial]


def _collect(trial: RayTrial) -> list[Attachment]:
    """The attachments of a worker's reports, fetched through the object store; none if it died meanwhile."""
    try:
        attachments: list[Attachment] = ray.get(actor_of(trial).collect.remote())
    except RayError:
        logger.exception("trial %s: its worker died before it handed over its files", trial.trial_id)
        return []
    return attachments
