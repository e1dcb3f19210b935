"""What the thousandth trial costs the driver is what the fiftieth did: counted in instructions and file operations."""

import itertools
import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from helpers.driven_sweep import deliver, next_work, open_sweep, report
from helpers.work import file_operations, instructions

from analysis.rows import Row
from sweeps.spec import Objective
from sweeps.store import sweep_folder
from sweeps.store.sweep_folder import KEPT_CHECKPOINTS, Store

FEW, MANY = 50, 400
SPREAD = 0.618  # multiples of it, cut to below 1, come in no order


@pytest.fixture(autouse=True)
def _no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """trials.csv is written whole, but once in a while."""
    monkeypatch.setattr(sweep_folder, "TABLE_SECONDS", math.inf)


def end(store: Store, number: int, status: Any = "done", value: float | None = None) -> None:
    trial, value = f"{number:04d}", SPREAD * number % 1 if value is None else value
    store.trial_started(trial, {"C": value}, resumed=False)
    store.row(Row(trial, 1, 0.1, {"val/accuracy": value}))
    store.save_checkpoint(trial, b"state")
    store.save_model(trial, "model.json", b"{}")
    store.trial_ended(trial, status, "")


def opened(folder: Path) -> Store:
    return Store(folder, Objective("val/accuracy", "maximize"))


def kept(folder: Path) -> tuple[list[str], list[str]]:
    checkpoints, models = folder / "ray" / "checkpoints", folder / sweep_folder.MODELS
    return sorted(path.stem for path in checkpoints.iterdir()), sorted(path.name for path in models.iterdir())


@pytest.mark.parametrize("status", ["done", "stopped", "failed"])
@pytest.mark.parametrize("value", [0.0, 2.0])  # the worst so far, and the best
def test_an_ending_costs_the_same_however_many_there_were(tmp_path: Path, status: str, value: float) -> None:
    store, numbers, effort, files = opened(tmp_path), itertools.count(), [], []
    for many in (FEW, MANY):
        for number in itertools.islice(numbers, many):
            end(store, number)
        files.append(file_operations(lambda: end(store, next(numbers), status, value)))
        effort.append(instructions(lambda: end(store, next(numbers), status, value)))
    assert files[0] == files[1]
    assert effort[1] < 1.1 * effort[0]


def test_a_reported_step_costs_the_same_however_many_trials_there_were(tmp_path: Path) -> None:
    """Through the whole driver, the search and its journal, with a stopping rule."""
    early = {"type": "hyperband", "min_iter": 1, "eta": 1.01}  # which stops hardly anybody
    _, sweep, _, _ = open_sweep(tmp_path / "it", method="random", run_cap=900, early_terminate=early)
    effort = []
    for many in (FEW, MANY):
        for number in range(many):
            work = next_work(sweep)
            assert work is not None
            deliver(sweep, report(work, 1, SPREAD * number % 1, last=True))
        work = next_work(sweep)
        assert work is not None
        found = report(work, 1, 0.5, last=True)
        effort.append(instructions(partial(sweep.reported, found)))
    assert effort[1] < 1.1 * effort[0]


def test_the_best_few_keep_their_state_and_the_best_its_model(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for number in range(40):
        end(store, number, "done" if number % 4 else "stopped")
    ranked = sorted(range(40), key=lambda n: -(SPREAD * n % 1))
    done, stopped = ([f"{n:04d}" for n in ranked if bool(n % 4) is whether] for whether in (True, False))
    few = sorted([*done[:KEPT_CHECKPOINTS], *stopped[:KEPT_CHECKPOINTS]])
    assert kept(tmp_path) == (few, done[:1])


def test_a_resume_removes_what_a_kill_left(tmp_path: Path) -> None:
    """A driver that was killed between an ending and its removals."""
    store = opened(tmp_path)
    for number in range(12):
        end(store, number)
    store.close(interrupted=True)
    sound = kept(tmp_path)
    for number in range(12):
        store.save_checkpoint(f"{number:04d}", b"state")
        store.save_model(f"{number:04d}", "model.json", b"{}")
    again = opened(tmp_path)
    list(again.existing_rows())
    for number in range(12):
        again.known(f"{number:04d}", {"C": 1.0}, "done", "")
    assert kept(tmp_path) == sound
    end(again, 12, value=3.0)
    assert (tmp_path / "ray" / "checkpoints" / "0012.pt").exists()
    assert len(kept(tmp_path)[0]) == KEPT_CHECKPOINTS
    assert kept(tmp_path)[1] == ["0012"]
