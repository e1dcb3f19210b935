"""W&B tracking with the real client: offline runs read back from their files, and servers that refuse or hang."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from sweeps.resolved import Objective, Tracking
from sweeps.tracking import Tracker, upload_command
from sweeps.wandb_files import fragments, records, run_id_of, unsynced
from sweeps.wandb_mode import resolve_mode
from sweeps.wandb_queue import FeedSettings, Layout, Position, QueueReader, QueueWriter, delivered

OBJECTIVE = Objective("val/accuracy", "maximize")
KEY = "0123456789abcdef" * 3
PNG = b"(what the store gets; the tracker passes on where the store put it)"


@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """W&B as on a machine without login; and whatever a test starts is gone when it ends."""
    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    mark = uuid.uuid4().hex
    for name, value in {"HOME": str(tmp_path / "home"), "NETRC": str(tmp_path / "none"), "TEST_MARK": mark}.items():
        monkeypatch.setenv(name, value)
    yield mark
    assert until(lambda: not marked(mark)), marked(mark)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sweep"
    folder.mkdir()
    return folder


def marked(mark: str) -> list[psutil.Process]:
    """The processes that carry this test's environment, wandb's service among them."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("TEST_MARK") == mark:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def until(condition: Any, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


def tracker(folder: Path, said: list[str] | None = None, **options: Any) -> Tracker:
    settings: dict[str, Any] = {
        "sweep_id": "5eed",
        "name": "digits-sweep",
        "model": "logistic_regression",
        "dataset": "digits",
        "tracking": Tracking(project="tests", tags=("nightly",), notes="a note"),
        "objective": OBJECTIVE,
        "mode": "offline",
        "patience": 60.0,  # a busy machine must not fail these tests; the servers that hang have their own
        "say": (said if said is not None else []).append,
    }
    return Tracker(folder, **{**settings, **options})


def row(trial: str, step: int, accuracy: float | None = None) -> dict[str, Any]:
    accuracy = step / 100 if accuracy is None else accuracy
    return {"trial": trial, "step": step, "seconds": step / 10, "train/loss": 1 / step, "val/accuracy": accuracy}


def feed(tracker: Tracker, trial: str, steps: range, resumed: bool = False) -> None:
    tracker.trial_started(trial, {"C": 0.5, "penalty": "l2"}, resumed)
    for step in steps:
        tracker.row(row(trial, step))


def of_kind(folder: Path, trial: str, kind: str) -> list[Any]:
    """A run's records of one kind, over all its files."""
    files = fragments(folder / "wandb", run_id_of("5eed", trial))
    found = [record for file in files for record in records(file)]
    return [getattr(record, kind) for record in found if record.WhichOneof("record_type") == kind]


def steps_of(folder: Path, trial: str) -> list[int]:
    return [history.step.num for history in of_kind(folder, trial, "history")]


def config_of(folder: Path, trial: str) -> dict[str, Any]:
    return {item.key: json.loads(item.value_json) for item in of_kind(folder, trial, "run")[-1].config.update}


def summary_of(folder: Path, trial: str) -> dict[str, Any]:
    items = [item for summary in of_kind(folder, trial, "summary") for item in summary.update]
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


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
    import test_tracking as t
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


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A W&B server on loopback that answers every request with one status, or with none for as long as a test runs."""
    answer, over = request.param, threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if answer == "hang":
                over.wait(120)
                return
            self.send_response(answer)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{listener.server_port}"
    monkeypatch.setenv("WANDB_BASE_URL", address)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    yield address
    over.set()
    listener.shutdown()
    listener.server_close()


def files_with_the_key(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize("server", [403], indirect=True)
def test_a_refusing_server_makes_runs_offline(folder: Path, server: str) -> None:
    said: list[str] = []
    observer = tracker(folder, said, mode="auto")
    feed(observer, "0000", range(1, 6))
    observer.trial_ended("0000", "done", "")
    observer.close(interrupted=False)
    assert steps_of(folder, "0000") == [1, 2, 3, 4, 5]
    assert "recording offline instead" in said[0]
    assert len(said) == 2
    assert not files_with_the_key(folder)


@pytest.mark.parametrize("server", ["hang"], indirect=True)
def test_a_hanging_server_does_not_hold_the_end(folder: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    observer = tracker(folder, said, mode="auto", patience=5.0)
    feed(observer, "0000", range(1, 6))
    observer.trial_ended("0000", "done", "")
    began = time.monotonic()
    observer.close(interrupted=False)
    assert time.monotonic() - began < 10
    command = upload_command(folder)
    assert len(said) == 1
    assert said[0].endswith(" ".join(command))

    monkeypatch.delenv("WANDB_BASE_URL")
    monkeypatch.delenv("WANDB_API_KEY")  # without a login it records what is left, and says what is missing
    upload = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert upload.returncode == 1
    assert "not logged in" in upload.stdout or "No API key" in upload.stdout
    assert steps_of(folder, "0000") == [1, 2, 3, 4, 5]


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


def test_a_full_disk_is_said_once_and_ends_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    (folder / "wandb").mkdir()
    (folder / "wandb" / "queue.jsonl").symlink_to("/dev/full")
    observer = tracker(folder, said, patience=0.1)
    feed(observer, "0000", range(1, 4))
    observer.close(interrupted=False)
    assert [line for line in said if "No space left" in line] == [said[0]]


def test_a_torn_line_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "queue.jsonl"
    path.write_text('{"event": "trial_started", "tri')
    reader = QueueReader(path)
    assert list(reader.events()) == []
    writer = QueueWriter(path)
    writer.put({"event": "close", "session": "a"})
    writer.close()
    assert [event["event"] for _, event in reader.events()] == ["close"]
    assert reader.offset == path.stat().st_size
    reader.close()


def test_position_covers_what_is_delivered_for_good(tmp_path: Path) -> None:
    position = Position(100, {"0001": 40})
    assert position.covers(50, "0000")
    assert position.covers(39, "0001")
    assert not position.covers(40, "0001")
    assert not position.covers(100, "0000")
    position.save(tmp_path / "offset")
    assert Position.load(tmp_path / "offset") == position
    (tmp_path / "offset").write_text("{")
    assert Position.load(tmp_path / "offset") == Position(0, {})


def test_settings_survive_the_way_to_the_feed(folder: Path) -> None:
    from sweeps.wandb_queue import read_settings, write_settings

    layout = Layout(folder)
    layout.wandb.mkdir()
    settings = FeedSettings("5eed", "a sweep", "gan", "digits", tags=("one", "two"), objective="val/accuracy")
    write_settings(layout, settings)
    assert read_settings(layout) == settings
