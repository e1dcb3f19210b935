"""The trials of a model that run on a worker: trained and evaluated step by step."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from typing import Any

from analysis.results import NO_NUMBERS, PARENT, SECONDS, STEP, TRIAL
from analysis.rows import Row
from sweeps.evaluation.evaluator import Evaluator
from sweeps.worker.messages import Attachment, Report, Work
from sweeps.worker.replicates import merged
from sweeps.worker.resource_usage import ResourceUsage
from sweeps.worker.running import Numbers, Running, floats
from sweeps.worker.shared import Shared
from sweeps.worker.threads import limit_threads
from trainables.base import ConfigError, DivergedError, Trainable


class ModelTrials:
    """Trials of a model; see `sweeps.worker.trials.Trials`."""

    def __init__(self, shared: Shared, device: str, worker: str) -> None:
        limit_threads(shared.cpus)
        self._shared, self._device, self._worker = shared, device, worker
        self._evaluator = Evaluator(shared.data, *shared.wanted, ood=shared.ood, real_features=shared.real_features)
        self._resource_usage = ResourceUsage(device)
        self._running: dict[str, Running] = {}
        self.attachments: list[Attachment] = []

    def __len__(self) -> int:
        return len(self._running)

    def take(self, work: Work, state: bytes | None) -> None:
        self._running[work.trial] = Running(work, self._shared.entry, self._shared.data, self._device, state)

    def drop(self, trial: str) -> None:
        self._running.pop(trial, None)

    def step(self) -> list[Report]:
        reports = [self._report(running) for running in self._running.values()]
        for report in reports:
            if report.failed or report.finished:
                self.drop(report.trial)
        return reports

    def close(self) -> None:
        """Nothing is left to do."""

    def _report(self, running: Running) -> Report:
        """Run one step of one trial; whatever the model raises becomes that trial's failure, with its reason."""
        report = Report(running.work.trial, self._device, worker=self._worker, started=round(running.started, 3))
        try:
            report.row = self._row(running)
            report.finished = running.finished
        except DivergedError as error:
            report.failed = f"diverged: {error}"
        except ConfigError as error:
            report.failed = f"config: {error}"
        except Exception as error:
            report.failed = f"{type(error).__name__}: {error}".splitlines()[0]
            report.traceback = traceback.format_exc()
        report.device, report.ended = running.where, round(time.time(), 3)
        return report

    def _row(self, running: Running) -> Row:
        self._resource_usage.begin()
        if not running.models:
            running.start()
            limit_threads(self._shared.cpus)  # again: the model may have loaded libraries with pools of their own
        running.advance()
        began = time.perf_counter()
        found = [self._evaluated(running, *of) for of in zip(running.models, running.histories, strict=True)]
        words = [{name: row.pop(name) for name in NO_NUMBERS if name in row} for row in found]
        running.rows = [floats({**t, **f}, running.step) for t, f in zip(running.trained, found, strict=True)]
        ran = {TRIAL: running.work.trial, STEP: running.step, SECONDS: round(running.seconds, 3)}
        ran |= {PARENT: running.work.parent} if running.work.parent else {}
        row = Row.of(merged([{**n, **w} for n, w in zip(running.rows, words, strict=True)]) | ran)
        self._attach(running, row)
        took = {"sys/evaluation_seconds": round(time.perf_counter() - began, 3)}
        return replace(row, numbers={**row.numbers, **took, **self._resource_usage.read()})

    def _evaluated(self, running: Running, model: Trainable, history: list[Numbers]) -> dict[str, Any]:
        return self._evaluator.row(model, running.data.train, last=running.finished, history=history)

    def _attach(self, running: Running, row: Row) -> None:
        trial, step = running.work.trial, running.step
        costly = running.finished or step & (step - 1) == 0  # at steps 1, 2, 4, 8, ...
        for name, png in self._evaluator.media(running.models[0], costly=costly).items():
            self.attachments.append(Attachment(trial, step, "media", name, png))
        if running.checkpoint_due:
            self.attachments.append(Attachment(trial, step, "checkpoint", "state", running.checkpoint()))
        if (best := self._shared.best_model) is not None:
            saved = best.files(running.work, running.models[0], self._shared.data, row, finished=running.finished)
            self.attachments += [Attachment(trial, step, "model", name, content) for name, content in saved.items()]
