"""What tests of tracking share: nobody is logged in to W&B, and a sweep has a folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.tracked import logged_out

from analysis.results import REPORT_FILE


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """What the processes that this test starts carry in their environment."""
    with logged_out(tmp_path / "home") as mark:
        yield mark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """It has a report, which an upload would draw for seconds."""
    folder = tmp_path / "sweep"
    folder.mkdir()
    (folder / REPORT_FILE).write_text("<html></html>")
    return folder
