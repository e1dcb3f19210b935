"""Packs the folder that a program is started in, for the nodes of a cluster: what git ignores is left behind."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sweeps.errors import FolderError

LARGEST = 500 * 2**20  # bytes, as Ray allows a working_dir
LEFT_BEHIND = ("__pycache__", "wandb", "sweep-results", "node_modules")  # where there is no git to ask
ENVIRONMENT = "pyvenv.cfg"  # the mark of a virtual environment


def packed(folder: Path, sweep: Path) -> bytes:
    """The files of a folder as a tar archive, but for those of the `sweep` itself; FolderError if they are too much."""
    buffer, size = io.BytesIO(), 0
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in _files(folder):
            if path.is_relative_to(sweep) or not (path.is_file() or path.is_symlink()):
                continue
            size += path.lstat().st_size
            if size > LARGEST:
                raise FolderError(
                    f"{folder} holds more than {LARGEST >> 20} MiB, which is too much to send to each node: name what "
                    "the program does not need in .gitignore, or say --no-ship where all nodes see this folder"
                )
            archive.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    known = _known_to_git(folder)
    yield from _all(folder) if known is None else known


def _known_to_git(folder: Path) -> list[Path] | None:
    """The files that git tracks or would; None outside of a checkout, or where there is no git."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        said = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [folder / os.fsdecode(name) for name in dict.fromkeys(said.split(b"\0")) if name]


def _all(folder: Path) -> Iterator[Path]:
    """Without hidden folders, virtual environments and what is made anew anyway."""
    for place, below, names in os.walk(folder):
        below[:] = [
            name
            for name in below
            if not name.startswith(".") and name not in LEFT_BEHIND and not Path(place, name, ENVIRONMENT).exists()
        ]
        yield from (Path(place, name) for name in names)
