"""W&B as an observer of a sweep. The driver only appends to a file; a process of its own (`feed`) does more."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analysis.metrics import goal_of
from sweeps.observer import Status
from sweeps.spec.resolved import Objective, Tracking
from sweeps.tracking.mode import switched_off
from sweeps.tracking.process import end, spawn
from sweeps.tracking.queue import FeedSettings, Layout, QueueWriter, delivered, write_settings

PATIENCE = 7.0  # seconds that the end of a sweep waits for W&B


class Tracker:
    """Observes a sweep and has every trial recorded as a W&B run.

    folder: the sweep's folder; mode: auto, online, offline or off; patience: seconds that `close` waits for W&B.
    Nothing here raises or waits for W&B: what cannot be recorded is said once, and the queue is kept for later.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sweep_id: str,
        name: str,
        model: str,
        dataset: str,
        tracking: Tracking,
        objective: Objective | None = None,
        mode: str = "auto",
        patience: float = PATIENCE,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._layout = Layout(folder.resolve())
        self._patience, self._say = patience, say or _to_stderr
        self._queue: QueueWriter | None = None
        self._feed: FeedProcess | None = None
        self._known: set[str] = set()
        self._complained = False
        if switched_off(mode):
            return
        goal = objective.name if objective else None
        labels = (tracking.project, tracking.entity, tracking.tags, tracking.notes)
        self._start(FeedSettings(sweep_id, name, model, dataset, mode, goal, *labels))
        if objective is not None:
            self._declare(objective.name, objective.goal)

    def trial_started(self, trial: str, config: Mapping[str, Any], resumed: bool) -> None:
        self._put({"event": "trial_started", "trial": trial, "config": dict(config), "resumed": resumed})

    def row(self, row: Mapping[str, Any]) -> None:
        for metric in row.keys() - self._known:
            self._declare(metric, goal_of(metric) if "/" in metric else None)
        self._put({"event": "row", "row": dict(row)})

    def media(self, trial: str, step: int, name: str, png: bytes) -> None:
        path = f"media/{trial}/{step:06d}_{name}.png"  # where the store has put these bytes
        self._put({"event": "media", "trial": trial, "step": step, "name": name, "path": path})

    def trial_ended(self, trial: str, status: Status, reason: str) -> None:
        self._put({"event": "trial_ended", "trial": trial, "status": status, "reason": reason})

    def close(self, interrupted: bool) -> None:
        """Let W&B finish, but not for long; what is not delivered by then is kept, and said how to upload."""
        if self._queue is None:
            return
        self._put({"event": "close", "session": self._session, "interrupted": interrupted})
        self._queue.close()
        self._queue = None
        if self._feed is not None:
            self._feed.end(self._patience)
        if not delivered(self._layout):
            command = shlex.join(upload_command(self._layout.folder))
            self._say(f"W&B has not taken all of this sweep; nothing is lost, upload the rest with: {command}")

    def _start(self, settings: FeedSettings) -> None:
        self._session = secrets.token_hex(4)
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
            self._queue.put(event)
        except (OSError, TypeError, ValueError) as error:  # a full disk must not end a sweep
            self._complain(str(error))

    def _complain(self, what: str) -> None:
        if not self._complained:
            self._complained = True
            self._say(f"W&B does not track all of this sweep: {what}")


class FeedProcess:
    """The feed as seen from the driver."""

    def __init__(self, layout: Layout, session: str, say: Callable[[str], None]) -> None:
        options = ["--parent", str(os.getpid()), "--session", session]
        with layout.log.open("ab") as log:
            command = ["-m", "sweeps.tracking.feed", str(layout.folder), *options]
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


def upload_command(folder: Path) -> list[str]:
    """The command that delivers what a sweep's feed could not, and uploads what was recorded offline."""
    return [sys.executable, "-m", "sweeps.tracking.feed", str(folder), "--upload"]


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
