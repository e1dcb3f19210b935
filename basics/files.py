"""Files that no kill leaves half written, and locks on them that die with their process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

TAIL = 2**16  # bytes of a file's end that are read at once


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, sees the old content or the new and nothing between."""
    with replacing(path) as partial:
        partial.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The name under which to write what becomes `path` in one move at the end, or is removed after an error."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")  # two processes may write the same file
    partial.unlink(missing_ok=True)  # a killed one may have had this number
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def tail(path: Path, lines: int = 20, size: int = TAIL) -> str:
    """The last lines of a text, of which no more than so many bytes are read."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - size))
        text = file.read().decode(errors="replace")
    return "\n".join(text.rstrip().splitlines()[-lines:])


def set_aside(path: Path) -> Path:
    """Rename a damaged file, over an earlier one that was, so that a new one can take its place; its new name."""
    return path.replace(path.with_name(f"{path.name}.damaged"))


def cut_torn_line(path: Path) -> None:
    """Remove a last line that a kill cut short: the next one would be appended to it and both be lost."""
    if not path.exists():
        return
    with path.open("rb") as file:
        size, whole = file.seek(0, os.SEEK_END), _end_of_last_line(file)
    if whole < size:
        os.truncate(path, whole)


def _end_of_last_line(file: IO[bytes]) -> int:
    """Where the last line break ends, 0 if there is none; looked for from the end, as a file may be large."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(end - TAIL, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def take_lock(handle: IO[str] | int, seconds: float = 0, *, shared: bool = False) -> bool:
    """Whether the lock of an open file or folder could be had within that time; held until `handle` is closed."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)


@contextmanager
def one_at_a_time(lock: Path, *, if_possible: bool = False) -> Iterator[None]:
    """Wait until no other process is in here, which holds the lock of this file; OSError if it cannot be opened.

    `if_possible`: go in all the same then, where two at once cost no more than time.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("w")
    except OSError:
        if not if_possible:
            raise
        yield
        return
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
