"""`sweeps stop` and `sweeps pause` from another shell, on sweeps that run and on folders where none does."""

import os
import signal
import socket
from pathlib import Path

import pytest
from helpers.command import HANGS, end, rows_of, start, sweeps, table, toy_spec, wait_until
from helpers.sweep_folder import FakeTrial, build_sweep

from sweeps.store import requests
from sweeps.store.folder_lock import LOCK, holder, locked


def test_where_no_process_runs_the_sweep_it_says_so(tmp_path: Path) -> None:
    build_sweep(tmp_path / "it", [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5}])])
    (tmp_path / "it" / LOCK).write_text(f"4711 on {socket.gethostname()}\n")  # one that was killed
    for wish in ("stop", "pause"):
        done = sweeps(wish, "it", folder=tmp_path)
        assert done.returncode == 2
        said = f"it: no process runs this sweep, so there is nothing to {wish}; sweeps resume it goes on with it"
        assert done.stderr == f"sweeps: error: {said}\n"
        assert requests.is_heard(tmp_path / "it")
        assert sweeps(wish, "nowhere", folder=tmp_path).returncode == 2


def test_one_that_may_run_on_another_machine_is_left_the_request(tmp_path: Path) -> None:
    folder = build_sweep(tmp_path / "it", [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5}])])
    (folder / LOCK).write_text("4711 on another.machine\n")
    done = sweeps("pause", "it", folder=tmp_path)
    assert done.returncode == 0
    assert "process 4711 on another.machine will hear it" in done.stderr
    assert requests.take(folder) == "pause"
    assert requests.is_heard(folder)


def test_the_lock_says_who_holds_it_and_forgets_what_was_asked_of_another(tmp_path: Path) -> None:
    requests.ask(tmp_path, "stop")
    with locked(tmp_path):
        assert holder(tmp_path) == f"{os.getpid()} on {socket.gethostname()}"
        assert requests.is_heard(tmp_path)
    assert holder(tmp_path) == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ask": "dance"}', "\0"])
def test_a_request_that_is_none_is_removed(tmp_path: Path, text: str) -> None:
    (tmp_path / requests.REQUEST).write_text(text)
    assert requests.take(tmp_path) is None
    assert requests.is_heard(tmp_path)


@pytest.mark.ray
@pytest.mark.slow
def test_a_sweep_is_paused_goes_on_and_is_stopped(tmp_path: Path, cluster: tuple[str, str]) -> None:
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "steps": {"value": 30}, "sleep": {"value": 0.1}}
    toy_spec(tmp_path, parameters=parameters, run_cap=30)
    it = tmp_path / "it"
    driver = start("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
    try:
        wait_until(lambda: len(rows_of(it)) >= 4)
        heard = sweeps("pause", "it", folder=tmp_path)
        assert (heard.returncode, f"process {driver.pid} on " in heard.stderr) == (0, True)
        _, err = driver.communicate(timeout=HANGS)
        assert driver.returncode == 130, err
        assert "'sweeps pause': everything is kept" in err
        assert "sweeps resume it" in err
        assert {"running"} == set(table(it)["status"])

        driver = start("resume", "it", folder=tmp_path)
        rows = len(rows_of(it))
        wait_until(lambda: len(rows_of(it)) >= rows + 4)
        assert "has heard: no more trials start" in sweeps("stop", "it", folder=tmp_path).stderr
        out, err = driver.communicate(timeout=HANGS)
    finally:
        if driver.poll() is None:
            end(driver, signal.SIGKILL)
    assert driver.returncode == 0, err
    assert "train/score" in out  # the best of those stopped
    assert "the sweep has ended: stopped by 'sweeps stop'" in err.strip().splitlines()[-1]
    trials = table(it)
    assert set(trials["status"]) == {"stopped"}
    assert set(trials["reason"]) == {"stopped by 'sweeps stop'"}
    again = sweeps("resume", "it", folder=tmp_path)
    assert "stopped by 'sweeps stop'. Go on all the same with: sweeps resume it --more" in again.stderr
    assert len(table(it)) == len(trials)
