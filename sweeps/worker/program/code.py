"""The folder that a program is started in, on another machine: unpacked once a worker, gone with it."""

from __future__ import annotations

import atexit
import io
import shutil
import tarfile
import tempfile
from pathlib import Path


def unpacked(archive: bytes) -> Path:
    """A new temporary folder with the files of a tar archive, none of which may lie elsewhere."""
    place = Path(tempfile.mkdtemp(prefix="gdsweeps-program-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(place, filter="data")
    return place
