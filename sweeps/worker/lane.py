"""A lane: a worker that takes work from the driver, step after step, for as long as the sweep lasts.

Everything a trial makes stays plain: rows are numbers, words and lists of them; pictures and checkpoints are bytes
that the driver collects from the worker through the object store, so that no folder needs to be shared between nodes.
"""

from __future__ import annotations

import os
import socket
import time
import traceback
from dataclasses import replace
from typing import Any

import ray
from ray import tune

from analysis.results import NO_NUMBERS, PARENT, SECONDS, STEP, TRIAL
from analysis.rows import Row
from sweeps.evaluation.evaluator import Evaluator
from sweeps.worker.messages import Attachment, Place, Report, Work
from sweeps.worker.replicates import merged
from sweeps.worker.resource_usage import ResourceUsage
from sweeps.worker.running import Numbers, Running, floats
from sweeps.worker.shared import Shared
from sweeps.worker.threads import limit_threads
from trainables.base import ConfigError, DivergedError, Trainable

SHORT_NAP, LONG_NAP = 0.004, 0.2  # seconds; a lane without work asks again after a nap, each twice as long


class Lane(tune.Trainable):
    """The trainable that Ray runs: it has trials as long as the driver gives it some, one or several at once.

    Entry, data, CPUs and the like (`Shared`) come once, through the object store.
    """

    def setup(self, config: dict[str, Any], *, shared: Shared) -> None:  # type: ignore[override]  # tune.with_parameters
        limit_threads(shared.cpus)
        self._shared = shared
        self._evaluator = Evaluator(shared.data, *shared.wanted, ood=shared.ood, real_features=shared.real_features)
        self._device = _device()
        self._resource_usage = ResourceUsage(self._device)
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._running: dict[str, Running] = {}
        self._attachments: list[Attachment] = []
        self._nap = SHORT_NAP

    def place(self) -> Place:
        """Where this lane is, and where its output goes."""
        output = {os.readlink(f"/proc/self/fd/{n}") for n in (1, 2)} if os.path.isdir("/proc/self/fd") else set()
        return Place(ray.get_runtime_context().get_node_id(), tuple(sorted(output)))

    def take(self, work: Work, state: bytes | None = None) -> None:
        """One more trial, from its checkpoint if it has one; it is begun by the next step."""
        self._running[work.trial] = Running(work, self._shared.entry, self._shared.data, self._device, state)
        self._nap = SHORT_NAP

    def drop(self, trial: str) -> None:
        """A trial was stopped early."""
        self._running.pop(trial, None)

    def step(self) -> dict[str, Any]:
        """One step of each trial; a nap if there is none."""
        if not self._running:
            time.sleep(self._nap)
            self._nap = min(2 * self._nap, LONG_NAP)
        reports = [self._report(running) for running in self._running.values()]
        for report in reports:
            if report.failed or report.finished:
                self.drop(report.trial)
        return {"reports": reports, "attachments": len(self._attachments)}

    def collect(self) -> list[Attachment]:
        """Hand over the attachments made since the last call; the driver calls this before the next step."""
        attachments, self._attachments = self._attachments, []
        return attachments

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
            self._attachments.append(Attachment(trial, step, "media", name, png))
        if running.checkpoint_due:
            self._attachments.append(Attachment(trial, step, "checkpoint", "state", running.checkpoint()))
        if (best := self._shared.best_model) is not None:
            saved = best.files(running.work, running.models[0], self._shared.data, row, finished=running.finished)
            self._attachments += [Attachment(trial, step, "model", name, content) for name, content in saved.items()]


def _device() -> str:
    """ "cuda" where Ray gave the trial a GPU that torch can use."""
    if not ray.get_gpu_ids():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
