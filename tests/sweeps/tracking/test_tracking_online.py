"""W&B tracking with the real client against servers on loopback: one that takes runs, and those that do not."""

import os
import threading
from pathlib import Path

import pytest
from helpers.command import HANGS, start
from helpers.tracked import KEY, MARK, TrackedSweep, logged_in, marked, steps_of, until
from helpers.wandb_server import Accepting, Fickle, dying, hanging, refusing

from sweeps.tracking.sync import sync
from sweeps.tracking.wandb_files import unsynced

pytestmark = pytest.mark.usefixtures("mark")


def synced(folder: Path) -> list[str]:
    """Run the command that the end of a sweep says; what it says."""
    said: list[str] = []
    assert sync(folder, 4, said.append) == 0, said
    return said


def mine() -> dict[str, str]:
    """The environment of a command that this test starts: its login, its home and its mark."""
    return {name: os.environ[name] for name in ("WANDB_BASE_URL", "WANDB_API_KEY", "HOME", "NETRC", MARK)}


def files_with_the_key(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_a_resumed_sweep_continues_its_runs_on_the_server(folder: Path) -> None:
    server, said = Accepting(), list[str]()
    with logged_in(server):
        first = TrackedSweep(folder, said, mode="auto")
        first.feed("0000", range(1, 6))
        first.done("0000", "failed", "diverged at step 5")
        first.feed("0001", range(1, 6))
        first.end(interrupted=True)
        assert server.runs["5eed-0001"]["tags"][-1] == "running"
        second = TrackedSweep(folder, mode="auto")
        second.feed("0001", range(4, 9))  # from a checkpoint: steps 4 and 5 are taken again
        second.done("0001")
        second.end()
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]
    assert server.steps("5eed-0001") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert server.steps("5eed-sweep") == [2, 3, 4, 5]
    assert server.exits == {"5eed-0000": [1], "5eed-0001": [255, 0, 0], "5eed-sweep": [255, 0]}
    assert server.groups == {"sweep"}
    assert server.runs["5eed-0001"]["tags"] == ["logistic_regression", "digits", "nightly", "done"]
    assert server.summaries["5eed-0001"]["val/accuracy"] == {"max": 0.08, "last": 0.08}
    best = server.artifacts.named("best-config")
    assert best is not None
    assert (best.run, sorted(best.aliases), best.metadata["trial"]) == ("5eed-0001", ["latest", "sweep"], "0001")
    assert b"tol:" in best.files["best.yaml"]
    assert server.views.keys() == {"project-view", "runs"}
    panels = [
        p["viewType"] for p in server.views["project-view"]["section"]["panelBankConfig"]["sections"][0]["panels"]
    ]
    assert panels[:2] == ["Parallel Coordinates Plot", "Parameter Importance"]
    assert server.alerts[-1]["text"] == "2 trials: 1 failed, 1 done; best: trial 0001, val/accuracy 0.08"
    assert unsynced(folder / "wandb") == []
    assert [line.split(" http")[0] for line in said] == ["W&B: the runs are at"]
    assert "/reports/" in said[0]
    assert not files_with_the_key(folder)


@pytest.mark.slow
def test_a_refused_sweep_is_recorded_offline_and_uploaded_once(folder: Path) -> None:
    said: list[str] = []
    with logged_in(refusing(403)):
        first = TrackedSweep(folder, said, mode="auto", run_cap=1)
        first.feed("0000", range(1, 4))
        first.end(interrupted=True)
        second = TrackedSweep(folder, said, mode="offline", run_cap=1)
        second.feed("0000", range(3, 6))
        second.done("0000")
        second.end()
    assert steps_of(folder, "0000") == [1, 2, 3, 4, 5]  # in two files
    assert "recording offline instead" in said[0]
    assert said[-1] == f"W&B: 2 runs are recorded offline; upload them with: sweeps sync {folder}"
    assert not files_with_the_key(folder)
    server = Accepting()
    with logged_in(server):
        lines = synced(folder)
        again = synced(folder)
    assert lines[0] == "W&B has 0 of 1 trials; uploading 1"
    assert again == ["W&B has 1 of 1 trials; uploading 0", "W&B has all runs of the sweep"]
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]
    assert server.exits == {"5eed-0000": [0, 0], "5eed-sweep": [0]}  # once more for the artifact of the best trial
    assert [len(server.artifacts.versions), server.alerts] == [2, []]
    assert unsynced(folder / "wandb") == []
    assert not files_with_the_key(folder)


@pytest.mark.slow
def test_a_hanging_server_does_not_hold_the_end(folder: Path) -> None:
    said, over = list[str](), threading.Event()
    with logged_in(hanging(over)):
        sweep = TrackedSweep(folder, said, mode="auto", patience=5.0)
        sweep.feed("0000", range(1, 6))
        sweep.done("0000")
        sweep.end()  # and would not, did it wait for the answer
        over.set()
    assert said[-1].endswith(f"upload the rest with: sweeps sync {folder}")
    server = Accepting()
    with logged_in(server):
        synced(folder)
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_rows_that_a_server_refuses_once_a_run_is_open_are_missed_and_uploaded_later(folder: Path) -> None:
    server, said = Accepting(), list[str]()
    fickle = Fickle(server, refusing(403), "file_stream")
    with logged_in(fickle):
        sweep = TrackedSweep(folder, said, mode="auto")
        sweep.feed("0000", range(1, 6))
        sweep.done("0000")
        sweep.end()
        assert server.lines == {}
        assert said[-1].endswith(f"upload the rest with: sweeps sync {folder}")
        fickle.mood = None
        synced(folder)
    assert server.steps("5eed-0000") == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_server_that_limits_the_rate_vanishes_and_comes_back_gets_each_step_once(folder: Path) -> None:
    server, said = Accepting(), list[str]()
    fickle = Fickle(server, refusing(429), times=3)
    with logged_in(fickle):
        sweep = TrackedSweep(folder, said, mode="auto", patience=5.0)
        sweep.feed("0000", range(1, 6))
        assert until(lambda: "5eed-0000" in server.lines)
        fickle.mood, fickle.times = dying, None
        for step in range(6, 11):
            sweep.row("0000", step)
        sweep.done("0000")
        sweep.end()
        arrived = len(server.lines["5eed-0000"])
        assert 0 < arrived < 10
        assert said[-1].endswith(f"upload the rest with: sweeps sync {folder}")
        fickle.mood = None
        synced(folder)
    assert server.steps("5eed-0000") == list(range(1, 11))


@pytest.mark.slow
def test_a_killed_upload_is_taken_up_where_it_was(folder: Path, mark: str) -> None:
    sweep = TrackedSweep(folder, run_cap=6)
    for number in range(6):
        sweep.feed(f"{number:04d}", range(1, 5))
        sweep.done(f"{number:04d}")
    sweep.end()
    server = Accepting()
    with logged_in(server):
        uploading = start("sync", str(folder), "--parallel", "1", folder=folder.parent, **mine())
        assert until(lambda: len(server.exits) >= 2)
        for process in marked(mark):  # as when the machine goes down
            process.kill()
        uploading.communicate(timeout=HANGS)
        assert until(lambda: not marked(mark))
        finished = len(server.exits)
        lines = synced(folder)
        again = synced(folder)
    assert 2 <= finished < 6
    assert int(lines[0].split()[2]) >= finished - 1
    assert again[0] == "W&B has 6 of 6 trials; uploading 0"
    assert [server.steps(f"5eed-{number:04d}") for number in range(6)] == [[1, 2, 3, 4]] * 6
    assert server.steps("5eed-sweep") == [2, 4, 6, 8, 10, 12, 13]


@pytest.mark.slow
def test_an_upload_without_login_or_server_says_so(folder: Path) -> None:
    sweep = TrackedSweep(folder)
    sweep.feed("0000", range(1, 3))
    sweep.end()
    said: list[str] = []
    assert sync(folder, 4, said.append) == 1
    assert said == ["error: W&B: not logged in; 'wandb login' changes that"]
    with logged_in(refusing(401)):
        assert sync(folder, 4, said.append) == 1
    assert said[1].startswith("error: W&B: ")
