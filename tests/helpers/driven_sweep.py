"""Runs a sweep's driver without Ray: the test hands it the workers' reports, and it writes the whole folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from analysis.folder import load
from analysis.results import IMPORTANCE_FILE, MANIFEST_FILE, ROWS_FILE, SPEC_FILE
from analysis.rows import Row
from sweeps.driver.lost_rows import restore_rows
from sweeps.driver.sweep import Sweep
from sweeps.search.search import Search
from sweeps.spec import Spec, load_spec
from sweeps.store.journal_recovery import open_search
from sweeps.store.sweep_folder import Store
from sweeps.worker.messages import Attachment, Report, Work

SPEC = {"model": "logistic_regression", "dataset": "digits", "method": "bayes", "run_cap": 12}


def open_sweep(folder: Path, **keys: Any) -> tuple[Spec, Sweep, Search, Store]:
    """The sweep in `folder`, new or taken up again, as the driver has it."""
    spec = load_spec(keys if "program" in keys else {**SPEC, **keys})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SPEC_FILE).write_text(yaml.safe_dump(spec.document(), sort_keys=False))
    left = load(folder)
    search = open_search(left, spec, print)
    restore_rows(left, search, print)
    store = Store(folder, spec.metric, needs=search.needs)
    sweep = Sweep(spec, search, store, [])
    sweep.restore(store.existing_rows())
    return spec, sweep, search, store


def next_work(sweep: Sweep) -> Work | None:
    """The next piece of work, alone; None when there is none."""
    works = sweep.hand_out()
    return works[0] if works else None


def deliver(sweep: Sweep, report: Report, attachments: Iterable[Attachment] = ()) -> bool:
    """Have a report and its files filed at once, as the lanes do one after the other; whether its trial is over."""
    ending = sweep.reported(report)
    for attachment in attachments:
        sweep.keep(attachment)
        sweep.kept(attachment)
    if ending is not None:
        sweep.end(report.trial, ending)
    return ending is not None


def report(work: Work, step: int, value: float, *, last: bool) -> Report:
    row = {"trial": work.trial, "step": step, "seconds": 0.5 * step, "val/accuracy": value, "val/log_loss": 1 - value}
    return Report(work.trial, "cpu", Row.of(row), last, worker="node:7", started=1.0, ended=1.0 + step)


def drive(
    folder: Path, trials: int = 12, steps: int = 3, left_at: int | None = None, failing: int = -1, **keys: Any
) -> Path:
    """Run `trials` trials of `steps` steps, and of one more `left_at` steps, as if killed then.

    Trial `failing` does before its last step.
    """
    _, sweep, search, _store = open_sweep(folder, **keys)
    manifest = {"sweep": "abcd", "seed": 0, "data": {"name": "digits", "hash": "x", "classes": [], "val": 100}}
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2))
    for number in range(trials + (left_at is not None)):
        work = next_work(sweep)
        assert work is not None
        many = steps if number < trials else left_at or 0
        for step in range(1, many + 1):
            if (number, step) == (failing, steps):
                deliver(sweep, Report(work.trial, "cpu", None, failed="diverged: loss is nan at step 3"))
                continue
            value = (0.37 * number + 0.11 * step) % 1
            deliver(sweep, report(work, step, value, last=number < trials and step == steps))
    sweep.close(interrupted=True)
    (folder / IMPORTANCE_FILE).write_text(json.dumps(search.importance(), indent=2))
    assert (folder / ROWS_FILE).stat().st_size
    return folder
