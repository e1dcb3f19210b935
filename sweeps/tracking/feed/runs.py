"""The W&B runs of a sweep's trials, one each: opened, logged to and finished.

A trial's steps reach W&B once, whatever was killed in between: a run that is taken up again first looks at the
steps that its earlier files (offline) or the server (online) already hold, and passes over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import wandb

from analysis.results import REPLICATES, TRIAL
from analysis.rows import Row
from sweeps.tracking.feed.charts import logged
from sweeps.tracking.feed.trial_history import TrialHistories
from sweeps.tracking.feed.wandb_run import InitError, OpenRun, open_run
from sweeps.tracking.queue import Event, Layout, trial_of
from sweeps.tracking.settings import FeedSettings
from sweeps.tracking.wandb_files import fragments, is_offline, is_synced, last_step, mark_synced, own_runs
from sweeps.wandb_log.run_id import run_id_of

__all__ = ["InitError", "Runs"]

FINISHERS = 4  # runs finishing at once: online, a finish waits for the server
INTERRUPTED = 255  # the exit code W&B shows as a killed run
EXIT_CODES = {"failed": 1, "running": INTERRUPTED}
SWEEP = "sweep"  # in the place of a trial: the run of the sweep itself


class Runs:
    """The runs of a sweep, open or finishing, by trial."""

    def __init__(
        self,
        folder: Path,
        settings: FeedSettings,
        histories: TrialHistories,
        *,
        online: bool,
        scratch: Path | None = None,
    ) -> None:
        """`scratch` is where wandb writes if not to the sweep's folder: then the server alone says what it has."""
        self._folder, self._settings, self._histories, self._online = folder, settings, histories, online
        self._scratch = scratch
        self._open: dict[str, OpenRun] = {}
        self._finishing: dict[str, Future[None]] = {}
        self._pool = ThreadPoolExecutor(FINISHERS)
        self.unconfirmed: set[str] = set()  # trials with a run that finished online: does the server have all of it?
        self.place, self.url = "", ""  # of the project, once a run was opened online: entity/project, and its address

    @property
    def unfinished(self) -> set[str]:
        """Trials with a run that is open, whose finish has not come through, or that the server may not have."""
        finishing = (t for t, f in self._finishing.items() if not f.done() or f.exception())
        return {*self._open, *finishing, *self.unconfirmed}

    def deliver(self, event: Event) -> None:
        """Pass an event of a trial on to W&B; InitError when a run cannot be opened.

        Not where a program has a run of its own, which is known when it has reported, or has ended.
        """
        kind, trial = event["event"], trial_of(event)
        if self._settings.program and (kind == "trial_started" or (trial is not None and self.has_own(trial))):
            return
        if kind == "trial_started":
            self.opened(event["trial"])
        elif kind == "row":
            row = Row.of(event["row"])
            self._log(row.trial, row.step, logged(row, self._settings.classes))
        elif kind == "media":
            self._picture(event["trial"], event["step"], event["name"], self._folder / event["path"])
        elif kind in ("trial_ended", "tested"):
            self.finish(event["trial"])

    def has_own(self, trial: str) -> bool:
        """Whether a trial is a program that has opened its run itself."""
        return self._settings.program and bool(own_runs(self._folder, trial))

    def commit(self) -> None:
        """Send the steps that were held back for pictures still to come."""
        for opened in self._open.values():
            opened.commit()

    def opened(self, trial: str, job: str = "trial") -> OpenRun:
        """The open run of a trial, opened if it is not."""
        if trial not in self._open:
            if trial in self._finishing:
                self._finishing.pop(trial).exception()  # waits: an id cannot be open twice
            self._open[trial] = self._init(trial, job)
        return self._open[trial]

    def finish(self, trial: str) -> None:
        """Finish a trial's run with its summary, tags and exit code; this does not wait for W&B."""
        opened = self.opened(trial)
        opened.commit()
        opened.run.summary.update(self._histories.summary(trial))
        opened.add_tags(self._histories[trial].tags)
        self.end(trial, EXIT_CODES.get(self._histories[trial].status, 0))

    def end(self, trial: str, exit_code: int) -> None:
        """Finish a run as it is."""
        self._finishing[trial] = self._pool.submit(self._finished, trial, self._open.pop(trial).run, exit_code)

    def wait(self, trial: str) -> None:
        """Wait for the finish of a run, and raise what it raised."""
        self._finishing[trial].result()

    def confirm(self, trials: set[str]) -> None:
        """The server has all of these: `wandb sync` need not send their files again."""
        for trial in {*trials, *({SWEEP} & self.unconfirmed)}:
            for file in fragments(Layout(self._folder).wandb, run_id_of(self._settings.sweep_id, trial)):
                mark_synced(file)
            self.unconfirmed.discard(trial)

    def interrupt(self) -> None:
        """Finish the runs of trials that will go on in another session, if at all."""
        for trial in self._open.keys() - {SWEEP}:
            self.finish(trial)

    def close(self) -> None:
        """Finish every run and wait for W&B."""
        self.interrupt()
        if SWEEP in self._open:
            self.end(SWEEP, INTERRUPTED)
        self._pool.shutdown(wait=True)

    def _init(self, trial: str, job: str) -> OpenRun:
        settings, run_id = self._settings, run_id_of(self._settings.sweep_id, trial)
        earlier = [] if self._scratch else fragments(Layout(self._folder).wandb, run_id)
        # What was recorded offline and not uploaded must not be overtaken: such a run goes on offline.
        online = self._online and all(is_synced(file) for file in earlier if is_offline(file))
        name = settings.name if trial == SWEEP else f"{settings.name}-{trial}"
        of = self._histories.replicates.get(trial)
        again = {} if of is None else {REPLICATES: of}  # so that a server can group the seeds of a config
        config = {} if trial == SWEEP else {TRIAL: trial, **again, **self._histories[trial].config}
        run = open_run(settings, run_id, name, config, self._scratch or self._folder, online=online, job=job)
        if online:
            self.place, self.url = f"{run.entity}/{run.project}", run.project_url
        # Online the server knows best: what a broken-off upload left in its file is said again.
        held = [last_step(file) for file in earlier if not online or is_synced(file)]
        return OpenRun(run, max([*held, run.starting_step - 1 if online else -1]))

    def _log(self, trial: str, step: int, values: Mapping[str, Any]) -> None:
        self.opened(trial).log(step, values, self._histories.goals)

    def _picture(self, trial: str, step: int, name: str, path: Path) -> None:
        if path.exists():
            self._log(trial, step, {f"media/{name}": wandb.Image(str(path), caption=f"step {step}")})

    def _finished(self, trial: str, run: Any, exit_code: int) -> None:
        run.finish(exit_code=exit_code)
        if not run.offline:
            self.unconfirmed.add(trial)
