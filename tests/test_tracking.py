"""W&B tracking with the real client, offline: runs read back from the files it leaves."""

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tracked import KEY, config_of, feed, logged_out, marked, of_kind, row, steps_of, summary_of, tracker, until

from sweeps.wandb_files import fragments, unsynced
from sweeps.wandb_mode import resolve_mode
from sweeps.wandb_queue import Layout, delivered

PNG = b"(what the store gets; the tracker passes on where the store put it)"


@pytest.fixture(autouse=True)
def mark(tmp_path: Path) -> Iterator[str]:
    with logged_out(tmp_path / "home") as mark:
        yield mark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sweep"
    folder.mkdir()
    return folder


def test_offline_runs_hold_what_was_fed(folder: Path) -> None:
    said: list[str] = []
    observer = tracker(folder, said)
    for trial in ("0000", "0001"):
        feed(observer, trial, range(1, 5))
    observer.row(row("0000", 5, accuracy=0.01))
    observer.media("0001", 4, "nowhere", PNG)
    observer.row(row("0001", 6))
    observer.trial_ended("0000", "stopped", "below the median")
    observer.trial_ended("0001", "failed", "diverged at step 6")
    observer.close(interrupted=False)

    assert {file.stem for file in unsynced(folder / "wandb")} == {"run-5eed-0000", "run-5eed-0001"}
    assert len(unsynced(folder / "wandb")) == 2
    assert steps_of(folder, "0000") == [1, 2, 3, 4, 5]
    assert steps_of(folder, "0001") == [1, 2, 3, 4, 6]
    run = of_kind(folder, "0000", "run")[0]
    assert (run.project, run.run_group, run.job_type, run.notes) == ("tests", "digits-sweep", "trial", "a note")
    assert (run.display_name, run.host is not None) == ("digits-sweep-0000", True)
    assert list(run.tags) == ["logistic_regression", "digits", "nightly"]
    config = config_of(folder, "0000")
    assert {name: config[name] for name in ("C", "penalty", "model")} == {
        "C": 0.5,
        "penalty": "l2",
        "model": "logistic_regression",
    }
    summary = summary_of(folder, "0000")
    assert (summary["status"], summary["reason"], summary["steps"]) == ("stopped", "below the median", 5)
    assert (summary["best/val/accuracy"], summary["best_step"], summary["last/val/accuracy"]) == (0.04, 4, 0.01)
    assert [of_kind(folder, trial, "exit")[0].exit_code for trial in ("0000", "0001")] == [0, 1]
    assert len(said) == 1
    assert "2 runs are recorded offline" in said[0]
    assert said[0].endswith(f"sync {folder / 'wandb'}")


def test_pictures_arrive_at_their_step(folder: Path) -> None:
    observer = tracker(folder)
    (folder / "media" / "0000").mkdir(parents=True)
    for step in (1, 2):
        Image.new("L", (4, 4), color=step).save(folder / "media" / "0000" / f"{step:06d}_samples.png")
    observer.trial_started("0000", {}, False)
    for step in (1, 2):
        observer.row(row("0000", step))
        observer.media("0000", step, "samples", PNG)
    observer.trial_ended("0000", "done", "")
    observer.close(interrupted=False)

    pictured = [
        history.step.num
        for history in of_kind(folder, "0000", "history")
        if any("media/samples" in item.nested_key or item.key == "media/samples" for item in history.item)
    ]
    assert pictured == steps_of(folder, "0000") == [1, 2]
    assert len(list((folder / "wandb").glob("*/files/media/images/media/samples_*.png"))) == 2


def test_an_interrupted_sweep_continues_its_runs(folder: Path) -> None:
    first = tracker(folder)
    feed(first, "0000", range(1, 4))
    first.trial_ended("0000", "done", "")
    feed(first, "0001", range(1, 6))
    first.close(interrupted=True)
    assert delivered(Layout(folder))
    assert summary_of(folder, "0001")["status"] == "running"

    second = tracker(folder)
    feed(second, "0001", range(4, 9), resumed=True)  # from a checkpoint: steps 4 and 5 are said again
    second.trial_ended("0001", "done", "")
    second.close(interrupted=False)

    assert steps_of(folder, "0000") == [1, 2, 3]
    assert steps_of(folder, "0001") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {run.run_id for run in of_kind(folder, "0001", "run")} == {"5eed-0001"}
    assert all(run.resume for run in of_kind(folder, "0001", "run"))
    assert (summary_of(folder, "0001")["status"], summary_of(folder, "0001")["best/val/accuracy"]) == ("done", 0.08)


DRIVER = """
    import sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    import tracked as t
    observer = t.tracker(Path(sys.argv[1]), mode="offline")
    for trial in range(3):
        t.feed(observer, f"{{trial:04d}}", range(1, 11))
        if trial < 2:
            observer.trial_ended(f"{{trial:04d}}", "done", "")
    print("fed", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("victims", ["driver", "all"])
def test_a_killed_driver_loses_and_repeats_nothing(folder: Path, mark: str, victims: str) -> None:
    code = textwrap.dedent(DRIVER.format(tests=str(Path(__file__).parent)))
    driver = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    assert driver.stdout.readline() == "fed\n"
    if victims == "all":  # as when the machine goes down, in the middle of things
        assert until(lambda: len(fragments(folder / "wandb", "5eed-0002")) == 1, 60)
        for process in marked(mark):
            process.kill()
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    driver.stdout.close()
    assert until(lambda: not marked(mark), 60)

    observer = tracker(folder)
    feed(observer, "0002", range(9, 13), resumed=True)
    observer.trial_ended("0002", "done", "")
    observer.close(interrupted=False)

    assert {file.stem for file in unsynced(folder / "wandb")} == {f"run-5eed-000{trial}" for trial in range(3)}
    for trial, last in (("0000", 10), ("0001", 10), ("0002", 12)):
        assert steps_of(folder, trial) == list(range(1, last + 1))
        assert summary_of(folder, trial)["status"] == "done"


def test_off_leaves_no_trace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for mode, environment in (("off", {}), ("auto", {"WANDB_MODE": "disabled"}), ("auto", {"WANDB_DISABLED": "true"})):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        observer = tracker(folder, mode=mode)
        feed(observer, "0000", range(1, 3))
        observer.close(interrupted=False)
    assert list(folder.iterdir()) == []


MODES: list[tuple[dict[str, str], str]] = [
    ({}, "offline"),
    ({"WANDB_API_KEY": KEY}, "online"),
    ({"WANDB_API_KEY": "short"}, "offline"),
    ({"WANDB_API_KEY": KEY, "WANDB_MODE": "offline"}, "offline"),
    ({"WANDB_API_KEY": KEY, "WANDB_MODE": "disabled"}, "off"),
]

ASK_FOR_EACH = """
    import json, os, sys
    from sweeps.wandb_mode import client, resolve_mode
    client()  # imported once, then asked in a fresh copy of this process for each environment
    for environment in json.loads(sys.argv[1]):
        if os.fork() == 0:
            os.environ.update(environment)
            print(resolve_mode("auto"), flush=True)
            os._exit(0)
        os.wait()
"""


def test_mode_follows_login_and_environment() -> None:
    environments = json.dumps([environment for environment, _ in MODES])
    command = [sys.executable, "-c", textwrap.dedent(ASK_FOR_EACH), environments]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert found.stdout.split() == [mode for _, mode in MODES], found.stderr
    assert resolve_mode("off") == "off"


def test_the_driver_does_not_import_wandb() -> None:
    code = "import sys, sweeps.tracking; sys.exit('wandb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
