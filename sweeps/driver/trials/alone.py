"""Trials that ran out of memory beside others: each is tried once more, with the room that the others had."""

from __future__ import annotations

from collections.abc import Collection

OUT_OF_MEMORY = "out of memory"


class AloneQueue:
    """Those that wait until no other trial runs, and those that had their turn."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self._had: list[str] = []

    def add(self, trial: str) -> bool:
        """Have a trial wait for its turn; False if it has had one."""
        if trial in self._had:
            return False
        self.waiting.append(trial)
        return True

    def begin(self, running: Collection[str]) -> list[str]:
        """The next one, if no trial runs."""
        if running or not self.waiting:
            return []
        self._had.append(self.waiting.pop(0))
        return self._had[-1:]

    def keeps_others_out(self, running: Collection[str]) -> bool:
        """Whether one has its turn now, so that nothing else is to start."""
        return any(trial in running for trial in self._had)
