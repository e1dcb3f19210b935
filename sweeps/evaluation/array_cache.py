"""A cache of arrays on disk: computed on first use, then read, and computed again if the file is damaged."""

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
PROGRESS_SECONDS = 5.0  # seconds between two messages on progress


def cached(path: Path, make: Callable[[], Arrays], say: Say) -> Arrays:
    """The arrays in the .npz file `path`; if there is none, those that `make` returns, which are written to it."""
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
    """Yields the parts, and reports every few seconds through `say` what share of them is done."""
    last_message = time.monotonic()
    for done, part in enumerate(parts):
        if time.monotonic() - last_message > PROGRESS_SECONDS:
            last_message = time.monotonic()
            say(f"{what}: {done / len(parts):.0%}")
        yield part


def _write(path: Path, arrays: Arrays) -> None:
    """Write atomically: a kill leaves the whole file or none."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    replace_file(path, content.getvalue())
