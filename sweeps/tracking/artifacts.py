"""The artifacts of a sweep: its best config and its best model, outputs of the run of the trial that made them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import wandb

from sweeps.store import MODELS
from sweeps.tracking.best import best_lock
from sweeps.tracking.queue import Layout
from sweeps.tracking.runs import Runs
from sweeps.tracking.settings import FeedSettings
from sweeps.tracking.story import Stories

CONFIG, MODEL = "best-config", "best-model"


def log_artifacts(folder: Path, settings: FeedSettings, stories: Stories, runs: Runs) -> dict[str, Any]:
    """Log a new version of each artifact from the run of the best trial; what the sweep's summary says of the best."""
    lock = best_lock(folder)
    if lock is None:
        return {}
    best, score = str(lock["trial"]), {str(lock["metric"]): lock["score"]}
    opened = runs.opened(best)
    about = {"trial": best, "sweep": settings.sweep_id, "model": settings.model, "dataset": settings.dataset}
    metadata = {**about, **score, "config": dict(stories[best].config)}
    for name, files in ((CONFIG, Layout(folder).best_config), (MODEL, folder / MODELS / best)):
        paths = [path for path in sorted(files.glob("**/*")) if path.is_file()]
        if paths:
            artifact = wandb.Artifact(name, type=name.removeprefix("best-"), metadata=metadata)
            for path in paths:
                # Not copied and not cached: the folder keeps these files, and nobody changes them.
                artifact.add_file(str(path), name=str(path.relative_to(files)), policy="immutable", skip_cache=True)
            opened.run.log_artifact(artifact, aliases=["latest", re.sub(r"[^\w.-]+", "-", settings.name)])
    run = {} if opened.run.offline else {"best/run": opened.run.url}
    runs.finish(best)
    return {"best/trial": best, **{f"best/{name}": value for name, value in score.items()}, **run}
