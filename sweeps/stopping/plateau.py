"""Stops a trial whose objective has not improved for a while, as early stopping does in training (Prechelt 1998).

The words are those of Keras' EarlyStopping and Optuna's PatientPruner: `patience` counts reports of the objective
since the last one that was better than the best before it by more than `min_delta`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from analysis.metrics import Goal
from analysis.rows import Row
from sweeps.search.method import Status
from sweeps.spec.early_termination import Plateau
from sweeps.spec.resolved import Spec
from sweeps.stopping.history import History, cost_of, sign
from sweeps.stopping.rule import StoppingRule


@dataclass
class PlateauRule(StoppingRule):
    """Stops a trial after `patience` reports without an improvement by more than `min_delta`; others do not matter."""

    metric: str
    goal: Goal
    patience: int
    min_delta: float = 0.0
    _histories: dict[str, History[float]] = field(
        default_factory=lambda: defaultdict(History[float]), repr=False, compare=False
    )

    @classmethod
    def of(cls, spec: Spec) -> PlateauRule | None:
        """The rule of a spec whose `early_terminate` has type plateau."""
        terms = spec.terms(Plateau)
        return cls(spec.metric.name, spec.metric.goal, terms.patience, terms.min_delta) if terms else None

    def report(self, row: Row) -> str | None:
        cost = cost_of(row, self.metric, self.goal)
        if cost is None:
            return None
        history = self._histories[row.trial]
        history.add(row.step, cost)
        best, since = self._last_improvement(history)
        return self._words(best) if since >= self.patience else None

    def ended(self, trial: str, status: Status) -> None:
        """Trials are not compared here, so that this frees memory and no more."""
        self._histories.pop(trial, None)

    def _last_improvement(self, history: History[float]) -> tuple[float, int]:
        """The cost that was the last improvement, and how many reports ago it was."""
        best, since = math.inf, 0
        for cost in history.costs:
            best, since = (cost, 0) if cost < best - self.min_delta else (best, since + 1)
        return best, since

    def _words(self, best: float) -> str:
        better = f" by more than {self.min_delta:g}" if self.min_delta else ""
        reports = "1 report" if self.patience == 1 else f"{self.patience} reports"
        return f"no better than {sign(self.goal) * best:.6g}{better} in {reports}"
