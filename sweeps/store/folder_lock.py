"""A file lock on a sweep's folder: one driver at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from basics.files import take_lock
from sweeps.errors import FolderError
from sweeps.store import requests

LOCK = ".lock"
LOCK_SECONDS = 0.2  # to wait for a lock that somebody holds who only looks whether it is held


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two drivers on one sweep would tear it apart. The lock dies with its process.

    Its file says who holds it, and nothing once that has ended in good order.
    """
    with (folder / LOCK).open("a") as handle:
        if not take_lock(handle, LOCK_SECONDS):
            who = holder(folder)
            raise FolderError(
                f"{folder}: another process{f' ({who})' if who else ''} is running this sweep; wait for it, "
                "or end it with 'sweeps stop' or 'sweeps pause'"
            )
        requests.take(folder)  # asked of an earlier one, which did not hear it any more
        handle.truncate(0)
        handle.write(f"{os.getpid()} on {socket.gethostname()}\n")
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)


def holder(folder: Path) -> str:
    """Who runs the sweep in `folder`, or ran it and was killed: 4711 on HOST; nothing if it is not known."""
    try:
        return (folder / LOCK).read_text(errors="replace").strip()
    except FileNotFoundError:
        return ""


def is_elsewhere(folder: Path) -> bool:
    """Whether a process of another machine holds the lock, by its own word: it may have been killed since."""
    who = holder(folder)
    return bool(who) and not who.endswith(f" on {socket.gethostname()}")


def is_running(folder: Path) -> bool:
    """Whether a process runs the sweep in `folder`. Asking takes the lock for a moment, which `locked` waits out."""
    try:
        handle = (folder / LOCK).open()
    except FileNotFoundError:
        return False
    with handle:
        return not take_lock(handle, shared=True)
