"""What a lane asks of the trials that run on it, of whatever kind they are."""

from __future__ import annotations

from typing import Protocol

from sweeps.worker.messages import Attachment, Report, Work


class Trials(Protocol):
    """The trials of a worker. `attachments` are the files that they have made and nobody has collected."""

    attachments: list[Attachment]

    def __len__(self) -> int:
        """How many there are to take steps."""
        ...

    def take(self, work: Work, state: bytes | None) -> None:
        """One more trial, from its checkpoint if it has one; it is begun by the next step."""

    def drop(self, trial: str) -> None:
        """A trial was stopped early."""

    def step(self) -> list[Report]:
        """One step of each trial; of one that takes longer, nothing yet. Those that ended are dropped."""
        ...

    def close(self) -> None:
        """The worker ends."""
