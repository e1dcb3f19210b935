"""Stops a trial that is worse than the median of the others at the same report.

The median rule of Golovin et al. 2017 (Google Vizier, KDD, section 3.2.2) as Optuna's MedianPruner decides it: the
best value so far of a trial is held against the values that others reported there (Vizier: their running averages).
The others are all trials that came as far, also those stopped since; Optuna counts only those that are done.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from analysis.metrics import Goal
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.early_termination import Median
from sweeps.spec.resolved import Spec
from sweeps.stopping.history import History, cost_of, sign
from sweeps.stopping.rule import StoppingRule


@dataclass
class MedianRule(StoppingRule):
    """Stops a trial from its report `min_steps` on, where at least `min_trials` others have come as far."""

    metric: str
    goal: Goal
    min_steps: int = 1
    min_trials: int = 5
    _histories: dict[str, History[float]] = field(
        default_factory=lambda: defaultdict(History[float]), repr=False, compare=False
    )
    # Of each report, counted from 1, the costs that trials had there, ascending.
    _at: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list), repr=False, compare=False)

    @classmethod
    def of(cls, spec: Spec) -> MedianRule | None:
        """The rule of a spec whose `early_terminate` has type median."""
        terms = spec.terms(Median)
        return cls(spec.metric.name, spec.metric.goal, terms.min_steps, terms.min_trials) if terms else None

    def report(self, row: Row) -> str | None:
        cost = cost_of(row, self.metric, self.goal)
        if cost is None:
            return None
        history = self._histories[row.trial]
        first = history.place(row.step)  # before it nothing changes
        self._unmark(history, first)
        history.add(row.step, cost)
        for number, there in enumerate(history.costs[first:], start=first + 1):
            insort(self._at[number], there)
        return self._judged(history)

    def ended(self, trial: str, status: Status) -> None:
        if status == "failed":
            self._unmark(self._histories.pop(trial, History()), 0)

    def _unmark(self, history: History[float], first: int) -> None:
        for number, cost in enumerate(history.costs[first:], start=first + 1):
            del self._at[number][bisect_left(self._at[number], cost)]

    def _judged(self, history: History[float]) -> str | None:
        number = len(history.costs)
        others = list(self._at[number])
        del others[bisect_left(others, history.costs[-1])]
        if number < self.min_steps or len(others) < self.min_trials:
            return None
        best, mark, turned = min(history.costs), median(others), sign(self.goal)
        if best <= mark:
            return None
        return (
            f"{turned * best:.6g} at best so far is worse than {turned * mark:.6g}, "
            f"the median of {len(others)} other trials at report {number}"
        )
