"""Logs the W&B artifacts of a sweep: its best config, its best model, and the final model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wandb

from sweeps.store.sweep_folder import MODELS
from sweeps.tracking.best import best_lock
from sweeps.tracking.feed.runs import SWEEP, Runs
from sweeps.tracking.feed.trial_history import TrialHistories
from sweeps.tracking.feed.wandb_run import OpenRun
from sweeps.tracking.queue import Layout
from sweeps.tracking.settings import FeedSettings

CONFIG, MODEL, FINAL = "best-config", "best-model", "final-model"


def log_artifacts(folder: Path, settings: FeedSettings, histories: TrialHistories, runs: Runs) -> dict[str, Any]:
    """Log a new version of each artifact from the run of the best trial; what the sweep's summary says of the best.

    From the sweep's run where that is a program's own, which is over and not ours to add to.
    """
    lock = best_lock(folder)
    if lock is None:
        return {}
    best, score = str(lock["trial"]), {str(lock["metric"]): lock["score"]}
    is_own = runs.has_own(best)
    opened = runs.opened(SWEEP) if is_own else runs.opened(best)
    about = {"trial": best, "sweep": settings.sweep_id, "model": settings.model, "dataset": settings.dataset}
    metadata = {**about, **score, "config": dict(histories[best].config)}
    _log(opened, CONFIG, Layout(folder).best_config, metadata, settings)
    _log(opened, MODEL, folder / MODELS / best, metadata, settings)
    run = {} if opened.run.offline or is_own else {"best/run": opened.run.url}
    if not is_own:
        runs.finish(best)
    return {"best/trial": best, **{f"best/{name}": value for name, value in score.items()}, **_over_seeds(lock), **run}


def _over_seeds(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Of a best trial that was run again: over how many seeds its score is the mean, the ends of its interval, and what
    it was on the seed that chose it."""
    if "over_seeds" not in lock:
        return {}
    low, high = lock.get("interval") or (None, None)
    return {"best/seeds": lock["over_seeds"], "best/low": low, "best/high": high, "best/first_seed": lock["first_seed"]}


def log_final_model(folder: Path, settings: FeedSettings, histories: TrialHistories, opened: OpenRun) -> None:
    """Log the model of a final training, with its card, once it has been tested."""
    if histories.model:
        about = {"sweep": settings.sweep_id, "model": settings.model, "dataset": settings.dataset}
        _log(opened, FINAL, folder / histories.model, {**about, **histories.tested}, settings)


def _log(opened: OpenRun, name: str, files: Path, metadata: Mapping[str, Any], settings: FeedSettings) -> None:
    """Log what lies below `files`, if anything does, as the latest version."""
    paths = [path for path in sorted(files.glob("**/*")) if path.is_file()]
    if not paths:
        return
    artifact = wandb.Artifact(name, type=name.partition("-")[2], metadata=dict(metadata))
    for path in paths:
        # Not copied and not cached: the folder keeps these files, and nobody changes them.
        artifact.add_file(str(path), name=str(path.relative_to(files)), policy="immutable", skip_cache=True)
    opened.run.log_artifact(artifact, aliases=["latest", re.sub(r"[^\w.-]+", "-", settings.name)])
