"""The artifacts of a sweep: its best config and its best model, outputs of the run of the trial that made them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import wandb

from analysis.results import Sweep
from sweeps.store import MODELS
from sweeps.tracking.queue import Layout
from sweeps.tracking.runs import Runs
from sweeps.tracking.settings import FeedSettings
from sweeps.tracking.story import Stories

CONFIG, MODEL = "best-config", "best-model"


def log_artifacts(folder: Path, settings: FeedSettings, sweep: Sweep, stories: Stories, runs: Runs) -> dict[str, Any]:
    """Log a new version of each artifact from the run of the best trial; what the sweep's summary says of the best."""
    best = sweep.best
    if best is None or stories[best].status != "done":
        return {}
    opened = runs.opened(best)
    metadata: dict[str, Any] = {
        "trial": best,
        "sweep": settings.sweep_id,
        "model": settings.model,
        "dataset": settings.dataset,
    }
    metadata |= {sweep.objective: sweep.score(best), "config": dict(stories[best].config)}
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
    return {"best/trial": best, f"best/{sweep.objective}": sweep.score(best), **run}
