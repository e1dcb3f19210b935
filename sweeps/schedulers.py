"""Ray Tune's two hooks, bound to our sweep: one asks for work, the other files what came back and stops trials.

Ray runs, we decide: a Ray trial never reports itself done, so that every ending takes the one way through
`Sweep`. A trial whose worker dies is handed out again from its checkpoint as new work, the way a resumed
sweep would.
"""

from __future__ import annotations

import logging
from typing import Any

import ray
from ray.exceptions import RayError
from ray.tune.experiment import Trial as RayTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from sweeps.sweep import Sweep
from sweeps.trial import Parcel, Report

logger = logging.getLogger(__name__)


class WorkSearcher(Searcher):
    """Hands the sweep's next piece of work to Ray whenever a slot is free."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()
        self._sweep = sweep

    def suggest(self, trial_id: str) -> Any:
        work = self._sweep.next()
        if work is not None:
            return {"works": [work]}
        return Searcher.FINISHED if self._sweep.over else None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Nothing: the sweep was told when the report came in."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal and the folder are the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: see `save`."""


class ReportScheduler(FIFOScheduler):
    """Files each report with the sweep, which says when a trial is over."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sweep = sweep

    def on_trial_result(self, tune_controller: Any, trial: RayTrial, result: dict[str, Any]) -> str:
        parcels = _collect(trial) if result["parcels"] else []
        over = [self._sweep.reported(report, _of(report, parcels)) for report in result["reports"]]
        return str(TrialScheduler.STOP if all(over) else TrialScheduler.CONTINUE)

    def on_trial_error(self, tune_controller: Any, trial: RayTrial) -> None:
        error = trial.get_error()
        reason = str(error).strip().splitlines()[0] if error else "no reason given"
        for work in trial.config["works"]:
            self._sweep.lost(work.trial, reason)


def _of(report: Report, parcels: list[Parcel]) -> list[Parcel]:
    return [parcel for parcel in parcels if parcel.trial == report.trial]


def _collect(trial: RayTrial) -> list[Parcel]:
    """The bytes a worker has made, fetched through the object store; none if it died meanwhile."""
    actor: Any = trial.temporary_state.ray_actor
    try:
        parcels: list[Parcel] = ray.get(actor.collect.remote())
    except RayError:
        logger.exception("trial %s: its worker died before it handed over its files", trial.trial_id)
        return []
    return parcels
