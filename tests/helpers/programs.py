"""Programs for tests, and what is left of them."""

import time
from pathlib import Path

import psutil

from sweeps.spec.program.program import Program
from sweeps.worker.messages import Report, Work
from sweeps.worker.program.settings import ProgramSettings
from sweeps.worker.program.trials import ProgramTrials

MARK = "SWEEPS_TEST_FOLDER"  # a variable of processes that a test starts
# Logs `lr` divided by the step, by lines of JSON, and sleeps in between.
SHELL = """\
for pair in "$@"; do export "$pair"; done
for step in 1 2 3 4 5; do
    echo "{\\"val\\": {\\"loss\\": $(awk "BEGIN {print $lr / $step}")}}" >> "$SWEEPS_METRICS"
    sleep "${pause:-0}"
done
"""
# Ignores SIGTERM, and so does its child, whose session is its own.
STUBBORN = """\
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" not in sys.argv:
    subprocess.Popen([sys.executable, __file__, "child"], start_new_session=True)
    with open(os.environ["SWEEPS_METRICS"], "a") as lines:
        lines.write('{"loss": 1.0}\\n')
time.sleep(1000)
"""


def trials_of(folder: Path, program: Program, **settings: object) -> ProgramTrials:
    """A worker's trials of a program in that folder, where the sweep's own is as well."""
    (folder / "manifest.json").write_text('{"sweep": "5eed"}')
    given = {"metrics": ("loss",), "cpus": 1.0, "sweep_id": "5eed", **settings}
    made = ProgramSettings(program=program, folder=str(folder), start_in=str(folder), **given)  # type: ignore[arg-type]
    return ProgramTrials(made, "cpu", "here:1")


def run_to_the_end(trials: ProgramTrials, *works: Work) -> list[Report]:
    """What the trials say until all of them have ended."""
    for work in works:
        trials.take(work, None)
    reports: list[Report] = []
    while len(trials):
        reports += trials.step()
    return reports


def running_from(folder: Path) -> list[psutil.Process]:
    """The processes of which an argument is a path below that folder, or that carry it as their mark."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get(MARK, "")]
            if any(str(folder) in word for word in words) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def gone(folder: Path, seconds: float) -> bool:
    """Whether there are no such processes within that time."""
    deadline = time.monotonic() + seconds
    while running_from(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running_from(folder)
