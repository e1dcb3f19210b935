"""Large states: they go from a folder to a worker and back, and into nothing that Ray keeps or returns."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from helpers.command import end, rows_of, start, sweeps, table, toy_spec, wait_until
from helpers.toy import Toy

from sweeps.worker.messages import Work
from sweeps.worker.running import Running
from trainables import Entry
from trainables.data import load_dataset

BALLAST = 8 * 2**20
SMALL = 2**19  # bytes: more than Ray keeps of a small sweep, a sixteenth of one state
CONFIG = {"drift": 0.5, "steps": 4, "sleep": 0.0, "fault": "none", "marks": "", "ballast": BALLAST}


def running(**keys: Any) -> Running:
    trial = Running(Work("0007", CONFIG, (3,), None), Entry(Toy), load_dataset("digits"), "cpu", **keys)
    trial.start()
    return trial


def test_a_resumed_trial_goes_on_from_its_state_and_keeps_it_no_longer() -> None:
    before = running()
    for _ in range(2):
        before.advance()
    after = running(state=before.checkpoint())
    for trial in (before, after):
        trial.advance()
    assert (after.step, after.trained) == (3, before.trained)
    assert after.state is None


@pytest.mark.slow
@pytest.mark.ray
def test_a_large_state_outlives_its_worker_and_its_driver_and_lies_in_nothing_of_rays(
    tmp_path: Path, cluster: tuple[str, str]
) -> None:
    # A checkpoint is taken after ten seconds, so at step 2.
    values = {"drift": 0.5, "steps": 4, "sleep": 6.0, "ballast": BALLAST}
    toy_spec(tmp_path, parameters={name: {"value": value} for name, value in values.items()}, run_cap=1)
    folder = tmp_path / "it"
    driver = start("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", folder=tmp_path)
    wait_until((folder / "ray" / "checkpoints" / "0000.pt").exists)
    os.kill(int(table(folder)["worker"][0].split(":")[1]), signal.SIGKILL)
    wait_until(lambda: len(rows_of(folder)) == 3)
    assert kept_by_ray(folder) < SMALL
    end(driver, signal.SIGKILL)
    resumed = sweeps("resume", "it", *cluster, folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    rows = rows_of(folder)
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["seconds"] >= 4 * 6.0  # the steps before the kills count: they were not taken again from the start
    assert 1 < (folder / "ray" / "checkpoints" / "0000.pt").stat().st_size / BALLAST < 1.1
    assert kept_by_ray(folder) < SMALL


def kept_by_ray(folder: Path) -> int:
    """Bytes of what Ray Tune has written of a sweep."""
    return sum(path.stat().st_size for path in (folder / "ray" / "tune").rglob("*") if path.is_file())
