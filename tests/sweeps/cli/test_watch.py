"""A report that follows a running sweep, a real one, until the sweep ends or somebody has seen enough."""

import json
import re
import signal
import threading
from pathlib import Path

import pytest
from helpers.command import HANGS, end, rows_of, several, start, sweeps, toy_spec, wait_until
from helpers.sweep_folder import FakeTrial, build_sweep

from sweeps.store.folder_lock import is_running, locked


def rows_on(page: Path) -> int:
    """How many steps the trials on the page have taken."""
    found = re.search(r'id="data">(.*?)</script>', page.read_text())
    assert found is not None
    data = json.loads(found[1])
    steps = [column["key"] for column in data["columns"]].index("steps")
    return sum(row[steps] for row in data["rows"])


@pytest.mark.slow
@pytest.mark.ray
def test_it_is_written_anew_while_the_sweep_runs_and_once_more_when_it_has_ended(tmp_path: Path) -> None:
    toy_spec(tmp_path, run_cap=6, parameters={"sleep": {"value": 1.5}, "drift": {"min": 0.0, "max": 1.0}})
    with several() as begin:
        run = begin("run", "toy.yaml", "--out", "it", "--wandb", "off", folder=tmp_path)
        page = tmp_path / "it" / "report.html"
        wait_until(lambda: len(rows_of(tmp_path / "it")) > 1)
        watch = begin("report", "--watch", "it", folder=tmp_path)
        wait_until(page.exists)
        first = rows_on(page)
        assert run.poll() is None
        assert '"reload":' in page.read_text()
        wait_until(lambda: rows_on(page) > first)
        run.communicate(timeout=HANGS)
        out, err = watch.communicate(timeout=HANGS)
    assert (run.returncode, watch.returncode) == (0, 0)
    assert out.strip() == "it/report.html"
    assert err.count("is as of") >= 2
    assert rows_on(page) == 30
    assert '"reload":' not in page.read_text()
    assert not list((tmp_path / "it").rglob("*.partial"))


@pytest.mark.slow
def test_ctrl_c_ends_it_and_leaves_the_sweep_alone(tmp_path: Path) -> None:
    folder = build_sweep(tmp_path / "it", [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5}], status="running")])
    with locked(folder):
        watch = start("report", "--watch", "it", folder=tmp_path)
        wait_until((folder / "report.html").exists)
        _, err = end(watch, signal.SIGINT)
        assert watch.returncode == 130
        assert "Traceback" not in err
        assert is_running(folder)


def test_a_sweep_that_is_over_is_written_once(tmp_path: Path) -> None:
    build_sweep(tmp_path / "it", [FakeTrial({"C": 1.0}, [{"val/accuracy": 0.5}])])
    done = sweeps("report", "--watch", "it", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "it/report.html\n")
    assert done.stderr.count("is as of") == 1


def test_a_folder_without_a_sweep(tmp_path: Path) -> None:
    done = sweeps("report", "--watch", "nowhere", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no such folder" in done.stderr


class TestLock:
    def test_held_or_not(self, tmp_path: Path) -> None:
        assert not is_running(tmp_path)
        with locked(tmp_path):
            assert is_running(tmp_path)
        assert not is_running(tmp_path)

    def test_looking_never_keeps_a_sweep_from_starting(self, tmp_path: Path) -> None:
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                is_running(tmp_path)

        looker = threading.Thread(target=look)
        looker.start()
        try:
            for _ in range(200):
                with locked(tmp_path):
                    pass
        finally:
            over.set()
            looker.join()
