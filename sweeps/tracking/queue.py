"""The queue between a sweep and W&B: a file with one JSON line per event, appended by the driver, read by the feed.

A file cannot block the driver, outlives both processes, and is its own record of what is still to be delivered.
Nothing here imports wandb.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from basics.files import replace_file
from basics.shell import command_line

Event = dict[str, Any]  # "event" says which: goal, trial_started, row, media, trial_ended, tested, sweep_ended, close
LIMIT = 2**29  # bytes: what a queue does not take, `sweeps sync` reads from the sweep's folder


@dataclass(frozen=True)
class Layout:
    """Where the queue and its companions lie in a sweep's folder."""

    folder: Path

    @property
    def wandb(self) -> Path:
        return self.folder / "wandb"

    @property
    def queue(self) -> Path:
        return self.wandb / "queue.jsonl"

    @property
    def offset(self) -> Path:
        return self.wandb / "offset"

    @property
    def settings(self) -> Path:
        return self.wandb / "feed.json"

    @property
    def best_config(self) -> Path:
        return self.wandb / "best-config"

    @property
    def dashboard(self) -> Path:
        return self.wandb / "dashboard.json"

    @property
    def log(self) -> Path:
        return self.wandb / "feed.log"

    @property
    def lock(self) -> Path:
        return self.wandb / "feed.lock"


@dataclass
class Position:
    """How far the feed has come: all before `offset` is delivered, but for the trials whose runs are not finished.

    `unfinished` maps such a trial to the byte before the event that opened its run: only a finished run is
    sure to be on disk or on the server, so a later feed reads those trials again from there.
    """

    offset: int
    unfinished: dict[str, int]

    def covers(self, start: int, trial: str | None) -> bool:
        """Whether the event at byte `start` was delivered for good."""
        return start < self.offset and not (trial in self.unfinished and start >= self.unfinished[trial])

    def save(self, path: Path) -> None:
        replace_file(path, json.dumps({"offset": self.offset, "unfinished": self.unfinished}).encode())

    @classmethod
    def load(cls, path: Path) -> Position:
        """The saved position; the start of the queue where there is none or it cannot be read."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(document["offset"]), {str(t): int(n) for t, n in document["unfinished"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(0, {})


class QueueFullError(OSError):
    """The queue has as many bytes as it may have."""


class QueueWriter:
    """Appends events; one system call each, so a kill leaves at most one torn line."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._size, self._limit = os.fstat(self._file).st_size, limit
        self._full = False
        self._torn = self._size > 0  # an earlier driver may have died within a line

    def put(self, event: Mapping[str, Any], always: bool = False) -> None:
        """Append an event; OSError when the disk does not take it.

        What would go over the limit is refused, and so is all that follows, lest a gap be taken for the end; but for
        what goes in `always`.
        """
        line = json.dumps(event, default=str).encode() + b"\n"
        if self._torn:
            line = b"\n" + line
        self._full = self._full or self._size + len(line) > self._limit
        if self._full and not always:
            raise QueueFullError(f"its queue holds {self._limit >> 20} MiB and takes no more")
        self._torn = True
        written = os.write(self._file, line)
        self._size += written
        self._torn = written != len(line)

    def close(self) -> None:
        os.close(self._file)


class QueueReader:
    """Reads events in order, as far as there are whole lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.offset = 0

    def events(self) -> Iterator[tuple[int, Event]]:
        """Pairs (start, event) from where the last call ended; `offset` is the end of the event just given."""
        self._file.seek(self.offset)
        while (line := self._file.readline()).endswith(b"\n"):
            start, self.offset = self.offset, self.offset + len(line)
            event = _parsed(line)
            if event is not None:
                yield start, event

    def close(self) -> None:
        self._file.close()


def trial_of(event: Event) -> str | None:
    """The trial an event is about; None when it is about the sweep."""
    trial: str | None = event["row"]["trial"] if event["event"] == "row" else event.get("trial")
    return trial


def sync_command(folder: Path) -> str:
    """The command that uploads what W&B does not have, as one may paste it into a shell."""
    return command_line("sync", folder)


def delivered(layout: Layout) -> bool:
    """Whether all of the queue has gone to W&B."""
    position = Position.load(layout.offset)
    return position.offset >= layout.queue.stat().st_size and not position.unfinished


def _parsed(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:  # torn by a kill or a full disk
        return None
    return event if isinstance(event, dict) and "event" in event else None
