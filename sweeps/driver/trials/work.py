"""What the driver knows of a trial that is not over, and the work that it is: with which seeds, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.ranking import BestStep
from analysis.results import trial_name
from sweeps.search.method import Origin
from sweeps.search.search import Search
from sweeps.spec.resolved import Spec
from sweeps.spec.seeds import replicate_seed, trial_seeds
from sweeps.worker.messages import Work


@dataclass
class UnfinishedTrial:
    """What the driver knows of a trial that is not over."""

    config: Mapping[str, Any]
    origin: Origin | None = None
    at_best: BestStep | None = None
    steps: set[int] = field(default_factory=set)  # that have their row
    reported: dict[str, None] = field(default_factory=dict)  # metrics, an ordered set

    @property
    def parent(self) -> str:
        """The trial whose state it goes on from, or nothing."""
        origin = self.origin
        return trial_name(origin.parent) if origin is not None and origin.parent is not None else ""


def work_of(spec: Spec, search: Search, trial: str, known: UnfinishedTrial, resumed: bool) -> Work:
    """A trial to run. One that goes on with an earlier one has the seeds of the first in its line, and one that is
    another seed of an earlier one goes as far as that."""
    run, seeds = search.replicates.get(int(trial)), trial_seeds(spec, int(trial))
    work = Work(trial, spec.arranged(known.config), seeds, spec.budget.steps, resumed, keep=spec.final)
    before = search.continuation(int(trial) if run is None else run.trial)
    if run is not None:
        first, steps = (run.trial, work.steps) if before is None else (before.seeds_of, before.steps)
        return replace(work, seeds=(replicate_seed(spec, first, run.seed),), steps=steps)
    if before is not None:
        return replace(work, seeds=trial_seeds(spec, before.seeds_of), steps=before.steps)
    if known.origin is not None:
        seeds = trial_seeds(spec, known.origin.first)
        return replace(work, seeds=seeds, steps=known.origin.steps, keep=True, parent=known.parent)
    return work
