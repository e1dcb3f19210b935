"""W&B tracking, offline, of sweeps that are interrupted, killed, taken up again, or not tracked at all."""

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from helpers.repository import REPOSITORY
from helpers.tracked import KEY, TrackedSweep, marked, of_kind, steps_of, summary_of, until

from sweeps.tracking.mode import resolve_mode
from sweeps.tracking.queue import Layout, delivered
from sweeps.tracking.wandb_files import fragments, unsynced

pytestmark = pytest.mark.usefixtures("mark")


@pytest.mark.slow
def test_an_interrupted_sweep_continues_its_runs(folder: Path) -> None:
    first = TrackedSweep(folder)
    first.feed("0000", range(1, 4))
    first.done("0000")
    first.feed("0001", range(1, 6))
    first.end(interrupted=True)
    assert delivered(Layout(folder))
    assert summary_of(folder, "0001")["status"] == "running"

    second = TrackedSweep(folder)
    second.feed("0001", range(4, 9))  # from a checkpoint: steps 4 and 5 are taken again
    second.done("0001")
    second.end()

    assert steps_of(folder, "0000") == [1, 2, 3]
    assert steps_of(folder, "0001") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {run.run_id for run in of_kind(folder, "0001", "run")} == {"5eed-0001"}
    assert all(run.resume for run in of_kind(folder, "0001", "run"))
    assert (summary_of(folder, "0001")["status"], summary_of(folder, "0001")["best/val/accuracy"]) == ("done", 0.08)
    assert steps_of(folder, "sweep") == [2, 3, 4, 5]  # an end, a conclusion, an end, a conclusion


DRIVER = """
    import sys, time
    from pathlib import Path
    sys.path.append({tests!r})
    from helpers.tracked import TrackedSweep
    sweep = TrackedSweep(Path(sys.argv[1]))
    for trial in range(3):
        sweep.feed(f"{{trial:04d}}", range(1, 11))
        if trial < 2:
            sweep.done(f"{{trial:04d}}")
    print("fed", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("victims", ["driver", pytest.param("all", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_killed_driver_loses_and_repeats_nothing(folder: Path, mark: str, victims: str) -> None:
    code = textwrap.dedent(DRIVER.format(tests=str(REPOSITORY / "tests")))
    driver = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "fed\n"
    if victims == "all":  # as when the machine goes down, in the middle of things
        assert until(lambda: len(fragments(folder / "wandb", "5eed-0002")) == 1)
        for process in marked(mark):
            process.kill()
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    driver.stdout.close()
    assert until(lambda: not marked(mark))

    sweep = TrackedSweep(folder)
    sweep.feed("0002", range(9, 13))
    sweep.done("0002")
    sweep.end()

    runs = {f"run-5eed-{trial}" for trial in ("0000", "0001", "0002", "sweep")}
    assert {file.stem for file in unsynced(folder / "wandb")} == runs
    for trial, last in (("0000", 10), ("0001", 10), ("0002", 12)):
        assert steps_of(folder, trial) == list(range(1, last + 1))
        assert summary_of(folder, trial)["status"] == "done"


def test_off_leaves_no_trace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = TrackedSweep(folder, mode="off")
    sweep.feed("0000", range(1, 3))
    for mode, name, value in (("auto", "WANDB_MODE", "disabled"), ("auto", "WANDB_DISABLED", "true")):
        monkeypatch.setenv(name, value)
        sweep = TrackedSweep(folder, mode=mode)
        sweep.feed("0000", range(1, 3))
        assert not sweep.tracker.on
    sweep.end()
    assert not (folder / "wandb" / "queue.jsonl").exists()


MODES: list[tuple[dict[str, str], str]] = [
    ({}, "offline"),
    ({"WANDB_API_KEY": KEY}, "online"),
    ({"WANDB_API_KEY": "short"}, "offline"),
    ({"WANDB_API_KEY": KEY, "WANDB_MODE": "offline"}, "offline"),
    ({"WANDB_API_KEY": KEY, "WANDB_MODE": "disabled"}, "off"),
]

ASK_FOR_EACH = """
    import json, os, sys
    from sweeps.tracking.mode import client, resolve_mode
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
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.stdout.split() == [mode for _, mode in MODES], found.stderr
    assert resolve_mode("off") == "off"


def test_the_driver_does_not_import_wandb() -> None:
    its = ", ".join(f"sweeps.tracking.{name}" for name in ("best", "final_metrics", "mode", "settings", "tracker"))
    code = f"import sys, {its}; sys.exit('wandb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
