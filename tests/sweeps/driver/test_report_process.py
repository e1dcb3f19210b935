"""The report is drawn by a process of its own, on a word; without it, or where it fails, nothing is left in doubt."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.driven_sweep import drive
from helpers.repository import REPOSITORY

from sweeps.driver.report_process import ReportProcess
from sweeps.errors import ReportError


def test_it_is_drawn_when_it_is_told(tmp_path: Path) -> None:
    folder = drive(tmp_path / "it", trials=12)
    (folder / "importance.json").unlink()
    report = ReportProcess(folder)
    report.prepare()
    assert not (folder / "report.html").exists()
    report.draw()
    assert report.wait() == folder / "report.html"
    assert (folder / "report.html").stat().st_size > 10**5
    assert (folder / "importance.json").exists()  # as the search in the folder says


@pytest.mark.slow
def test_a_report_that_cannot_be_drawn_is_one_line_with_the_command_for_another_try(tmp_path: Path) -> None:
    (tmp_path / "ray").mkdir()
    report = ReportProcess(tmp_path)
    report.draw()
    with pytest.raises(ReportError, match=r"the report could not be drawn: .*; again with: sweeps report") as raised:
        report.wait()
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_of_a_driver_that_was_killed_nothing_is_drawn(tmp_path: Path) -> None:
    folder = drive(tmp_path / "it", trials=2)
    command = [sys.executable, "-m", "sweeps.driver.drawing", str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (folder / "report.html").exists()
