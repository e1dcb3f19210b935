"""Follows a sweep that another process runs, by what it writes to its folder (`sweeps show --watch`)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from analysis.folder import load
from analysis.results import (
    CONFIGS_FILE,
    REPLICATES,
    ROWS_FILE,
    RUNNING,
    SEED,
    SPEC_FILE,
    STATUSES,
    TRIALS_FILE,
    SweepResults,
)
from analysis.rows import Row
from analysis.trial_lines import trial_lines
from basics.json_lines import Tail
from sweeps.driver.console import LiveConsole, Terminal
from sweeps.errors import no_sweep
from sweeps.search.method import Status
from sweeps.spec import load_spec
from sweeps.store.folder_lock import is_elsewhere, is_running
from sweeps.store.sweep_folder import Record

GLANCE = 0.5  # seconds between two looks


def follow(folder: Path) -> None:
    """Show the sweep on standard output until no process runs it: a live table on a terminal, elsewhere a line for
    each trial that ends. FolderError where there is no sweep."""
    while is_running(folder) and not (folder / SPEC_FILE).exists():  # it is loading its data
        time.sleep(GLANCE)
    if not (folder / SPEC_FILE).exists():
        raise no_sweep(folder, SPEC_FILE)
    spec = load_spec(folder / SPEC_FILE, trusted=False)
    again = spec.contenders.top * (spec.contenders.seeds - 1) if spec.contenders else 0
    total = None if spec.trials is None else spec.trials + again
    console = LiveConsole(objective=spec.metric, total=total, console=Terminal())
    try:
        follower = Follower(folder, console)
        while is_running(folder) or is_elsewhere(folder):
            time.sleep(GLANCE)
            follower.look()
        follower.look()
    finally:
        console.close(interrupted=False)


class Follower:
    """Tells a console of a sweep what its folder says, and at each look what has come since the last."""

    def __init__(self, folder: Path, console: LiveConsole) -> None:
        self._folder, self._console = folder, console
        self._rows, self._configs = Tail(folder / ROWS_FILE), Tail(folder / CONFIGS_FILE)
        for tail in (self._rows, self._configs):
            tail.skip()
        self._running: set[str] = set()
        self._again: set[str] = set()
        sweep = load(folder)
        self._ended = set(sweep.trials["trial"][sweep.trials["status"] != RUNNING])
        for record in _records(sweep):
            console.known(record)
            if record.status == "running":
                self._start(record.trial, record.config, resumed=True)

    def look(self) -> None:
        """The table first: when it says that a trial has ended, the rows of that trial are all there."""
        columns, lines, _ = trial_lines(self._folder / TRIALS_FILE)
        table = [dict(zip(columns, cells, strict=True)) for cells in lines]
        for said in table:
            self._note(said.get("trial", ""), said)
        for line in self._configs.lines():
            self._start(str(line.get("trial")), line.get("config") or {}, resumed=False)
        for line in self._rows.lines():
            self._row(line)
        for line in table:
            self._end(line.get("trial", ""), line.get("status", ""), line.get("reason", ""))

    def _start(self, trial: str, config: Mapping[str, Any], *, resumed: bool) -> None:
        if trial in self._ended:
            return
        self._running.add(trial)
        self._console.slots = len(self._running)
        self._console.trial_started(trial, config, resumed)

    def _note(self, trial: str, line: Mapping[str, str]) -> None:
        """That a trial is another seed of an earlier one, if the table says so."""
        if trial not in self._again and (of := line.get(REPLICATES)):
            self._again.add(trial)
            self._console.replicates(trial, of, int(line.get(SEED) or 0))

    def _row(self, line: dict[str, Any]) -> None:
        try:
            row = Row.of(line)
        except (KeyError, TypeError, ValueError):
            return
        if row.trial not in self._ended:
            self._console.row(row)

    def _end(self, trial: str, status: str, reason: str) -> None:
        if trial in self._ended or status not in STATUSES or status == RUNNING:
            return
        self._ended.add(trial)
        self._running.discard(trial)
        self._console.trial_ended(trial, cast(Status, status), reason)


def _records(sweep: SweepResults) -> Iterator[Record]:
    """What the table and the rows say of each trial."""
    final = {name: dict(sweep.final.get(name, {})) for name in sweep.goals}
    for line in cast("list[dict[str, Any]]", sweep.trials.to_dict("records")):
        trial = str(line["trial"])
        record = Record(trial, sweep.configs.get(trial, {}), cast(Status, str(line["status"])), str(line["reason"]))
        record.verdict, record.steps = str(line.get("verdict") or ""), int(line["steps"] or 0)
        record.findings = str(line.get("findings") or "")
        record.at_best, record.replicates = sweep.seed_standings[trial].at_best, sweep.replicates.get(trial, "")
        record.last = {name: float(values[trial]) for name, values in final.items() if trial in values}
        yield record
