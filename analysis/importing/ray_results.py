"""Imports the folder of any Ray Tune experiment as a sweep. Only its JSON is read, never a pickle.

An experiment holds a folder a trial (`params.json`, `result.json` with a line a report or else the same as
`progress.csv`, `error.txt` of one that failed) and `experiment_state-*.json`, which has every trial's status and the
metric's name, but not its goal. That a scheduler ended a trial early is not written down: such a trial counts as done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.importing.foreign import flat, sweep_of
from analysis.results import (
    CONFIG,
    DONE,
    FAILED,
    REASON,
    RUNNING,
    SECONDS,
    STATUS,
    STEP,
    TRIAL,
    ResultsError,
    SweepResults,
)
from basics.json_lines import json_lines

RESULT_FILE, PROGRESS_FILE, PARAMS_FILE, ERROR_FILE = "result.json", "progress.csv", "params.json", "error.txt"
STATE_FILES = "experiment_state-*.json"
STATUSES = {"TERMINATED": DONE, "ERROR": FAILED}
# What Ray adds to every report about itself.
BOOKKEEPING = frozenset(
    {
        *("timestamp", "checkpoint_dir_name", "done", "training_iteration", "trial_id", "date", "time_this_iter_s"),
        *("time_total_s", "pid", "hostname", "node_ip", "config", "time_since_restore", "iterations_since_restore"),
        *(
            "experiment_tag",
            "timesteps_since_restore",
            "timesteps_total",
            "episodes_total",
            "experiment_id",
            "warmup_time",
        ),
    }
)


def is_experiment(path: Path) -> bool:
    """Whether Ray Tune wrote this folder (and not a sweep of ours, which has one inside)."""
    return path.is_dir() and (any(path.glob(STATE_FILES)) or any(path.glob(f"*/{PARAMS_FILE}")))


def read(path: Path, spec: Mapping[str, Any]) -> SweepResults:
    """The experiment in `path`; `spec` may name the metric. ResultsError if a file of it is damaged."""
    state = _state(path)
    statuses = {trial["trial_id"]: trial.get("status", "") for trial in map(_decoded, state.get("trial_data", []))}
    folders = sorted(file.parent for file in path.glob(f"*/{PARAMS_FILE}"))
    reports = {folder: list(_reports(folder)) for folder in folders}
    names = {folder: _name(folder, reports[folder], statuses) for folder in folders}
    metric = (state.get("runner_data") or {}).get("_metric")
    return sweep_of(
        path,
        {"name": path.name, **({"metric": {"name": metric}} if metric else {}), **spec},
        [_row(names[folder], report) for folder in folders for report in reports[folder]],
        [_trial(names[folder], folder, statuses.get(names[folder])) for folder in folders],
    )


def _state(path: Path) -> dict[str, Any]:
    """What the newest state file holds."""
    files = sorted(path.glob(STATE_FILES))
    try:
        return dict(json.loads(files[-1].read_text())) if files else {}
    except ValueError:
        raise ResultsError(f"{files[-1]}: damaged, it cannot be read as JSON") from None


def _decoded(entry: Any) -> dict[str, Any]:
    """A trial of the state: JSON in a string, beside its numbers."""
    text = entry[0] if isinstance(entry, list) else entry
    return dict(json.loads(text)) if isinstance(text, str) else dict(text)


def _reports(folder: Path) -> Iterator[dict[str, Any]]:
    """What a trial reported, without lines that are damaged."""
    lines, table = folder / RESULT_FILE, folder / PROGRESS_FILE
    if lines.is_file():
        yield from (line for line in json_lines(lines) if isinstance(line, dict))
    elif table.is_file() and table.stat().st_size:
        for row in pd.read_csv(table, on_bad_lines="skip").to_dict("records"):
            yield {str(key): value for key, value in row.items() if not str(key).startswith(CONFIG)}


def _name(folder: Path, reports: list[dict[str, Any]], statuses: Mapping[str, str]) -> str:
    """The trial's id, as its reports, its folder's name or else only that name say."""
    inside = (str(report["trial_id"]) for report in reports if "trial_id" in report)
    return next(inside, None) or next((name for name in statuses if name in folder.name), folder.name)


def _row(name: str, report: Mapping[str, Any]) -> dict[str, Any]:
    metrics = {key: value for key, value in report.items() if key not in BOOKKEEPING}
    return {TRIAL: name, STEP: int(report["training_iteration"]), SECONDS: report.get("time_total_s"), **flat(metrics)}


def _trial(name: str, folder: Path, status: str | None) -> dict[str, Any]:
    try:
        config = json.loads((folder / PARAMS_FILE).read_text())
    except ValueError:
        raise ResultsError(f"{folder / PARAMS_FILE}: damaged, it cannot be read as JSON") from None
    error = folder / ERROR_FILE
    lines = error.read_text(errors="replace").strip().splitlines() if error.is_file() else []
    ended = STATUSES.get(status, RUNNING) if status else (FAILED if lines else RUNNING)
    reason = lines[-1] if lines and ended == FAILED else ""
    return {TRIAL: name, STATUS: ended, REASON: reason, **{CONFIG + key: value for key, value in flat(config).items()}}
