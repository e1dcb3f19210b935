"""A journal of Optuna's in a file that one process at a time writes, the one that holds the lock of the sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from optuna.storages.journal import JournalFileBackend


class JournalFile(JournalFileBackend):
    """Optuna's own file, of the same form, without what several writers need, and without a wait for the disk.

    Optuna takes a lock and waits until the disk has it (fsync) for every line, five times a trial: some 16 ms of a
    driver's time each. What is written is safe from any kill of a process as it is. The rows of results are not waited
    for either: after a loss of power a journal that is ahead of them would help nobody.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal = journal

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        with self._journal.open("ab") as file:
            file.write(lines.encode())
