"""A private temporary folder for one sweep, with a path short enough for sockets; abandoned ones are removed later.

A killed driver clears nothing. Its folder is known by a lock that died with it, and Ray's processes by the folder's
path among their arguments.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from basics.files import take_lock
from sweeps.errors import ClusterError

PREFIX = "sweeps-"
RAY = "ray"  # the folder inside that is Ray's, which makes its own open to everybody
SOCKET = 107  # bytes that a socket's path may have
SESSION = len("/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store.1")
INSIDE = len(f"/{PREFIX}12345678/{RAY}") + SESSION


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new private folder, removed at the end; those left by killed drivers are removed first."""
    above = short_folder()
    clear_abandoned(above)
    folder, lock = _owned(above)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def short_folder() -> Path:
    """The temporary folder, or another where its path is too long (a batch system's may well be)."""
    for path in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        if len(os.fsencode(path)) + INSIDE <= SOCKET and os.access(path, os.W_OK | os.X_OK):
            return Path(path)
    longest = SOCKET - INSIDE
    raise ClusterError(
        f"no temporary folder can be written to whose path has at most {longest} bytes: set TMPDIR to one"
    )


def _owned(above: Path) -> tuple[Path, int]:
    """A new folder and the open handle that holds its lock, taken before the folder gets its final name."""
    made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=above))
    (made / RAY).mkdir()
    lock = os.open(made, os.O_RDONLY)
    take_lock(lock)
    return made.rename(above / made.name[1:]), lock


def clear_abandoned(above: Path) -> list[Path]:
    """Remove this user's folders whose drivers are gone, and end what is left of their Rays; which these were."""
    found = []
    for folder in above.glob(f"{PREFIX}*"):
        with suppress(OSError), _taken(folder):
            for process in _of_ray(folder):
                with suppress(psutil.Error):
                    process.kill()
            shutil.rmtree(folder, ignore_errors=True)
            found.append(folder)
    return found


@contextmanager
def _taken(folder: Path) -> Iterator[None]:
    """Hold an abandoned folder; OSError if it is not one: another user's, a link, of another make, or in use."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(handle).st_uid != os.getuid() or not (folder / RAY).is_dir() or not take_lock(handle):
            raise PermissionError(folder)
        yield
    finally:
        os.close(handle)


def _of_ray(folder: Path) -> Iterator[psutil.Process]:
    """The processes of the Ray in `folder`; its workers, whose arguments are not to be seen, end with these."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            program, inside = process.cmdline(), f"{folder}/{RAY}"
            ray = any("/ray/" in word and inside not in word for word in program)
            if ray and any(inside in word for word in program) and process.uids().real == os.getuid():
                yield process


def gather(folder: Path, target: Path) -> None:
    """Put what the workers of the Ray in `folder` printed at the end of `target`; links and pipes are not followed."""
    sessions = [path for path in (folder / RAY).glob("session_*") if not path.is_symlink()]
    logs = [path for session in sessions for path in (session / "logs").glob("worker-*")]
    with private_file(target) as kept:
        for path in sorted(path for path in logs if path.suffix in (".out", ".err")):
            with suppress(OSError), os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as log:
                found = os.fstat(log.fileno())
                if stat.S_ISREG(found.st_mode) and found.st_size:
                    kept.write(f"--- {path.name}\n".encode())
                    shutil.copyfileobj(log, kept)


def private_file(path: Path) -> IO[bytes]:
    """The file, made if there is none, to write at its end; what may hold secrets is for its owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    os.fchmod(handle, 0o600)
    return os.fdopen(handle, "ab")
