"""What a driver and its workers tell each other: work to do, a report of each step, files made on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Work:
    """One trial to run: a seed a replicate, at most `steps` steps.

    `resumed`: it ran before, and where it stood is not here but follows (`SweepTrial.take_up`), for Ray keeps what is
    in a trial's config and sends it back with every result. `keep`: its last state is wanted, however soon it is there.
    """

    trial: str
    config: Mapping[str, Any]
    seeds: tuple[int, ...]
    steps: int | None
    resumed: bool = False
    keep: bool = False


@dataclass(frozen=True)
class Attachment:
    """Bytes on their way to the driver."""

    trial: str
    step: int
    kind: Literal["media", "checkpoint", "model"]
    name: str
    content: bytes


@dataclass
class Report:
    """What one step of one trial came to."""

    trial: str
    device: str
    row: dict[str, Any] | None = None
    finished: bool = False
    failed: str = ""
    traceback: str = ""
    worker: str = ""
    started: float = 0.0  # when the worker took the trial up and when it made this report, in seconds since 1970
    ended: float = 0.0
