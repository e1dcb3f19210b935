"""Builds a sweep's results from rows and trials that were read from another program's files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.folder import in_order, rows_table, trials_table
from analysis.results import CONFIG, MEDIA_COLUMNS, STEP, TRIAL, TRIAL_COLUMNS, SweepResults


def sweep_of(
    path: Path, spec: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], trials: Sequence[Mapping[str, Any]]
) -> SweepResults:
    """A sweep of rows (`trial`, `step`, metrics) and trials (`trial`, `status`, `config/NAME`)."""
    nothing = pd.DataFrame({TRIAL: pd.Series(dtype=str), STEP: pd.Series(dtype=int)})
    table = in_order(rows_table(rows)) if rows else nothing
    written = pd.DataFrame(list(trials))
    written = written.reindex(columns=[*dict.fromkeys([*TRIAL_COLUMNS, *written.columns])])
    configs = {str(trial[TRIAL]): _config(trial) for trial in trials}
    known = trials_table(written, configs, table, spec)
    return SweepResults(path, dict(spec), {}, table, known, pd.DataFrame(columns=MEDIA_COLUMNS), configs=configs)


def _config(trial: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(CONFIG): value for key, value in trial.items() if key.startswith(CONFIG)}


def flat(tree: Mapping[str, Any], separator: str = "/") -> dict[str, Any]:
    """`{"net": {"width": 8}}` as `{"net/width": 8}`; a list becomes its JSON, so that a cell can hold it."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            found |= {f"{key}{separator}{inner}": item for inner, item in flat(value, separator).items()}
        else:
            found[str(key)] = json.dumps(value) if isinstance(value, list | tuple) else value
    return found
