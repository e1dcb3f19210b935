"""Sweeps that end before all of their trials were asked for: what becomes of those that run, and what is said."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import rows_of, sweeps, table, toy_spec
from helpers.driven_sweep import deliver, next_work, open_sweep, report

from sweeps.driver.sweep import Sweep
from sweeps.worker.messages import Work

LAST = [{"type": "no_improvement", "trials": 3}, {"type": "median"}]


def started(sweep: Sweep) -> Work:
    work = next_work(sweep)
    assert work is not None
    return work


def statuses(folder: Path, **keys: Any) -> list[tuple[str, str]]:
    _, _, _, store = open_sweep(folder, **keys)
    return [(record.status, record.reason) for record in store.records]


def test_when_a_trial_reaches_the_target_it_runs_to_its_end_and_the_others_stop(tmp_path: Path) -> None:
    metric = {"name": "val/accuracy", "target": 0.9}
    # The bands would stop the one that reaches it, for what it was at its first step.
    _, sweep, _, store = open_sweep(tmp_path, metric=metric, early_terminate={"type": "hyperband", "min_iter": 1})
    first, second, third = (started(sweep) for _ in range(3))
    deliver(sweep, report(first, 1, 0.5, last=False))
    deliver(sweep, report(second, 1, 0.6, last=False))
    sweep.lost(third.trial, "killed")
    assert not deliver(sweep, report(first, 2, 0.95, last=False))
    assert next_work(sweep) is None  # neither a new one, nor the one that is to be resumed
    assert deliver(sweep, report(second, 2, 0.7, last=False))
    assert not sweep.over
    assert deliver(sweep, report(first, 3, 0.9, last=True))
    assert sweep.over
    why = "the target 0.9 is reached: val/accuracy 0.95 of trial 0000 at step 2"
    assert [(r.status, r.reason) for r in store.records] == [("done", ""), ("stopped", why), ("stopped", why)]
    sweep.close(interrupted=False)


def test_a_sweep_taken_up_again_after_its_target_stops_what_was_left_running(tmp_path: Path) -> None:
    metric = {"name": "val/accuracy", "target": 0.9}
    _, sweep, _, _ = open_sweep(tmp_path, metric=metric)
    first, _ = started(sweep), started(sweep)
    deliver(sweep, report(first, 1, 0.95, last=False))
    sweep.close(interrupted=True)
    _, again, _, store = open_sweep(tmp_path, metric=metric)
    assert started(again).trial == first.trial
    assert next_work(again) is None
    deliver(again, report(first, 2, 0.5, last=True))
    assert again.over
    assert [record.status for record in store.records] == ["done", "stopped"]


def test_a_higher_target_lets_a_sweep_go_on(tmp_path: Path) -> None:
    _, sweep, _, _ = open_sweep(tmp_path, metric={"name": "val/accuracy", "target": 0.9})
    deliver(sweep, report(started(sweep), 1, 0.95, last=True))
    assert sweep.over
    sweep.close(interrupted=False)
    _, again, _, _ = open_sweep(tmp_path, metric={"name": "val/accuracy", "target": 0.99})
    assert not again.over
    assert next_work(again) is not None


def test_without_improvement_no_trial_starts_and_those_that_run_come_to_their_end(tmp_path: Path) -> None:
    _, sweep, _, store = open_sweep(tmp_path, early_terminate=LAST)
    slow = started(sweep)
    for value in (0.9, 0.1, 0.2, 0.3):
        deliver(sweep, report(started(sweep), 1, value, last=True))
    assert next_work(sweep) is None
    sweep.close(interrupted=True)
    _, again, _, store = open_sweep(tmp_path, early_terminate=LAST)
    assert started(again).trial == slow.trial
    assert next_work(again) is None
    deliver(again, report(slow, 1, 0.5, last=True))
    assert again.over
    assert [record.status for record in store.records] == ["done"] * 5


def test_the_order_in_which_trials_ended_survives_a_resume(tmp_path: Path) -> None:
    """The best one was the first to begin and the last to end: three trials without improvement are still to come."""
    _, sweep, _, _ = open_sweep(tmp_path, early_terminate=LAST)
    best = started(sweep)
    for value in (0.5, 0.4, 0.3):
        deliver(sweep, report(started(sweep), 1, value, last=True))
    deliver(sweep, report(best, 1, 0.9, last=True))
    sweep.close(interrupted=True)
    _, again, _, _ = open_sweep(tmp_path, early_terminate=LAST)
    for _ in range(3):
        assert not again.over
        deliver(again, report(started(again), 1, 0.1, last=True))
    assert again.over


@pytest.mark.ray
@pytest.mark.slow
def test_a_real_sweep_ends_at_its_target_and_says_so_everywhere(tmp_path: Path, cluster: tuple[str, str]) -> None:
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "steps": {"value": 8}}
    toy_spec(
        tmp_path, parameters=parameters, run_cap=40, metric={"name": "train/score", "goal": "maximize", "target": 2}
    )
    done = sweeps("run", "toy.yaml", "--out", "it", "--wandb", "off", *cluster, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    why = "the target 2 is reached: train/score "
    assert done.stderr.strip().splitlines()[-1].startswith(f"sweeps: the sweep has ended: {why}")
    trials = table(tmp_path / "it")
    assert len(trials) < 40
    assert all(reason.startswith(why) for reason in trials.query("status == 'stopped'")["reason"])
    done_ones = trials.query("status == 'done'")
    assert (done_ones["best/train/score"] >= 2).any()
    assert (done_ones["steps"] == 8).all()
    assert json.loads((tmp_path / "it" / "manifest.json").read_text())["ended"]["why"].startswith(why)
    assert why in (tmp_path / "it" / "report.html").read_text()
    assert why in sweeps("show", "it", folder=tmp_path).stderr
    rows = rows_of(tmp_path / "it")
    again = sweeps("resume", "it", "--no-report", folder=tmp_path)
    assert (again.returncode, rows_of(tmp_path / "it")) == (0, rows)
    assert f"the sweep has ended: {why}" in again.stderr
