"""The programs that run on a worker, in the place of models."""

from __future__ import annotations

import select
import shutil
import time
from pathlib import Path

from sweeps.wandb_log.run_id import run_id_of
from sweeps.worker.messages import Attachment, Report, Work
from sweeps.worker.program.code import unpacked
from sweeps.worker.program.environment import environment
from sweeps.worker.program.place import place_of
from sweeps.worker.program.process import Supervisor
from sweeps.worker.program.settings import ProgramSettings
from sweeps.worker.program.trial import ProgramTrial

WAIT = 0.2  # seconds at most that a step waits for a row: then the driver is heard, which may stop a trial
POLL = 0.02


class ProgramTrials:
    """Trials of a program; see `sweeps.worker.trials.Trials`.

    One that ends may live on for its grace time, and as long no other is started in its place.
    """

    def __init__(self, settings: ProgramSettings, device: str, worker: str) -> None:
        self._settings, self._device, self._worker = settings, device, worker
        self._start_in = Path(settings.start_in) if settings.code is None else unpacked(settings.code)
        self._waiting: list[Work] = []
        self._running: dict[str, ProgramTrial] = {}
        self._ending: list[ProgramTrial] = []
        self._idle: list[Supervisor] = []
        self.attachments: list[Attachment] = []

    def __len__(self) -> int:
        return len(self._waiting) + len(self._running) + len(self._ending)

    def take(self, work: Work, state: bytes | None) -> None:
        """`state` is a model's: a program keeps its own."""
        self._waiting.append(work)

    def drop(self, trial: str) -> None:
        self._waiting = [work for work in self._waiting if work.trial != trial]
        if (running := self._running.pop(trial, None)) is not None:
            running.stop()
            self._leave(running)

    def step(self) -> list[Report]:
        """What the trials have to say, for which it waits a moment."""
        deadline = time.monotonic() + WAIT
        while not (reports := self._news()) and len(self) and time.monotonic() < deadline:
            processes = [trial.process for trial in (*self._running.values(), *self._ending)]
            select.select(processes, [], [], POLL)
        return reports

    def close(self) -> None:
        """End all of them, and wait until that is so."""
        for trial in [*self._running]:
            self.drop(trial)
        for ending in self._ending:
            ending.process.wait()
        self._clear()
        for supervisor in self._idle:
            supervisor.close()
        if self._settings.code is not None:
            shutil.rmtree(self._start_in, ignore_errors=True)

    def _news(self) -> list[Report]:
        self._clear()
        while self._waiting and not self._ending:
            self._start(self._waiting.pop(0))
        reports: list[Report] = []
        for trial, running in list(self._running.items()):
            reports += running.news()
            self.attachments += running.attachments
            running.attachments = []
            if running.over:
                self._leave(self._running.pop(trial))
        return reports

    def _start(self, work: Work) -> None:
        place = place_of(self._settings, work.trial)
        trial = ProgramTrial(work, self._settings, place, self._device, self._worker)
        own = {**place.variables, "WANDB_RUN_ID": run_id_of(self._settings.sweep_id, work.trial)}
        own["WANDB_NAME"] = f"{self._settings.wandb.get('WANDB_RUN_GROUP', 'sweep')}-{work.trial}"
        own |= {"WANDB_RESUME": "allow"} if self._settings.program.resumable else {}
        place.folder.mkdir(parents=True, exist_ok=True)
        supervisor = self._idle.pop() if self._idle else Supervisor()
        variables = environment(self._settings, own, has_gpu=self._device != "cpu")
        trial.start(supervisor, self._start_in, variables)
        self._running[work.trial] = trial

    def _leave(self, trial: ProgramTrial) -> None:
        """A trial has ended, or is to: its files go where its sweep is."""
        self._ending.append(trial)
        if not trial.place.is_shared:
            files = [Attachment(trial.work.trial, 0, "program", *file) for file in trial.place.files()]
            self.attachments += files

    def _clear(self) -> None:
        """Forget those of which nothing is left."""
        for trial in self._ending:
            trial.process.look()
            if trial.process.gone:
                self._forget(trial)
        self._ending = [trial for trial in self._ending if not trial.process.gone]

    def _forget(self, trial: ProgramTrial) -> None:
        if not trial.process.is_lost:
            self._idle.append(trial.process.supervisor)
        if not self._settings.keep_runs:
            shutil.rmtree(trial.place.folder / "wandb", ignore_errors=True)
        if not trial.place.is_shared:
            shutil.rmtree(trial.place.folder, ignore_errors=True)
