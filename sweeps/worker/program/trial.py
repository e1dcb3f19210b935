"""A trial that is a program: it is started, followed row by row, and ended."""

from __future__ import annotations

import math
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.rows import Row
from basics.files import tail
from sweeps.spec.resolved import FINISHED
from sweeps.worker.messages import Attachment, Report, Work
from sweeps.worker.program.command import arguments
from sweeps.worker.program.metrics import JsonLines, Logged, WandbRuns
from sweeps.worker.program.place import CONFIG_JSON, METRICS, Place
from sweeps.worker.program.process import ERRORS, Supervisor
from sweeps.worker.program.settings import ProgramSettings

SETTLE = 2.0  # seconds that W&B's client has to write the end of a run whose program was killed
LAST_LINES, LONGEST = 3, 300  # of its stderr, as a reason: lines and letters
MOST_LINES = 100  # that are read for it


class ProgramTrial:
    """`start` it, then ask for `news`; `over` once it has said how it ended, and stopped if that was not by itself."""

    def __init__(self, work: Work, settings: ProgramSettings, place: Place, device: str, worker: str) -> None:
        self.work, self.place, self.over = work, place, False
        self.attachments: list[Attachment] = []
        self._settings, self._device, self._worker = settings, device, worker
        self._step, self._began, self._ended = work.begun, time.time(), 0.0
        self._last: dict[str, float] = {}  # what it said of each metric
        self._pictures: dict[str, Path] = {}  # the last of each name that no one has seen

    def start(self, supervisor: Supervisor, start_in: Path, environment: dict[str, str]) -> None:
        program = self._settings.program
        self.place.prepare(self.work.config, program, resumed=self.work.resumed)
        self._lines = JsonLines(self.place.folder / METRICS)
        self._runs = WandbRuns(self.place.folder)
        json_file = self.place.folder / CONFIG_JSON
        command = arguments(program.command, program.path, self.work.config, json_file, environment)
        self._began = time.time()
        self.process = supervisor.start(command, environment, start_in, self.place.folder, program.grace)

    def news(self) -> list[Report]:
        """A report of each row since the last call, and at the end how it ended."""
        self.process.look()  # before its rows are read, so that none of one that has ended is missed
        reports: list[Report] = []
        for logged in (*self._lines.new(), *self._runs.new()):
            if not self.over:
                reports += self._row(logged)
        if not self.over and self._has_ended():
            reports += self._end()
        return reports

    def stop(self) -> None:
        """Have it ended, whatever it says from now on."""
        self.over = True
        self.process.stop()

    def _row(self, logged: Logged) -> Iterator[Report]:
        self._pictures |= logged.pictures
        numbers = {name: value for name, value in logged.numbers.items() if math.isfinite(value)}
        for name in self._settings.metrics:
            if name in logged.numbers and name not in numbers:
                self.stop()
                yield self._report(failed=f"diverged: {name} is {logged.numbers[name]} at step {self._step + 1}")
                return
        if not numbers:  # pictures alone, or words
            return
        self._step += 1
        self._last |= numbers
        out_of_steps = self.work.steps is not None and self._step >= self.work.steps
        if out_of_steps:
            self.stop()
        self._attach(last=out_of_steps)
        yield self._report(numbers, finished=out_of_steps)

    def _has_ended(self) -> bool:
        """Whether it has, and its W&B run, which a service of its own writes, is complete or will never be."""
        if self.process.error or (self.process.gone and self.process.code is None):
            return True
        if self.process.code is None:
            return False
        self._ended = self._ended or time.monotonic()
        return self._runs.complete or time.monotonic() - self._ended > SETTLE

    def _end(self) -> Iterator[Report]:
        closing = self._runs.summary | ({FINISHED: 1.0} if self._settings.unnamed else {})
        if self.process.code == 0 and closing:
            yield from self._row(Logged({**self._last, **closing}))
        if self.over:
            return
        self.over = True
        self._attach(last=True)
        yield self._report(finished=True) if self.process.code == 0 else self._report(failed=self._reason())

    def _report(self, numbers: dict[str, float] | None = None, *, finished: bool = False, failed: str = "") -> Report:
        now, trial = time.time(), self.work.trial
        row = Row(trial, self._step, round(now - self._began, 3), numbers) if numbers is not None else None
        began, ended = round(self._began, 3), round(now, 3)
        return Report(trial, self._device, row, finished, failed, worker=self._worker, started=began, ended=ended)

    def _attach(self, *, last: bool) -> None:
        """The pictures of steps 1, 2, 4, 8, ... and of the last."""
        if not last and self._step & (self._step - 1):
            return
        for name, path in self._pictures.items():
            if path.is_file():
                plain = re.sub(r"[^\w.-]+", "_", name)
                self.attachments.append(Attachment(self.work.trial, self._step, "media", plain, path.read_bytes()))
        self._pictures = {}

    def _reason(self) -> str:
        """Why it failed: what it ended with, and the last it said on its standard error."""
        if self.process.error:
            return f"it could not be started: {self.process.error}"
        code = self.process.code
        if code is None:
            return "it was ended with its supervisor"
        how = f"exit code {code}" if code >= 0 else f"ended by {_signal(-code)}"
        return ": ".join(filter(None, (how, _last_lines(self.place.folder / ERRORS))))


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_lines(path: Path) -> str:
    lines = tail(path, MOST_LINES).splitlines()
    own = [line.strip() for line in lines if line.strip() and not line.startswith("wandb:")]
    return " / ".join(own[-LAST_LINES:])[-LONGEST:]
