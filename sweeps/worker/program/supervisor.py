"""Runs programs one after the other, each in a process group of its own, and ends them with all their children.

python -I -S supervisor.py SOCKET

A script of the standard library alone. Over the open socket of that number come requests, a line of JSON each: to start
a program (`command`, `environment`, `folder` to start in, files for `stdout` and `stderr`, `grace` in seconds), or
{"stop": true}. Back go {"pid": ...}, then {"exit": ...} or {"error": ...}, and {"gone": true} when no process is left.
Where the socket ends, so do the program and this.

It is no child of the worker that starts it: that one may be killed with its children, by Ray or anybody, and then this
one has still to clean up.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # sys/prctl.h
POLL = 0.02  # seconds between looks for processes that are being ended


class Channel:
    """The socket, line by line."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=number)
        self._heard = b""
        self.is_open = True
        self.number = number

    def line(self) -> Any:
        """The next line, for which it waits; None at the end."""
        while b"\n" not in self._heard and self.is_open:
            try:
                said = self._socket.recv(65536)
            except OSError:
                said = b""
            self.is_open = bool(said)
            self._heard += said
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line) if self.is_open else None

    def tell(self, **what: Any) -> None:
        with contextlib.suppress(OSError):  # nobody is there to hear it
            self._socket.sendall(json.dumps(what).encode() + b"\n")


def main() -> None:
    channel = Channel(int(sys.argv[1]))
    if os.fork():
        os._exit(0)
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # whoever loses its parent comes here
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while (request := channel.line()) is not None:
        if "command" in request:
            run(request, channel, wake, lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def run(request: dict[str, Any], channel: Channel, wake: int, die_with_parent: Callable[[], None]) -> None:
    """One program from its start to the end of all of its processes."""
    try:
        program = start(request, die_with_parent)
    except OSError as error:
        channel.tell(error=f"{error.strerror}: {error.filename or request['command'][0]}")
        channel.tell(gone=True)
        return
    channel.tell(pid=program.pid)
    told = False
    while not told and program.poll() is None:
        ready, _, _ = select.select([channel.number, wake], [], [])
        if channel.number in ready:
            told = channel.line() is None or True
        if wake in ready:
            os.read(wake, 4096)
    end(program, channel, request["grace"])
    channel.tell(gone=True)


def start(request: dict[str, Any], die_with_parent: Callable[[], None]) -> "subprocess.Popen[bytes]":
    def in_child() -> None:
        die_with_parent()
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    with open(request["stdout"], "ab") as out, open(request["stderr"], "ab") as err:
        return subprocess.Popen(
            request["command"],
            env=request["environment"],
            cwd=request["folder"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=in_child,  # no other thread is here
        )


def end(program: "subprocess.Popen[bytes]", channel: Channel, grace: float) -> None:
    """SIGTERM to the group, and after the grace time SIGKILL to all that descend from here."""
    deadline, said = time.monotonic() + grace, False
    if program.poll() is None:
        signal_group(program.pid)
    while True:
        if program.poll() is not None and not said:
            channel.tell(exit=program.returncode)
            signal_group(program.pid)  # what it has left running
            said = True
        reap(program.pid)
        left = descendants()
        if not left:
            return
        if time.monotonic() >= deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(POLL)


def signal_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)


def reap(program: int) -> None:
    """Take note of orphans that have ended; the program itself is `Popen.poll`'s."""
    for pid in children().get(os.getpid(), ()):
        if pid != program:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def children() -> dict[int, list[int]]:
    """The processes of this machine by their parent."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                found.setdefault(int(file.read().rpartition(b")")[2].split()[1]), []).append(int(name))
    return found


def descendants() -> list[int]:
    by_parent, found, last = children(), list[int](), [os.getpid()]
    while last := [child for pid in last for child in by_parent.get(pid, ())]:
        found += last
    return found


if __name__ == "__main__":
    main()
