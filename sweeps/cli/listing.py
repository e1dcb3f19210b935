"""The rows that the listing commands show, as plain data for a table or JSON: sweeps, trials, models, data sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.folder import load, surely_sweep
from analysis.formatting import dataset_of, model_of
from analysis.results import (
    CONTINUES,
    EVIDENCE,
    FIGURES_FOLDER,
    FINDINGS,
    MARKS,
    MEDIA_FOLDER,
    OUTPUT_FILES,
    PROGRAMS_FOLDER,
    REPLICATES,
    SEED,
    STATUSES,
    VERDICT,
    ResultsError,
    SweepResults,
    continued,
    trial_name,
)
from search_spaces import SPACES
from sweeps.results.table_rows import TableRow, beside, plain
from sweeps.spec import load_spec
from trainables import MODELS, find_model
from trainables.data import DATASETS

OF_A_SWEEP = frozenset({"ray", MEDIA_FOLDER, "wandb", FIGURES_FOLDER})  # folders of a sweep, with many files


def sweeps_below(root: Path) -> list[TableRow]:
    """One row a sweep: folder, model, dataset and how many trials are in each state."""
    if not root.is_dir():
        raise ResultsError(f"{root} is no folder; 'sweeps run MODEL' makes sweeps below sweep-results/")
    return [_sweep(folder) for folder in sorted(_folders_below(root))]


def _folders_below(root: Path) -> Iterator[Path]:
    """The folders of sweeps, without those in hidden folders or among a sweep's own files."""
    for place, below, files in os.walk(root):
        found = not set(MARKS).isdisjoint(files) and surely_sweep(Path(place))
        if found:
            yield Path(place)
        below[:] = [name for name in below if not name.startswith(".") and not (found and name in OF_A_SWEEP)]


def _sweep(folder: Path) -> TableRow:
    """A sweep's row: how many trials have each status; for an unreadable folder the reason, as `damage`."""
    try:
        sweep = load(folder)
    except (ResultsError, OSError) as error:
        return {"sweep": str(folder), "damage": str(error)}
    counts = sweep.trials["status"].value_counts()
    states = {status: int(counts.get(status, 0)) for status in STATUSES}
    damage = {"damage": "; ".join(sweep.damage)} if sweep.damage else {}
    return {"sweep": str(folder), "model": model_of(sweep), "dataset": dataset_of(sweep), **states, **damage}


def trials_of(sweep: SweepResults, *, in_words: bool = False) -> list[TableRow]:
    """One row a trial: how it ended, its best objective, the last verdict and its config.

    A null of a config is None, or "null" `in_words`; a parameter with no part in it is not in the row.
    """
    judged = bool(sweep.trials[VERDICT].any())
    null = "null" if in_words else None
    configs = {t: {n: null if v is None else v for n, v in config.items()} for t, config in sweep.configs.items()}
    return [beside(_trial(row, sweep, judged), configs.get(row["trial"], {})) for _, row in sweep.trials.iterrows()]


def trial_of(sweep: SweepResults, trial: str, *, in_words: bool = False) -> TableRow:
    """The row of one trial, by its name or number; ResultsError if there is none."""
    name = trial_name(trial)
    found = [row for row in trials_of(sweep, in_words=in_words) if row["trial"] == name]
    if not found:
        there = sweep.trials["trial"]
        valid = f"{there.iloc[0]} to {there.iloc[-1]}" if len(there) else "none yet"
        raise ResultsError(f"{sweep.folder}: there is no trial {name}; valid: {valid}")
    return found[0]


def output_of(folder: Path, trial: str) -> dict[str, str]:
    """What a trial printed, if it is a program, and the traceback of one that failed, by the names of the files."""
    name = trial_name(trial)
    files = [folder / PROGRAMS_FOLDER / name / file for file in OUTPUT_FILES]
    there = [path for path in (*files, folder / "ray" / f"{name}.traceback.txt") if path.is_file()]
    return {path.name: text for path in there if (text := path.read_text(errors="replace").rstrip())}


def _trial(row: pd.Series[Any], sweep: SweepResults, judged: bool) -> TableRow:
    metric, *others = sweep.goals
    shown = {name: plain(row[name]) for name in ("trial", "status", "reason", "steps", "seconds")}
    found = {name: plain(sweep.values(name)[row["trial"]]) for name in others}
    best = {metric: plain(row.get(f"best/{metric}")), **found, "best_step": plain(row.get("best_step"))}
    words = {name: plain(row[name]) for name in (VERDICT, FINDINGS, EVIDENCE)} if judged else {}
    before, of = continued(row.get(CONTINUES)), continued(row.get(REPLICATES))
    again = {REPLICATES: of, SEED: int(row[SEED])} if of else {}
    return {**shown, **best, **words, **({CONTINUES: before} if before else {}), **again}


def models() -> list[TableRow]:
    rows = []
    for name, entry in MODELS.items():
        summary = entry.what or (entry.cls.__doc__ or "").strip().splitlines()[0]
        takes = "images" if entry.points is None else "images, points"
        rows.append(
            {"model": name, "kind": entry.kind, "takes": takes, "parameters": len(SPACES[name]), "what": summary}
        )
    return rows


def datasets() -> list[TableRow]:
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


def space(model: str) -> list[TableRow]:
    """One row a parameter that is searched: its values or range, condition and default; of a class without a space of
    its own one row a parameter that it takes."""
    entry = find_model(model, [Path.cwd()])
    defaults = entry.defaults()
    if model not in SPACES and not entry.space and entry.config is not None:
        return [{"parameter": each.name, "default": defaults.get(each.name)} for each in fields(entry.config)]
    document = load_spec(model).document()
    return [
        {"parameter": n, **p, "default": defaults.get(n)} for n, p in document["parameters"].items() if "value" not in p
    ]
