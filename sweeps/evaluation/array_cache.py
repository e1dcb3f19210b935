"""Arrays kept on disk: made when they are first asked for, read from then on, made again where a file is damaged."""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from basics.files import replace_file

Arrays = Mapping[str, NDArray[Any]]
Say = Callable[[str], None]
T = TypeVar("T")
SPEAK = 5.0  # seconds between two words about what takes long


def cached(path: Path, make: Callable[[], Arrays], say: Say) -> Arrays:
    """What the .npz file `path` holds, or what `make` gives, which is kept there if the disk takes it."""
    if path.exists():
        try:
            with np.load(path, allow_pickle=False) as archive:
                return dict(archive)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            say(f"{path} is damaged ({type(error).__name__}) and made again")
    made = make()
    try:
        _write(path, made)
    except OSError as error:
        say(f"{path} cannot be written ({error.strerror}): it will be made again next time")
    return made


def with_progress(parts: Sequence[T], what: str, say: Say) -> Iterator[T]:
    """The parts, one after the other, with a word every few seconds on how many are done."""
    spoke = time.monotonic()
    for done, part in enumerate(parts):
        if time.monotonic() - spoke > SPEAK:
            spoke = time.monotonic()
            say(f"{what}: {done / len(parts):.0%}")
        yield part


def _write(path: Path, arrays: Arrays) -> None:
    """In one move: a kill leaves the whole file or none."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    replace_file(path, content.getvalue())
