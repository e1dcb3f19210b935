"""Which exceptions mean that the request was wrong (exit code 2) and which that the run failed (1)."""

import errno

from analysis.results import ResultsError
from search_spaces.space import SpaceError
from sweeps.faults import (
    ArtifactError,
    AskingError,
    ClusterError,
    FolderError,
    SamplesError,
    SpecError,
    TrackingError,
    TrainingError,
)
from trainables.base import ConfigError
from trainables.data import DataError
from trainables.entry import ModelError
from trainables.saved import SavedModelError

WRONG_REQUEST = (
    SpecError,
    SpaceError,
    DataError,
    ModelError,
    ConfigError,
    FolderError,
    ResultsError,
    ArtifactError,
    SavedModelError,
    SamplesError,
    AskingError,
)
RUN_FAILED = (ClusterError, TrackingError, TrainingError)

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)


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
