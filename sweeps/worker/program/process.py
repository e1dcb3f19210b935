"""A program that runs: started by a supervisor, asked how it is, ended with all its children."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.results import OUTPUT_FILES

SUPERVISOR = Path(__file__).with_name("supervisor.py")
OUTPUT, ERRORS = OUTPUT_FILES
MORE = 5.0  # seconds beyond its grace time that a program has to be gone


class Supervisor:
    """A process that runs programs, one at a time (`supervisor.py`); it ends, and its program, when this one does."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-S", str(SUPERVISOR), str(theirs.fileno())]
            launcher = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        launcher.wait()  # it has started the supervisor and ends

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], start_in: Path, output: Path, grace: float
    ) -> Process:
        """Start a program; its output goes to files in the folder `output`, which it is added to."""
        files = {"stdout": str(output / OUTPUT), "stderr": str(output / ERRORS)}
        request = {"command": list(command), "environment": dict(environment), "folder": str(start_in), "grace": grace}
        self.tell({**request, **files})
        return Process(self, grace)

    def tell(self, request: Mapping[str, Any]) -> None:
        self.channel.sendall(json.dumps(request).encode() + b"\n")

    def close(self) -> None:
        self.channel.close()


class Process:
    """A program of its own process group. `code` once it has ended: its exit code, minus the number of a signal;
    `error`: why it could not be started; `gone`: none of its processes is left."""

    def __init__(self, supervisor: Supervisor, grace: float) -> None:
        self.supervisor, self._grace, self._heard = supervisor, grace, b""
        self.code: int | None = None
        self.error, self.gone, self.is_lost = "", False, False  # lost: its supervisor is

    def fileno(self) -> int:
        """What is ready to be read when there is news."""
        return self.supervisor.channel.fileno()

    def look(self) -> None:
        """Take note of what has happened by now."""
        while not self.gone and select.select([self], [], [], 0)[0]:
            try:
                said = self.supervisor.channel.recv(4096)
            except ConnectionResetError:
                said = b""
            self.is_lost = not said
            *lines, self._heard = (self._heard + said).split(b"\n")
            self.gone = self.is_lost
            for line in map(json.loads, lines):
                self.code = line.get("exit", self.code)
                self.error = line.get("error", self.error)
                self.gone = self.gone or "gone" in line

    def stop(self) -> None:
        """Have it ended: SIGTERM to its group, and SIGKILL to whatever is left after the grace time."""
        if not self.gone:
            try:
                self.supervisor.tell({"stop": True})
            except OSError:
                return  # the supervisor is lost, which the next look tells

    def wait(self) -> None:
        """Wait until it is gone, some seconds beyond its grace time at most."""
        deadline = time.monotonic() + self._grace + MORE
        while not self.gone and (left := deadline - time.monotonic()) > 0:
            select.select([self], [], [], left)
            self.look()
