"""The messages between driver and workers: work to do, a report of each step, and files attached to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.rows import Row


@dataclass(frozen=True)
class Work:
    """A trial to run: its config, one seed per replicate, at most `steps` steps.

    `resumed`: it ran before; its checkpoint is sent separately (`Lane.take`), not
    as a part of this. `keep`: a checkpoint of the last step is always wanted. `parent`: the trial from whose last
    checkpoint this one goes on, as long as it has none of its own; its steps count on from there. `begun`: the steps
    that a program has taken which goes on by itself.
    """

    trial: str
    config: Mapping[str, Any]
    seeds: tuple[int, ...]
    steps: int | None
    resumed: bool = False
    keep: bool = False
    parent: str = ""
    begun: int = 0


@dataclass(frozen=True)
class Place:
    """Where a worker runs: Ray's name of its node, and the files there that take its output."""

    node: str
    output: tuple[str, ...]


@dataclass(frozen=True)
class Attachment:
    """A file from a worker to the driver: a picture, a checkpoint, a part of a saved model or of a program's folder."""

    trial: str
    step: int
    kind: Literal["media", "checkpoint", "model", "program"]
    name: str
    content: bytes


@dataclass
class Report:
    """The outcome of one step of one trial: its row of results, or why it failed."""

    trial: str
    device: str
    row: Row | None = None
    finished: bool = False
    failed: str = ""
    traceback: str = ""
    worker: str = ""
    started: float = 0.0  # when the worker began the trial and when it made this report, in seconds since 1970
    ended: float = 0.0
