"""Creates the folder of a new sweep, at the path that was asked for or one named after the sweep and the time."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path

from analysis.results import SPEC_FILE
from basics.shell import command_line
from sweeps.errors import FolderError
from sweeps.spec.resolved import Spec

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # s3://bucket, of which a path keeps one slash


def new_folder(spec: Spec, wanted: Path | None) -> Path:
    """Create the folder of a new sweep; FolderError if it is not empty or cannot be made."""
    try:
        return _named_folder(spec.short_name) if wanted is None else _wanted_folder(wanted)
    except OSError as error:
        folder = wanted or error.filename or "sweep-results"
        raise FolderError(f"{folder} cannot be made: {error.strerror}; choose another --out") from None


def _wanted_folder(folder: Path) -> Path:
    if ADDRESS.match(str(folder)):
        raise FolderError(f"{folder} is no folder of this machine; choose another --out, and copy it there at the end")
    if (folder / SPEC_FILE).exists():
        resume = command_line("resume", folder)
        raise FolderError(f"{folder} holds a sweep already: go on with {resume}, or choose another --out")
    if folder.is_dir() and not all(left.name.startswith(".") for left in folder.iterdir()):
        raise FolderError(f"{folder} is not empty, and a sweep would write over what is in it; choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _named_folder(name: str) -> Path:
    """Create a folder below sweep-results/, named by sweep and second, with a number where that is taken."""
    if name != Path(name).name:
        raise FolderError(f"name: {name} is no name of a folder, since it has a slash; choose another or say --out")
    folder = Path("sweep-results") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    for path in (folder, *(folder.with_name(f"{folder.name}-{number}") for number in range(2, 100))):
        with suppress(FileExistsError):
            path.mkdir(parents=True)
            return path
    raise FolderError(f"{folder}: a hundred sweeps began in this second; choose --out")
