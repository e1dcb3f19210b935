"""Records a sweep in W&B, event by event: the runs of its trials and the run of the sweep itself."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

from sweeps.tracking.feed.overview import Overview
from sweeps.tracking.feed.runs import SWEEP, Runs
from sweeps.tracking.feed.server import complete_on_server
from sweeps.tracking.feed.trial_history import TrialHistories
from sweeps.tracking.queue import Event, trial_of
from sweeps.tracking.settings import FeedSettings

CONFIRM = 30.0  # seconds between questions to the server while a sweep runs
TRIES, PAUSE = 3, 0.7  # at the end, when the server may still be counting; seconds


class Recorder:
    """Passes a sweep's events on to W&B."""

    def __init__(self, folder: Path, settings: FeedSettings, *, online: bool) -> None:
        self._settings = settings
        self.histories = TrialHistories(settings)
        self.runs = Runs(folder, settings, self.histories, online=online)
        self._overview = Overview(folder, settings, self.histories, self.runs)
        self._asked, self._pause = time.monotonic(), CONFIRM
        self._inconclusive: set[str] = set()
        self._concluded = False

    @property
    def unfinished(self) -> set[str]:
        """Trials, and SWEEP, of which W&B may not have everything."""
        return self.runs.unfinished | self._inconclusive

    def subjects(self, event: Event) -> list[str]:
        """Whose runs an event is about."""
        trial = trial_of(event)
        if trial is None:
            return [SWEEP] if event["event"] in ("sweep_ended", "close") else []
        return [trial, SWEEP] if event["event"] == "trial_ended" else [trial]

    def remember(self, event: Event) -> None:
        """Take note of an event, whether or not it is to be delivered."""
        self.histories.remember(event)

    def deliver(self, event: Event, subject: str, fresh: bool = True) -> None:
        """Pass on what an event says of one of its subjects; `fresh` if that was never done before."""
        if subject != SWEEP:
            self.runs.deliver(event)
        elif event["event"] == "trial_ended":
            self._overview.trial_ended(event["trial"], fresh)
        elif event["event"] == "sweep_ended":
            self.runs.interrupt()
            self._pause = PAUSE
        else:
            self.conclude(complete=not event["interrupted"])

    def conclude(self, complete: bool, alert: bool = True) -> None:
        """Log what came of the sweep, whose report is written by now."""
        self._inconclusive = {SWEEP}
        self._overview.conclude(complete, alert)
        self._inconclusive, self._concluded = set(), True

    def idle(self) -> None:
        """There is nothing to deliver at present."""
        self.runs.commit()
        if self.runs.unconfirmed and time.monotonic() - self._asked > self._pause:
            self._confirm()

    def close(self) -> None:
        """Finish every run, wait for W&B, and ask the server whether it has everything."""
        self.runs.close()
        for _ in range(TRIES):
            if self._confirm():
                break
            time.sleep(PAUSE)
        if self._concluded and not self.runs.unfinished:
            self._inconclusive = {SWEEP}
            self._overview.lay_out()
            self._inconclusive = set()

    def _confirm(self) -> bool:
        """Whether the server has all of the runs that were sent to it."""
        self._asked = time.monotonic()
        histories = {trial: self.histories[trial] for trial in self.runs.unconfirmed if trial != SWEEP}
        expected = {trial: (len(history.steps), history.mark) for trial, history in histories.items()}
        try:
            self.runs.confirm(
                complete_on_server(self._settings.sweep_id, self.runs.place, expected) if expected else set()
            )
        except Exception:  # nobody knows: sending it again does no harm
            traceback.print_exc()
        return not self.runs.unconfirmed
