"""The file in a sweep's folder that holds its search: a journal of Optuna's."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

JOURNAL = "optuna.journal"


def storage(journal: Path) -> JournalStorage:
    """Optuna's storage in that file, which is made if it is not there."""
    return JournalStorage(JournalFileBackend(str(journal)))
