"""The tracker: observes a sweep and appends its events to a queue; a separate process (`feed`) sends them to W&B."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis.metrics import goal_of
from analysis.rows import Row
from basics.python_process import spawn
from basics.terminal import say as say_to_terminal
from sweeps.search.method import Status
from sweeps.tracking.mode import switched_off
from sweeps.tracking.process import end
from sweeps.tracking.queue import Event, Layout, Position, QueueWriter, delivered, sync_command
from sweeps.tracking.settings import FeedSettings, write_settings

PATIENCE = 9.0  # seconds from the end of a sweep in which W&B may finish
LEAST, PROMPT = 2.0, 7.0  # seconds it has after the report in any case, and if it has taken all trials by then
ALWAYS = ("sweep_ended", "close")  # events that a full queue still takes


class Tracker:
    """Observes a sweep and has it recorded in W&B: a run for each trial, and one for the sweep.

    folder: the sweep's folder; patience: seconds from its end that W&B may take. Nothing here raises or waits for W&B
    but the end of the `with` block, which the report is written in: what cannot be recorded is said once, and the
    sweep's folder has it for later.
    """

    def __init__(
        self,
        folder: Path,
        settings: FeedSettings,
        *,
        patience: float = PATIENCE,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._layout = Layout(folder.resolve())
        self._patience, self._say = patience, say or say_to_terminal
        self._queue: QueueWriter | None = None
        self._feed: FeedProcess | None = None
        self._known: set[str] = {settings.objective, *settings.others}
        self._complaint, self._session = "", secrets.token_hex(4)
        self._over, self._interrupted = time.monotonic(), True
        if not switched_off(settings.mode):
            self._start(settings)

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def on(self) -> bool:
        """Whether anything is recorded."""
        return self._queue is not None

    def trial_started(self, trial: str, config: Mapping[str, Any], resumed: bool) -> None:
        self._put({"event": "trial_started", "trial": trial, "config": dict(config), "resumed": resumed})

    def replicates(self, trial: str, of: str, seed: int) -> None:
        self._put({"event": "replicates", "trial": trial, "of": of, "seed": seed})

    def row(self, row: Row) -> None:
        for metric in row.numbers.keys() - self._known:
            self._declare(metric, goal_of(metric) if "/" in metric else None)
        self._put({"event": "row", "row": row.document()})

    def media(self, trial: str, step: int, name: str) -> None:
        path = f"media/{trial}/{step:06d}_{name}.png"  # where the store has put these bytes
        self._put({"event": "media", "trial": trial, "step": step, "name": name, "path": path})

    def trial_ended(self, trial: str, status: Status, reason: str) -> None:
        self._put({"event": "trial_ended", "trial": trial, "status": status, "reason": reason})

    def tested(self, events: Iterable[Event]) -> None:
        """Add the test metrics of a final training, whose sweep ended in an earlier session."""
        for event in events:
            self._put(event)

    def close(self, interrupted: bool) -> None:
        """The sweep is over; its report is still to be written."""
        self._over, self._interrupted = time.monotonic(), interrupted
        self._put({"event": "sweep_ended", "session": self._session})

    def end(self) -> None:
        """Let W&B finish, but not for long; what it has not taken by then is kept, and said how to upload."""
        if self._queue is None:
            return
        self._put({"event": "close", "session": self._session, "interrupted": self._interrupted})
        self._queue.close()
        self._queue = None
        if self._feed is not None:
            self._feed.end(self._seconds_left())
        if self._complaint or not delivered(self._layout):
            command = sync_command(self._layout.folder)
            self._say(f"W&B has not taken all of this sweep; nothing is lost, upload the rest with: {command}")

    def _seconds_left(self) -> float:
        """A server that has taken all trials while the report was drawn will take the rest; another may not hold us."""
        left = max(LEAST, self._over + self._patience - time.monotonic())
        return left if Position.load(self._layout.offset).unfinished.keys() - {"sweep"} else max(left, PROMPT)

    def _start(self, settings: FeedSettings) -> None:
        try:
            self._layout.wandb.mkdir(parents=True, exist_ok=True)
            write_settings(self._layout, settings)
            self._queue = QueueWriter(self._layout.queue)
            if find_spec("wandb") is None:
                self._complain("wandb is not installed")
            else:
                self._feed = FeedProcess(self._layout, self._session, self._say)
        except OSError as error:
            self._complain(str(error))

    def _declare(self, metric: str, goal: str | None) -> None:
        self._known.add(metric)
        if goal is not None:
            self._put({"event": "goal", "metric": metric, "goal": goal})

    def _put(self, event: Mapping[str, Any]) -> None:
        if self._queue is None:
            return
        try:
            self._queue.put(event, always=event["event"] in ALWAYS)
        except (OSError, TypeError, ValueError) as error:  # a full disk must not end a sweep
            self._complain(str(error))

    def _complain(self, what: str) -> None:
        if not self._complaint:
            self._complaint = what
            self._say(f"W&B does not track all of this sweep: {what}")


class FeedProcess:
    """The driver's handle of the feed process: starts it, passes on its messages, ends it."""

    def __init__(self, layout: Layout, session: str, say: Callable[[str], None]) -> None:
        options = ["--parent", str(os.getpid()), "--session", session]
        with layout.log.open("ab") as log:
            command = ["-m", "sweeps.tracking.feed.main", str(layout.folder), *options]
            self._process = spawn(command, stdout=subprocess.PIPE, stderr=log)
        self._listener = threading.Thread(target=self._listen, args=(say,), daemon=True)
        self._listener.start()

    def end(self, patience: float) -> None:
        """Wait for the feed to end by itself, then end it and all it started."""
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when a second Ctrl-C cuts the wait
            end(self._process)
        self._listener.join(0.5)

    def _listen(self, say: Callable[[str], None]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                say(line.decode(errors="replace").rstrip())
