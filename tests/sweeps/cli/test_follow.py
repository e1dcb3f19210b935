"""`sweeps show --watch`: a sweep that another process runs, by what it writes."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.command import HANGS, rows_of, several, sweeps, toy_spec, wait_until
from helpers.driven_sweep import deliver, next_work, open_sweep, report
from rich.console import Console

from basics.json_lines import Tail
from sweeps.cli.follow import Follower
from sweeps.driver.console import LiveConsole
from sweeps.driver.sweep import Sweep
from sweeps.store import sweep_folder
from sweeps.worker.messages import Work


@pytest.fixture(autouse=True)
def _table_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """trials.csv is written whole, so otherwise only once in a while."""
    monkeypatch.setattr(sweep_folder, "TABLE_SECONDS", 0.0)
    monkeypatch.setattr(sweep_folder, "TABLE_SHARE", 1e9)


def watched(folder: Path, spec: Any, *, terminal: bool = False) -> tuple[Follower, LiveConsole, io.StringIO]:
    text = io.StringIO()
    drawn = Console(file=text, force_terminal=terminal, width=120, height=20)
    console = LiveConsole(objective=spec.metric, total=spec.trials, console=drawn)
    return Follower(folder, console), console, text


def started(sweep: Sweep) -> Work:
    work = next_work(sweep)
    assert work is not None
    return work


def test_each_end_is_a_line_once_also_of_trials_that_began_before(tmp_path: Path) -> None:
    spec, sweep, _, _ = open_sweep(tmp_path, run_cap=5)
    first, second = started(sweep), started(sweep)
    deliver(sweep, report(first, 1, 0.5, last=True))
    deliver(sweep, report(second, 1, 0.6, last=False))
    follower, _, text = watched(tmp_path, spec)
    follower.look()
    assert text.getvalue() == ""  # what had ended before is known
    deliver(sweep, report(second, 2, 0.9, last=True))
    third = started(sweep)
    failed = report(third, 1, 0.1, last=False)
    failed.failed = "diverged: loss is nan"
    deliver(sweep, failed)
    for _ in range(3):
        follower.look()
    lines = text.getvalue().splitlines()
    assert [line[:23] for line in lines] == ["trial 0001 done: val/ac", "trial 0002 failed (dive"]
    assert "val/accuracy 0.9 at step 2" in lines[0]
    assert lines[1].endswith("3 of 5 ended, best 0.9 in trial 0001")


def test_the_live_table_has_what_runs_and_the_best(tmp_path: Path) -> None:
    spec, sweep, _, _ = open_sweep(tmp_path, run_cap=5)
    done, running = started(sweep), started(sweep)
    deliver(sweep, report(done, 1, 0.5, last=True))
    follower, console, _ = watched(tmp_path, spec, terminal=True)
    try:
        deliver(sweep, report(running, 1, 0.75, last=False))
        follower.look()
        drawn = Console(file=io.StringIO(), width=120)
        with drawn.capture() as captured:
            drawn.print(console.render())
    finally:
        console.close(interrupted=False)
    shown = captured.get()
    assert "1 of 5 ended: 1 done, 1 running" in shown
    assert "best val/accuracy 0.75 in trial 0001" in shown


def test_a_line_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    tail = Tail(path)
    assert list(tail.lines()) == []
    with path.open("w") as file:
        for text, found in (('{"a": 1}\n{"b"', [{"a": 1}]), (": 2}\nno json\n[1]\n", [{"b": 2}]), ("", [])):
            file.write(text)
            file.flush()
            assert list(tail.lines()) == found


def test_what_does_not_run_is_shown_once(tmp_path: Path) -> None:
    _, sweep, _, _ = open_sweep(tmp_path / "it", run_cap=2)
    deliver(sweep, report(started(sweep), 1, 0.5, last=True))
    sweep.close(interrupted=True)
    done = sweeps("show", "it", "--watch", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no process runs the sweep in it" in done.stderr
    assert "0000" in done.stdout
    assert sweeps("show", "it", "--watch", "--json", folder=tmp_path).returncode == 2
    assert sweeps("show", "nowhere", "--watch", folder=tmp_path).returncode == 2


@pytest.mark.ray
@pytest.mark.slow
def test_a_real_sweep_is_followed_to_its_end(tmp_path: Path, cluster: tuple[str, str]) -> None:
    parameters = {"drift": {"min": 0.0, "max": 1.0}, "steps": {"value": 4}, "sleep": {"value": 0.4}}
    toy_spec(tmp_path, parameters=parameters, run_cap=6)
    it = tmp_path / "it"
    with several() as begin:
        run = begin("run", "toy.yaml", "--out", "it", "--wandb", "off", "--no-report", *cluster, folder=tmp_path)
        wait_until(lambda: len(rows_of(it)) > 1)
        watch = begin("show", "it", "--watch", folder=tmp_path)
        run.communicate(timeout=HANGS)
        out, err = watch.communicate(timeout=HANGS)
    assert (run.returncode, watch.returncode) == (0, 0), err
    ends = [line for line in out.splitlines() if line.startswith("trial 00")]
    assert len(ends) == len(set(ends))
    assert 3 <= len(ends) <= 6
    assert "6 of 6 ended" in ends[-1]
    assert "no process runs the sweep" in err
    assert [row["status"] for row in json.loads(sweeps("show", "it", "--json", folder=tmp_path).stdout)] == ["done"] * 6
