"""A program that runs: started under a supervisor, asked how it is, ended with all its children."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.results import OUTPUT_FILES

SUPERVISOR = Path(__file__).with_name("supervisor.py")
OUTPUT, ERRORS = OUTPUT_FILES


class Process:
    """A program of its own process group. `code` once it has ended: its exit code, minus the number of a signal;
    `error`: why it could not be started; `gone`: none of its processes is left."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], start_in: Path, output: Path, grace: float
    ) -> None:
        ours, theirs = socket.socketpair()
        request = {
            "command": list(command),
            "folder": str(start_in),
            "stdout": str(output / OUTPUT),
            "stderr": str(output / ERRORS),
            "grace": grace,
            "socket": theirs.fileno(),
        }
        self._channel, self._heard, self._grace = ours, b"", grace
        self.code: int | None = None
        self.error, self.gone = "", False
        with theirs:
            arguments = [sys.executable, "-I", "-S", str(SUPERVISOR), json.dumps(request)]
            self._launcher = subprocess.Popen(
                arguments,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def fileno(self) -> int:
        """What is ready to be read when there is news."""
        return self._channel.fileno()

    def look(self) -> None:
        """Take note of what has happened by now."""
        while not self.gone and select.select([self._channel], [], [], 0)[0]:
            said = self._channel.recv(4096)
            self.gone = not said
            self._heard += said
        *lines, self._heard = self._heard.split(b"\n")
        for line in map(json.loads, lines):
            self.code = line.get("exit", self.code)
            self.error = line.get("error", self.error)
        if self.gone:
            self._launcher.wait()  # long over: it only starts the supervisor

    def stop(self) -> None:
        """Have it ended: SIGTERM to its group, and SIGKILL to whatever is left after the grace time."""
        if not self.gone:
            try:
                self._channel.send(b"stop")
            except OSError:  # it is over
                return

    def wait(self, more: float = 5.0) -> None:
        """Wait until it is gone, `more` seconds beyond its grace time at most."""
        deadline = time.monotonic() + self._grace + more
        while not self.gone and (left := deadline - time.monotonic()) > 0:
            select.select([self._channel], [], [], left)
            self.look()
