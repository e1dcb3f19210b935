"""W&B tracking with the real client against servers on loopback: one that takes runs, and those that do not."""

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tracked import KEY, feed, logged_in, logged_out, steps_of, tracker
from wandb_server import Accepting, hanging, refusing

from sweeps.tracking import upload_command
from sweeps.tracking.files import unsynced


@pytest.fixture(autouse=True)
def mark(tmp_path: Path) -> Iterator[str]:
    with logged_out(tmp_path / "home") as mark:
        yield mark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sweep"
    folder.mkdir()
    return folder


def upload(folder: Path) -> None:
    """Run the command that the end of a sweep printed."""
    done = subprocess.run(upload_command(folder), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr


def files_with_the_key(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_a_resumed_sweep_continues_its_runs_on_the_server(folder: Path) -> None:
    server, said = Accepting(), []
    with logged_in(server):
        first = tracker(folder, said, mode="auto")
        feed(first, "0000", range(1, 6))
        first.trial_ended("0000", "failed", "diverged at step 5")
        feed(first, "0001", range(1, 6))
        first.close(interrupted=True)
        second = tracker(folder, mode="auto")
        feed(second, "0001", range(4, 9), resumed=True)  # from a checkpoint: steps 4 and 5 are said again
        second.trial_ended("0001", "done", "")
        second.close(interrupted=False)
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]
    assert server.steps("5eed-0001") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert server.exits == {"5eed-0000": [1], "5eed-0001": [255, 0]}
    assert server.groups == {"digits-sweep"}
    assert unsynced(folder / "wandb") == []
    assert [line.split(" http")[0] for line in said] == ["W&B: the runs are at"]
    assert not files_with_the_key(folder)


def test_a_refused_sweep_is_recorded_offline_and_uploaded_later(folder: Path) -> None:
    said: list[str] = []
    with logged_in(refusing(403)):
        observer = tracker(folder, said, mode="auto")
        feed(observer, "0000", range(1, 6))
        observer.trial_ended("0000", "done", "")
        observer.close(interrupted=False)
    assert steps_of(folder, "0000") == [1, 2, 3, 4, 5]
    assert len(said) == 2
    assert "recording offline instead" in said[0]
    assert "1 runs are recorded offline" in said[1]
    assert not files_with_the_key(folder)
    server = Accepting()
    with logged_in(server):
        upload(folder)
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]
    assert unsynced(folder / "wandb") == []


def test_a_hanging_server_does_not_hold_the_end(folder: Path) -> None:
    said: list[str] = []
    over = threading.Event()
    with logged_in(hanging(over)):
        observer = tracker(folder, said, mode="auto", patience=5.0)
        feed(observer, "0000", range(1, 6))
        observer.trial_ended("0000", "done", "")
        began = time.monotonic()
        observer.close(interrupted=False)
        assert time.monotonic() - began < 10
        over.set()
    assert len(said) == 1
    assert said[0].endswith(" ".join(upload_command(folder)))
    server = Accepting()
    with logged_in(server):
        upload(folder)
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]
    assert server.exits == {"5eed-0000": [0]}


@pytest.mark.slow
def test_an_upload_without_login_says_so(folder: Path) -> None:
    observer = tracker(folder)
    feed(observer, "0000", range(1, 3))
    observer.close(interrupted=False)
    done = subprocess.run(upload_command(folder), capture_output=True, text=True, timeout=90)
    assert done.returncode == 1
    assert "not logged in" in done.stdout
