"""Downloads an artifact of W&B, `entity/project/name:alias`, wherever a command takes a folder.

The download runs in a process of its own (`python -m sweeps.tracking.fetch PATH INTO`), so that the caller can
end it whatever wandb waits for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import psutil

from basics.python_process import spawn
from sweeps.errors import ArtifactError, TrackingError
from sweeps.tracking.mode import client, login_fault
from sweeps.tracking.process import StderrLines, end, kill

NAME = r"\w[\w.-]*"
PATH = re.compile(f"{NAME}/{NAME}/{NAME}:{NAME}")
PATIENCE = 30.0  # seconds the server has to say what an artifact holds
DONE, FAILED, WRONG = 0, 1, 2


def is_artifact(what: str) -> bool:
    """Whether `what` names an artifact of W&B, and no file or folder."""
    return PATH.fullmatch(what) is not None and not Path(what).exists()


def fetched(path: str, into: Path, expected: Sequence[str], *, patience: float = PATIENCE) -> Path:
    """Download the files `expected` of the artifact `path` (entity/project/name:alias) into the folder `into`, which is
    returned; whatever else the artifact holds is left where it is.

    ArtifactError if there is none, if it has none of the files, or if a file would leave the folder; TrackingError if
    W&B cannot be used or says nothing for `patience` seconds.
    """
    if PATH.fullmatch(path) is None:
        raise ArtifactError(f"{path}: not an artifact of W&B; valid: entity/project/artifact:alias")
    command = ["-m", "sweeps.tracking.fetch", path, str(into.resolve()), str(patience), *expected]
    child = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        said = child.communicate()[0].decode(errors="replace").strip()
    finally:
        end(child)
    if child.returncode == DONE:
        return into
    raise (ArtifactError if child.returncode == WRONG else TrackingError)(f"{path}: {said or 'the download broke off'}")


def main(arguments: Sequence[str]) -> int:
    """In the child: the exit code says which kind of error the line on stdout is."""
    path, into, patience, *expected = arguments
    stderr_lines = StderrLines()
    impatient = threading.Timer(float(patience), _give_up, [stderr_lines])
    impatient.daemon = True
    impatient.start()
    try:
        artifact = _found(path)
        entries = artifact.manifest.entries
        _check(entries.values())
        wanted = _wanted(list(entries), expected)
        impatient.cancel()
        for name in expected:
            Path(into, name).unlink(missing_ok=True)  # an earlier version's
        for name in wanted:
            artifact.download(root=into, path_prefix=name, skip_cache=True)
    except (ArtifactError, TrackingError) as error:
        stderr_lines.say(str(error))
        return WRONG if isinstance(error, ArtifactError) else FAILED
    except Exception as error:  # wandb's own, requests', OSErrors
        stderr_lines.say(f"the download failed: {error}")
        return FAILED
    return DONE


def _found(path: str) -> Any:
    wandb, fault = client(), login_fault()
    if fault:
        raise TrackingError(fault)
    try:
        return wandb.Api().artifact(path)
    except wandb.errors.AuthenticationError as error:
        raise TrackingError(str(error)) from None
    except (wandb.errors.CommError, ValueError) as error:
        if "not found" in str(error):
            raise ArtifactError(str(error)) from None
        raise TrackingError(str(error)) from None


def _check(entries: Iterable[Any]) -> None:
    """ArtifactError for a file that would be written outside of the folder, or read from somewhere else."""
    for entry in entries:
        path = PurePosixPath(entry.path)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.path:
            raise ArtifactError(f"refused: its file {entry.path} would leave the folder")
        if entry.ref is not None:
            raise ArtifactError(f"refused: its file {entry.path} lies elsewhere, at {entry.ref}")


def _wanted(names: Sequence[str], expected: Sequence[str]) -> list[str]:
    """Those of `expected` that the artifact has; ArtifactError for none, or where wandb would fetch more with one."""
    for name in names:
        if name.startswith(tuple(expected)) and name not in expected:
            raise ArtifactError(f"refused: its file {name} does not belong there")
    wanted = [name for name in expected if name in names]
    if not wanted:
        raise ArtifactError(f"it holds none of {', '.join(expected)}")
    return wanted


def _give_up(stderr_lines: StderrLines) -> None:
    stderr_lines.say("the W&B server does not answer; try again later")
    kill(psutil.Process().children(recursive=True))
    os._exit(FAILED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
