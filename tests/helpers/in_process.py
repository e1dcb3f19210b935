"""Trains the trials of a sweep in this process, as its workers do, without Ray."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.results import PARENT, SECONDS, STEP, TRIAL
from analysis.rows import Row
from helpers.driven_sweep import deliver
from sweeps.driver.sweep import Sweep
from sweeps.evaluation.evaluator import Evaluator
from sweeps.spec.resolved import Spec
from sweeps.worker.messages import Attachment, Report, Work
from sweeps.worker.running import Running, floats
from trainables import Entry, find_model
from trainables.data import Dataset


@dataclass
class Workers:
    """As many as `at_once`, which take turns by steps; `left` is how many steps they make until they are killed."""

    spec: Spec
    data: Dataset
    at_once: int = 1
    left: int | None = None
    running: list[Running] = field(default_factory=list)

    def run(self, sweep: Sweep) -> None:
        """Until the sweep is over, or the workers are killed."""
        entry, evaluator = find_model(self.spec.model), Evaluator(self.data, *self.spec.metric.names)
        while not sweep.over and self.left != 0:
            self.running += [
                self._begun(sweep, entry, work) for work in sweep.hand_out(self.at_once - len(self.running))
            ]
            for running in list(self.running):
                if self.left == 0:
                    return
                self.left = None if self.left is None else self.left - 1
                self._step(sweep, running, evaluator)

    def _begun(self, sweep: Sweep, entry: Entry, work: Work) -> Running:
        state = sweep.checkpoint(work.trial) if work.resumed or work.parent else None
        running = Running(work, entry, self.data, "cpu", state)
        running.start()
        return running

    def _step(self, sweep: Sweep, running: Running, evaluator: Evaluator) -> None:
        running.advance()
        found = evaluator.row(running.models[0], last=running.finished)
        running.rows = [floats({**running.trained[0], **{n: v for n, v in found.items() if "/" in n}}, running.step)]
        ran = {TRIAL: running.work.trial, STEP: running.step, SECONDS: 0.0, PARENT: running.work.parent}
        report = Report(running.work.trial, "cpu", Row.of({**running.rows[0], **ran}), running.finished)
        kept = [Attachment(running.work.trial, running.step, "checkpoint", "state", running.checkpoint())]
        if deliver(sweep, report, kept):
            self.running.remove(running)
