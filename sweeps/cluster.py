"""Ray for the length of one sweep: a private local instance, or a cluster by its address."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray

from sweeps.faults import ClusterError
from sweeps.spec.resolved import Resources

# Ray Tune's own files, progress and warnings would repeat what the sweep's folder and table already say.
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",  # the folder is the state; see schedulers.WorkSearcher
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_THRESHOLD_S": "60",
}


@contextmanager
def ray_session(address: str | None, log: Path) -> Iterator[None]:
    """Connect to the cluster at `address`, or start a private Ray that ends with the block.

    Ray's own output goes to the file `log`; workers' output is gathered beside it at the end.
    """
    os.environ.update(QUIET)
    scratch = tempfile.TemporaryDirectory(prefix="sweeps-", ignore_cleanup_errors=True)
    with scratch as temporary, _logging_to(log) as attach:
        try:
            _connect(address, temporary, log)
            attach()  # connecting has cleared the handlers of Ray's logger
            yield
        finally:
            ray.shutdown()
            if address is None:
                _keep_worker_logs(Path(temporary), log.with_name("workers.log"))


def _connect(address: str | None, temporary: str, log: Path) -> None:
    # "local" starts an instance of its own whatever RAY_ADDRESS or a stale address file says, and a
    # temporary folder of its own keeps it apart from any other Ray on the machine.
    if address is not None:
        _knock(address)
    private = {"address": "local", "num_cpus": os.cpu_count(), "include_dashboard": False, "_temp_dir": temporary}
    where: dict[str, Any] = private if address is None else {"address": address}
    try:
        ray.init(log_to_driver=False, configure_logging=False, **where)
    except Exception as error:  # Ray raises many kinds, a bare Exception among them
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ClusterError(f"Ray at {address or 'this machine'}: {reason}; see {log}") from error


def _knock(address: str) -> None:
    """ClusterError if nothing answers at HOST:PORT, which Ray itself takes minutes to find out."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return  # "auto" and addresses with a protocol are Ray's to read
    try:
        socket.create_connection((host.split("//")[-1].strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        reason = error.strerror or error
        raise ClusterError(
            f"nothing answers at {address} ({reason}): is it the HOST:PORT that 'ray start --head' printed?"
        ) from None


def slots(resources: Resources) -> int:
    """How many trials fit on the cluster at once; ClusterError if not even one does."""
    there = ray.cluster_resources()
    fits = [there.get(name, 0) / wanted for name, wanted in (("CPU", resources.cpu), ("GPU", resources.gpu)) if wanted]
    count = int(min(fits) + 1e-9) if fits else 1
    if count < 1:
        raise ClusterError(
            f"resources: a trial wants cpu {resources.cpu:g} and gpu {resources.gpu:g}, "
            f"but there are {there.get('CPU', 0):g} CPUs and {there.get('GPU', 0):g} GPUs in all"
        )
    return count


@contextmanager
def _logging_to(log: Path) -> Iterator[Callable[[], None]]:
    """Send the log of Ray and of this package to a file; yields what attaches the file again."""
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("ray", "sweeps")]
    before = [(logger.handlers[:], logger.propagate) for logger in loggers]

    def attach() -> None:
        for logger in loggers:
            logger.handlers[:], logger.propagate = [handler], False

    attach()
    # Ray announces at each start, past every handler, that a private instance is guarded by a token.
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    try:
        yield attach
    finally:
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:], logger.propagate = handlers, propagate
        handler.close()


def _keep_worker_logs(temporary: Path, target: Path) -> None:
    """Gather what the trials printed into one file."""
    with target.open("ab") as kept:
        for path in sorted(temporary.glob("session_*/logs/worker-*")):
            with suppress(OSError), path.open("rb") as printed:
                if path.stat().st_size and path.suffix in (".out", ".err"):
                    kept.write(f"--- {path.name}\n".encode())
                    shutil.copyfileobj(printed, kept)
