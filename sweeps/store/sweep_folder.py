"""A sweep's folder: the only writer of rows, the trial table, media and checkpoints.

Rows are appended one line at a time and everything else is replaced in one move, so that a kill at any moment
leaves a folder that `resume` can read.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from analysis.configs import in_text
from analysis.folder import read_rows
from analysis.judge.findings import findings_cell
from analysis.metrics import goal_of
from analysis.ranking import BestStep, improves, place, trial_order
from analysis.results import (
    CONFIGS_FILE,
    CONTINUES,
    ENDED,
    MEDIA_FOLDER,
    PROGRAMS_FOLDER,
    REPLICATES,
    ROWS_FILE,
    SEED,
    STARTED,
    TRIAL_COLUMNS,
    TRIALS_FILE,
    WORKER,
    in_a_cell,
    is_metric,
)
from analysis.rows import Row
from analysis.trial_lines import trial_lines
from basics.files import cut_torn_line, replace_file
from basics.json_lines import json_lines
from sweeps.search.method import Status
from sweeps.spec.resolved import Objective
from sweeps.store.best_few import BestFew
from sweeps.store.checkpoints import Checkpoints

MODELS = "ray/models"  # the best trial's model, as `trainables.load` reads it
KEPT_CHECKPOINTS = 5  # of the trials that are done the best few keep their last state, and of those stopped
TABLE_SECONDS = 1.0  # at most one rewrite of trials.csv in this time,
TABLE_SHARE = 0.05  # and at most this share of the time goes into it, however many trials there are
RAN = ("device", WORKER, STARTED, ENDED)  # of these alone results.jsonl and the journal know nothing


@dataclass
class Record:
    """One line of trials.csv."""

    trial: str
    config: Mapping[str, Any]
    status: Status = "running"
    reason: str = ""
    verdict: str = ""  # of the last row, as are its findings and sentences
    findings: str = ""
    evidence: str = ""
    device: str = ""
    worker: str = ""
    started: float | str = ""  # in seconds since 1970
    ended: float | str = ""
    continues: str = ""  # the trial that it goes on with
    replicates: str = ""  # the trial whose config it runs with another seed: which of its seeds, from 1 on
    seed: int = 0
    steps: int = 0
    seconds: float = 0.0
    last: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    at_best: BestStep | None = None  # of the objective


class Store:
    """Observes a sweep and keeps its folder: of the best few trials the final states (`keep`), and the `models`."""

    def __init__(
        self,
        folder: Path,
        objective: Objective,
        keep: int = KEPT_CHECKPOINTS,
        needs: Callable[[int], bool] = lambda number: False,
        models: int = 1,
    ) -> None:
        self.folder, self._objective = folder, objective
        self._needs, self._not_yet = needs, list[str]()  # whether other trials may go on from the state of one
        self._with_state = {"done": BestFew(keep), "stopped": BestFew(keep)}
        self._with_model = BestFew(models)
        self._records: dict[str, Record] = {}
        self.extractors: set[str] = set()  # that the rows' scores come from
        self._checkpoints = Checkpoints(folder)
        self._models = folder / MODELS
        cut_torn_line(folder / ROWS_FILE)
        self._ran_before = _ran_before(folder / TRIALS_FILE)
        self._rows = (folder / ROWS_FILE).open("a", encoding="utf-8")
        cut_torn_line(folder / CONFIGS_FILE)
        self._typed = {line.get("trial") for line in json_lines(folder / CONFIGS_FILE) if isinstance(line, dict)}
        self._table_due = 0.0

    def existing_rows(self) -> Iterator[Row]:
        """The rows an earlier run of this sweep left, in the order of their steps: one that was lost came last."""
        for row in sorted(read_rows(self.folder / ROWS_FILE), key=attrgetter("step")):
            self._note(self._record(row.trial), row)
            yield row

    def known(self, trial: str, config: Mapping[str, Any], status: Status, reason: str) -> None:
        """A trial of an earlier run, whose rows are known already."""
        record = self._record(trial)
        self._configure(record, config)
        record.status, record.reason = status, reason
        self.ran(trial, **self._ran_before.get(trial, {}))
        if status != "running":
            self._thin_out(record)

    def continues(self, trial: str, before: str) -> None:
        """A trial goes on where another one ended."""
        self._record(trial).continues = before

    def replicates(self, trial: str, of: str, seed: int) -> None:
        """A trial is another seed of an earlier one."""
        self._record(trial).replicates, self._record(trial).seed = of, seed

    def go_on(self, trial: str, before: str) -> bool:
        """Give a trial that goes on with another one that one's rows, pictures and checkpoint; whether it had one."""
        rows = [replace(row, trial=trial) for row in read_rows(self.folder / ROWS_FILE) if row.trial == before]
        self._rows.writelines(json.dumps(row.document()) + "\n" for row in rows)
        self._rows.flush()
        if (media := self.folder / MEDIA_FOLDER / before).is_dir():
            shutil.copytree(media, media.with_name(trial), dirs_exist_ok=True)
        state = self.checkpoint(before)
        if state is not None:
            self.save_checkpoint(trial, state)
        return state is not None

    def trial_started(self, trial: str, config: Mapping[str, Any], resumed: bool) -> None:
        self._configure(self._record(trial), config)
        self._write_table()

    def row(self, row: Row) -> None:
        self._note(self._record(row.trial), row)
        self._rows.write(json.dumps(row.document()) + "\n")
        self._rows.flush()
        self._write_table()

    def save_media(self, trial: str, step: int, name: str, png: bytes) -> None:
        path = self.folder / MEDIA_FOLDER / trial / f"{step:06d}_{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, png)

    def media(self, trial: str, step: int, name: str) -> None:
        """Nothing: `save_media` has written it."""

    def forget(self, trial: str) -> None:
        """A trial starts again, and differently: its rows are removed, and its record is new."""
        kept = self._records.pop(trial, Record(trial, {}))
        if kept.steps:
            self._rows.close()
            rows = [row for row in read_rows(self.folder / ROWS_FILE) if row.trial != trial]
            lines = "".join(json.dumps(row.document()) + "\n" for row in rows)
            replace_file(self.folder / ROWS_FILE, lines.encode())
            self._rows = (self.folder / ROWS_FILE).open("a", encoding="utf-8")
        record = self._record(trial)
        record.config, record.continues = kept.config, kept.continues

    def trial_ended(self, trial: str, status: Status, reason: str) -> None:
        record = self._record(trial)
        record.status, record.reason = status, reason
        self._thin_out(record)
        self._write_table()

    def close(self, interrupted: bool) -> None:
        self._write_table(now=True)
        self._rows.close()

    def failed(self, trial: str, traceback: str) -> None:
        """Keep a failed trial's traceback where its author can read it."""
        if traceback:
            replace_file(self.folder / "ray" / f"{trial}.traceback.txt", traceback.encode())

    def ran(self, trial: str, **where: Any) -> None:
        """Where and when a trial ran last: values of RAN by name."""
        for name, value in where.items():
            setattr(self._record(trial), name, value)

    def save_checkpoint(self, trial: str, content: bytes) -> None:
        self._checkpoints.save(trial, content)

    def save_model(self, trial: str, name: str, content: bytes) -> None:
        """A file of a saved model."""
        path = self._models / trial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)

    def save_program_file(self, trial: str, name: str, content: bytes) -> None:
        """A file of a program's folder, by its path there."""
        path = self.folder / PROGRAMS_FOLDER / trial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)

    def checkpoint(self, trial: str) -> bytes | None:
        return self._checkpoints.load(trial)

    @property
    def records(self) -> list[Record]:
        return [self._records[trial] for trial in sorted(self._records, key=trial_order)]

    def _record(self, trial: str) -> Record:
        return self._records.setdefault(trial, Record(trial, {}))

    def _configure(self, record: Record, config: Mapping[str, Any]) -> None:
        """Keep a config with its types, which a table for people has not, before the first row that rests on it."""
        record.config = config
        if record.trial not in self._typed:
            self._typed.add(record.trial)
            with (self.folder / CONFIGS_FILE).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"trial": record.trial, "config": dict(config)}) + "\n")

    def _note(self, record: Record, row: Row) -> None:
        numbers = {name: value for name, value in row.numbers.items() if is_metric(name)}
        if row.step >= record.steps:  # a step whose row was lost may be reported again after later ones
            record.steps = row.step
            record.last = record.last | numbers  # a program may report one metric now and another one then
            record.seconds = record.seconds if row.seconds is None else row.seconds
            record.verdict, record.evidence = row.verdict, in_a_cell(row.evidence)
            record.findings = findings_cell(row.findings)
        self.extractors |= {row.extractor} if row.extractor else set()
        goals = self._objective.goals
        for name, value in numbers.items():
            goal = goals.get(name) or goal_of(name)
            if goal is not None and improves(value, record.best.get(name), goal):
                record.best[name] = value
        record.at_best = self._objective.best_step(record.at_best, row)

    def _thin_out(self, record: Record) -> None:
        """Remove the final state and the model of an ended trial, or of the one whose place among the best it takes.

        Of those that are done and of those that were stopped the best few keep it; the winner keeps its model, and so
        do those that may still win.
        """
        self._checkpoints.remove_before(record.trial)
        # Another seed of a trial has no place of its own.
        its_place = None if record.replicates else place(record, [*self._objective.goals.values()])
        few = self._with_state.get(record.status, BestFew(0))
        if (out := few.add(record.trial, its_place)) is not None:
            self._not_yet.append(out)
        needed = [trial for trial in self._not_yet if self._needs(int(trial))]
        for trial in set(self._not_yet) - set(needed):
            self._checkpoints.remove(trial)
        self._not_yet = needed
        if (out := self._with_model.add(record.trial, its_place)) is not None and (self._models / out).exists():
            shutil.rmtree(self._models / out)

    def _write_table(self, now: bool = False) -> None:
        began = time.monotonic()
        if now or began >= self._table_due:
            replace_file(self.folder / TRIALS_FILE, self._table().encode())
            ended = time.monotonic()
            self._table_due = ended + max(TABLE_SECONDS, (ended - began) / TABLE_SHARE)

    def _table(self) -> str:
        records = self.records
        lines = [_line(record) for record in records]
        others = {name for line in lines for name in line} - {*TRIAL_COLUMNS, "best_step"}
        head = [*TRIAL_COLUMNS, *sorted(others), "best_step"]
        text = io.StringIO()
        writer = csv.DictWriter(text, head, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        return text.getvalue()


def _ran_before(table: Path) -> dict[str, dict[str, str]]:
    """What an earlier run of this sweep wrote of RAN, by trial."""
    columns, lines, _ = trial_lines(table)
    found = [dict(zip(columns, cells, strict=True)) for cells in lines]
    return {line["trial"]: {name: line.get(name, "") for name in RAN} for line in found}


def _line(record: Record) -> dict[str, Any]:
    line = {name: getattr(record, name) for name in TRIAL_COLUMNS}
    # A null that was chosen is not an empty cell: that is a parameter with no part in this config.
    line |= {f"config/{name}": "null" if value is None else in_text(value) for name, value in record.config.items()}
    line |= {CONTINUES: record.continues} if record.continues else {}
    line |= {REPLICATES: record.replicates, SEED: record.seed} if record.replicates else {}
    line |= {f"last/{name}": value for name, value in record.last.items()}
    line |= {f"best/{name}": value for name, value in record.best.items()}
    return {**line, "best_step": record.at_best.step if record.at_best is not None else ""}
