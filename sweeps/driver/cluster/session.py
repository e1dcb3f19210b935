"""Ray for the length of one sweep: a private local instance, or a cluster by its address."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import ray

from basics.cpus import usable_cpus
from sweeps.driver.cluster.ray_internals import forget_token, silence_token_notice
from sweeps.driver.cluster.temporary_folder import (
    RAY,
    clear_abandoned,
    gather,
    private_file,
    scratch_folder,
    short_folder,
)
from sweeps.errors import ClusterError

# Ray Tune's own files, progress and warnings would repeat what the sweep's folder and table already say.
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_MAX_PENDING_TRIALS_PG": "1000",  # how many at once is for ray_hooks.LaneSearcher to say
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",  # the folder is the state; see ray_hooks.LaneSearcher
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_THRESHOLD_S": "60",
    # Ray Tune's workers have an environment of their own, which those that Ray starts ahead do not serve.
    "RAY_prestart_worker_first_driver": "0",
}
TOKENS = (
    "a cluster with tokens is reached with RAY_AUTH_MODE=token and its token in RAY_AUTH_TOKEN or ~/.ray/auth_token, "
    "one without them with RAY_AUTH_MODE unset or disabled"
)


_kept: list[ExitStack] = []  # what ends the Ray that several sweeps have, innermost last


@contextmanager
def ray_session(address: str | None, log: Path) -> Iterator[None]:
    """Connect to the cluster at `address`, or start a private Ray that ends with the block, or with that of `kept_ray`.

    Ray's own output goes to the file `log`; workers' output is gathered beside it at the end.
    """
    os.environ.update(QUIET)
    with _logging_to(log) as attach, ExitStack() as ends:
        if not (_kept and ray.is_initialized()):
            (_kept[-1] if _kept else ends).enter_context(_private(log) if address is None else _at(address, log))
        attach()  # connecting has cleared the handlers of Ray's logger
        yield


@contextmanager
def kept_ray() -> Iterator[None]:
    """Have all sweeps within the block, of one address, share the Ray that the first of them starts, if any does."""
    with ExitStack() as ends:
        _kept.append(ends)
        try:
            yield
        finally:
            _kept.pop()


@contextmanager
def _private(log: Path) -> Iterator[None]:
    """A Ray of its own, whatever RAY_ADDRESS or a stale address file says, in a temporary folder of its own."""
    with scratch_folder() as scratch, _own_token(scratch / "token"):
        folder = str(scratch / RAY)
        try:
            start = {"address": "local", "num_cpus": usable_cpus(), "include_dashboard": False, "_temp_dir": folder}
            with _temporary_folder(scratch / "tmp"):
                _init("this machine", log, **start)
            yield
        finally:
            ray.shutdown()
            gather(scratch, log.with_name("workers.log"))


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[None]:
    """Ray's processes that start within the block have this one, and what a killed worker leaves there goes with it."""
    folder.mkdir()
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("TMPDIR")
        os.environ.update({} if before is None else {"TMPDIR": before})


@contextmanager
def _at(address: str, log: Path) -> Iterator[None]:
    clear_abandoned(short_folder())
    _knock(address)
    try:
        _init(address, log, address=address)
        yield
    finally:
        ray.shutdown()


def _init(where: str, log: Path, **how: Any) -> None:
    began = log.stat().st_size
    try:
        with _interrupts_held(), _stderr_in(log):
            ray.init(log_to_driver=False, configure_logging=False, **how)
    except Exception as error:  # Ray raises many kinds, a bare Exception among them
        reason = _reason(error, log.read_bytes()[began:].decode(errors="replace"))
        raise ClusterError(f"Ray at {where}: {reason}; see {log}") from error


@contextmanager
def _stderr_in(log: Path) -> Iterator[None]:
    """What this process writes to its standard error goes to the file: Ray's C++ knows no other place to complain."""
    sys.stderr.flush()
    before = os.dup(2)
    try:
        with private_file(log) as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


@contextmanager
def _own_token(path: Path) -> Iterator[None]:
    """Guard the private Ray by a token in its own folder.

    Ray would write one into the home folder, and from then on any cluster that is started there would ask for it.
    """
    with private_file(path) as token:
        token.write(os.urandom(32).hex().encode())
    before = {name: os.environ.get(name) for name in ("RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE")}  # Ray sets the second
    os.environ["RAY_AUTH_TOKEN_PATH"] = str(path)
    forget_token()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C within the block takes effect at its end, for Ray half started ends in a crash."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(1))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            raise KeyboardInterrupt


def _reason(error: Exception, log: str) -> str:
    """What Ray complains of, in a line, and what to do about it if that is known; `log` is what it wrote meanwhile."""
    text = str(error)
    versions = re.findall(r"Ray: (\S+)\s+Python: (\S+)", text)
    if len(versions) == 2:
        (ray_there, python_there), (ray_here, python_here) = versions
        return (
            f"the cluster runs Ray {ray_there} on Python {python_there}, here is Ray {ray_here} on Python "
            f"{python_here}: install the same versions on both"
        )
    reason = (text.strip().splitlines() or [type(error).__name__])[0]
    if re.search("AuthToken|Unauthenticated|authentication token", text + log):
        return f"{reason} ({TOKENS})"
    return reason


def _knock(address: str) -> None:
    """ClusterError if nothing answers at HOST:PORT, which Ray itself takes minutes to find out."""
    if "://" in address:
        raise ClusterError(
            f"{address}: addresses with a protocol are not supported; give the HOST:PORT that 'ray start --head' "
            "printed, on a machine that belongs to the cluster"
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return  # "auto" is Ray's to read
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        reason = error.strerror or error
        raise ClusterError(
            f"nothing answers at {address} ({reason}): is it the HOST:PORT that 'ray start --head' printed?"
        ) from None


@contextmanager
def _logging_to(log: Path) -> Iterator[Callable[[], None]]:
    """Send the log of Ray and of this package to a file; yields what attaches the file again."""
    log.parent.mkdir(parents=True, exist_ok=True)
    private_file(log).close()
    handler = logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("ray", "sweeps")]
    before = [(logger.handlers[:], logger.propagate) for logger in loggers]

    def attach() -> None:
        for logger in loggers:
            logger.handlers[:], logger.propagate = [handler], False

    attach()
    silence_token_notice()
    try:
        yield attach
    finally:
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:], logger.propagate = handlers, propagate
        handler.close()
