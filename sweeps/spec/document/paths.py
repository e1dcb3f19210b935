"""A path that a spec says, absolute."""

from __future__ import annotations

from pathlib import Path

from basics.text import shown
from sweeps.errors import SpecError


def place(said: str, folder: Path, key: str) -> Path:
    """`said`, from `folder` on where it is relative, there or not; SpecError for one that no file system has."""
    try:
        path = (folder / Path(said).expanduser()).absolute()
        path.stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return path
    except (RuntimeError, ValueError, OSError) as error:  # ~nobody, a NUL, a name of more than 255 bytes
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"{shown(said)} is the path of no file or folder: {reason}", key=key) from None
    return path
