"""The feed process, which sends a sweep's events to W&B: `python -m sweeps.tracking.feed.main FOLDER`.

It follows the queue that the driver appends to, keeps how far it came, and ends when the driver has closed the
queue or is gone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basics.files import one_at_a_time
from sweeps.errors import disk_fault
from sweeps.tracking.mode import client, login_fault, resolve_mode
from sweeps.tracking.process import Parent, StderrLines
from sweeps.tracking.queue import Event, Layout, Position, QueueReader, sync_command
from sweeps.tracking.settings import FeedSettings, read_settings

if TYPE_CHECKING:
    from sweeps.tracking.feed.recorder import Recorder

POLL = 0.1  # seconds between looks at the queue
SAVE = 0.5  # at most one save of the position in this many seconds
SETTLE = 1.0  # a step waits this long for its pictures
NICENESS = 5  # the trials come first


class Feed:
    """Delivers the events of a queue in order and saves the position it has reached.

    `session` is the driver's: its close ends the queue (an earlier driver's may lie in it too), and so does the end of
    the driver, `gone`.
    """

    def __init__(self, layout: Layout, recorder: Recorder, session: str | None, gone: Callable[[], bool]) -> None:
        self._layout, self._recorder, self._session, self._gone = layout, recorder, session, gone
        self._reader = QueueReader(layout.queue)
        self._known = Position.load(layout.offset)
        self._started = dict(self._known.unfinished)
        self._saved = self._moved = time.monotonic()

    def run(self) -> None:
        """Deliver until the queue ends; InitError when W&B opens no run."""
        try:
            while not self._batch():
                if time.monotonic() - self._moved > SETTLE:
                    self._recorder.idle()
                self._save()
                time.sleep(POLL)
            self._recorder.close()
        finally:
            self._save(now=True)
            self._reader.close()

    def _batch(self) -> bool:
        """Deliver what is there; True when nothing more will come."""
        last = self._gone()  # asked before reading, so that nothing written before is missed
        for start, event in self._reader.events():
            self._take(start, event)
            self._save()
            if event["event"] == "close" and event["session"] == self._session:
                return True
        return last

    def _take(self, start: int, event: Event) -> None:
        self._recorder.remember(event)
        if event.get("session", self._session) != self._session:
            return
        for subject in self._recorder.subjects(event):
            if not self._known.covers(start, subject):
                self._started.setdefault(subject, start)
                self._deliver(start, event, subject)

    def _deliver(self, start: int, event: Event, subject: str) -> None:
        from sweeps.tracking.feed.wandb_run import InitError

        self._moved = time.monotonic()
        try:
            self._recorder.deliver(event, subject, fresh=start >= self._known.offset)
        except InitError:
            self._reader.offset = start  # not delivered: whoever comes next begins here
            raise
        except Exception:  # one event that W&B does not like must not cost the others
            traceback.print_exc()

    def _save(self, now: bool = False) -> None:
        """Save the position, unless this feed has not yet come as far as an earlier one."""
        if self._reader.offset < self._known.offset or not (now or time.monotonic() - self._saved > SAVE):
            return
        self._started = {s: start for s, start in self._started.items() if s in self._recorder.unfinished}
        Position(self._reader.offset, self._started).save(self._layout.offset)
        self._saved = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the feed; 0 when everything was delivered."""
    options = _options(arguments)
    layout, stderr_lines = Layout(options.folder.resolve()), StderrLines()
    os.nice(NICENESS)
    parent = Parent(options.parent)
    try:
        client()
        with one_at_a_time(layout.lock):  # an orphan may still be delivering what its driver left
            return _run(options, layout, read_settings(layout), parent, stderr_lines)
    except (ImportError, OSError, ValueError) as error:
        traceback.print_exc()
        stderr_lines.say(f"W&B does not track this sweep: {disk_fault(error) or error}")
    return 1


def _run(
    options: argparse.Namespace, layout: Layout, settings: FeedSettings, parent: Parent, stderr_lines: StderrLines
) -> int:
    mode = options.mode or resolve_mode(settings.mode)
    if mode == "off":
        return 0
    fault = login_fault() if settings.mode == "online" and options.mode is None else ""
    if fault:
        stderr_lines.say(f"W&B: not online: {fault}")
    from sweeps.tracking.feed.recorder import Recorder
    from sweeps.tracking.feed.wandb_run import InitError

    recorder = Recorder(layout.folder, settings, online=mode == "online")
    try:
        Feed(layout, recorder, options.session, parent.gone.is_set).run()
    except InitError as error:
        if mode == "offline":
            stderr_lines.say(f"W&B records nothing more: {error}")
            return 1
        stderr_lines.say(f"W&B is not available, recording offline instead: {error}")
        # wandb's service keeps the id of a refused run taken for as long as it lives: begin again with another.
        stderr_lines.start_over(["-m", "sweeps.tracking.feed.main", *_arguments(options, mode="offline")])
    if recorder.unfinished:
        return 1
    _final_messages(layout, recorder.runs.url, stderr_lines)
    return 0


def _final_messages(layout: Layout, url: str, stderr_lines: StderrLines) -> None:
    from sweeps.tracking.wandb_files import unsynced, unsynced_own

    runs = len({file.stem for file in (*unsynced(layout.wandb), *unsynced_own(layout.folder))})
    if runs:
        stderr_lines.say(f"W&B: {runs} runs are recorded offline; upload them with: {sync_command(layout.folder)}")
    if url:
        report = json.loads(layout.dashboard.read_text()).get("report") if layout.dashboard.exists() else None
        stderr_lines.say(f"W&B: the runs are at {url}" + (f", a report at {report}" if report else ""))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sweeps.tracking.feed.main", description=__doc__)
    parser.add_argument("folder", type=Path, help="a sweep's folder")
    parser.add_argument("--mode", choices=("online", "offline"), help="instead of what the sweep was started with")
    parser.add_argument("--parent", type=int, help="end when this process is no longer the parent")
    parser.add_argument("--session", help="end at this driver's close")
    return parser.parse_args(arguments)


def _arguments(options: argparse.Namespace, **changed: Any) -> list[str]:
    """The command line that `_options` reads as these options."""
    values = {**vars(options), **changed}
    folder = values.pop("folder")
    named = [part for name, value in values.items() if value is not None for part in (f"--{name}", str(value))]
    return [str(folder), *named]


if __name__ == "__main__":
    sys.exit(main())
