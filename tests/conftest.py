"""Shared fixtures: where the real image data lies; what is kept on disk between sweeps lies apart from the user's."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.nodes import Nodes
from helpers.repository import REPOSITORY
from hypothesis import settings

# How many examples a property is tried on that does not say it itself; `make test-all` takes hypothesis' own number.
settings.register_profile("quick", max_examples=10)
settings.load_profile("quick")
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start Ray come first: they wait for it now and then, and others go on meanwhile."""
    with_ray = {item.path for item in items if item.get_closest_marker("ray")}
    items.sort(key=lambda item: item.path not in with_ray)


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A Ray cluster for all tests that only need one, as starting Ray takes seconds: a CPU and a logical GPU.

    Sweeps have one worker there, which takes seconds to start, too: those on a private Ray have one for each CPU.
    """
    with Nodes(tmp_path_factory.mktemp("cluster") / "nodes") as nodes:
        nodes.tell("1 1")
        yield nodes


@pytest.fixture(scope="session")
def cluster(nodes: Nodes) -> tuple[str, str]:
    """The arguments that have a command run its sweep on the shared cluster."""
    return "--address", nodes.address


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with FashionMNIST/, MNIST/ in torchvision's layout, from SWEEPS_DATA or beside the repository."""
    folder = Path(os.environ.get("SWEEPS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "FashionMNIST").is_dir():
        pytest.skip(f"no FashionMNIST in {folder}; set SWEEPS_DATA to a folder that has it")
    return folder
