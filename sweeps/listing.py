"""What the listing commands show: rows of plain data, the same for a table and for JSON."""

from __future__ import annotations

import difflib
import math
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.metrics import goal_of
from analysis.results import ResultsError, load
from search_spaces import SPACES
from sweeps.spec import load_spec
from sweeps.spec.resolved import Spec
from trainables import MODELS, find_model
from trainables.data import DATASETS

Row = dict[str, Any]


def sweeps_below(root: Path) -> list[Row]:
    """One row a sweep: folder, model, dataset and how many trials are in each state."""
    if not root.is_dir():
        raise ResultsError(f"{root} is no folder; 'sweeps run MODEL' makes sweeps below sweep-results/")
    folders = sorted(path.parent for path in root.glob("**/spec.yaml") if (path.parent / "results.jsonl").exists())
    return [_sweep(folder) for folder in folders]


def _sweep(folder: Path) -> Row:
    sweep = load(folder)
    counts = sweep.trials["status"].value_counts()
    states = {status: int(counts.get(status, 0)) for status in ("done", "stopped", "failed", "running")}
    return {"sweep": str(folder), "model": sweep.spec["model"], "dataset": sweep.spec["dataset"], **states}


def trials_of(folder: Path) -> list[Row]:
    """One row a trial: how it ended, its best objective and its config."""
    sweep = load(folder)
    return [_trial(row, sweep.spec["metric"]["name"]) for _, row in sweep.trials.iterrows()]


def _trial(row: pd.Series[Any], metric: str) -> Row:
    config = _config(row)
    shown = {name: _plain(row[name]) for name in ("trial", "status", "reason", "steps", "seconds")}
    return {**shown, metric: _plain(row.get(f"best/{metric}")), "best_step": _plain(row.get("best_step")), **config}


def _config(row: pd.Series[Any]) -> Row:
    names = [str(name) for name in row.index if str(name).startswith("config/")]
    return {name.removeprefix("config/"): _plain(row[name]) for name in names}


def best_of(folder: Path, metric: str | None, top: int) -> list[Row]:
    """The best trials that are done, best first."""
    name, ranked = _ranked(folder, metric)
    return [{k: v for k, v in _trial(row, name).items() if v is not None} for _, row in ranked.head(top).iterrows()]


def best_spec(folder: Path, metric: str | None) -> Spec:
    """The best trial's config as a spec of one trial."""
    _, ranked = _ranked(folder, metric)
    spec = load_spec(folder / "spec.yaml")
    config = _config(ranked.iloc[0])
    document = spec.document()
    # The table writes a null that was chosen as the word; an empty cell is a parameter with no part in the config.
    values = {name: None if value == "null" else value for name, value in config.items() if value is not None}
    document["parameters"] = {name: {"value": value} for name, value in values.items()}
    document |= {"method": "random", "run_cap": 1}
    document.pop("early_terminate", None)
    return load_spec(document)


def _ranked(folder: Path, metric: str | None) -> tuple[str, pd.DataFrame]:
    sweep = load(folder)
    name = metric or str(sweep.spec["metric"]["name"])
    column, goal = f"best/{name}", _goal(sweep.spec, name)
    known = [str(c).removeprefix("best/") for c in sweep.trials.columns if str(c).startswith("best/")]
    if column not in sweep.trials or goal is None:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ResultsError(
            f"{folder}: no trial has a metric {name} to rank by; there are {', '.join(known) or 'none yet'}{hint}"
        )
    done = sweep.trials[(sweep.trials["status"] == "done") & sweep.trials[column].notna()]
    if done.empty:
        raise ResultsError(f"{folder}: no trial is done yet; see 'sweeps show {folder}'")
    return name, done.sort_values(column, ascending=goal == "minimize", kind="stable")


def _goal(spec: Row, metric: str) -> str | None:
    return str(spec["metric"]["goal"]) if metric == spec["metric"]["name"] else goal_of(metric)


def models() -> list[Row]:
    rows = []
    for name, entry in MODELS.items():
        summary = entry.what or (entry.cls.__doc__ or "").strip().splitlines()[0]
        rows.append({"model": name, "kind": entry.kind, "parameters": len(SPACES[name]), "what": summary})
    return rows


def datasets() -> list[Row]:
    return [
        {
            "dataset": name,
            "image": "point" if source.holds_points else "x".join(map(str, source.image_shape)),
            "train": source.train,
            "val": source.val,
            "test": source.test,
            "what": source.description,
        }
        for name, source in DATASETS.items()
    ]


def space(model: str) -> list[Row]:
    """One row a parameter that is searched: its values or range, condition and default."""
    defaults = find_model(model, [Path.cwd()]).defaults()
    document = load_spec(model).document()
    return [
        {"parameter": n, **p, "default": defaults.get(n)} for n, p in document["parameters"].items() if "value" not in p
    ]


def _plain(value: Any) -> Any:
    """A table cell as a plain Python value; None for an empty one."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "":
        return None
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
