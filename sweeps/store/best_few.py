"""The best few of the trials that have ended, found without looking at all of them."""

from __future__ import annotations

from bisect import insort

from analysis.ranking import Place


class BestFew:
    """Up to `size` trials in the order of their places; the best comes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._few: list[tuple[Place, str]] = []

    def add(self, trial: str, place: Place | None) -> str | None:
        """Take a trial in; the one that is not among them for it, itself perhaps, or None where all are."""
        if place is None:
            return trial
        insort(self._few, (place, trial))
        return self._few.pop()[1] if len(self._few) > self._size else None
