"""How the feed lives as a process: alone in its folder, no longer than the driver wants, heard by the driver alone."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

POLL = 0.1  # seconds between looks for the driver
GRACE = 10.0  # seconds the feed has to deliver what is queued when the driver is gone


class Parent:
    """Notices the end of the driver, and from then on bounds how long this process lives."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self.gone = threading.Event()
        if pid is not None:
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while os.getppid() == self._pid:
            time.sleep(POLL)
        self.gone.set()
        time.sleep(GRACE)
        kill(psutil.Process().children(recursive=True))
        os._exit(1)


class Notices:
    """One line at a time to the person at the terminal, by way of the driver.

    The pipe is moved off standard output, so that neither wandb nor its service can write to it or keep it open.
    """

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def say(self, text: str) -> None:
        line = " ".join(text.split())
        for secret in filter(None, [os.environ.get("WANDB_API_KEY")]):
            line = line.replace(secret, "***")
        try:
            os.write(self._pipe, (line + "\n").encode())
        except OSError:  # the driver is gone
            print(line, file=sys.stderr)

    def start_over(self, command: Sequence[str]) -> None:
        """Replace this process by another Python program, its children killed; it keeps pid and pipe."""
        kill(psutil.Process().children(recursive=True))
        os.dup2(self._pipe, 1)
        os.execv(sys.executable, [sys.executable, *command])


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other feed works on this folder: an orphan may still be delivering what its driver left."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def kill(processes: Sequence[psutil.Process]) -> None:
    """End processes at once and wait until they are gone; one that ended by itself is no fault."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=1)
