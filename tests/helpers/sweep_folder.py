"""Builds a sweep's folder by hand, so that analysis is tested without running a sweep."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.results import TRIAL_COLUMNS, SweepResults

# A text that would leave the place it is written to: of HTML, a script, mathematics, a line or a path.
HOSTILE = "</style></td><script>alert('$x_{')</script>\"'&\u2028\n../../x"
CLASSIFIER_SPEC: dict[str, Any] = {
    "model": "logistic_regression",
    "dataset": "digits",
    "method": "bayes",
    "metric": {"name": "val/accuracy", "goal": "maximize"},
    "run_cap": 30,
    "parameters": {
        "C": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e3},
        "penalty": {"values": ["l1", "l2", "none"]},
        "l1_ratio": {"min": 0.0, "max": 1.0, "when": {"penalty": ["l1"]}},
        "max_iter": {"value": 500},
    },
}


@dataclass
class FakeTrial:
    """One trial: its config, what it reported at steps 1, 2, ..., how it ended, and other cells of trials.csv.

    `media` are PNGs by name, as of the last step or a list of one for each step.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: Sequence[Mapping[str, Any]] = ()
    status: str = "done"
    reason: str = ""
    media: Mapping[str, bytes | Sequence[bytes]] = field(default_factory=dict)
    cells: Mapping[str, Any] = field(default_factory=dict)


def sweep_of(
    trials: pd.DataFrame | None = None, rows: pd.DataFrame | None = None, spec: Mapping[str, Any] | None = None
) -> SweepResults:
    """A sweep of these tables, with no folder behind it."""
    nothing = pd.DataFrame({name: [] for name in (*TRIAL_COLUMNS, "step", "name", "path")})
    tables = (nothing[["trial", "step"]] if rows is None else rows, nothing if trials is None else trials)
    return SweepResults(Path("nowhere"), dict(spec or {}), {}, *tables, nothing)


def build_sweep(
    folder: Path,
    trials: Sequence[FakeTrial],
    spec: Mapping[str, Any] = CLASSIFIER_SPEC,
    *,
    table: bool = True,
    data: Mapping[str, Any] | None = None,
) -> Path:
    """Write `folder` as a sweep would have (without trials.csv unless `table`) and return it.

    `data` is what the manifest says of the data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yaml").write_text(yaml.safe_dump(dict(spec), sort_keys=False))
    (folder / "manifest.json").write_text(json.dumps({"seed": 0} | ({"data": dict(data)} if data else {})))
    lines = [row for number, trial in enumerate(trials) for row in _rows(f"{number:04d}", trial)]
    (folder / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for number, trial in enumerate(trials):
        _write_media(folder / "media" / f"{number:04d}", trial)
    if table:
        _write_table(folder / "trials.csv", trials)
    return folder


def _rows(name: str, trial: FakeTrial) -> list[dict[str, Any]]:
    return [
        {"trial": name, "step": step, "seconds": 0.5 * step, **{k: _finite(v) for k, v in metrics.items()}}
        for step, metrics in enumerate(trial.metrics, start=1)
    ]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_media(folder: Path, trial: FakeTrial) -> None:
    last = len(trial.metrics)
    for name, content in trial.media.items():
        folder.mkdir(parents=True, exist_ok=True)
        versions = {last: content} if isinstance(content, bytes) else dict(enumerate(content, start=1))
        for step, png in versions.items():
            (folder / f"{step:06d}_{name}.png").write_bytes(png)


def _write_table(path: Path, trials: Sequence[FakeTrial]) -> None:
    lines = [
        {"trial": f"{number:04d}", "status": trial.status, "reason": trial.reason, "steps": len(trial.metrics)}
        | {"seconds": 0.5 * len(trial.metrics), "device": "cpu"}
        | {f"config/{name}": value for name, value in trial.config.items()}
        | dict(trial.cells)
        for number, trial in enumerate(trials)
    ]
    names = list(dict.fromkeys(name for line in lines for name in line)) or ["trial", "status"]
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, names, restval="")
        writer.writeheader()
        writer.writerows(lines)
