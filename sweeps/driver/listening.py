"""What ends a driver in good order: SIGTERM as Ctrl-C, and what other processes ask for (`sweeps stop` and `pause`)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sweeps.driver.sweep import Sweep
from sweeps.store import requests

SECONDS = 0.5  # between two looks


class Listener:
    """Called now and then while trials run: does what another process has asked for in the sweep's folder."""

    def __init__(self, folder: Path, sweep: Sweep, say: Callable[[str], None]) -> None:
        self._folder, self._sweep, self._say = folder, sweep, say
        self._due = 0.0

    def __call__(self) -> None:
        if (now := time.monotonic()) < self._due:
            return
        self._due = now + SECONDS
        wish = requests.take(self._folder)
        if wish == "stop":
            self._say("'sweeps stop': no more trials start, and those that run stop at their next report")
            self._sweep.stop("stopped by 'sweeps stop'")
        elif wish == "pause":
            self._say("'sweeps pause': everything is kept for a resume")
            os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Treat SIGTERM (a batch system's notice) like Ctrl-C, which Ray Tune turns into an orderly end."""
    before = signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
