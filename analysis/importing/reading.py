"""Reads results of any kind by path: a sweep's folder, a Ray Tune experiment, or an export of W&B."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis import folder
from analysis.importing import ray_results, wandb_export
from analysis.metrics import Goal
from analysis.results import CONFIG, STATUS, STEP, TRIAL, ResultsError, SweepResults, main_metrics, sorted_by_trial


def read(path: str | Path, *, metric: str | None = None, goal: Goal | None = None) -> SweepResults:
    """The sweep at `path`: a folder of ours, a Ray Tune experiment's folder, or a file or folder exported from W&B.

    Of the last two neither says which way a metric is better: `metric` and `goal` do, if it is none that we know.
    They also choose another objective for a sweep of ours. ResultsError, in one line, for anything else.
    """
    path = Path(path)
    wanted = {} if metric is None else {"metric": {"name": metric} | ({"goal": goal} if goal else {})}
    if not folder.is_sweep(path):
        if ray_results.is_experiment(path):
            return ray_results.read(path, wanted)
        if (exported := wandb_export.read(path, wanted)) is not None:
            return exported
        _complain(path)
    return folder.load(path, wanted)


def read_ranked(path: str | Path, *, metric: str | None = None, goal: Goal | None = None) -> SweepResults:
    """`read` for what ranks trials: ResultsError where neither the results of others nor `metric` say by what."""
    sweep = read(path, metric=metric, goal=goal)
    if not folder.is_sweep(Path(path)) and sweep.objective not in sweep.rows:
        there = ", ".join(main_metrics(sweep.rows)) or "none"
        what = f"no trial has {metric}" if metric else "these results do not say which metric counts"
        raise ResultsError(f"{path}: {what}; say it with --metric, of those there are: {there}")
    return sweep


def load(path: str | Path) -> pd.DataFrame:
    """A tidy table of the results at `path`, see `read`: a row for each trial and step, a column for each variable.

    Columns are `trial`, `step` (missing for a trial that never got to one), `status`, the metrics, and each parameter
    as `config/NAME`.
    """
    sweep = read(path)
    configs = [name for name in map(str, sweep.trials) if name.startswith(CONFIG)]
    known = sweep.trials[[TRIAL, STATUS, *configs]]
    table = sweep.rows.merge(known, on=TRIAL, how="outer").astype({STEP: "Int64"})
    metrics = [name for name in map(str, sweep.rows) if name not in (TRIAL, STEP)]
    return sorted_by_trial(table, STEP)[[TRIAL, STEP, STATUS, *metrics, *configs]]


def _complain(path: Path) -> None:
    """Of what may well have been meant for results."""
    if path.is_file():
        raise ResultsError(f"{path}: nothing that W&B exports; valid: {wandb_export.VALID}")
    inside = next((one for one in sorted(path.glob("*/")) if ray_results.is_experiment(one)), None)
    if inside is not None:
        raise ResultsError(f"{path}: holds experiments of Ray Tune; give one of them, such as {inside}")


__all__ = ["ResultsError", "load", "read", "read_ranked"]
