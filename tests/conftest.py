"""Shared fixtures: where the real image data lies; what is kept on disk between sweeps lies apart from the user's."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from helpers.repository import REPOSITORY

CACHE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """A cache folder for all processes of this test run, which xdist's workers take over from the first."""
    if hasattr(config, "workerinput"):
        return
    # A shell has what it starts in the background ignore Ctrl-C, and so would the commands under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = config.stash[CACHE] = tempfile.mkdtemp(prefix="gdsweeps-tests-")
    os.environ["XDG_CACHE_HOME"] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    if CACHE in config.stash:
        shutil.rmtree(config.stash[CACHE], ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with FashionMNIST/, MNIST/ in torchvision's layout, from SWEEPS_DATA or beside the repository."""
    folder = Path(os.environ.get("SWEEPS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "FashionMNIST").is_dir():
        pytest.skip(f"no FashionMNIST in {folder}; set SWEEPS_DATA to a folder that has it")
    return folder
