"""A trial in progress on a worker: its models, how far they are, and its checkpoint."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeps.worker.messages import Work
from trainables import Entry
from trainables.base import DivergedError, Trainable
from trainables.data import Dataset

CHECKPOINT_SECONDS = 10.0
CHECKPOINTED = (
    "step",
    "seconds",
    "earlier",
    "trained",
    "rows",
    "begun",
)  # attributes of a running trial that a checkpoint has besides the models

Numbers = dict[str, float]


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
    earlier: list[list[Numbers]] = field(default_factory=list)
    trained: list[Numbers] = field(default_factory=list)
    rows: list[Numbers] = field(default_factory=list)
    begun: int = 0  # the step that the trial goes on from, of its parent
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
        if state is None and self.work.parent:
            raise FileNotFoundError(f"the state of trial {self.work.parent}, which it goes on from, is not there")
        if state is not None:
            import torch  # here and below: a trial that needs no torch should not wait seconds for it

            saved = torch.load(io.BytesIO(state), map_location="cpu", weights_only=True)
            for name in CHECKPOINTED:
                setattr(self, name, {"begun": 0, **saved}[name])
            if saved.get("trial", self.work.trial) != self.work.trial:
                self._inherit()
            for model, state in zip(self.models, saved["models"], strict=True):
                model.load_state(state)

    def _inherit(self) -> None:
        """Go on from the state of another trial: its rows are history, and its seconds its own."""
        for earlier, row in zip(self.earlier, self.rows, strict=True):
            earlier += [row] if row else []
        self.begun, self.seconds, self.rows = self.step, 0.0, [{} for _ in self.models]

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
        self.trained = [floats(row, self.step) for row in metrics]

    @property
    def histories(self) -> list[list[Numbers]]:
        """For each model the rows of its steps; of the newest, its training metrics."""
        return [[*earlier, trained] for earlier, trained in zip(self.earlier, self.trained, strict=True)]

    def checkpoint(self) -> bytes:
        import torch

        buffer = io.BytesIO()
        states = [model.state() for model in self.models]
        progress = {name: getattr(self, name) for name in CHECKPOINTED}
        torch.save({"models": states, "trial": self.work.trial, **progress}, buffer)
        self.saved = time.monotonic()
        return buffer.getvalue()

    @property
    def checkpoint_due(self) -> bool:
        """Whether to checkpoint now: every few seconds, and at the end unless repeating the trial is as cheap."""
        ended = self.finished and (self.work.keep or self.seconds > CHECKPOINT_SECONDS)
        return ended or time.monotonic() - self.saved > CHECKPOINT_SECONDS


def floats(metrics: Mapping[str, Any], step: int) -> dict[str, float]:
    """Plain floats by name; TypeError names a value that is no number, DivergedError one that is not finite."""
    row = {}
    for name, value in metrics.items():
        if not hasattr(value, "__float__"):
            raise TypeError(f"step() returned {name}={value!r}, which is not a number")
        row[name] = float(value)
        if not math.isfinite(row[name]):
            raise DivergedError(f"{name} is {row[name]} at step {step}")
    return row
