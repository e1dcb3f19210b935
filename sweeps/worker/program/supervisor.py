"""Runs one program in a process group of its own, and ends it with all its children when it is told to or orphaned.

python -I -S supervisor.py REQUEST

A script of the standard library alone, which starts in some twenty milliseconds. REQUEST is JSON: `command`, `folder`
to start in, files for `stdout` and `stderr`, `grace` in seconds, and `socket`, the number of an open one. A byte on it,
or its end, ends the program. Lines of JSON go back: {"pid": ...}, {"exit": ...} or {"error": ...}, and when no process
is left the socket is closed. It is no child of the worker: that one may be killed with its children, by Ray or anybody,
and then this one has still to clean up.
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

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # sys/prctl.h
POLL = 0.02  # seconds between looks for processes that are being ended


def main() -> None:
    request = json.loads(sys.argv[1])
    if os.fork():
        os._exit(0)
    channel = socket.socket(fileno=request["socket"])
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # whoever loses its parent comes here
    try:
        program = start(request, libc)
    except OSError as error:
        tell(channel, {"error": f"{error.strerror}: {error.filename or request['command'][0]}"})
        return
    tell(channel, {"pid": program.pid})
    told = False
    while not told and program.poll() is None:
        ready, _, _ = select.select([channel, wake], [], [])
        told = channel in ready
        if wake in ready:
            os.read(wake, 4096)
    if program.poll() is not None:
        tell(channel, {"exit": program.returncode})
    end(program, channel, request["grace"])


def start(request: dict, libc: ctypes.CDLL) -> "subprocess.Popen[bytes]":  # type: ignore[type-arg]
    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    with open(request["stdout"], "ab") as out, open(request["stderr"], "ab") as err:
        return subprocess.Popen(
            request["command"],
            cwd=request["folder"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=in_child,  # no other thread is here
        )


def end(program: "subprocess.Popen[bytes]", channel: socket.socket, grace: float) -> None:
    """SIGTERM to the group, and after the grace time SIGKILL to all that descend from here."""
    deadline = time.monotonic() + grace
    reported = program.poll() is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGTERM)
    while True:
        if program.poll() is not None and not reported:
            tell(channel, {"exit": program.returncode})
            reported = True
        reap(program.pid)
        left = descendants()
        if not left:
            return
        if time.monotonic() >= deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(POLL)


def reap(program: int) -> None:
    """Take note of orphans that have ended; the program itself is `Popen.poll`'s."""
    for pid in children().get(os.getpid(), ()):
        if pid != program:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def children() -> "dict[int, list[int]]":
    """The processes of this machine by their parent."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                found.setdefault(int(file.read().rpartition(b")")[2].split()[1]), []).append(int(name))
    return found


def descendants() -> "list[int]":
    by_parent, found, last = children(), [], [os.getpid()]
    while last := [child for pid in last for child in by_parent.get(pid, ())]:
        found += last
    return found


def tell(channel: socket.socket, what: "dict[str, object]") -> None:
    with contextlib.suppress(OSError):  # nobody is there to hear it
        channel.sendall(json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
