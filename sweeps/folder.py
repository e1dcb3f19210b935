"""How a sweep's folder stays whole: one driver at a time, files replaced in one move, no line left torn."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sweeps.faults import FolderError

LOCK_SECONDS = 0.2  # to wait for a lock that somebody holds who only looks whether it is held


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two drivers on one sweep would tear it apart. The lock dies with its process."""
    with (folder / ".lock").open("w") as handle:
        if not _take(handle, fcntl.LOCK_EX, LOCK_SECONDS):
            raise FolderError(f"{folder}: another process is running this sweep; wait for it or stop it")
        yield


def is_running(folder: Path) -> bool:
    """Whether a process runs the sweep in `folder`. Asking takes the lock for a moment, which `locked` waits out."""
    try:
        handle = (folder / ".lock").open()
    except FileNotFoundError:
        return False
    with handle:
        return not _take(handle, fcntl.LOCK_SH, 0)


def _take(handle: IO[str], kind: int, seconds: float) -> bool:
    """Whether the lock could be had within that time; it is held until `handle` is closed."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, sees the old content or the new and nothing between."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def cut_torn_line(path: Path) -> None:
    """Remove a last line that a kill cut short: the next one would be appended to it and both be lost."""
    if not path.exists():
        return
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        os.truncate(path, content.rfind(b"\n") + 1)
