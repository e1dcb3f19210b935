"""A user's own model on its way to the workers: the files of its folder travel, so that what it imports is there."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sweeps.errors import FolderError
from trainables import Entry, find_model

LARGEST = 64 * 2**20  # bytes of code: more is no model's
Files = tuple[tuple[str, bytes], ...]  # path below the folder, and content


@dataclass(frozen=True)
class Shipped:
    """An entry of the registry that is pickled as its model's name and files: what is unpickled is an `Entry`."""

    name: str
    files: Files

    def __reduce__(self) -> tuple[Any, ...]:
        return arrived, (self.name, self.files)


def shipped(name: str, entry: Entry) -> Entry | Shipped:
    """What stands for `entry` in a message to the workers; FolderError for a folder with too much code in it."""
    if ":" not in name:
        return entry
    package = sys.modules[name.partition(":")[0].partition(".")[0]]
    where = next(iter(getattr(package, "__path__", ())), None) or package.__file__
    if where is None:
        return entry
    return Shipped(name, tuple(_files(Path(where).absolute()).items()))


def arrived(name: str, files: Files) -> Entry:
    """In a worker: the model out of its files, which lie in a folder of their own for as long as the worker lives."""
    return find_model(name, [_unpacked(files)])


def _is_installed(path: Path) -> bool:
    return any(Path(sysconfig.get_path(kind)) in path.parents for kind in ("purelib", "platlib", "stdlib"))


def _files(module: Path) -> dict[str, bytes]:
    """The module or package whole, and what may be imported beside it, unless it lies among what is installed."""
    folder, found, size = module.parent, dict[str, bytes](), 0
    for path in dict.fromkeys([*_whole(module), *(() if _is_installed(module) else _modules(folder))]):
        size += path.stat().st_size
        if size > LARGEST:
            raise FolderError(
                f"{folder} holds more than {LARGEST >> 20} MiB of code: give the model a folder of its own"
            )
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _whole(module: Path) -> Iterator[Path]:
    if module.is_file():
        yield module
    for root, folders, names in os.walk(module):
        folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
        yield from (Path(root, name) for name in names)


def _modules(folder: Path) -> Iterator[Path]:
    """The modules in a folder, and those in its packages."""
    for entry in sorted(folder.iterdir()):
        if entry.suffix == ".py" and entry.is_file():
            yield entry
        elif entry.is_dir() and (entry / "__init__.py").is_file():
            yield from (path for path in _whole(entry) if path.suffix == ".py")


@cache  # a worker unpacks the same files for each of its trials
def _unpacked(files: Files) -> Path:
    place = Path(tempfile.mkdtemp(prefix="gdsweeps-model-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for name, content in files:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place
