"""Trials on a worker, as a Ray Tune trainable: it takes work from the driver and returns a report for each step.

Everything a trial makes stays plain: rows are numbers, words and lists of them; pictures and checkpoints are bytes
that the driver collects from the worker through the object store, so that no folder needs to be shared between nodes.
"""

from __future__ import annotations

import io
import math
import os
import socket
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ray
from ray import tune

from analysis.results import NO_NUMBERS
from sweeps.evaluation.evaluator import Evaluator
from sweeps.worker.best_model import BestModel
from sweeps.worker.messages import Attachment, Report, Work
from sweeps.worker.replicates import merged
from sweeps.worker.resource_usage import ResourceUsage
from sweeps.worker.threads import limit_threads
from trainables import Entry
from trainables.base import ConfigError, DivergedError, Trainable
from trainables.data import Dataset

CHECKPOINT_SECONDS = 10.0
CHECKPOINTED = (
    "step",
    "seconds",
    "earlier",
    "trained",
    "rows",
)  # attributes of a running trial that a checkpoint has besides the models

Row = dict[str, float]


@dataclass
class Running:
    """A trial in progress on a worker: its models (one per replicate), steps taken and training seconds so far.

    `state` is a checkpoint to resume from, None once the models have loaded it. For each model: `earlier`, the rows of
    all steps but the newest; `trained`, the training metrics of the newest step; `rows`, all metrics of that step.
    """

    work: Work
    entry: Entry
    data: Dataset
    device: str
    state: bytes | None = None
    models: list[Trainable] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0
    earlier: list[list[Row]] = field(default_factory=list)
    trained: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    saved: float = field(default_factory=time.monotonic)
    started: float = field(default_factory=time.time)

    def start(self) -> None:
        """Build the models and load the checkpoint, if there is one."""
        self.data = self.entry.data(self.work.config, self.data)
        build = self.entry.build
        self.models = [build(self.work.config, self.data, seed=s, device=self.device) for s in self.work.seeds]
        self.earlier = [[] for _ in self.models]
        self.trained, self.rows = [{} for _ in self.models], [{} for _ in self.models]
        state, self.state = self.state, None
        if state is not None:
            import torch  # here and below: a trial that needs no torch should not wait seconds for it

            saved = torch.load(io.BytesIO(state), map_location="cpu", weights_only=True)
            for name in CHECKPOINTED:
                setattr(self, name, saved[name])
            for model, state in zip(self.models, saved["models"], strict=True):
                model.load_state(state)

    @property
    def where(self) -> str:
        """The device, and the library that computes on it where a model names one: cpu (intelex)."""
        library = getattr(self.models[0], "backend", "") if self.models else ""
        return f"{self.device} ({library})" if library else self.device

    @property
    def finished(self) -> bool:
        out_of_steps = self.work.steps is not None and self.step >= self.work.steps
        return out_of_steps or all(model.finished for model in self.models)

    def advance(self) -> None:
        """Train every replicate that is not finished for one step; none where a trial was killed after its last
        step."""
        if self.finished and self.step:
            return
        for earlier, row in zip(self.earlier, self.rows, strict=True):
            earlier += [row] if row else []
        started = time.perf_counter()
        metrics = [{} if model.finished else model.step() for model in self.models]
        self.step += 1
        self.seconds += time.perf_counter() - started
        self.trained = [_floats(row, self.step) for row in metrics]

    @property
    def histories(self) -> list[list[Row]]:
        """For each model the rows of its steps; of the newest, its training metrics."""
        return [[*earlier, trained] for earlier, trained in zip(self.earlier, self.trained, strict=True)]

    def checkpoint(self) -> bytes:
        import torch

        buffer = io.BytesIO()
        states = [model.state() for model in self.models]
        torch.save({"models": states, **{name: getattr(self, name) for name in CHECKPOINTED}}, buffer)
        self.saved = time.monotonic()
        return buffer.getvalue()

    @property
    def checkpoint_due(self) -> bool:
        """Whether to checkpoint now: every few seconds, and at the end unless repeating the trial is as cheap."""
        ended = self.finished and (self.work.keep or self.seconds > CHECKPOINT_SECONDS)
        return ended or time.monotonic() - self.saved > CHECKPOINT_SECONDS


class SweepTrial(tune.Trainable):
    """The trainable that Ray runs. Entry, data, CPUs and the like come once per worker through the object store."""

    def setup(self, config: dict[str, Any], **shared: Any) -> None:
        limit_threads(shared["cpus"])
        self._entry: Entry = shared["entry"]
        self._data: Dataset = shared["data"]
        wanted, ood, real_features = shared["wanted"], shared["ood"], shared["real_features"]
        self._evaluator = Evaluator(self._data, *wanted, ood=ood, real_features=real_features)
        self._device, self._cpus = _device(), shared["cpus"]
        self._node = ray.get_runtime_context().get_node_id()
        self._resource_usage = ResourceUsage(self._device)
        self._best_model: BestModel | None = shared["best_model"]
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._attachments: list[Attachment] = []
        works: list[Work] = new_config["works"]
        self._running = [Running(work, self._entry, self._data, self._device) for work in works]
        return True

    def resume_from(self, trial: str, state: bytes) -> None:
        """Take the checkpoint that a trial of this worker resumes from; the driver sends it before the first step."""
        for running in self._running:
            if running.work.trial == trial:
                running.state = state

    def step(self) -> dict[str, Any]:
        reports = [self._report(running) for running in self._running]
        gone = {report.trial for report in reports if report.failed or report.finished}
        self._running = [running for running in self._running if running.work.trial not in gone]
        return {"reports": reports, "parcels": len(self._attachments), "node": self._node}

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

    def _row(self, running: Running) -> dict[str, Any]:
        self._resource_usage.begin()
        if not running.models:
            running.start()
            limit_threads(self._cpus)  # again: the model may have loaded libraries with pools of their own
        running.advance()
        began = time.perf_counter()
        found = [self._evaluated(running, *of) for of in zip(running.models, running.histories, strict=True)]
        words = [{name: row.pop(name) for name in NO_NUMBERS if name in row} for row in found]
        running.rows = [_floats({**t, **f}, running.step) for t, f in zip(running.trained, found, strict=True)]
        row = {"trial": running.work.trial, "step": running.step, "seconds": round(running.seconds, 3)}
        row |= merged([{**n, **w} for n, w in zip(running.rows, words, strict=True)])
        self._attach(running, row)
        took = {"sys/evaluation_seconds": round(time.perf_counter() - began, 3)}
        return row | took | self._resource_usage.read()

    def _evaluated(self, running: Running, model: Trainable, history: list[Row]) -> dict[str, Any]:
        return self._evaluator.row(model, running.data.train, last=running.finished, history=history)

    def _attach(self, running: Running, row: Mapping[str, Any]) -> None:
        trial, step = running.work.trial, running.step
        costly = running.finished or step & (step - 1) == 0  # at steps 1, 2, 4, 8, ...
        for name, png in self._evaluator.media(running.models[0], costly=costly).items():
            self._attachments.append(Attachment(trial, step, "media", name, png))
        if running.checkpoint_due:
            self._attachments.append(Attachment(trial, step, "checkpoint", "state", running.checkpoint()))
        if self._best_model is not None:
            saved = self._best_model.files(running.work, running.models[0], self._data, row, finished=running.finished)
            self._attachments += [Attachment(trial, step, "model", name, content) for name, content in saved.items()]


def _device() -> str:
    """ "cuda" where Ray gave the trial a GPU that torch can use."""
    if not ray.get_gpu_ids():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _floats(metrics: Mapping[str, Any], step: int) -> dict[str, float]:
    """Plain floats by name; TypeError names a value that is no number, DivergedError one that is not finite."""
    row = {}
    for name, value in metrics.items():
        if not hasattr(value, "__float__"):
            raise TypeError(f"step() returned {name}={value!r}, which is not a number")
        row[name] = float(value)
        if not math.isfinite(row[name]):
            raise DivergedError(f"{name} is {row[name]} at step {step}")
    return row
