"""Imports exports of Weights & Biases as a sweep: tables of runs and of histories in CSV, JSON or JSON lines.

- Runs: the table of a project's page, or what the API gives, a run a row: `name` or `id`, `state`, `config` and
  `summary` (as JSON or as Python prints them, which is the CSV of W&B's own guide).
- Histories: `run.history()` or `runs.histories()` (`_step`, `_runtime`, metrics; `run_id` or else the file's name says
  whose), or the data of a chart, which has a column `RUN - METRIC` for each run.

The table of a page has the columns that its reader had chosen; without State its runs are taken as finished. It does
not say which columns are parameters: those are that are not the page's own, that no history
has, and whose names neither begin with `_`, have a slash, nor are a metric's that we know.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analysis.importing import wandb_chart
from analysis.importing.foreign import flat, sweep_of
from analysis.metrics import goal_of
from analysis.ranking import trial_order
from analysis.results import (
    CONFIG,
    DONE,
    FAILED,
    REASON,
    RUNNING,
    SECONDS,
    STATUS,
    STEP,
    STOPPED,
    TRIAL,
    ResultsError,
    SweepResults,
)

Record = dict[str, Any]
Kind = Literal["runs", "page", "history", "chart"]

VALID = "a table of runs (Name, or config and summary), a history (_step) or a chart's data (RUN - METRIC)"
INDEX = re.compile(r"Unnamed: \d+")  # the column without a name that pandas writes first
EXPORT = "wandb_export"  # how W&B's page begins the names of the files it exports
SUFFIXES = (".csv", ".json", ".jsonl")
STATES = {"finished": DONE, "failed": FAILED, "crashed": FAILED, "killed": STOPPED}
OWNERS = ("run_id", "run", "run_name", "name")  # of a row of a history
PAGE_COLUMNS = frozenset(
    {
        *(
            "Name",
            "State",
            "Notes",
            "User",
            "Tags",
            "Created",
            "Updated",
            "Runtime",
            "Sweep",
            "ID",
            "Group",
            "Job Type",
        ),
        *("End Time", "Start Time", "Heartbeat", "Host", "Hostname", "Description", "Commit", "GitHub", "OS", "Agent"),
    }
)


@dataclass(frozen=True)
class ExportedRun:
    """A run of an export; `label` is its unique name, which becomes the trial's."""

    label: str
    id: str
    state: str
    config: Record
    summary: Record


def read(path: Path, spec: Mapping[str, Any]) -> SweepResults | None:
    """The runs in a file or in the files at the top of a folder, None if there are no such tables.

    `spec` may name the metric. ResultsError if a file is damaged.
    """
    tables = [
        (file, records, _kind(records, file.stem.startswith(EXPORT) or file == path)) for file, records in _tables(path)
    ]
    if not any(kind for _, _, kind in tables):
        return None
    history = [row for file, records, kind in tables for row in _history(file, records, kind)]
    measured = frozenset(key for row in history for key in row)
    runs = _labelled([run for file, records, kind in tables for run in _runs(file, records, kind, measured)])
    labels = {run.id: run.label for run in runs if run.id}
    rows = _joined({**row, TRIAL: labels.get(row[TRIAL], row[TRIAL])} for row in history)
    known = {row[TRIAL] for row in rows}
    rows += [_last(run) for run in runs if run.label not in known and run.summary]
    strays = sorted(known - {run.label for run in runs}, key=trial_order)
    trials = [_trial(run) for run in runs] + [{TRIAL: label, STATUS: DONE} for label in strays]
    return sweep_of(path, {"name": path.stem, **spec}, rows, trials)


def _tables(path: Path) -> Iterator[tuple[Path, list[Record]]]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if file.suffix in SUFFIXES and file.is_file():
            yield file, _records(file)


def _records(file: Path) -> list[Record]:
    """The rows of a file; histories by run in one JSON object are rows that say whose they are."""
    try:
        if file.suffix == ".csv":
            return _lines(pd.read_csv(file, keep_default_na=False, na_values=["", "NaN", "nan"]))
        text = file.read_text(encoding="utf-8-sig")
        lines = [line for line in text.splitlines() if line.strip()]
        found = [json.loads(line) for line in lines] if file.suffix == ".jsonl" else json.loads(text)
    except (ValueError, OSError) as error:
        raise ResultsError(f"{file}: damaged, it cannot be read ({' '.join(str(error).split())})") from None
    if isinstance(found, dict) and all(isinstance(rows, list) for rows in found.values()):
        found = [{"run": run, **row} for run, rows in found.items() for row in rows if isinstance(row, dict)]
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _lines(table: pd.DataFrame) -> list[Record]:
    """The rows of a table, each without its empty cells."""
    table = table[[name for name in table if not INDEX.fullmatch(str(name))]]
    return [{str(k): v for k, v in row.items() if not _is_nothing(v)} for row in table.to_dict("records")]


def _kind(records: Sequence[Record], alone: bool) -> Kind | None:
    """What a table is by its columns; None if it is nothing of W&B's.

    The table of a page has the columns that its reader had chosen, which need not be more than Name: `alone` says that
    it was asked for, and does not merely lie in the folder.
    """
    keys = {key for record in records[:20] for key in record}
    if {"config", "summary"} <= keys:
        return "runs"
    if "Name" in keys and (alone or keys & PAGE_COLUMNS - {"Name"}):
        return "page"
    if "_step" in keys:
        return "history"
    return "chart" if wandb_chart.is_chart(records) else None


def _history(file: Path, records: Sequence[Record], kind: Kind | None) -> Iterator[Record]:
    if kind == "chart":
        yield from wandb_chart.rows(file, records)
    for record in records if kind == "history" else ():
        owner = next((str(record[key]) for key in OWNERS if key in record), file.stem)
        metrics = {key: value for key, value in record.items() if not key.startswith("_") and key not in OWNERS}
        yield {TRIAL: owner, STEP: int(record["_step"]), SECONDS: record.get("_runtime"), **flat(metrics, ".")}


def _joined(rows: Iterator[Record]) -> list[Record]:
    """Rows of the same run and step, from several files, as one."""
    joined: dict[tuple[str, int], Record] = {}
    for row in rows:
        joined.setdefault((row[TRIAL], row[STEP]), {}).update(row)
    return list(joined.values())


def _runs(file: Path, records: Sequence[Record], kind: Kind | None, measured: frozenset[str]) -> Iterator[ExportedRun]:
    for number, record in enumerate(records):
        if kind == "runs":
            config, summary = (_dictionary(file, record.get(key)) for key in ("config", "summary"))
            identity = str(record.get("id", ""))
            label = str(record.get("name") or record.get("display_name") or identity or number)
            state = str(record.get("state", "finished"))
            yield ExportedRun(label, identity, state, flat(_unwrapped(config), "."), flat(summary, "."))
        elif kind == "page":
            yield _of_page(number, record, measured)


def _of_page(number: int, record: Record, measured: frozenset[str]) -> ExportedRun:
    values = {key: value for key, value in record.items() if key not in PAGE_COLUMNS}
    metrics = {k: v for k, v in values.items() if k in measured or k.startswith("_") or "/" in k or goal_of(k)}
    config = {key: value for key, value in values.items() if key not in metrics}
    seconds = {"_runtime": record["Runtime"]} if "Runtime" in record else {}
    label, identity = str(record.get("Name", number)), str(record.get("ID", ""))
    return ExportedRun(label, identity, str(record.get("State", "finished")), config, seconds | metrics)


def _dictionary(file: Path, value: Any) -> Record:
    """A config or a summary: an object, or its text as JSON or as Python prints it."""
    if isinstance(value, str):
        for parse in (json.loads, lambda text: ast.literal_eval(re.sub(r"\b(nan|inf)\b", "None", text))):
            try:
                value = parse(value)
                break
            except (ValueError, SyntaxError):
                continue
    if not isinstance(value, dict):
        raise ResultsError(f"{file}: a config or summary is no table of names and values: {str(value)[:60]}")
    return value


def _unwrapped(config: Record) -> Record:
    """A config as it was given: W&B's own file wraps each value together with its description."""
    values = {name: value for name, value in config.items() if name != "_wandb"}
    return {name: v["value"] if isinstance(v, dict) and "value" in v else v for name, v in values.items()}


def _labelled(runs: Sequence[ExportedRun]) -> list[ExportedRun]:
    """Runs of one name, as W&B allows, told apart by their ids or else by a number."""
    counts, seen = Counter(run.label for run in runs), Counter[str]()
    labelled = []
    for run in runs:
        seen[run.label] += 1
        label = run.label if counts[run.label] == 1 else run.id or f"{run.label} ({seen[run.label]})"
        labelled.append(ExportedRun(label, run.id, run.state, run.config, run.summary))
    return labelled


def _trial(run: ExportedRun) -> Record:
    status = STATES.get(run.state.lower(), RUNNING)
    reason = run.state.lower() if status in (FAILED, STOPPED) else ""
    return {TRIAL: run.label, STATUS: status, REASON: reason, **{CONFIG + key: v for key, v in run.config.items()}}


def _last(run: ExportedRun) -> Record:
    """The summary of a run without a history, as its only row."""
    metrics = {key: value for key, value in run.summary.items() if not key.startswith("_")}
    step, seconds = run.summary.get("_step", 1), run.summary.get("_runtime")
    return {TRIAL: run.label, STEP: int(step), SECONDS: seconds, **metrics}


def _is_nothing(value: Any) -> bool:
    return isinstance(value, float) and value != value
