"""Sends the code of a user's own model to the workers: its module, and what may be imported beside it."""

from __future__ import annotations

import atexit
import os
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from sweeps.errors import FolderError
from trainables import Entry, find_model
from trainables.estimators import is_of_library
from trainables.own import place_of

LARGEST = 64 * 2**20  # bytes of code: more is no model's
Files = tuple[tuple[str, bytes], ...]  # path below the folder, and content


@dataclass(frozen=True)
class PickledOwnModel:
    """Stands for the registry entry of a user's own model: pickled as name and files, unpickled as an `Entry`."""

    name: str
    files: Files

    def __reduce__(self) -> tuple[Any, ...]:
        return unpickled_model, (self.name, self.files)


def with_code(name: str, entry: Entry) -> Entry:
    """The entry, or for a user's own model what carries its code and is the entry once it has been pickled and
    unpickled; FolderError for too much code."""
    if ":" not in name:
        return entry
    where = place_of(name.partition(":")[0])
    if where is None:
        return entry
    # A library, as scikit-learn is: it is there as our own are, or its compiled parts would not fit.
    files = {} if is_of_library(entry) and _is_installed(where) else _files(where)
    return cast("Entry", PickledOwnModel(name, tuple(files.items())))


def unpickled_model(name: str, files: Files) -> Entry:
    """In a worker: the model imported from its files, written to a temporary folder that lives as long as the
    worker."""
    return find_model(name, [_unpacked(files)])


def _is_installed(path: Path) -> bool:
    installed = any(Path(sysconfig.get_path(kind)) in path.parents for kind in ("purelib", "platlib", "stdlib"))
    return installed or not {"site-packages", "dist-packages"}.isdisjoint(path.parts)


def _files(module: Path) -> dict[str, bytes]:
    """The files of the module or package, and unless it is an installed one the modules beside it."""
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
