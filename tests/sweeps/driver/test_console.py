"""The live table and its plain twin: the numbers shown, narrow terminals, hostile strings, a clean end."""

import io
import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from helpers.driven_sweep import drive, open_sweep
from helpers.repository import REPOSITORY
from helpers.work import instructions
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from analysis.judge.findings import Finding
from analysis.ranking import BestStep, Constraint
from analysis.rows import Row
from basics.terminal import printable
from sweeps.driver.console import LiveConsole, Terminal, duration
from sweeps.driver.progress import Progress
from sweeps.spec.resolved import UNJUDGED, Objective
from sweeps.store.sweep_folder import Record

ACCURACY = Objective("val/accuracy", "maximize")
LOSS = Objective("train/loss", "minimize")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def row(trial: str, step: int, **metrics: float | None) -> Row:
    numbers = {name.replace("_", "/"): value for name, value in metrics.items() if value is not None}
    return Row(trial, step, 0.1, numbers)


def recording(width: int, terminal: bool = False) -> Console:
    return Console(width=width, height=24, file=io.StringIO(), force_terminal=terminal, color_system=None)


def plain(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def table(live: LiveConsole, width: int = 80) -> list[str]:
    console = recording(width)
    console.print(live.render())
    return plain(console)


def a_sweep(live: LiveConsole, clock: Clock) -> None:
    """Six trials of ten: three done, one stopped, one failed, one running; a trial ends every six seconds."""
    ends = [("done", ""), ("failed", "diverged at step 2"), ("done", ""), ("stopped", "asha"), ("done", "")]
    for number in range(6):
        trial = f"{number:04d}"
        live.trial_started(trial, {"C": 10.0**-number, "penalty": "l2"}, False)
        for step in (1, 2):
            clock.now += 3
            live.row(row(trial, step, val_accuracy=0.5 + 0.1 * number - 0.01 * step))
        if number < 5:
            live.trial_ended(trial, *ends[number])  # type: ignore[arg-type]  # a str of these


def test_the_table_shows_the_numbers() -> None:
    clock = Clock()
    live = LiveConsole(objective=ACCURACY, total=10, slots=1, console=recording(80), clock=clock)
    a_sweep(live, clock)
    lines = table(live)
    assert lines[0].startswith("5 of 10 ended: 3 done, 1 running, 1 stopped, 1 failed, 8.33/min, 36 s left")
    assert lines[1].rstrip() == "best val/accuracy 0.99 in trial 0005: C=1e-05 penalty=l2"
    rows = {line[:4]: line.split() for line in lines[3:]}
    assert rows["0005"] == ["0005", "running", "2", "0.98", "C=1e-05", "penalty=l2"]
    assert rows["0004"] == ["0004", "done", "2", "0.89", "C=0.0001", "penalty=l2"]
    assert rows["0001"][1:] == ["failed", "2", "0.59", "diverged", "at", "step", "2"]


def test_the_table_has_verdicts_where_there_is_a_judge() -> None:
    live = LiveConsole(objective=LOSS, total=3, slots=1, console=recording(100))
    for number, verdicts in enumerate([("noise", "healthy"), ("healthy", "mode_collapse")]):
        live.trial_started(f"{number:04d}", {}, False)
        for step, verdict in enumerate(verdicts, start=1):
            one = row(f"{number:04d}", step, train_loss=0.9 - 0.1 * step - 0.5 * number)
            beside = (Finding(verdict, 0.9), Finding("noise", 0.6)) if verdict == "mode_collapse" else ()
            live.row(replace(one, verdict=verdict, findings=beside))
    live.trial_ended("0000", "done", "")
    lines = table(live, 100)
    assert lines[1].startswith("best train/loss 0.7 in trial 0000: ")  # not 0001's 0.2, which has collapsed
    assert lines[2].split() == ["trial", "status", "step", "train/loss", "verdict", "config"]
    assert [line.split()[4:6] for line in lines[3:]] == [["healthy"], ["mode_collapse", "+noise"]]


def test_of_trials_that_break_the_constraint_none_leads() -> None:
    progress = Progress(replace(LOSS, constraints=(Constraint("gen/severity", max=0.5),)), 3)
    for trial, loss, severity in (("0000", 0.9, 0.1), ("0001", 0.1, 0.8), ("0002", 0.5, 0.5)):
        progress.started(trial, {})
        progress.row(row(trial, 1, train_loss=loss, gen_severity=severity))
    best = progress.best()
    assert best is not None
    assert best.trial == "0002"


def test_trials_of_a_final_training_are_no_better_than_each_other() -> None:
    console = recording(80)
    live = LiveConsole(objective=Objective(UNJUDGED, "maximize"), total=2, slots=1, console=console)
    live.trial_started("0000", {"C": 1.0}, False)
    live.row(Row("0000", 1, 0.1, {UNJUDGED: 60000.0}))
    live.trial_ended("0000", "done", "")
    assert plain(console) == ["trial 0000 done (C=1); 1 of 2 ended"]
    assert not any("best" in line for line in table(live))


def test_plain_lines_tell_every_end() -> None:
    clock, console = Clock(), recording(80)
    live = LiveConsole(objective=ACCURACY, total=None, slots=1, console=console, clock=clock)
    a_sweep(live, clock)
    live.close(interrupted=False)
    lines = plain(console)
    assert len(lines) == 5
    assert lines[0] == "trial 0000 done: val/accuracy 0.49 at step 1 (C=1 penalty=l2); 1 ended, best 0.49 in trial 0000"
    assert lines[1].startswith("trial 0001 failed (diverged at step 2): val/accuracy 0.59")


def test_a_long_trial_speaks_every_ten_seconds() -> None:
    clock, console = Clock(), recording(80)
    live = LiveConsole(objective=ACCURACY, total=3, slots=2, console=console, clock=clock)
    live.trial_started("0000", {}, False)
    for step in range(1, 36):
        clock.now += 1
        live.row(row("0000", step, val_accuracy=0.5))
    lines = plain(console)
    assert len(lines) == 3
    assert lines[0].startswith("0 of 3 ended")
    assert lines[0].endswith("0000 at step 10: 0.5")


@pytest.mark.parametrize("width", [30, 40, 80, 200])
def test_the_table_fits_its_terminal(width: int) -> None:
    clock = Clock()
    live = LiveConsole(objective=ACCURACY, total=10, slots=1, console=recording(width), clock=clock)
    a_sweep(live, clock)
    live.trial_started("0006", {f"parameter_{i}": i for i in range(30)}, False)
    live.row(row("0006", 1, val_accuracy=0.1))
    lines = table(live, width)
    assert max(map(len, lines)) <= width
    assert sum(line.startswith("0006") for line in lines) == 1


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_string_of_a_config_is_obeyed(name: str, value: str, reason: str) -> None:
    console = recording(80)
    live = LiveConsole(objective=Objective(f"val/{name}", "maximize"), total=2, slots=1, console=console)
    live.trial_started("0000", {name: value, "markup": "[red]x[/red] [/] \\[", "terminal": "\x1b[2J\r\n"}, False)
    live.row(Row("0000", 1, 1.0, {f"val/{name}": 0.5}))
    shown = "\n".join(table(live, 200))
    live.trial_ended("0000", "failed", reason)
    (line,) = plain(console)
    assert "[red]x[/red] [/] \\[" in line
    assert "[red]x" in shown or len(name + value) > 20
    assert not {"\x1b", "\r", "\n"} & set(line)


@given(st.text())
def test_printable_keeps_what_is_harmless(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
    assert all(new == old for new, old in zip(shown, text, strict=True) if old.isprintable())


def test_minimised_and_unusable_values() -> None:
    progress = Progress(LOSS, None)
    progress.started("0000", {})
    for step, value in enumerate((2.0, float("nan"), None, float("-inf"), 1.5, 1.8), start=1):
        progress.row(row("0000", step, train_loss=value))
    best = progress.best()
    assert best is not None
    assert (best.at_best, best.value) == (BestStep(1.5, 5), 1.8)


def test_stopped_and_failed_trials_do_not_lead() -> None:
    progress = Progress(ACCURACY, 3)
    for trial, value in (("0000", 0.9), ("0001", 0.8), ("0002", 0.7)):
        progress.started(trial, {})
        progress.row(row(trial, 1, val_accuracy=value))
    progress.ended("0000", "stopped", "")
    progress.ended("0001", "failed", "")
    best = progress.best()
    assert best is not None
    assert best.trial == "0002"


def test_where_none_is_done_the_best_of_those_that_were_stopped_is_said_to_be_one() -> None:
    console = recording(80)
    live = LiveConsole(objective=ACCURACY, total=2, slots=1, console=console)
    for trial, value in (("0000", 0.9), ("0001", 0.8)):
        live.trial_started(trial, {}, False)
        live.row(row(trial, 1, val_accuracy=value))
        live.trial_ended(trial, "stopped", "")
    assert plain(console)[-1].endswith("best 0.9 in trial 0000, stopped early")


def test_a_resumed_sweep_counts_what_was_but_not_for_its_pace() -> None:
    progress = Progress(ACCURACY, 10)
    for number in range(6):
        progress.known(Record(f"{number:04d}", {}, "done", at_best=BestStep(0.1 * number, 1)))
    assert progress.per_minute(30) is None
    progress.started("0006", {})
    progress.ended("0006", "done", "")
    assert (progress.over, progress.per_minute(30), progress.seconds_left(30)) == (7, 2, 90)
    best = progress.best()
    assert best is not None
    assert best.trial == "0005"


def test_a_resumed_sweep_shows_its_trials_as_they_were(tmp_path: Path) -> None:
    folder = drive(tmp_path / "it", trials=2, steps=3, left_at=2, failing=1)
    live = LiveConsole(objective=ACCURACY, total=12, slots=1, console=recording(150))
    for record in open_sweep(folder)[-1].records:
        live.known(record)
    lines = table(live, 150)
    assert lines[0].startswith("2 of 12 ended: 1 done, 1 running, 0 stopped, 1 failed")
    assert lines[1].startswith("best val/accuracy 0.96 in trial 0002: ")  # which was interrupted
    shown = [line.split() for line in lines[3:]]
    assert [row[:4] for row in shown] == [
        ["0000", "done", "3", "0.33"],
        ["0001", "failed", "2", "0.59"],
        ["0002", "running", "2", "0.96"],
    ]
    assert " ".join(shown[1][4:]) == "diverged: loss is nan at step 3"
    live.row(row("0002", 3, val_accuracy=0.07))
    live.trial_ended("0002", "done", "")
    lines = table(live, 150)
    assert lines[0].startswith("3 of 12 ended: 2 done, 0 running")
    assert lines[1].startswith("best val/accuracy 0.96 in trial 0002: ")


def test_a_final_training_taken_up_again_has_no_best() -> None:
    live = LiveConsole(objective=Objective(UNJUDGED, "maximize"), total=2, slots=1, console=recording(80))
    live.known(Record("0000", {}, "done", steps=1, last={UNJUDGED: 60000.0}, at_best=BestStep(60000.0, 1)))
    assert not any("best" in line for line in table(live))
    assert table(live)[3].split() == ["0000", "done", "1", "-"]


def test_a_line_about_an_ending_and_the_table_cost_the_same_however_many_there_were() -> None:
    """Tally and best so far are kept, not counted anew; the best is the one that a look at all would find."""
    console, effort, drawn = recording(80), list[int](), list[int]()
    live = LiveConsole(objective=ACCURACY, total=None, slots=2, console=console)
    values = [0.618 * number % 1 for number in range(452)]
    for number, value in enumerate(values):
        trial, status = f"{number:04d}", "done" if number % 3 else "stopped"
        live.trial_started(trial, {"C": 1.0}, False)
        live.row(row(trial, 1, val_accuracy=value))
        end = partial(live.trial_ended, trial, status, "")  # type: ignore[arg-type]  # a str of these
        if number in (50, 450):
            effort.append(instructions(end))
            drawn.append(instructions(live.render))
        else:
            end()
    best = max(value for number, value in enumerate(values) if number % 3)
    assert f"best {best:.4g} in trial {values.index(best):04d}" in plain(console)[-1]
    assert effort[1] < 1.1 * effort[0]
    assert drawn[1] < 1.1 * drawn[0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (4800, "80 min"), (5460, "1 h 31 min")],
)
def test_durations_as_one_says_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_display_that_breaks_does_not_break_the_sweep() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for terminal in (True, False):
        console = Terminal(file=Gone(), width=80, force_terminal=terminal)
        clock = Clock()
        live = LiveConsole(objective=ACCURACY, total=10, slots=1, console=console, clock=clock)
        a_sweep(live, clock)
        live.close(interrupted=True)


INTERRUPTED = """
    import sys, time
    from analysis.rows import Row
    from sweeps.driver.console import LiveConsole
    from sweeps.spec.resolved import Objective
    live = LiveConsole(objective=Objective("val/accuracy", "maximize"), total=3, slots=1)
    try:
        live.trial_started("0000", {"C": 1.0}, False)
        live.row(Row("0000", 1, 0.1, {"val/accuracy": 0.75}))
        print("a result", flush=True)
        time.sleep(60)
    finally:
        CLOSE
"""


@pytest.mark.parametrize("close", ["live.close(True)", "pass"])
def test_ctrl_c_leaves_the_terminal_with_its_cursor(close: str) -> None:
    leader, follower = pty.openpty()
    code = textwrap.dedent(INTERRUPTED).replace("CLOSE", close)
    environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(REPOSITORY)}
    driver = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=follower, stdin=follower, env=environment
    )
    os.close(follower)
    assert driver.stdout is not None
    assert driver.stdout.readline() == b"a result\n"
    driver.send_signal(signal.SIGINT)
    shown = b""
    while select.select([leader], [], [], 20)[0]:
        try:
            shown += os.read(leader, 4096)
        except OSError:  # how Linux says that nobody holds the other end
            break
    driver.wait(20)
    driver.stdout.close()
    os.close(leader)
    hide, show = b"\x1b[?25l", b"\x1b[?25h"
    assert b"0.75" in shown
    assert shown.rfind(show) > shown.rfind(hide) >= 0
