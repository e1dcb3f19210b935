"""Ray Tune's part: it runs the lanes of a sweep until that is over. Importing this takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ray import tune

from sweeps.driver.cluster.lost_nodes import LostNodes
from sweeps.driver.cluster.pending_workers import PendingWorkerNotifier
from sweeps.driver.cluster.ray_internals import count_no_callbacks
from sweeps.driver.cluster.silent_workers import TrialTimeout
from sweeps.driver.cluster.slots import Slots
from sweeps.driver.cluster.worker_output import bring_output
from sweeps.driver.lanes import Lanes
from sweeps.driver.ray_hooks import LaneCallback, LaneScheduler, LaneSearcher, SweepOver
from sweeps.driver.sweep import Sweep
from sweeps.worker.lane import Lane
from sweeps.worker.program.settings import ProgramSettings
from sweeps.worker.shared import Shared


def fit(
    sweep: Sweep,
    slots: Slots,
    folder: Path,
    shared: Shared | ProgramSettings,
    say: Callable[[str], None],
    listen: Callable[[], None],
    all_started: Callable[[], None],
    trial_timeout: float | None = None,
) -> None:
    """Let Ray Tune run the sweep until it is over or interrupted.

    `shared` is what every worker is given; `listen` is called again and again meanwhile, and `all_started`, perhaps
    often, when no trial is left to start. `trial_timeout`: seconds without a report after which a trial has failed.
    """
    resources = {"cpu": slots.resources.cpu, "gpu": slots.resources.gpu}
    log = folder / "ray" / "workers.log"
    # What the workers of a private Ray printed is gathered at its end, from the folder they all write to.
    after_death = partial(bring_output, log=log) if slots.may_grow else lambda place: None
    lanes = Lanes(sweep, slots, all_started=all_started, after_death=after_death, listen=listen)
    lost_nodes = LostNodes(sweep.forgive)
    timeouts = [TrialTimeout(trial_timeout, lanes.passed)] if trial_timeout is not None else []
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(Lane, shared=shared), resources),
        tune_config=tune.TuneConfig(
            search_alg=LaneSearcher(lanes),
            scheduler=LaneScheduler(lanes, lost_nodes),
            num_samples=-1,
            trial_dirname_creator=lambda trial: str(trial.trial_id),
        ),
        run_config=tune.RunConfig(
            storage_path=str((folder / "ray").resolve()),
            name="tune",
            verbose=0,
            stop=SweepOver(lanes),
            callbacks=[LaneCallback(lanes), PendingWorkerNotifier(slots, say), lost_nodes, *timeouts],
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),  # ours are sent as attachments
        ),
    )
    count_no_callbacks()
    try:
        tuner.fit()
    finally:
        lanes.close()
