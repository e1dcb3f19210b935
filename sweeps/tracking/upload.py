"""Uploads a sweep's runs to a W&B server, several in parallel, each from the step the server has last."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sweeps.errors import TrackingError
from sweeps.tracking.feed.overview import Overview
from sweeps.tracking.feed.runs import SWEEP, Runs
from sweeps.tracking.feed.server import complete_on_server, place_of
from sweeps.tracking.feed.trial_history import TESTED, TrialHistories
from sweeps.tracking.feed.wandb_run import InitError
from sweeps.tracking.own_runs import sync_own
from sweeps.tracking.replay import Replay
from sweeps.tracking.settings import FeedSettings
from sweeps.tracking.wandb_files import unsynced_own

ANSWER = 30.0  # seconds for the server to say what it has


class Upload:
    """The upload of a sweep's runs; wandb's own files go to `scratch`."""

    def __init__(self, folder: Path, settings: FeedSettings, replay: Replay, scratch: Path) -> None:
        self._folder, self._settings, self._replay = folder, settings, replay
        self._histories = TrialHistories(settings)
        for event in [*replay.sweep, *(event for events in replay.trials.values() for event in events)]:
            self._histories.remember(event)
        self._runs = Runs(folder, settings, self._histories, online=True, scratch=scratch)
        self._refused = threading.Event()

    @property
    def url(self) -> str:
        return self._runs.url

    def run(self, parallel: int, say: Callable[[str], None]) -> list[str]:
        """Upload what is missing; a reason for each run that the server does not have afterwards."""
        before = self._complete_on_server()
        waiting = [trial for trial in self._replay.trials if trial not in before]
        say(f"W&B has {len(before - {SWEEP})} of {len(self._replay.trials)} trials; uploading {len(waiting)}")
        with ThreadPoolExecutor(parallel) as pool:
            faults = [fault for fault in pool.map(self._trial, waiting) if fault]
        if not faults and (waiting or SWEEP not in before):
            faults = list(filter(None, [self._fault(self._sweep)]))
        if faults:
            return faults
        there = self._complete_on_server() if waiting or SWEEP not in before else before
        self._runs.confirm(there)
        return [f"the server has only a part of {trial}" for trial in self._expected() if trial not in there]

    def _trial(self, trial: str) -> str:
        """Upload a trial; why it was not possible, if so."""
        if self._runs.has_own(trial):
            return self._fault(lambda: sync_own(self._folder, trial))
        return "" if self._refused.is_set() else self._fault(lambda: self._deliver(trial))

    def _fault(self, deliver: Callable[[], None]) -> str:
        try:
            deliver()
        except InitError as error:
            self._refused.set()  # the others would be refused, or wait, as well
            return str(error)
        except Exception as error:
            traceback.print_exc()
            return " ".join(str(error).split()) or type(error).__name__
        return ""

    def _deliver(self, trial: str) -> None:
        for event in self._replay.trials[trial]:
            self._runs.deliver(event)
        if self._histories[trial].status == "running":
            self._runs.finish(trial)
        self._runs.wait(trial)

    def _sweep(self) -> None:
        """The sweep's own run, trial by trial, as it came to be."""
        progress = TrialHistories(self._settings)
        overview = Overview(self._folder, self._settings, progress, self._runs)
        for event in self._replay.sweep:
            progress.remember(event)
        for trial, events in self._replay.trials.items():
            for event in events:
                progress.remember(event)
            if trial in progress.ended:
                overview.trial_ended(trial, fresh=False)
        overview.conclude(self._replay.complete, alert=False)
        self._runs.close()
        overview.lay_out()

    def _expected(self) -> dict[str, tuple[int, str]]:
        """For each run its number of steps and the tag of how it ended, as the server should have them."""
        ours = [trial for trial in self._replay.trials if not self._runs.has_own(trial)]
        trials = {t: (len(self._histories[t].steps), self._histories[t].mark) for t in ours}
        mark = TESTED if self._histories.tested else "done" if self._replay.complete else "running"
        return {**trials, SWEEP: (len(self._histories.ended) + 1, mark)}

    def _complete_on_server(self) -> set[str]:
        """The runs that the server has in full, as far as is known; TrackingError if it does not answer."""
        expected, found = self._expected(), list[set[str] | Exception]()

        def ask() -> None:
            try:
                found.append(complete_on_server(self._settings.sweep_id, place_of(self._settings), expected))
            except Exception as error:
                found.append(error)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(ANSWER)
        if not found:
            raise TrackingError("the W&B server does not answer; try again later")
        if isinstance(found[0], Exception):
            raise TrackingError(f"W&B: {found[0]}")
        own = (trial for trial in self._replay.trials if self._runs.has_own(trial))
        return found[0].union(trial for trial in own if not unsynced_own(self._folder, trial))
