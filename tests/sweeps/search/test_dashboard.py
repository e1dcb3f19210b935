"""A sweep's search in optuna-dashboard: the real server, asked over loopback."""

import json
import signal
import socket
import urllib.request
from pathlib import Path

import optuna
import pytest
from helpers.command import HANGS, end, start, sweeps, wait_until
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "optuna.journal")))
    optuna.create_study(storage=storage, study_name="the-study").optimize(lambda trial: 1.0, n_trials=1)
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_the_study_is_shown_until_ctrl_c(folder: Path, port: int) -> None:
    process = start("dashboard", str(folder), "--port", str(port), folder=folder)
    wait_until(lambda: _answers(port) or process.poll() is not None)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies", timeout=HANGS) as answer:
        studies = json.load(answer)["study_summaries"]
    assert [study["study_name"] for study in studies] == ["the-study"]
    end(process, signal.SIGINT)
    assert process.returncode == 0


def test_a_port_that_is_taken_is_one_line(folder: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = sweeps("dashboard", str(folder), "--port", str(port), folder=folder)
    assert done.returncode == 2
    assert "choose another --port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_a_sweep_is_one_line(tmp_path: Path) -> None:
    done = sweeps("dashboard", str(tmp_path), folder=tmp_path)
    assert done.returncode == 2
    assert "holds no sweep" in done.stderr
