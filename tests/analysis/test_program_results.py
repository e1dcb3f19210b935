"""The results of a program's sweep: no data set, no verdicts, metrics of any name, and what it printed."""

from pathlib import Path
from typing import Any

import pytest
from helpers.command import sweeps
from helpers.sweep_folder import FakeTrial, build_sweep

from analysis.folder import load
from analysis.formatting import title
from analysis.report import write_report
from analysis.report.compare import in_words
from analysis.report.summary import summarise
from analysis.report.trials import outputs

SPEC: dict[str, Any] = {
    "program": "src/train.py",
    "method": "tpe",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"min": 0.0, "max": 1.0}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    trials = [
        FakeTrial({"lr": 0.1}, [{"loss": 2.0, "acc": 0.5}, {"loss": 1.0}]),
        FakeTrial({"lr": 0.2}, [], "failed", "exit code 1: ValueError: too warm"),
    ]
    build_sweep(tmp_path, trials, SPEC)
    for trial, name, text in (
        ("0000", "stdout.txt", "fine\n"),
        ("0001", "stderr.txt", "Traceback\nValueError: too warm\n"),
    ):
        (tmp_path / "ray" / "programs" / trial).mkdir(parents=True)
        (tmp_path / "ray" / "programs" / trial / name).write_text(text)
    return tmp_path


def test_it_is_called_by_its_program_and_its_metrics_are_metrics(folder: Path) -> None:
    sweep = load(folder)
    assert title(sweep) == "src/train.py"
    assert (sweep.objective, sweep.best, sweep.score("0000")) == ("loss", "0000", 1.0)
    assert "Searched 1 parameter (lr) of src/train.py by tpe search, to minimise loss." in summarise(sweep).sentences
    assert in_words([sweep])[0]["best"]


def test_its_page_has_the_reason_and_what_it_printed(folder: Path) -> None:
    sweep = load(folder)
    assert outputs(sweep, ["0000", "0001"]) == {
        "0001": ["stderr.txt: Traceback\nValueError: too warm"],
        "0000": ["stdout.txt: fine"],
    }
    page = write_report(folder).read_text()
    assert "exit code 1: ValueError: too warm" in page
    assert "the best config again, with five seeds" in page


def test_one_trial_is_shown_with_all_that_it_printed(folder: Path) -> None:
    shown = sweeps("show", str(folder), "1", folder=folder)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[-2:] == ["Traceback", "ValueError: too warm"]
    missing = sweeps("show", str(folder), "7", folder=folder)
    assert missing.returncode == 2
    assert "there is no trial 0007; valid: 0000 to 0001" in missing.stderr
