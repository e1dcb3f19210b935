"""A sweep's folder, read back: one row per (trial, step) and one line per trial, whatever crashed.

The names of files and columns here are the folder's format.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis.metrics import DEFAULT_OBJECTIVES, Goal, goal_of

SPEC_FILE = "spec.yaml"
MANIFEST_FILE = "manifest.json"
ROWS_FILE = "results.jsonl"
TRIALS_FILE = "trials.csv"
IMPORTANCE_FILE = "importance.json"
REPORT_FILE = "report.html"
MARKS = (SPEC_FILE, MANIFEST_FILE, ROWS_FILE)  # a folder with one of them is a sweep's
MEDIA_FOLDER = "media"
FIGURES_FOLDER = "figures"

TRIAL, STEP, SECONDS, STATUS, REASON = "trial", "step", "seconds", "status", "reason"
# What a row holds besides numbers. Of a generative trial: the judge's verdict, its sentences, who looked for it, and
# the share of samples taken for each class. Of a classifier's last step: counts, true class by predicted class.
VERDICT, EVIDENCE, EXTRACTOR = "verdict", "evidence", "extractor"
CLASS_HISTOGRAM, CONFUSION = "class_histogram", "confusion"
NO_NUMBERS = (VERDICT, EVIDENCE, EXTRACTOR, CLASS_HISTOGRAM, CONFUSION)
SEVERITY = "gen/severity"
SYSTEM = "sys/"  # what the step took of the machine: no metric of the model
HEALTHY = "healthy"  # the one verdict that finds no fault
# Verdicts that no score makes up for: the others are of a generator that has only begun, or that knows images by heart.
HOPELESS = frozenset({"mode_collapse", "low_diversity", "discriminator_wins", "generator_wins", "frozen", "diverged"})
CONFIG, LAST, BEST, BEST_STEP = "config/", "last/", "best/", "best_step"
SPREAD = "_std"  # after a metric's name: its standard deviation over the replicates
WORKER, STARTED, ENDED = "worker", "started", "ended"  # who ran a trial last, from when to when, in seconds since 1970
TRIAL_COLUMNS = (TRIAL, STATUS, REASON, VERDICT, EVIDENCE, "steps", SECONDS, "device", WORKER, STARTED, ENDED)
DONE, STOPPED, FAILED, RUNNING = STATUSES = ("done", "stopped", "failed", "running")

ROWS_PER_CHUNK = 50_000  # bounds the memory that parsed lines take before they become a table
MEDIA_COLUMNS = [TRIAL, STEP, "name", "path"]
MEDIA_NAME = re.compile(r"(\d+)_(.+)\.png")


class ResultsError(ValueError):
    """A folder that cannot be read as a sweep; one line that says which file and why."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep left: `rows` by (trial, step), `trials` by trial, `media` (trial, step, name, path).

    `verdict` and `evidence` of a trial are those of its last row, empty where nothing was judged.
    """

    folder: Path
    spec: dict[str, Any]  # as resolved, in W&B's vocabulary
    manifest: dict[str, Any]
    rows: pd.DataFrame
    trials: pd.DataFrame
    media: pd.DataFrame
    unreadable: int = 0  # lines of results.jsonl that are no row
    importance: dict[str, Any] = field(default_factory=dict)  # of the parameters, as the search saw it at the end

    @cached_property
    def objective(self) -> str:
        """The metric the sweep optimises."""
        return _objective(self.spec, self.rows)

    @cached_property
    def goal(self) -> Goal:
        return _goal(self.spec, self.objective)

    def score(self, trial: str) -> float:
        """The trial's best objective, NaN if it has none."""
        return float(self._scores.get(trial, np.nan))

    @cached_property
    def ranked(self) -> list[str]:
        """Trials with a score, best first: those that are done before those stopped or running; none that failed.

        Among either those that keep the spec's constraint come first.
        """
        table = self.trials.set_index(TRIAL)
        scores = self._scores[table[STATUS] != FAILED].dropna()
        scores = scores.sort_values(ascending=self.goal == "minimize", kind="stable")
        worse = pd.DataFrame(
            {"not done": table.loc[scores.index, STATUS] != DONE, "past": scores.index.isin(self.past_constraint)}
        )
        return list(worse.sort_values(["not done", "past"], kind="stable").index)

    @property
    def best(self) -> str | None:
        """The winner; while no trial is done, the best so far."""
        return self.ranked[0] if self.ranked else None

    @cached_property
    def past_constraint(self) -> set[str]:
        """The trials that do not keep the spec's constraint, by the row of their best step."""
        constraint = self.spec.get("constraint") or {}
        if constraint.get("name") not in self.at_best:
            return set()
        values = self.at_best[constraint["name"]]
        past = (values > constraint.get("max", np.inf)) | (values < constraint.get("min", -np.inf))
        return set(values.index[past])

    @cached_property
    def at_best(self) -> pd.DataFrame:
        """The row of each trial at its best step, indexed by trial; a trial without a score has none."""
        if BEST_STEP not in self.trials:
            return self.rows.iloc[:0].set_index(TRIAL)
        wanted = self.trials[[TRIAL, BEST_STEP]].dropna().astype({BEST_STEP: int})
        found = wanted.merge(self.rows, left_on=[TRIAL, BEST_STEP], right_on=[TRIAL, STEP])
        return found.drop(columns=BEST_STEP).set_index(TRIAL)

    @cached_property
    def final(self) -> pd.DataFrame:
        """The last row of each trial, indexed by trial."""
        return self.rows.groupby(TRIAL).tail(1).set_index(TRIAL)

    def values(self, metric: str) -> pd.Series[float]:
        """`metric` of every trial of `trials` at its best step, NaN where it has none."""
        if metric == self.objective:
            return self._scores
        index = pd.Index(self.trials[TRIAL])
        return self.at_best[metric].reindex(index) if metric in self.at_best else pd.Series(np.nan, index=index)

    @cached_property
    def _scores(self) -> pd.Series[float]:
        column = BEST + self.objective
        table = self.trials.set_index(TRIAL)
        return table[column] if column in table else pd.Series(np.nan, index=table.index)


def load(folder: str | Path, changes: Mapping[str, Any] | None = None) -> Sweep:
    """The sweep in `folder`, also one that still runs or was killed; ResultsError if it is no sweep's folder.

    `changes` to the spec, such as another `metric`, are made before anything is derived from it; what mattered for the
    metric it had is forgotten.
    """
    folder = Path(folder)
    _check(folder)
    spec = _document(folder / SPEC_FILE, yaml.safe_load) | dict(changes or {})
    manifest = _document(folder / MANIFEST_FILE, json.loads)
    rows, unreadable = _rows(folder / ROWS_FILE)
    # The table is rewritten now and then, rows are appended at once.
    trials = trials_table(_read_trials(folder / TRIALS_FILE), rows, spec)
    importance = {} if changes else _document(folder / IMPORTANCE_FILE, json.loads)
    return Sweep(folder, spec, manifest, rows, trials, _media(folder / MEDIA_FOLDER), unreadable, importance)


def is_sweep(folder: Path) -> bool:
    """Whether a sweep wrote this folder."""
    return any((folder / name).is_file() for name in MARKS)


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise ResultsError(f"{folder}: there is no such folder; give the folder a sweep wrote")
    if is_sweep(folder):
        return
    inside = next((path.parent for path in sorted(folder.glob(f"*/{SPEC_FILE}"))), None)
    hint = f"; did you mean {inside}?" if inside else ""
    raise ResultsError(f"{folder}: no sweep's folder, it has none of {', '.join(MARKS)}{hint}")


def _document(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """What a YAML or JSON file holds, {} if there is none; ResultsError if it cannot be read."""
    if not path.is_file():
        return {}
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise ResultsError(f"{path}: damaged, it cannot be read ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path}: damaged, it holds {type(content).__name__} where key: value lines belong")
    return content


def _rows(path: Path) -> tuple[pd.DataFrame, int]:
    """Rows sorted by (trial, step), the last of duplicates; and how many lines were none."""
    lines = _lines(path)
    chunks, unreadable = [pd.DataFrame({TRIAL: pd.Series(dtype=str), STEP: pd.Series(dtype=int)})], 0
    while chunk := list(itertools.islice(lines, ROWS_PER_CHUNK)):
        good = [row for row in map(_row, _parsed(chunk)) if row is not None]
        unreadable += len(chunk) - len(good)
        chunks += [rows_table(good)] if good else []
    return in_order(pd.concat(chunks[1:] or chunks, ignore_index=True)), unreadable


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows sorted by (trial, step), the last of duplicates."""
    return rows.drop_duplicates([TRIAL, STEP], keep="last").sort_values([TRIAL, STEP], ignore_index=True)


def _lines(path: Path) -> Iterator[str]:
    if not path.is_file():
        return
    # A kill can tear a line in the middle of a character.
    with path.open(encoding="utf-8", errors="replace") as lines:
        yield from (line for line in lines if line.strip())


def _parsed(lines: Sequence[str]) -> list[Any]:
    """What the lines hold, None for one that is no JSON; all at once, which is much faster, where all of them are."""
    try:
        together: list[Any] = json.loads(f"[{','.join(lines)}]")
    except ValueError:
        together = []
    # Two torn lines can make one whole: then there are fewer.
    return together if len(together) == len(lines) else [_json(line) for line in lines]


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _row(found: Any) -> dict[str, Any] | None:
    try:
        return {**found, TRIAL: str(found[TRIAL]), STEP: int(found[STEP])}
    except (ValueError, TypeError, KeyError):
        return None


def rows_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows with trial and step as a table. Numbers are float64, NaN for null and infinity; words stay words."""
    table = pd.DataFrame(list(rows))
    for name in table.columns.difference([TRIAL, STEP, *NO_NUMBERS]):
        numbers = pd.to_numeric(table[name], errors="coerce").astype(float)
        if numbers.isna().sum() == table[name].isna().sum():
            table[name] = numbers.replace([np.inf, -np.inf], np.nan)
    return table


def trials_table(written: pd.DataFrame, rows: pd.DataFrame, spec: Mapping[str, Any]) -> pd.DataFrame:
    """What is written of each trial (TRIAL_COLUMNS and its config), brought up to date with the rows."""
    written = written.set_index(TRIAL)
    objective = _objective(spec, rows)
    derived = _derived(rows, objective, _goal(spec, objective))
    table = derived.combine_first(written)
    order = [*written.columns, *(name for name in derived.columns if name not in written.columns)]
    table = table[order].rename_axis(TRIAL).reset_index()
    words = {name: table[name].astype(object).fillna("") for name in (REASON, VERDICT, EVIDENCE)}
    return table.assign(**words, **{STATUS: table[STATUS].astype(object).fillna(RUNNING)})


def _read_trials(path: Path) -> pd.DataFrame:
    kinds = dict.fromkeys(("steps", SECONDS, STARTED, ENDED), float)
    empty = pd.DataFrame({name: pd.Series(dtype=kinds.get(name, object)) for name in TRIAL_COLUMNS})
    try:
        # "None" and "NA" may be values of a parameter: only an empty cell is no value.
        table = pd.read_csv(path, dtype={TRIAL: str}, keep_default_na=False, na_values=[""], on_bad_lines="skip")
    except (FileNotFoundError, pd.errors.EmptyDataError):
        return empty
    if TRIAL not in table:
        raise ResultsError(f"{path}: has no column {TRIAL!r}; it starts with {', '.join(map(str, table.columns[:3]))}")
    for name in table.columns:
        if name.startswith((LAST, BEST)) or name in ("steps", SECONDS, STARTED, ENDED, BEST_STEP):
            table[name] = pd.to_numeric(table[name], errors="coerce")
    table = table.reindex(columns=[*dict.fromkeys([*TRIAL_COLUMNS, *table.columns])])
    return table.dropna(subset=[TRIAL]).drop_duplicates(TRIAL, keep="last")


def _derived(rows: pd.DataFrame, objective: str, goal: Goal) -> pd.DataFrame:
    """Per trial: steps, seconds, last/..., best/... (each by its own goal) and best_step (the objective's)."""
    final = rows.groupby(TRIAL).tail(1).set_index(TRIAL)
    table = pd.DataFrame(index=final.index)
    table["steps"] = final[STEP].astype(float)
    if SECONDS in final:
        table[SECONDS] = final[SECONDS]
    for name, in_words in ((VERDICT, str), (EVIDENCE, in_a_cell)):
        if name in final:
            table[name] = final[name].dropna().map(in_words)
    metrics = [name for name in metric_names(rows) if name in final]
    table = table.join(final[metrics].add_prefix(LAST))
    goals = {name: goal if name == objective else goal_of(name) for name in metrics}
    for name in (name for name in metrics if goals[name]):
        by_trial = rows.groupby(TRIAL)[name]
        table[BEST + name] = by_trial.max() if goals[name] == "maximize" else by_trial.min()
    if objective in metrics:
        scored = rows.dropna(subset=[objective]).sort_values([objective, STEP], ascending=[goal == "minimize", True])
        table[BEST_STEP] = scored.groupby(TRIAL)[STEP].first()
    return table


def in_a_cell(evidence: Sequence[str]) -> str:
    """The judge's sentences as trials.csv has them."""
    return "; ".join(evidence)


def metric_names(rows: pd.DataFrame) -> list[str]:
    """The numeric columns of `rows` that are metrics: all but trial, step, seconds and what the machine gave."""
    numeric = rows.select_dtypes("number").columns
    return [name for name in numeric if name not in (TRIAL, STEP, SECONDS) and not name.startswith(SYSTEM)]


def is_metric(name: str) -> bool:
    """Whether the value of that name in a row is a metric."""
    return "/" in name and not name.startswith(SYSTEM)


def main_metrics(rows: pd.DataFrame) -> list[str]:
    """`metric_names` but those of a single class and the spread of another."""
    return [name for name in metric_names(rows) if name.count("/") < 2 and not name.endswith(SPREAD)]


def _objective(spec: Mapping[str, Any], rows: pd.DataFrame) -> str:
    """The spec's metric; without a spec the default objective that the rows hold."""
    named = (spec.get("metric") or {}).get("name")
    defaults = list(DEFAULT_OBJECTIVES.values())
    return str(named or next((name for name in defaults if name in rows), defaults[0]))


def _goal(spec: Mapping[str, Any], objective: str) -> Goal:
    return (spec.get("metric") or {}).get("goal") or goal_of(objective) or "minimize"


def _media(folder: Path) -> pd.DataFrame:
    """Every `media/TRIAL/STEP_NAME.png`, sorted by trial, name and step."""
    found = [
        (path.parent.name, int(match[1]), match[2], path)
        for path in folder.glob("*/*.png")
        if (match := MEDIA_NAME.fullmatch(path.name))
    ]
    table = pd.DataFrame(found, columns=MEDIA_COLUMNS)
    return table.sort_values([TRIAL, "name", STEP], ignore_index=True)
