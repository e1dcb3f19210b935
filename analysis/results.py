"""What a sweep left: one row per (trial, step) and one line per trial, whatever crashed.

The names of files and columns here are the format of a sweep's folder; `analysis.folder` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.metrics import DEFAULT_OBJECTIVES, Goal, goal_of
from basics.errors import RequestError

SPEC_FILE = "spec.yaml"
MANIFEST_FILE = "manifest.json"
ROWS_FILE = "results.jsonl"
TRIALS_FILE = "trials.csv"
CONFIGS_FILE = "configs.jsonl"
JOURNAL_FILE = "optuna.journal"
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

MEDIA_COLUMNS = [TRIAL, STEP, "name", "path"]
MEDIA_NAME = re.compile(r"(\d+)_(.+)\.png")


class ResultsError(RequestError):
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
    damage: tuple[str, ...] = ()  # a line for each file that is not whole: which, and what is lost
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)  # by trial, every value of the type it had

    @cached_property
    def objective(self) -> str:
        """The metric the sweep optimises."""
        return objective_of(self.spec, self.rows)

    @cached_property
    def goal(self) -> Goal:
        return goal_for(self.spec, self.objective)

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


def trial_order(trial: str) -> tuple[str | int, ...]:
    """A key that sorts trials by the numbers in their names: 9999 before 10000."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split("([0-9]+)", str(trial))))


def sorted_by_trial(table: pd.DataFrame, *then: str) -> pd.DataFrame:
    """The lines of a table in the order of its trials, then of other columns."""
    places = {trial: place for place, trial in enumerate(sorted(table[TRIAL].unique(), key=trial_order))}
    return table.sort_values(
        [TRIAL, *then], ignore_index=True, key=lambda column: column.map(places) if column.name == TRIAL else column
    )


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


def objective_of(spec: Mapping[str, Any], rows: pd.DataFrame) -> str:
    """The spec's metric; without a spec the default objective that the rows hold."""
    named = (spec.get("metric") or {}).get("name")
    defaults = list(DEFAULT_OBJECTIVES.values())
    return str(named or next((name for name in defaults if name in rows), defaults[0]))


def goal_for(spec: Mapping[str, Any], objective: str) -> Goal:
    return (spec.get("metric") or {}).get("goal") or goal_of(objective) or "minimize"
