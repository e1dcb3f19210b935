"""Programs run as a worker runs them, without Ray: what they report, how they end, and that nothing is left of them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.programs import MARK, SHELL, STUBBORN, gone, run_to_the_end, running_from, trials_of

from sweeps.spec.program.program import Program
from sweeps.worker.messages import Report, Work

CONFIG = {"lr": 4.0}


def python(folder: Path, text: str, **lines: object) -> Program:
    (folder / "train.py").write_text(text)
    command = (sys.executable, str(folder / "train.py"), "${args}")
    return Program("train.py", command, **lines)  # type: ignore[arg-type]


def work(trial: str = "0000", **lines: object) -> Work:
    return Work(trial, CONFIG, (0,), None, **lines)  # type: ignore[arg-type]


def last(reports: list[Report]) -> Report:
    assert [report for report in reports if report.failed or report.finished] == reports[-1:]
    return reports[-1]


def test_a_shell_script_reports_by_lines_of_json(tmp_path: Path) -> None:
    (tmp_path / "train.sh").write_text(SHELL)
    program = Program("train.sh", ("sh", "${program}", "${args_no_hyphens}"))
    reports = run_to_the_end(trials_of(tmp_path, program, metrics=("val.loss",)), work())
    rows = [report.row for report in reports if report.row is not None]
    assert [row.step for row in rows] == [1, 2, 3, 4, 5]
    assert [row.numbers["val.loss"] for row in rows] == pytest.approx([4.0 / n for n in range(1, 6)], abs=1e-4)
    assert last(reports).finished
    assert gone(tmp_path, 5)


REPORTS = """\
import sys
from sweeps.report import report
assert not {"numpy", "ray", "optuna", "pydantic", "yaml"} & set(sys.modules)
report({"val": {"loss": 2}, "note": "text"}, step=7, acc=0.5)
report(loss=1)
print("a line")
"""


def test_a_program_reports_with_the_function(tmp_path: Path) -> None:
    reports = run_to_the_end(trials_of(tmp_path, python(tmp_path, REPORTS)), work())
    rows = [dict(report.row.numbers) for report in reports if report.row is not None]
    assert rows == [{"val.loss": 2.0, "program/step": 7.0, "acc": 0.5}, {"loss": 1.0}], reports
    assert (tmp_path / "ray/programs/0000/stdout.txt").read_text() == "a line\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise ValueError('too warm')", "exit code 1: .*ValueError: too warm"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
        ("from sweeps.report import report; report(loss=float('nan'))", "diverged: loss is nan at step 1"),
    ],
)
def test_how_a_program_fails_is_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    reports = run_to_the_end(trials_of(tmp_path, python(tmp_path, text)), work())
    assert re.fullmatch(reason, last(reports).failed), last(reports).failed


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    [report] = run_to_the_end(trials_of(tmp_path, Program("", ("/no/such/program",))), work())
    assert report.failed == "it could not be started: No such file or directory: /no/such/program"


def test_a_program_is_started_with_its_config_and_no_shell(tmp_path: Path) -> None:
    said = "[sys.argv[1:], os.getcwd(), os.environ['SWEEPS_TRIAL_DIR']]"
    program = python(tmp_path, f"import json, os, sys; json.dump({said}, open('said', 'w'))", environment={"MINE": "1"})
    run_to_the_end(trials_of(tmp_path, program), Work("0003", {"name": "$(touch made) ; rm x"}, (0,), None))
    heard = '[["--name=$(touch made) ; rm x"], "FOLDER", "FOLDER/ray/programs/0003"]'.replace("FOLDER", str(tmp_path))
    assert (tmp_path / "said").read_text() == heard
    assert not (tmp_path / "made").exists()


ENDLESS = """\
import time
from sweeps.report import report
while True:
    report(loss=1)
    time.sleep(0.01)
"""


def test_as_many_steps_as_there_may_be_end_a_program_that_goes_on(tmp_path: Path) -> None:
    trials = trials_of(tmp_path, python(tmp_path, ENDLESS))
    reports = run_to_the_end(trials, Work("0000", CONFIG, (0,), 3))
    assert [report.row.step for report in reports if report.row is not None] == [1, 2, 3]
    assert last(reports).finished
    assert gone(tmp_path, 5)


def test_a_stopped_program_is_gone_with_its_children_and_only_then_is_the_next_one_started(tmp_path: Path) -> None:
    """It ignores SIGTERM, and so does its child, which has a session of its own."""
    trials = trials_of(tmp_path, python(tmp_path, STUBBORN, grace=0.5))
    trials.take(work("0000"), None)
    while not trials.step():
        pass
    assert len(running_from(tmp_path)) == 2  # it, and its child
    trials.drop("0000")
    trials.take(work("0001"), None)
    while not (reports := trials.step()):
        pass
    assert [report.trial for report in reports] == ["0001"]
    assert not [p for p in running_from(tmp_path) if "0000" in str(p.environ().get("SWEEPS_TRIAL_DIR"))]
    trials.close()
    assert gone(tmp_path, 5)


WORKER = """\
import sys
from pathlib import Path
from helpers.programs import trials_of
from sweeps.spec.program.program import Program
from sweeps.worker.messages import Work
folder = Path(sys.argv[1])
trials = trials_of(folder, Program("train.py", (sys.executable, str(folder / "train.py")), grace=0.5))
trials.take(Work("0000", {}, (0,), None), None)
while not trials.step():
    pass
print("it runs", flush=True)
while True:
    trials.step()
"""


def test_a_killed_worker_leaves_no_process_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(STUBBORN)
    tests = str(Path(__file__).parents[3])
    environment = {**os.environ, MARK: str(tmp_path), "PYTHONPATH": os.pathsep.join([tests, str(Path(tests).parent)])}
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"it runs\n"
        assert len(running_from(tmp_path)) == 4  # it and its child, their supervisor, the worker
        worker.send_signal(signal.SIGKILL)
    assert gone(tmp_path, 30)


RESUMES = """\
import os, time
from pathlib import Path
from sweeps.report import report
state = Path(os.environ["SWEEPS_CHECKPOINT_DIR"]) / "epoch"
begun = int(state.read_text()) if state.exists() else 0
for epoch in range(begun, 4):
    report(loss=10 - epoch)
    state.write_text(str(epoch + 1))
    if epoch == 1:
        time.sleep(1000)
"""


@pytest.mark.parametrize("resumable", [True, False])
def test_a_program_that_was_killed_starts_again_or_goes_on_if_it_says_so(tmp_path: Path, resumable: bool) -> None:
    program = python(tmp_path, RESUMES, resumable=resumable, grace=0.5)
    trials, rows = trials_of(tmp_path, program), list[Report]()
    trials.take(work(), None)
    while len(rows) < 2 or (tmp_path / "ray/programs/0000/checkpoint/epoch").read_text() != "2":
        rows += trials.step()
    trials.close()
    again = trials_of(tmp_path, program)
    again.take(work(resumed=True, begun=2 if resumable else 0), None)
    while not (reports := again.step()):
        pass
    again.close()
    found = [(report.row.step, report.row.numbers["loss"]) for report in reports if report.row is not None]
    assert found[0] == ((3, 8.0) if resumable else (1, 10.0))
