"""What a running sweep tells whoever listens: the store, the live table and W&B are all observers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from analysis.rows import Row
from sweeps.search.method import Status


class Observer(Protocol):
    """Called in the driver, in order; no method blocks or raises."""

    def trial_started(self, trial: str, config: Mapping[str, Any], resumed: bool) -> None: ...

    def replicates(self, trial: str, of: str, seed: int) -> None:
        """The trial that starts next is another seed, counted from 1 on, of an earlier one."""

    def row(self, row: Row) -> None:
        """One evaluation."""

    def media(self, trial: str, step: int, name: str) -> None:
        """A picture, which lies in the folder by now: media/TRIAL/STEP_NAME.png."""

    def trial_ended(self, trial: str, status: Status, reason: str) -> None: ...

    def close(self, interrupted: bool) -> None: ...
