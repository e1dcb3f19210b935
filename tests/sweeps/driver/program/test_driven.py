"""What the driver makes of a program's reports, which the test hands it in place of the workers."""

from pathlib import Path
from typing import Any

import pytest
from helpers.command import rows_of, table
from helpers.driven_sweep import deliver, next_work, open_sweep

from analysis.rows import Row
from sweeps.driver.sweep import Sweep
from sweeps.worker.messages import Report, Work

SPEC: dict[str, Any] = {
    "program": "train.py",
    "method": "random",
    "metric": {"name": "loss"},
    "parameters": {"lr": {"min": 0.1, "max": 0.2}, "net": {"parameters": {"depth": {"value": 3}}}},
    "run_cap": 2,
}


def opened(folder: Path, **lines: Any) -> Sweep:
    return open_sweep(folder, **{**SPEC, **lines})[1]


def said(sweep: Sweep, work: Work | None, step: int, **end: Any) -> bool:
    assert work is not None
    row = Row.of({"trial": work.trial, "step": step, "seconds": 1.0, "loss": 1.0 / step, "acc": 0.5}) if step else None
    return deliver(sweep, Report(work.trial, "cpu", row, worker="node:7", started=1.0, ended=2.0, **end))


def test_a_program_is_given_groups_of_parameters_as_mappings(tmp_path: Path) -> None:
    work = next_work(opened(tmp_path))
    assert work is not None
    assert work.config["net"] == {"depth": 3}


@pytest.mark.parametrize("resumable", [True, False])
def test_a_program_that_starts_again_has_said_nothing_before(tmp_path: Path, resumable: bool) -> None:
    sweep = opened(tmp_path, resumable=resumable)
    first, second = next_work(sweep), next_work(sweep)
    for step in (1, 2):
        said(sweep, first, step)
    said(sweep, second, 1, finished=True)
    sweep.close(interrupted=True)
    again = opened(tmp_path, resumable=resumable)
    work = next_work(again)
    assert work is not None
    assert (work.trial, work.resumed, work.begun) == ("0000", True, 2 if resumable else 0)
    assert [row["trial"] for row in rows_of(tmp_path)].count("0000") == work.begun
    said(again, work, work.begun + 1, finished=True)
    again.close(interrupted=False)
    found = table(tmp_path).set_index("trial")
    assert dict(found["steps"]) == {"0000": 3 if resumable else 1, "0001": 1}
    assert dict(found["best/loss"]) == pytest.approx({"0000": 1 / 3 if resumable else 1.0, "0001": 1.0})


def test_a_program_whose_worker_died_starts_again_with_no_rows(tmp_path: Path) -> None:
    sweep = opened(tmp_path)
    work = next_work(sweep)
    said(sweep, work, 1)
    sweep.lost("0000", "it was killed")
    work = next_work(sweep)
    assert work is not None
    assert (work.trial, rows_of(tmp_path)) == ("0000", [])
    said(sweep, work, 1)
    assert said(sweep, work, 2, finished=True)
    assert [row["step"] for row in rows_of(tmp_path)] == [1, 2]


def test_a_program_that_ends_without_its_metric_has_failed_and_says_what_it_logged(tmp_path: Path) -> None:
    sweep = opened(tmp_path, metric={"name": "val_loss"})
    work = next_work(sweep)
    said(sweep, work, 1)
    assert said(sweep, work, 0, finished=True)
    sweep.close(interrupted=False)
    [row] = table(tmp_path).to_dict("records")
    assert (row["status"], row["reason"]) == ("failed", "it never logged val_loss; it logged loss, acc")
