"""The process that talks to W&B for a sweep: `python -m sweeps.wandb_feed FOLDER`.

It follows the queue that the driver appends to, keeps how far it came, and ends when the driver has closed the
queue or is gone. With --upload it delivers what an earlier feed left and sends offline runs to the server.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeps.wandb_mode import client, login_fault, resolve_mode
from sweeps.wandb_process import Notices, Parent, alone
from sweeps.wandb_queue import Event, FeedSettings, Layout, Position, QueueReader, read_settings, trial_of

if TYPE_CHECKING:
    from sweeps.wandb_runs import Runs

POLL = 0.1  # seconds between looks at the queue
SAVE = 0.5  # at most one save of the position in this many seconds
SETTLE = 1.0  # a step waits this long for its pictures
NICENESS = 5  # the trials come first


class Feed:
    """Delivers a queue's events in order and keeps the position.

    `over(event)` says whether nothing follows an event; `over(None)` whether nothing follows what can be read.
    """

    def __init__(self, layout: Layout, runs: Runs, over: Callable[[Event | None], bool]) -> None:
        self._layout, self._runs, self._over = layout, runs, over
        self._reader = QueueReader(layout.queue)
        self._known = Position.load(layout.offset)
        self._started = dict(self._known.unfinished)
        self._saved = self._moved = time.monotonic()

    def run(self) -> None:
        """Deliver until the queue ends; InitError when W&B opens no run."""
        try:
            while not self._batch():
                if time.monotonic() - self._moved > SETTLE:
                    self._runs.commit()
                time.sleep(POLL)
            self._runs.close()
        finally:
            self._save(now=True)
            self._reader.close()

    def _batch(self) -> bool:
        """Deliver what is there; True when nothing more will come."""
        last = self._over(None)  # asked before reading, so that nothing written before is missed
        for start, event in self._reader.events():
            self._take(start, event)
            self._save()
            if self._over(event):
                return True
        return last

    def _take(self, start: int, event: Event) -> None:
        from sweeps.wandb_runs import InitError

        self._runs.remember(event)
        trial = trial_of(event)
        if trial is None or self._known.covers(start, trial):
            return
        self._started.setdefault(trial, start)
        self._moved = time.monotonic()
        try:
            self._runs.deliver(event)
        except InitError:
            self._reader.offset = start  # not delivered: whoever comes next begins here
            raise
        except Exception:  # one event that W&B does not like must not cost the others
            traceback.print_exc()

    def _save(self, now: bool = False) -> None:
        """Save the position, unless this feed has not yet come as far as an earlier one."""
        if self._reader.offset < self._known.offset or not (now or time.monotonic() - self._saved > SAVE):
            return
        self._started = {t: start for t, start in self._started.items() if t in self._runs.unfinished}
        Position(self._reader.offset, self._started).save(self._layout.offset)
        self._saved = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the feed; 0 when everything was delivered."""
    options = _options(arguments)
    layout, notices = Layout(options.folder.resolve()), Notices()
    os.nice(NICENESS)
    parent = Parent(options.parent)
    try:
        client()
        with alone(layout.lock):
            return _run(options, layout, read_settings(layout), parent, notices)
    except (ImportError, OSError, ValueError) as error:
        traceback.print_exc()
        notices.say(f"W&B does not track this sweep: {error}")
    return 1


def _run(options: argparse.Namespace, layout: Layout, settings: FeedSettings, parent: Parent, notices: Notices) -> int:
    mode = options.mode or resolve_mode(settings.mode)
    if mode == "off":
        return 0
    fault = login_fault() if options.upload or (settings.mode == "online" and options.mode is None) else ""
    if fault:
        notices.say(f"W&B: not online: {fault}")
    from sweeps.wandb_runs import InitError, Runs

    runs = Runs(layout.folder, settings, online=mode == "online")
    try:
        Feed(layout, runs, _end_of_queue(options, parent)).run()
    except InitError as error:
        if mode == "offline":
            notices.say(f"W&B records nothing more: {error}")
            return 1
        notices.say(f"W&B is not available, recording offline instead: {error}")
        # wandb's service keeps the id of a refused run taken for as long as it lives: begin again with another.
        notices.start_over(["-m", "sweeps.wandb_feed", *_arguments(options, mode="offline")])
    if runs.unfinished or fault:
        return 1
    return _upload(layout) if options.upload else _farewell(layout, runs.url, notices)


def _end_of_queue(options: argparse.Namespace, parent: Parent) -> Callable[[Event | None], bool]:
    """What ends the queue: this driver's own close (an earlier driver's may lie in it too), or no driver at all."""

    def over(event: Event | None) -> bool:
        if event is None:
            return options.parent is None or parent.gone.is_set()
        return bool(event["event"] == "close" and event["session"] == options.session)

    return over


def _farewell(layout: Layout, url: str | None, notices: Notices) -> int:
    from sweeps.wandb_files import shown, sync_command, unsynced

    runs = len({file.stem for file in unsynced(layout.wandb)})
    if runs:
        notices.say(f"W&B: {runs} runs are recorded offline; upload them with: {shown(sync_command(layout.wandb))}")
    if url:
        notices.say(f"W&B: the runs are at {url}")
    return 0


def _upload(layout: Layout) -> int:
    from sweeps.wandb_files import sync_command, unsynced

    environment = {**os.environ, "WANDB_DIR": str(layout.folder)}  # its logs too: not into the working folder
    return subprocess.call(sync_command(layout.wandb), env=environment) if unsynced(layout.wandb) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sweeps.wandb_feed", description=__doc__)
    parser.add_argument("folder", type=Path, help="a sweep's folder")
    parser.add_argument("--mode", choices=("online", "offline"), help="instead of what the sweep was started with")
    parser.add_argument("--parent", type=int, help="end when this process is no longer the parent")
    parser.add_argument("--session", help="end at this driver's close")
    parser.add_argument("--upload", action="store_true", help="deliver what is left, then upload offline runs")
    return parser.parse_args(arguments)


def _arguments(options: argparse.Namespace, **changed: Any) -> list[str]:
    """The command line that `_options` reads as these options."""
    values = {**vars(options), **changed}
    folder, upload = values.pop("folder"), values.pop("upload")
    named = [part for name, value in values.items() if value is not None for part in (f"--{name}", str(value))]
    return [str(folder), *named, *(["--upload"] if upload else [])]


if __name__ == "__main__":
    sys.exit(main())
