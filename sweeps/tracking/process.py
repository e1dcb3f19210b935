"""Child processes that talk to W&B: they are started and ended with all their children, and end with their parent."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import psutil

from basics.terminal import say

POLL = 0.1  # seconds between looks for the driver
GRACE = 10.0  # seconds the feed has to deliver what is queued when the driver is gone


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started: wandb's service has a session of its own, so they are found by descent."""
    try:
        family = psutil.Process(process.pid)
        kill([*family.children(recursive=True), family])
    except psutil.NoSuchProcess:
        pass
    process.poll()


class Parent:
    """Watches the parent process; once that has ended, this process has `GRACE` seconds left."""

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


class StderrLines:
    """Sends messages to the parent process, a line each, which prints them on stderr.

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
            say(line)

    def start_over(self, command: Sequence[str]) -> None:
        """Replace this process by another Python program, its children killed; it keeps pid and pipe."""
        kill(psutil.Process().children(recursive=True))
        os.dup2(self._pipe, 1)
        os.execv(sys.executable, [sys.executable, *command])


def kill(processes: Sequence[psutil.Process]) -> None:
    """End processes at once and wait until they are gone; one that ended by itself is no fault."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=1)
