"""Writes the best config of a sweep as a spec file, for the W&B artifact best-config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.results import ResultsError
from sweeps.spec.document.yaml_file import BEST_FILE, read_yaml
from sweeps.tracking.queue import Layout


def write_best(folder: Path) -> None:
    """Write the best config into the sweep's wandb folder; nothing if no trial is done, or all are seeds of one
    config."""
    from sweeps.results.provenance import best_spec
    from sweeps.results.ranking import best_trials_of
    from sweeps.spec.document.writing import write_spec

    place = Layout(folder).best_config
    try:
        ranking = best_trials_of(folder)
    except ResultsError:
        return
    if ranking.sweep.spec.get("seeds"):
        return
    place.mkdir(parents=True, exist_ok=True)
    write_spec(place / BEST_FILE, best_spec(ranking))


def best_lock(folder: Path) -> Mapping[str, Any] | None:
    """The lock of the spec that `write_best` wrote (trial, metric, score, ...); None if it wrote nothing."""
    path = Layout(folder).best_config / BEST_FILE
    return read_yaml(path)["lock"] if path.exists() else None
