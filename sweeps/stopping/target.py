"""Ends the sweep when a trial has reached the target of the objective (`metric: {target: ...}`, W&B's word).

The trial that did runs to its end, so that it is done and its model is saved; the others are stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.ranking import BestStep, trial_order
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.resolved import Objective, Spec
from sweeps.stopping.rule import StoppingRule, SweepEnd


@dataclass
class TargetRule(StoppingRule):
    """Ends the sweep once the best step of a trial is at `target` or better, and has no fault that rules it out."""

    objective: Objective
    target: float
    _best: dict[str, BestStep] = field(default_factory=dict, repr=False)  # of each trial
    _there: set[str] = field(default_factory=set, repr=False)  # trials whose best step reaches the target

    @classmethod
    def of(cls, spec: Spec) -> TargetRule | None:
        """The rule of a spec whose `metric` has a target."""
        return cls(spec.metric, spec.metric.target) if spec.metric.target is not None else None

    def report(self, row: Row) -> str | None:
        best = self.objective.best_step(self._best.get(row.trial), row)
        if best is not None:
            self._best[row.trial] = best
            self._there.discard(row.trial)
            self._there |= {row.trial} if self._reached(best) else set()
        return None

    def ended(self, trial: str, status: Status) -> None:
        if status == "failed":
            self._best.pop(trial, None)
            self._there.discard(trial)

    def sweep_end(self) -> SweepEnd | None:
        if not self._there:
            return None
        trial = min(self._there, key=trial_order)
        best = self._best[trial]
        words = f"{self.objective.name} {best.value:.6g} of trial {trial} at step {best.step}"
        return SweepEnd(f"the target {self.target:g} is reached: {words}", frozenset(self._there))

    def _reached(self, best: BestStep) -> bool:
        beyond = best.value >= self.target if self.objective.goal == "maximize" else best.value <= self.target
        return beyond and not best.fault
