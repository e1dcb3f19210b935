"""Shared fixtures: where the real image data lies, and no network for W&B."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with FashionMNIST/, MNIST/ in torchvision's layout, from SWEEPS_DATA or beside the repository."""
    folder = Path(os.environ.get("SWEEPS_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "FashionMNIST").is_dir():
        pytest.skip(f"no FashionMNIST in {folder}; set SWEEPS_DATA to a folder that has it")
    return folder
