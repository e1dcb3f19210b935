"""Every error a person can cause, each in one line: where, which key, what, what is valid, the nearest name."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from basics.errors import RequestError, RunError
from basics.shell import command_line
from basics.text import nearest

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)


class SpecError(RequestError):
    """A spec that cannot run; `str()` is the one line "SOURCE: key: what; valid: ...; did you mean ...?"."""

    def __init__(
        self, what: str, *, key: str = "", valid: str | Iterable[str] = "", near: Any = None, source: str = ""
    ) -> None:
        """`near` is the name that was given: the nearest of `valid`, if that is a list of names, is suggested."""
        names = [] if isinstance(valid, str) else list(valid)
        self.what, self.key, self.source = what, key, source
        self.valid = valid if isinstance(valid, str) else ", ".join(names)
        self.nearest = nearest(near, names) if near is not None else None
        super().__init__(what)

    def at(self, source: str) -> SpecError:
        """This error, of the file or model named `source` (the innermost source stays)."""
        self.source = self.source or source
        return self

    def __str__(self) -> str:
        line = ": ".join(part for part in (self.source, self.key, self.what) if part)
        line += f"; valid: {self.valid}" if self.valid else ""
        line += f"; did you mean {self.nearest}?" if self.nearest else ""
        return " ".join(line.split())


class FolderError(RequestError):
    """A folder that cannot be used as asked; one line that says why and what to do."""


def no_sweep(folder: Path, missing: str) -> FolderError:
    """The error of a folder without the file that makes it a sweep's."""
    return FolderError(f"{folder} holds no sweep (there is no {missing}); 'sweeps list' shows those there are")


class ArtifactError(RequestError):
    """An artifact of W&B that there is not, or that may not be unpacked; one line."""


class TrackingError(RunError):
    """W&B cannot be used or does not answer; one line that says why and what to do."""


class SamplesError(RequestError):
    """Samples that cannot be judged; one line: which file, what is wrong, what is valid."""


class ModelUseError(RequestError):
    """Something a saved model cannot be asked; one line: what, and what is valid."""


class TrainingError(RunError):
    """A final training without a single model; one line with the reason."""


class DiskFullError(RunError):
    """A disk without room for what a sweep writes; one line that says which, and how to go on."""


class ReportError(RunError):
    """A report that could not be drawn; one line that says why, and how to draw it again."""


class ClusterError(RunError):
    """Ray could not be started or reached; one line that says what to do."""


def disk_fault(error: BaseException) -> str:
    """What the file system has against what was asked, in one line; empty for any other error."""
    if not isinstance(error, OSError):
        return ""
    if error.errno in (*FULL, *REFUSED):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    gone = isinstance(error, FileNotFoundError) and error.filename is None
    return "the working folder is gone; change to one that is there" if gone else ""


def is_full(error: BaseException) -> bool:
    """Whether the disk is, or what the user may use of it."""
    return isinstance(error, OSError) and error.errno in FULL


def out_of_room(error: BaseException | None) -> OSError | None:
    """The error of a full disk that an error is, or came from: Ray wraps what its hooks raise."""
    while error is not None:
        if isinstance(error, OSError) and is_full(error):
            return error
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """DiskFullError in place of whatever a full disk ends a sweep with."""
    try:
        yield
    except Exception as error:
        full = out_of_room(error)
        if full is None:
            raise
        raise DiskFullError(
            f"{full.filename or folder}: no space left on its disk; every row written so far is kept. "
            f"Make room, then go on with: {command_line('resume', folder)}"
        ) from error
