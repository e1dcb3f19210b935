"""A file lock on a sweep's folder: one driver at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from basics.files import take_lock
from sweeps.errors import FolderError

LOCK_SECONDS = 0.2  # to wait for a lock that somebody holds who only looks whether it is held


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two drivers on one sweep would tear it apart. The lock dies with its process."""
    with (folder / ".lock").open("w") as handle:
        if not take_lock(handle, LOCK_SECONDS):
            raise FolderError(f"{folder}: another process is running this sweep; wait for it or stop it")
        yield


def is_running(folder: Path) -> bool:
    """Whether a process runs the sweep in `folder`. Asking takes the lock for a moment, which `locked` waits out."""
    try:
        handle = (folder / ".lock").open()
    except FileNotFoundError:
        return False
    with handle:
        return not take_lock(handle, shared=True)
