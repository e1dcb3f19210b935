"""What a stopping rule is: it reads the rows of all trials and says which of them should stop."""

from __future__ import annotations

from typing import Protocol

from analysis.rows import Row


class StoppingRule(Protocol):
    """Early termination of trials, decided row by row.

    No clock, no disk, no Ray: a rule that is fed the rows of an interrupted sweep again, in their order, comes to the
    state it had, and a row told twice (a trial resumed from a checkpoint) changes nothing. It can be pickled.
    """

    def report(self, row: Row) -> str | None:
        """Why the trial of this row should stop, in words, or None."""

    def forget(self, trial: str) -> None:
        """A trial has failed: it sets no mark for the others, however good it was before."""
