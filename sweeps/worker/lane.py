"""A lane: a worker that takes work from the driver, step after step, for as long as the sweep lasts.

Everything a trial makes stays plain: rows are numbers, words and lists of them; pictures and checkpoints are bytes
that the driver collects from the worker through the object store, so that no folder needs to be shared between nodes.
"""

from __future__ import annotations

import os
import socket
import time
from typing import Any

import ray
from ray import tune

from sweeps.worker.messages import Attachment, Place, Work
from sweeps.worker.model_trials import ModelTrials
from sweeps.worker.program.settings import ProgramSettings
from sweeps.worker.program.trials import ProgramTrials
from sweeps.worker.shared import Shared
from sweeps.worker.trials import Trials

SHORT_NAP, LONG_NAP = 0.004, 0.2  # seconds; a lane without work asks again after a nap, each twice as long


class Lane(tune.Trainable):
    """The trainable that Ray runs: it has trials as long as the driver gives it some, one or several at once.

    What all trials share (`Shared`, or `ProgramSettings`) comes once, through the object store.
    """

    def setup(  # type: ignore[override]  # tune.with_parameters
        self, config: dict[str, Any], *, shared: Shared | ProgramSettings
    ) -> None:
        worker = f"{socket.gethostname()}:{os.getpid()}"
        self._trials: Trials
        if isinstance(shared, ProgramSettings):
            self._trials = ProgramTrials(shared, "cuda" if ray.get_gpu_ids() else "cpu", worker)
        else:
            self._trials = ModelTrials(shared, _device(), worker)
        self._nap = SHORT_NAP

    def place(self) -> Place:
        """Where this lane is, and where its output goes."""
        output = {os.readlink(f"/proc/self/fd/{n}") for n in (1, 2)} if os.path.isdir("/proc/self/fd") else set()
        return Place(ray.get_runtime_context().get_node_id(), tuple(sorted(output)))

    def take(self, work: Work, state: bytes | None = None) -> None:
        """One more trial, from its checkpoint if it has one; it is begun by the next step."""
        self._trials.take(work, state)
        self._nap = SHORT_NAP

    def drop(self, trial: str) -> None:
        """A trial was stopped early."""
        self._trials.drop(trial)

    def step(self) -> dict[str, Any]:
        """One step of each trial; a nap if there is none."""
        if not len(self._trials):
            time.sleep(self._nap)
            self._nap = min(2 * self._nap, LONG_NAP)
        return {"reports": self._trials.step(), "attachments": len(self._trials.attachments)}

    def collect(self) -> list[Attachment]:
        """Hand over the attachments made since the last call; the driver calls this before the next step."""
        attachments, self._trials.attachments = self._trials.attachments, []
        return attachments

    def cleanup(self) -> None:
        """The worker ends, and what it runs with it."""
        self._trials.close()


def _device() -> str:
    """ "cuda" where Ray gave the trial a GPU that torch can use."""
    if not ray.get_gpu_ids():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
