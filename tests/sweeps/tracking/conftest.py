"""What tests of tracking share: nobody is logged in to W&B, and a sweep has a folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.tracked import logged_out


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """What the processes that this test starts carry in their environment."""
    with logged_out(tmp_path / "home") as mark:
        yield mark


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sweep"
    folder.mkdir()
    return folder
