"""The file in a sweep's folder that holds its search: a journal of Optuna's."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

JOURNAL = "optuna.journal"
# What Optuna raises over a journal that is not whole; an IndexError over one whose study was lost.
JOURNAL_FAULTS = (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError)


def storage(journal: Path) -> JournalStorage:
    """Optuna's storage in that file, which is made if it is not there."""
    return JournalStorage(JournalFileBackend(str(journal)))
