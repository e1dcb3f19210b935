"""What a sweep has used of its budget, all its resumes together, and what of it is used up."""

from __future__ import annotations

import time
from collections.abc import Mapping

from analysis.formatting import duration
from sweeps.search.study_notes import SECONDS, StudyNotes
from sweeps.spec.resolved import Spec
from sweeps.stopping.rule import SweepEnd
from sweeps.worker.messages import Report

NOTE_SECONDS = 5.0  # between two notes in the journal, so that a kill costs little of it
STEPS, CORES, GPUS = "total_steps", "core_seconds", "gpu_seconds"
HOUR = 3600.0


class Spending:
    """Counts wall seconds, steps of all trials, and the seconds that trials had their CPUs and GPUs.

    A trial has them from its start on a worker to its last report; workers that wait for work cost nothing here.
    """

    def __init__(self, spec: Spec, notes: StudyNotes) -> None:
        self._budget, self._resources, self._notes = spec.budget, spec.resources, notes
        self._used = {name: float(notes.spent.get(name, 0.0)) for name in (STEPS, CORES, GPUS)}
        self._counted: dict[str, float] = {}  # of each trial that runs, up to when it has been
        self._before, self._began = float(notes.spent.get(SECONDS, 0.0)), time.monotonic()
        self._noted, self._heard = self._began, bool(spec.budget.limits)

    def reported(self, report: Report) -> None:
        """A trial has taken a step, or tried to."""
        since = max(self._counted.get(report.trial, 0.0), report.started)
        self._heard = True
        took, self._counted[report.trial] = max(report.ended - since, 0.0), report.ended
        self._used[STEPS] += report.row is not None
        self._used[CORES] += took * self._resources.cpu
        self._used[GPUS] += took * self._resources.gpu
        if self._budget.limits and time.monotonic() >= self._noted + NOTE_SECONDS:
            self.note()

    def ended(self, trial: str) -> None:
        """A trial takes no more."""
        self._counted.pop(trial, None)

    def close(self) -> None:
        """Keep all of it for a resume, if there was any."""
        if self._heard:
            self.note()

    def note(self) -> None:
        self._noted = time.monotonic()
        self._notes.spend({SECONDS: self._seconds, **self._used})

    def end(self) -> SweepEnd | None:
        """That a part of the budget is used up, the first that is; those that run come to their end."""
        used = self._by_limit()
        for name, limit in self._budget.limits.items():
            if used[name] >= limit:
                return SweepEnd(f"the budget's {_words(name, limit)} are used up")
        return None

    @property
    def _seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def _by_limit(self) -> Mapping[str, float]:
        hours = {"core_hours": self._used[CORES] / HOUR, "gpu_hours": self._used[GPUS] / HOUR}
        return {"seconds": self._seconds, "total_steps": self._used[STEPS], **hours}


def _words(name: str, limit: float) -> str:
    units = {"total_steps": "steps", "core_hours": "core-hours", "gpu_hours": "GPU-hours"}
    return duration(limit) if name == "seconds" else f"{limit:g} {units[name]}"
