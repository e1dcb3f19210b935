"""What `sweeps sync` and the feed say of a folder that is damaged or closed to them, with a server on loopback."""

from pathlib import Path

import pytest
from helpers.tracked import TrackedSweep, logged_in
from helpers.wandb_server import Accepting

from sweeps.tracking.sync import sync


@pytest.fixture
def folder(folder: Path, mark: str) -> Path:
    """An interrupted sweep of one trial, which W&B has heard nothing of."""
    sweep = TrackedSweep(folder, mode="off", run_cap=2)
    sweep.feed("0000", range(1, 3))
    sweep.done("0000")
    sweep.end(interrupted=True)
    return folder


@pytest.mark.slow
def test_a_journal_that_is_built_anew_is_said_to_be_and_a_report_that_is_missing_is_drawn(folder: Path) -> None:
    (folder / "optuna.journal").unlink()
    (folder / "report.html").unlink()
    server, said = Accepting(), list[str]()
    with logged_in(server):
        assert sync(folder, 4, said.append) == 0
    assert said[0].startswith(f"{folder}/optuna.journal: built anew from the sweep's rows and table, 1 trial")
    assert server.steps("5eed-0000") == [1, 2]
    assert (folder / "report.html").stat().st_size > 10**5


@pytest.mark.slow
def test_without_its_lock_nothing_is_sent_and_one_line_says_why(folder: Path) -> None:
    lock = folder / "wandb" / "feed.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir(parents=True)
    server, said = Accepting(), list[str]()
    with logged_in(server):
        assert sync(folder, 4, said.append) == 2
        assert said == [f"error: {lock}: Is a directory"]
        sweep = TrackedSweep(folder, said, mode="online", run_cap=2)
        sweep.feed("0001", range(1, 3))
        sweep.done("0001")
        sweep.end()
    assert f"W&B does not track this sweep: {lock}: Is a directory" in said
    assert server.runs == {}
