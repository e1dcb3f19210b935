"""The results of a sweep as tables: one row per (trial, step), one line per trial, and its pictures.

The names of files and columns here are the format of a sweep's folder; `analysis.folder` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.contenders import with_seeds
from analysis.judge.findings import cell_of, findings_in, names
from analysis.metrics import DEFAULT_OBJECTIVES, Goal, goal_of
from analysis.ranking import HEALTHY as HEALTHY
from analysis.ranking import BestStep, Constraint, Standing, front, rank, trial_order
from basics.errors import RequestError

SPEC_FILE = "spec.yaml"
MANIFEST_FILE = "manifest.json"
SPEC = "spec"  # in the manifest: the spec that the sweep began with
ROWS_FILE = "results.jsonl"
TRIALS_FILE = "trials.csv"
CONFIGS_FILE = "configs.jsonl"
JOURNAL_FILE = "optuna.journal"
IMPORTANCE_FILE = "importance.json"
EARLIER_FILE = "earlier.jsonl"  # what the search knew of other sweeps when it began
REPORT_FILE = "report.html"
MARKS = (SPEC_FILE, MANIFEST_FILE, ROWS_FILE)  # a folder with one of them is a sweep's
MEDIA_FOLDER = "media"
FIGURES_FOLDER = "figures"
PROGRAMS_FOLDER = "ray/programs"  # a folder for each trial that is a program: its output, metrics, W&B run, checkpoint
OUTPUT_FILES = ("stdout.txt", "stderr.txt")  # there

TRIAL, STEP, SECONDS, STATUS, REASON = "trial", "step", "seconds", "status", "reason"
# What a row holds besides numbers. Of a generative trial: the judge's verdict, all that it found, its sentences, who
# looked for it, and the share of samples taken for each class. Of a classifier's last step: counts, true class by
# predicted class.
VERDICT, FINDINGS, EVIDENCE, EXTRACTOR = "verdict", "findings", "evidence", "extractor"
CLASS_HISTOGRAM, CONFUSION = "class_histogram", "confusion"
PARENT = "parent"  # of a row whose trial goes on from the state of another one: that one
NO_NUMBERS = (VERDICT, FINDINGS, EVIDENCE, EXTRACTOR, CLASS_HISTOGRAM, CONFUSION)
BETWEEN = "; "  # the judge's sentences in one cell
SEVERITY = "gen/severity"
SYSTEM = "sys/"  # what the step took of the machine: no metric of the model
CONFIG, LAST, BEST, BEST_STEP = "config/", "last/", "best/", "best_step"
WARM_START = "warm_start"  # of a manifest: a line about each of the sweeps whose trials the search knew
SPREAD = "_std"  # after a metric's name: its standard deviation over the replicates
WHY = "why"  # of the end of a sweep in its manifest: what ended it before all of its trials were asked for
WORKER, STARTED, ENDED = "worker", "started", "ended"  # who ran a trial last, from when to when, in seconds since 1970
# Columns that are there where a trial is another seed of an earlier one: of which, and which seed, from 1 on.
REPLICATES, SEED = "replicates", "seed"
CONTINUES = "continues"  # a column that is there where a trial goes on with an earlier one: which
TRIAL_COLUMNS = (TRIAL, STATUS, REASON, VERDICT, FINDINGS, EVIDENCE, "steps", SECONDS, "device", WORKER, STARTED, ENDED)
DONE, STOPPED, FAILED, RUNNING = STATUSES = ("done", "stopped", "failed", "running")

MEDIA_COLUMNS = [TRIAL, STEP, "name", "path"]
MEDIA_NAME = re.compile(r"(\d+)_(.+)\.png")


class ResultsError(RequestError):
    """A folder cannot be read as a sweep; the message says in one line which file and why."""


@dataclass(frozen=True)
class SweepResults:
    """The results of a sweep: tables `rows` by (trial, step), `trials` by trial, and `media` (trial, step, name, path).

    `verdict` and `evidence` of a trial are those of its last row, empty where nothing was judged.
    """

    folder: Path
    spec: dict[str, Any]  # as resolved, in W&B's vocabulary
    manifest: dict[str, Any]
    rows: pd.DataFrame
    trials: pd.DataFrame
    media: pd.DataFrame
    importance: dict[str, Any] = field(default_factory=dict)  # of the parameters, as the search saw it at the end
    damage: tuple[str, ...] = ()  # a line for each file that is not whole: which, and what is lost
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)  # by trial, every value of the type it had

    @cached_property
    def parents(self) -> dict[str, str]:
        """Of each trial that went on from the state of another one, that one."""
        if PARENT not in self.rows:
            return {}
        known = self.rows[self.rows[PARENT].fillna("") != ""]
        return dict(zip(known[TRIAL], known[PARENT], strict=True))

    def ancestors(self, trial: str) -> list[str]:
        """The trials that one went on from, one after the other, the first of them first."""
        found: list[str] = []
        while (parent := self.parents.get(found[0] if found else trial)) is not None and parent not in found:
            found.insert(0, parent)
        return found

    @cached_property
    def goals(self) -> dict[str, Goal]:
        """The metrics that the sweep optimises, one as a rule, and which way each is better."""
        return goals_of(self.spec, self.rows)

    @property
    def objective(self) -> str:
        """The metric that the sweep optimises, the first of several."""
        return next(iter(self.goals))

    @property
    def goal(self) -> Goal:
        return self.goals[self.objective]

    def score(self, trial: str) -> float:
        """The trial's best objective, NaN if it has none."""
        return float(self._scores.get(trial, np.nan))

    @cached_property
    def ranked(self) -> list[str]:
        """Trials with a score, the best first, none that failed; `analysis.ranking` says which is better."""
        return [standing.trial for standing in rank(self.standings.values(), tuple(self.goals.values()))]

    @cached_property
    def front(self) -> list[str]:
        """Of several objectives the trials that none beats in all of them, the best by the first of them first."""
        return [standing.trial for standing in front(self.standings.values(), tuple(self.goals.values()))]

    @property
    def best(self) -> str | None:
        """The winner: done, or where none is, stopped early; where neither is, the best of those that run."""
        return self.ranked[0] if self.ranked else None

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """By trial what its place among the others rests on; a trial that is another seed of one has no place."""
        return {standing.trial: standing for standing in with_seeds(self.seed_standings.values(), self.replicates)}

    @cached_property
    def seed_standings(self) -> dict[str, Standing]:
        """The same of each trial by its own seed alone."""
        return {standing.trial: standing for standing in self._standings()}

    @cached_property
    def replicates(self) -> dict[str, str]:
        """Of each trial that is another seed of an earlier one, that one."""
        if REPLICATES not in self.trials:
            return {}
        pairs = zip(self.trials[TRIAL], self.trials[REPLICATES], strict=True)
        return {str(trial): of for trial, cell in pairs if (of := continued(cell))}

    @property
    def seeds(self) -> int:
        """How many seeds each trial has side by side."""
        said = self.spec.get("replicates") or 1
        return said if isinstance(said, int) else 1

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """What a trial must keep besides a good objective."""
        lines = in_a_list(self.spec.get("constraint"))
        return tuple(Constraint(str(line["name"]), line.get("max"), line.get("min")) for line in lines)

    @cached_property
    def verdicts(self) -> pd.Series[Any]:
        """The verdict on each trial of `trials` at its best step, or where that is not known the last, or ""."""
        return self._said(VERDICT, str)

    @cached_property
    def findings(self) -> pd.Series[Any]:
        """What was found of each trial at the step of its verdict, the strongest first, in one cell (`judge.findings`).

        "" where nothing was found, or by an earlier version, which told the verdict alone.
        """
        return self._said(FINDINGS, cell_of)

    def _said(self, name: str, in_words: Callable[[Any], str]) -> pd.Series[Any]:
        """What the judge says of each trial at its best step, in words, or where that is not known at the last."""
        last = self.trials.set_index(TRIAL)[name] if name in self.trials else pd.Series(dtype=object)
        index, nothing = pd.Index(self.trials[TRIAL]), pd.Series(np.nan, self.at_best.index, dtype=object)
        judged = self.at_best.get(VERDICT, nothing).notna()
        # Where it was judged, nothing said is nothing found: what the last step found is no part of it.
        there = self.at_best.get(name, nothing)[judged].map(in_words, na_action="ignore").astype(object).fillna("")
        return there.reindex(index).astype(object).combine_first(last.reindex(index)).fillna("")

    @cached_property
    def at_best(self) -> pd.DataFrame:
        """The row of each trial at its best step, indexed by trial; a trial without a score has none."""
        if BEST_STEP not in self.trials:
            return self.rows.iloc[:0].set_index(TRIAL)
        wanted = self.trials[[TRIAL, BEST_STEP]].dropna().astype({BEST_STEP: int})
        found = wanted.merge(self.rows, left_on=[TRIAL, BEST_STEP], right_on=[TRIAL, STEP])
        return found.drop(columns=BEST_STEP).set_index(TRIAL)

    @property
    def ended_by(self) -> str:
        """What ended the sweep before all of its trials were asked for, in words; else nothing."""
        ended = self.manifest.get(ENDED)
        return str(ended.get(WHY) or "") if isinstance(ended, Mapping) else ""

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

    def _standings(self) -> Iterator[Standing]:
        others = [self.values(name).to_dict() for name in [*self.goals][1:]]
        bounded = [(bound, self.values(bound.name).to_dict()) for bound in self.constraints]
        steps = self.trials.get(BEST_STEP, pd.Series(np.nan, index=self.trials.index)).fillna(0)
        columns = (self.trials[TRIAL], self.trials[STATUS], self._scores, steps, self.verdicts, self.findings)
        for trial, status, score, step, verdict, found in zip(*columns, strict=True):
            values = (score, *(values[trial] for values in others))
            violations = (bound.violation(values[trial]) for bound, values in bounded)
            best = BestStep.of(values, int(step), str(verdict), violations, names(findings_in(found)))
            yield Standing(str(trial), str(status), best)

    @cached_property
    def _scores(self) -> pd.Series[float]:
        column, table = BEST + self.objective, self.trials.set_index(TRIAL)
        if len(self.goals) > 1 and self.objective in self.at_best:  # the best step is one that has all of them
            return self.at_best[self.objective].reindex(table.index)
        return table[column] if column in table else pd.Series(np.nan, index=table.index)


def best_rows(rows: pd.DataFrame, goals: Mapping[str, Goal]) -> pd.DataFrame:
    """The row of each trial where the first metric is best, of equals the others and then the earliest, by trial.

    None of a trial that has no row with all of the metrics.
    """
    if not goals.keys() <= {*rows.columns}:
        return rows.iloc[:0].set_index(TRIAL)
    least_first = [goal == "minimize" for goal in goals.values()]
    scored = rows.dropna(subset=[*goals]).sort_values([*goals, STEP], ascending=[*least_first, True])
    return scored.drop_duplicates(TRIAL).set_index(TRIAL)


def trial_name(number: int | str) -> str:
    """What the trial of that number, from 0 on, is called: 0042."""
    return str(number).zfill(4)


def sorted_by_trial(table: pd.DataFrame, *then: str) -> pd.DataFrame:
    """The lines of a table in the order of its trials, then of other columns."""
    places = {trial: place for place, trial in enumerate(sorted(table[TRIAL].unique(), key=trial_order))}
    return table.sort_values(
        [TRIAL, *then], ignore_index=True, key=lambda column: column.map(places) if column.name == TRIAL else column
    )


def continued(cell: Any) -> str:
    """The trial that a cell of the column CONTINUES or REPLICATES names; nothing if it is empty."""
    return trial_name(int(cell)) if cell is not None and cell == cell and str(cell).strip() else ""


def in_a_cell(evidence: Sequence[str]) -> str:
    """The judge's sentences as trials.csv has them."""
    return BETWEEN.join(evidence)


def sentences_in(cell: str) -> list[str]:
    """The judge's sentences from a cell of trials.csv."""
    return cell.split(BETWEEN) if cell else []


def metric_names(rows: pd.DataFrame) -> list[str]:
    """The numeric columns of `rows` that are metrics: all but trial, step, seconds and what the machine gave."""
    numeric = rows.select_dtypes("number").columns
    return [name for name in numeric if name not in (TRIAL, STEP, SECONDS) and not name.startswith(SYSTEM)]


def is_metric(name: str) -> bool:
    """Whether the value of that name in a row is a metric."""
    return name not in (TRIAL, STEP, SECONDS) and not name.startswith(SYSTEM)


def main_metrics(rows: pd.DataFrame) -> list[str]:
    """`metric_names` but those of a single class and the spread of another."""
    return [name for name in metric_names(rows) if name.count("/") < 2 and not name.endswith(SPREAD)]


def goals_of(spec: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, Goal]:
    """The spec's metrics with their goals; without a spec the default objective that the rows hold."""
    defaults = list(DEFAULT_OBJECTIVES.values())
    default = next((name for name in defaults if name in rows), defaults[0])
    named = [(str(line.get("name") or default), line.get("goal")) for line in in_a_list(spec.get("metric")) or [{}]]
    return {name: goal or goal_of(name) or "minimize" for name, goal in named}


def in_a_list(lines: Any) -> list[Mapping[str, Any]]:
    """What a spec says once as a mapping, or several times as a list of them."""
    return [lines] if isinstance(lines, Mapping) and lines else list(lines or ())
