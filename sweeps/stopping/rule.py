"""What a stopping rule is: it hears of all trials, and says which of them should stop, or that the sweep should end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analysis.rows import Row
from sweeps.search.method import Status


@dataclass(frozen=True)
class SweepEnd:
    """Why a sweep ends, in words. `finishing` are the trials that run to their end all the same; None: all that run."""

    reason: str
    finishing: frozenset[str] | None = None

    def lets(self, trial: str) -> bool:
        """Whether that trial, if it runs, goes on to its end."""
        return self.finishing is None or trial in self.finishing


class StoppingRule(Protocol):
    """Early termination of trials, or of the whole sweep, decided row by row: a class of it has this as its base.

    No clock, no disk, no Ray: a rule that is fed the rows and ends of an interrupted sweep again comes to the state it
    had, whatever their order among different trials. A row told twice (a trial resumed from a checkpoint) changes
    nothing. It can be pickled.
    """

    def report(self, row: Row) -> str | None:
        """Why the trial of this row should stop, in words, or None."""
        return None

    def ended(self, trial: str, status: Status) -> None:
        """A trial has ended. One that failed sets no mark for the others, however good it was before."""
        return

    def forget(self, trial: str) -> None:
        """A trial that has not ended starts again, and differently: what it reported before counts no more."""
        self.ended(trial, "failed")

    def sweep_end(self) -> SweepEnd | None:
        """Why the sweep should end after all that was told, or None: no more trials start."""
        return None
